"""The SMTP provider: any relay that speaks RFC 5321.

Connections outlive runs and are lent to one run at a time (`smtp_fleet`). Where the server offers
it, messages don't wait for each other's answers (`smtp_conversation`). A line that breaks before
a body was sent costs nothing: the same envelope is tried once more on another one. A line that
breaks leaves those envelopes unknown whose bodies were on their way.
"""

import ssl
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from functools import lru_cache

from digest.deliver.providers.base import Outcome, ProviderError
from digest.deliver.providers.dkim.signer import Signer
from digest.deliver.providers.smtp.connection import Session, open_session
from digest.deliver.providers.smtp.pool import Fleet, Orders
from digest.deliver.providers.smtp.url import SmtpUrl
from digest.deliver.providers.wire_address import parse_mailbox
from digest.message.edition import Edition
from digest.message.headers import return_path
from digest.message.personalization import Personalization
from digest.message.template import MessageTemplate
from subscribers.tokens import TOKEN_LENGTH

COMMAND_TIMEOUT = 60.0
BODY_TIMEOUT = 600.0
"""Seconds for a command, and for the reply to a body: see `Session`."""


class SmtpProvider:
    """Mails through `target`; safe to share between threads."""

    name = "smtp"
    batch_size = 50
    """Small, since all of a batch is in doubt when the process dies in the middle of it."""

    def __init__(
        self,
        target: SmtpUrl,
        clock: Callable[[], datetime],
        *,
        signer: Signer | None = None,
        tls: ssl.SSLContext | None = None,
        timeout: float = COMMAND_TIMEOUT,
        body_timeout: float = BODY_TIMEOUT,
    ) -> None:
        self._target = target
        self._clock = clock
        self._tls = tls or ssl.create_default_context()
        self._timeout = timeout
        self._body_timeout = body_timeout
        self._idle: deque[Session] = deque()
        # Set where the server can't do what it offers; nobody is put at risk by asking again.
        self._plain = False
        compose = (
            signer.message_signer if signer else lambda edition: MessageTemplate(edition).message
        )
        self._composer = lru_cache(maxsize=4)(compose)

    def submit(
        self, edition: Edition, batches: Iterable[Sequence[Personalization]]
    ) -> Iterator[Sequence[Outcome]]:
        """Raises ProviderError where no connection can be had, or the sender is refused.

        Or where mail is to be signed, and not for that sender.
        """
        sender, compose = _sender(edition), self._composer(edition)
        orders = Orders(
            sender=sender,
            message=lambda personalization: compose(personalization, self._clock()),
            who=str(self._target),
            connections=self._target.connections,
            messages=self._target.messages,
            plain=self._plain,
        )
        fleet = Fleet(orders, self._take)
        try:
            yield from fleet.run(batches)
        finally:
            self._plain = self._plain or fleet.misled
            self._idle.extend(fleet.leave())

    def check(self) -> None:
        open_session(self._target, self._tls, self._timeout, self._body_timeout).close()

    def close(self) -> None:
        with suppress(IndexError):
            while True:
                self._idle.pop().close()

    def _take(self) -> Session:
        """A connection that waits for work, if it still stands, else a new one."""
        with suppress(IndexError):
            while True:
                session = self._idle.pop()
                if session.alive():
                    return session
                session.abort()
        return open_session(self._target, self._tls, self._timeout, self._body_timeout)


def _sender(edition: Edition) -> str:
    """With a NUL for the delivery's token, where that is part of it."""
    try:
        # A token stands in while the address is looked at: NUL could be none.
        stand_in = "t" * TOKEN_LENGTH
        sender = str(parse_mailbox(return_path(edition, stand_in)))
        return sender.replace(stand_in, "\0") if "*" in edition.bounce_address else sender
    except ValueError as error:
        raise ProviderError(f"SENDER can't be mailed from: {error}") from error
