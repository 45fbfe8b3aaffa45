"""Reads the bounce mailbox: what is ours is stored, and then marked; the rest is left alone."""

import hashlib
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlmodel import Session

from digest.readers.unsubscribe import unsubscribe_by_token
from digest.track.bounces.mailbox import Mailbox, MailboxError
from digest.track.bounces.parse import (
    InboundReport,
    UnsubscribeRequest,
    date_of,
    parse_inbound_message,
)
from digest.track.provider_events.event import DeliveryEvent
from digest.track.provider_events.ingest import take
from store.engine import Store
from subscribers.addresses import AddressHasher
from subscribers.tokens import Purpose, TokenClaims, TokenError, Tokens

EVERY = timedelta(minutes=1)
AT_ONCE = 100
"""Letters whose reports are committed together."""
MOST = 1_000
"""Letters in one look: whoever else has work to do gets a turn."""
log = logging.getLogger(__name__)


@dataclass(slots=True)
class ReadSummary:
    """What came of the letters: reports by kind, readers who asked to leave, and others."""

    events: dict[str, int] = field(default_factory=dict)
    wishes: int = 0
    skip: int = 0

    def __str__(self) -> str:
        kinds = [f"{many} {kind}" for kind, many in sorted(self.events.items())]
        asked = [f"{self.wishes} asked to leave"] if self.wishes else []
        return ", ".join([*kinds, *asked, f"{self.skip} left alone"])


@dataclass(slots=True)
class BounceMailboxReader:
    """What was left alone is remembered while this lives, and not read again."""

    mailbox: Mailbox
    store: Store
    tokens: Tokens
    hasher: AddressHasher
    clock: Callable[[], datetime]
    _left_alone: set[str] = field(default_factory=set)
    _next: datetime | None = None

    def read(self, most: int = MOST) -> ReadSummary:
        """Reads at most so many letters. Raises MailboxError; what was stored stays so."""
        summary = ReadSummary()
        group: list[tuple[str, bytes]] = []
        for letter in self.mailbox.unread(self._left_alone, most):
            group.append(letter)
            if len(group) == AT_ONCE:
                self._take(group, summary)
                group = []
        self._take(group, summary)
        return summary

    def read_if_due(self) -> None:
        """A scheduled step: looks if it is time to, and says in a line what went wrong."""
        now = self.clock()
        if self._next is not None and now < self._next:
            return
        self._next = now + EVERY
        try:
            summary = self.read()
        except MailboxError as error:
            log.warning("bounces can't be read: %s", error)
            return
        if summary.events or summary.wishes:
            log.info("bounces: %s", summary)

    def _take(self, letters: Sequence[tuple[str, bytes]], summary: ReadSummary) -> None:
        """Stores what they say, then marks those that were ours: in this order nothing is lost."""
        events: dict[str, DeliveryEvent] = {}
        wishes: dict[str, TokenClaims] = {}
        for name, raw in letters:
            match self._understood(name, raw):
                case DeliveryEvent() as event:
                    events[name] = event
                case TokenClaims() as claims:
                    wishes[name] = claims
                case None:
                    self._left_alone.add(name)
                    summary.skip += 1
        if not events and not wishes:
            return
        now = self.clock()
        with self.store.write() as session:
            take(session, self.hasher, list(events.values()), now)
            self._let_go(session, list(wishes.values()), now)
        self.mailbox.done([*events, *wishes])
        for event in events.values():
            summary.events[event.kind] = summary.events.get(event.kind, 0) + 1
        summary.wishes += len(wishes)

    def _let_go(self, session: Session, bearers: Sequence[TokenClaims], now: datetime) -> None:
        for claims in sorted(bearers, key=lambda one: one.subscriber):
            unsubscribe_by_token(session, self.hasher, claims, now, how="mailto")

    def _understood(self, name: str, raw: bytes) -> DeliveryEvent | TokenClaims | None:
        try:
            letter = parse_inbound_message(raw)
        except Exception as error:  # noqa: BLE001 - mail can hold anything; it stays where it is
            log.warning("letter %s can't be read: %s", name, type(error).__name__)
            return None
        if isinstance(letter, UnsubscribeRequest):
            try:
                return self.tokens.read(Purpose.UNSUBSCRIBE, letter.token)
            except TokenError:
                return None
        return self._report(letter, raw) if letter else None

    def _report(self, report: InboundReport, raw: bytes) -> DeliveryEvent | None:
        """None where no name in it is a token of ours: it is about somebody else's message."""
        bearers = self.tokens.read_many(Purpose.DELIVERY, report.names)
        claims = next((one for one in bearers if one is not None), None)
        letters = [] if claims else self.tokens.read_many(Purpose.LETTER, report.names)
        letter = next((one.subscriber for one in letters if one is not None), None)
        if claims is None and letter is None:
            return None
        now = self.clock()
        told = date_of(report)
        # From now is also what has no date, one of tomorrow, or one from before there was mail.
        at = _moment(told, now) if told is not None and 0 < told <= now.timestamp() else now
        return DeliveryEvent(
            key=f"mail:{hashlib.sha256(raw).hexdigest()}",
            kind=report.kind,
            claims=claims,
            at=at,
            detail=json.dumps({"code": report.code, "note": report.note}),
            fault=report.fault,
            code=report.code,
            note=report.note,
            opt_out=report.opt_out,
            letter=letter,
        )


def _moment(seconds: float, now: datetime) -> datetime:
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return now
