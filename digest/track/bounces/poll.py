"""Reads the bounce mailbox: stores what concerns our messages, then marks it; ignores the rest."""

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
from digest.track.provider_events.delivery_event import DeliveryEvent
from digest.track.provider_events.ingest import ingest
from store.engine import Store
from subscribers.addresses import AddressHasher
from subscribers.tokens import Purpose, TokenClaims, TokenError, Tokens

EVERY = timedelta(minutes=1)
AT_ONCE = 100
"""Inbound messages whose events are committed together."""
MAX_MESSAGES = 1_000
"""Inbound messages of one reading, so that other maintenance gets its turn."""
log = logging.getLogger(__name__)


@dataclass(slots=True)
class ReadSummary:
    """What was read: events by kind, readers who asked to be unsubscribed, ignored messages."""

    events: dict[str, int] = field(default_factory=dict)
    unsubscribes: int = 0
    ignored: int = 0

    def __str__(self) -> str:
        kinds = [f"{many} {kind}" for kind, many in sorted(self.events.items())]
        asked = [f"{self.unsubscribes} asked to leave"] if self.unsubscribes else []
        return ", ".join([*kinds, *asked, f"{self.ignored} left alone"])


@dataclass(slots=True)
class BounceMailboxReader:
    """Reads one mailbox again and again. Ignored messages are remembered and not read twice."""

    mailbox: Mailbox
    store: Store
    tokens: Tokens
    hasher: AddressHasher
    clock: Callable[[], datetime]
    _ignored: set[str] = field(default_factory=set)
    _next: datetime | None = None

    def read(self, limit: int = MAX_MESSAGES) -> ReadSummary:
        """Reads at most `limit` messages. Raises MailboxError; what was stored stays stored."""
        summary = ReadSummary()
        group: list[tuple[str, bytes]] = []
        for message in self.mailbox.unread(self._ignored, limit):
            group.append(message)
            if len(group) == AT_ONCE:
                self._process(group, summary)
                group = []
        self._process(group, summary)
        return summary

    def read_if_due(self) -> None:
        """Reads if the last reading is a minute ago; logs a mailbox error in one line."""
        now = self.clock()
        if self._next is not None and now < self._next:
            return
        self._next = now + EVERY
        try:
            summary = self.read()
        except MailboxError as error:
            log.warning("bounces can't be read: %s", error)
            return
        if summary.events or summary.unsubscribes:
            log.info("bounces: %s", summary)

    def _process(self, messages: Sequence[tuple[str, bytes]], summary: ReadSummary) -> None:
        """Stores what the messages say, then marks them: in this order nothing is lost."""
        events: dict[str, DeliveryEvent] = {}
        unsubscribes: dict[str, TokenClaims] = {}
        for name, raw in messages:
            match self._understand(name, raw):
                case DeliveryEvent() as event:
                    events[name] = event
                case TokenClaims() as claims:
                    unsubscribes[name] = claims
                case None:
                    self._ignored.add(name)
                    summary.ignored += 1
        if not events and not unsubscribes:
            return
        now = self.clock()
        with self.store.write() as session:
            ingest(session, self.hasher, list(events.values()), now)
            self._unsubscribe(session, list(unsubscribes.values()), now)
        self.mailbox.mark_done([*events, *unsubscribes])
        for event in events.values():
            summary.events[event.kind] = summary.events.get(event.kind, 0) + 1
        summary.unsubscribes += len(unsubscribes)

    def _unsubscribe(
        self, session: Session, requests: Sequence[TokenClaims], now: datetime
    ) -> None:
        for claims in sorted(requests, key=lambda one: one.subscriber):
            unsubscribe_by_token(session, self.hasher, claims, now, how="mailto")

    def _understand(self, name: str, raw: bytes) -> DeliveryEvent | TokenClaims | None:
        try:
            found = parse_inbound_message(raw)
        except Exception as error:  # noqa: BLE001 - mail can hold anything; it stays where it is
            log.warning("inbound message %s can't be read: %s", name, type(error).__name__)
            return None
        if isinstance(found, UnsubscribeRequest):
            try:
                return self.tokens.read(Purpose.UNSUBSCRIBE, found.token)
            except TokenError:
                return None
        return self._event(found, raw) if found else None

    def _event(self, report: InboundReport, raw: bytes) -> DeliveryEvent | None:
        """Returns None if no token in the report is ours: it is about somebody else's message."""
        deliveries = self.tokens.read_many(Purpose.DELIVERY, report.tokens)
        claims = next((one for one in deliveries if one is not None), None)
        others = [] if claims else self.tokens.read_many(Purpose.TRANSACTIONAL, report.tokens)
        transactional_id = next((one.subscriber for one in others if one is not None), None)
        if claims is None and transactional_id is None:
            return None
        return DeliveryEvent(
            key=f"mail:{hashlib.sha256(raw).hexdigest()}",
            kind=report.kind,
            claims=claims,
            at=_sent_at(report, self.clock()),
            detail=json.dumps({"code": report.code, "note": report.note}),
            bounce_type=report.bounce_type,
            code=report.code,
            note=report.note,
            opt_out=report.opt_out,
            transactional_id=transactional_id,
        )


def _sent_at(report: InboundReport, now: datetime) -> datetime:
    """The report's date; `now` if it has none, or one in the future or before 1970."""
    seconds = date_of(report)
    if seconds is None or not 0 < seconds <= now.timestamp():
        return now
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return now
