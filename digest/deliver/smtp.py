"""The SMTP provider: any relay that speaks RFC 5321.

Connections outlive batches and are lent to one batch at a time. A line that breaks before a
body was sent costs nothing: the same envelope is tried once more on a new one. A line that
breaks in a body leaves that one envelope unknown. Two envelopes in a row that end without an
answer end the batch, so that a server in trouble makes few unknowns.
"""

import ssl
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from functools import lru_cache
from typing import Self

from digest.address import Edition, Envelope, Mold
from digest.deliver.mailbox import parse_mailbox, readdress, refuse_non_ascii
from digest.deliver.provider import Outcome, ProviderError, Refusal, Unknown
from digest.deliver.smtp_reply import TOO_LARGE, Reply, Stage, receipt, refusal
from digest.deliver.smtp_session import LineLost, Session, open_session
from digest.deliver.smtp_target import SmtpTarget, parse_smtp_url

__all__ = ["Smtp", "SmtpTarget", "parse_smtp_url"]

MOST_UNANSWERED = 2
LINE_LOST = "4.4.2"
"""RFC 3463 section 3.5: bad connection; nothing of the message was submitted."""
SERVER_IN_TROUBLE = "not submitted, since the server went away in the middle twice in a row"
TIMEOUT = 60.0
PATIENCE = 600.0
"""Seconds for a command, and for the reply to a body: see `Session`."""


class Smtp:
    """Mails through `target`; safe to share between threads."""

    name = "smtp"
    batch_size = 50
    """Small, since all of a batch is in doubt when the process dies in the middle of it."""

    def __init__(
        self,
        target: SmtpTarget,
        clock: Callable[[], datetime],
        *,
        tls: ssl.SSLContext | None = None,
        timeout: float = TIMEOUT,
        patience: float = PATIENCE,
    ) -> None:
        self._target = target
        self._clock = clock
        self._tls = tls or ssl.create_default_context()
        self._timeout = timeout
        self._patience = patience
        self._idle: deque[Session] = deque()
        self._mold = lru_cache(maxsize=4)(Mold)

    def submit(self, edition: Edition, envelopes: Sequence[Envelope]) -> Iterator[Outcome]:
        """Raises ProviderError where no connection can be had, or the sender is refused."""
        if not envelopes:
            return
        sender = _sender(edition)
        mold = self._mold(edition)
        unanswered = 0
        with _Line(self._take, self._idle) as line:
            line.session()
            for position, envelope in enumerate(envelopes):
                try:
                    outcome: Outcome = self._deliver(line, sender, mold, envelope)
                    unanswered = 0
                except LineLost as lost:
                    outcome = _lost(envelope, lost)
                    unanswered += 1
                except ProviderError as error:
                    if position == 0:
                        raise
                    yield from _refuse_all(envelopes[position:], str(error))
                    return
                yield outcome
                if unanswered == MOST_UNANSWERED:
                    yield from _refuse_all(envelopes[position + 1 :], SERVER_IN_TROUBLE)
                    return

    def check(self) -> None:
        open_session(self._target, self._tls, self._timeout, self._patience).close()

    def close(self) -> None:
        with suppress(IndexError):
            while True:
                self._idle.pop().close()

    def _deliver(self, line: "_Line", sender: str, mold: Mold, envelope: Envelope) -> Outcome:
        """Raises LineLost where two lines gave no answer or one broke in the body."""
        ready = readdress(envelope)
        if isinstance(ready, Refusal):
            return ready
        message = mold.message(ready, self._clock())
        if not ready.email.isascii() and not line.session().offers("smtputf8"):
            return refuse_non_ascii(ready, str(self._target))
        try:
            reply = line.send(sender, ready.email, message)
        except LineLost as lost:
            if lost.in_body:
                raise
            reply = line.send(sender, ready.email, message)
        return _read(ready, reply)

    def _take(self) -> Session:
        """A connection that waits for work, if it still stands, else a new one."""
        with suppress(IndexError):
            while True:
                session = self._idle.pop()
                if session.alive():
                    return session
                session.abort()
        return open_session(self._target, self._tls, self._timeout, self._patience)


class _Line:
    """One batch's connection: opened when needed, handed back when the batch is through."""

    def __init__(self, take: Callable[[], Session], idle: deque[Session]) -> None:
        self._take = take
        self._idle = idle
        self._session: Session | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._session and kind in {None, GeneratorExit}:
            self._idle.append(self._session)
        elif self._session:
            # Stopped in the middle of an exchange: the next reply would be read as another's.
            self._session.abort()

    def session(self) -> Session:
        if self._session is None:
            self._session = self._take()
        return self._session

    def send(self, sender: str, recipient: str, message: bytes) -> Reply:
        session = self.session()
        try:
            return session.send(sender, recipient, message)
        except LineLost:
            self._session = None
            session.abort()
            raise


def _sender(edition: Edition) -> str:
    try:
        return str(parse_mailbox(edition.sender.address))
    except ValueError as error:
        raise ProviderError(f"SENDER can't be mailed from: {error}") from error


def _read(envelope: Envelope, reply: Reply) -> Outcome:
    """Raises ProviderError where the sender is refused: it would be for every recipient."""
    if reply.positive and reply.stage is Stage.BODY:
        return receipt(envelope, reply)
    if reply.stage is Stage.MAIL and reply.permanent and reply.code != TOO_LARGE:
        raise ProviderError(f"the server refuses mail from SENDER: {reply}")
    return refusal(envelope, reply)


def _lost(envelope: Envelope, lost: LineLost) -> Unknown | Refusal:
    if lost.in_body:
        return Unknown(envelope.delivery_id, str(lost))
    code = lost.reply.status if lost.reply else LINE_LOST
    return Refusal(envelope.delivery_id, False, code, str(lost))


def _refuse_all(envelopes: Sequence[Envelope], why: str) -> Iterator[Refusal]:
    """Nothing of these was submitted, so they may be tried again."""
    return (Refusal(envelope.delivery_id, False, LINE_LOST, why) for envelope in envelopes)
