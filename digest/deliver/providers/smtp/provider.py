"""The SMTP provider: any relay that speaks RFC 5321.

Connections outlive runs and are lent to one run at a time (`pool`). Where the server offers it,
messages don't wait for each other's replies (`connection`). A connection that breaks before a
body was sent costs nothing: the same message is tried once more on another one. One that breaks
later leaves deliveries unknown: those with a body in flight.
"""

import ssl
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from functools import cache, lru_cache

from digest.deliver.access_token import AccessTokens
from digest.deliver.providers.base import (
    NO_JOURNAL,
    Journal,
    Outcome,
    ProviderBusyError,
    ProviderError,
    never,
)
from digest.deliver.providers.dkim.signer import Signer
from digest.deliver.providers.smtp.client import SmtpClient, open_client
from digest.deliver.providers.smtp.limits import BODY_TIMEOUT, COMMAND_TIMEOUT, MAX_BUSY_SECONDS
from digest.deliver.providers.smtp.pool import ConnectionPool
from digest.deliver.providers.smtp.send_options import SendOptions
from digest.deliver.providers.smtp.url import SmtpUrl
from digest.deliver.providers.wire_address import parse_mailbox
from digest.message.edition import Edition
from digest.message.headers import return_path
from digest.message.personalization import Personalization
from digest.message.template import MessageTemplate
from subscribers.tokens import TOKEN_LENGTH, token_to_hex


class SmtpProvider:
    """Submit mail through the server at `target`. Safe to share between threads.

    `access_tokens` take the place of the password (XOAUTH2). `timeout` and `body_timeout`, in
    seconds, are for the reply to a command and to a body.
    """

    name = "smtp"
    batch_size = 50
    """Small, since all of a batch is unknown when the machine dies in the middle of it."""
    tells_begun = True

    def __init__(
        self,
        target: SmtpUrl,
        clock: Callable[[], datetime],
        *,
        signer: Signer | None = None,
        access_tokens: AccessTokens | None = None,
        tls: ssl.SSLContext | None = None,
        timeout: float = COMMAND_TIMEOUT,
        body_timeout: float = BODY_TIMEOUT,
    ) -> None:
        self._target = target
        self._clock = clock
        self._access_tokens = access_tokens
        self._tls = tls or _default_tls()
        self._timeout = timeout
        self._body_timeout = body_timeout
        self._idle: deque[SmtpClient] = deque()
        # Set once the server couldn't do what it offers, so that no message is risked again.
        self._plain = False
        self._busy_in_a_row = 0
        compose = (
            signer.message_signer if signer else lambda edition: MessageTemplate(edition).messages
        )
        self._compose_for = lru_cache(maxsize=4)(compose)

    def submit(
        self,
        edition: Edition,
        batches: Iterable[Sequence[Personalization]],
        should_stop: Callable[[], bool] = never,
        journal: Journal = NO_JOURNAL,
    ) -> Iterator[Sequence[Outcome]]:
        """Send the batches over several connections and yield outcomes as replies come.

        Raises ProviderError when no connection can be opened, or when the signature would not be
        aligned with the sender; RefusedForAllError when the sender or the message's size is
        rejected; ProviderBusyError when the server takes nothing more for now.
        """
        sender, compose = _sender(edition), self._compose_for(edition)
        options = SendOptions(
            sender=sender,
            compose=lambda personalizations: compose(personalizations, self._clock()),
            server=str(self._target),
            connections=self._target.connections,
            messages=self._target.messages,
            plain=self._plain,
        )
        pool = ConnectionPool(options, self._connect, journal=journal)
        try:
            yield from pool.run(batches, should_stop)
            self._busy_in_a_row = 0
        except ProviderBusyError as busy:
            self._busy_in_a_row = 0 if pool.accepted else self._busy_in_a_row + 1
            wait = min(busy.retry_after * 2**self._busy_in_a_row, MAX_BUSY_SECONDS)
            raise ProviderBusyError(str(busy), wait) from busy
        finally:
            self._plain = self._plain or pool.misled
            self._idle.extend(pool.release())

    def check(self) -> None:
        """Connect, start TLS and sign in, then quit. Raises ProviderError."""
        self._open().close()

    def close(self) -> None:
        """Close the idle connections."""
        with suppress(IndexError):
            while True:
                self._idle.pop().close()

    def _connect(self) -> SmtpClient:
        """Return an idle connection that is still alive, else a new one."""
        with suppress(IndexError):
            while True:
                client = self._idle.pop()
                if client.alive():
                    return client
                client.abort()
        return self._open()

    def _open(self) -> SmtpClient:
        return open_client(
            self._target,
            self._tls,
            self._timeout,
            self._body_timeout,
            access_tokens=self._access_tokens,
        )


@cache
def _default_tls() -> ssl.SSLContext:
    """Return a context that trusts what this machine trusts, read once: it takes some 30 ms."""
    return ssl.create_default_context()


def _sender(edition: Edition) -> str:
    """Return the envelope sender, with a NUL for the delivery's token if that is part of it."""
    try:
        # A stand-in for the token, since an address with a NUL would not parse.
        stand_in = "A" * TOKEN_LENGTH
        sender = str(parse_mailbox(return_path(edition, stand_in)))
        return (
            sender.replace(token_to_hex(stand_in), "\0")
            if "*" in edition.bounce_address
            else sender
        )
    except ValueError as error:
        raise ProviderError(f"SENDER can't be mailed from: {error}") from error
