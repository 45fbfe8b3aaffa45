"""Reads the bounce mailbox: stores what concerns our messages, then marks it; ignores the rest."""

import hashlib
import json
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from digest.events.tables import EventKind
from digest.readers.links import resolve_link
from digest.readers.unsubscribe import unsubscribe_by_token
from digest.track.bounces.mailbox.base import Mailbox, MailboxError
from digest.track.bounces.parse import (
    Ignored,
    InboundReport,
    Meaning,
    UnsubscribeRequest,
    date_of,
    parse_inbound_message,
)
from digest.track.bounces.recipients import (
    MailedTo,
    Reading,
    find_author,
    find_mailed,
    names_read,
    record_readings,
)
from digest.track.provider_events.delivery_event import DeliveryEvent
from digest.track.provider_events.ingest import BY_MAIL, ingest
from store.engine import Store
from subscribers.addresses import AddressHasher
from subscribers.tokens import Purpose, TokenClaims, Tokens

EVERY = timedelta(minutes=1)
MAX_DOUBLINGS = 4
"""How often that time doubles while the mailbox can't be used: up to 16 minutes. A password that is
wrong, tried each minute, gets an account locked."""
AT_ONCE = 100
"""Inbound messages in one transaction."""
MAX_MESSAGES = 1_000
"""Inbound messages of one reading, so that other maintenance gets its turn."""
log = logging.getLogger(__name__)


@dataclass(slots=True)
class ReadSummary:
    """What was read: events by kind, readers who asked to be unsubscribed, ignored messages."""

    events: dict[str, int] = field(default_factory=dict)
    unsubscribes: int = 0
    ignored: int = 0
    worded_requests: int = 0
    """Of the ignored ones those that ask in words to unsubscribe."""

    def add(self, found: Iterable["Understood"], readings: Iterable[Reading]) -> None:
        for one in found:
            if isinstance(one, DeliveryEvent):
                self.events[one.kind] = self.events.get(one.kind, 0) + 1
            else:
                self.unsubscribes += one is not None
                self.ignored += one is None
        self.worded_requests += sum(one.meaning == Meaning.UNSUBSCRIBE_REQUEST for one in readings)

    def __str__(self) -> str:
        kinds = [f"{many} {kind}" for kind, many in sorted(self.events.items())]
        asked = [f"{self.unsubscribes} asked to leave"] if self.unsubscribes else []
        worded_requests = (
            f" ({self.worded_requests} ask in words to unsubscribe)" if self.worded_requests else ""
        )
        return ", ".join([*kinds, *asked, f"{self.ignored} left alone{worded_requests}"])


Understood = DeliveryEvent | TokenClaims | None


@dataclass(slots=True)
class BounceMailboxReader:
    """Reads one mailbox again and again. What was looked at is stored, and not read twice."""

    mailbox: Mailbox
    store: Store
    tokens: Tokens
    hasher: AddressHasher
    clock: Callable[[], datetime]
    our_domain: str = ""
    _next: datetime | None = None
    _failures: int = 0

    def read(self, limit: int = MAX_MESSAGES) -> ReadSummary:
        """Reads at most `limit` messages. Raises MailboxError; what was stored stays stored."""
        summary = ReadSummary()
        with self.store.read() as session:
            known = names_read(session)
        group: list[tuple[str, bytes]] = []
        try:
            for message in self.mailbox.unread(known, limit):
                group.append(message)
                if len(group) == AT_ONCE:
                    whole, group = group, []
                    self._process(whole, summary)
        except MailboxError:
            # What was read counts, or a connection that always breaks there would starve the rest.
            self._process(group, summary)
            raise
        self._process(group, summary)
        return summary

    def read_if_due(self) -> None:
        """Reads if the last reading is a minute ago; never raises, so that sending goes on.

        While the mailbox can't be used it is tried less and less often.
        """
        now = self.clock()
        if self._next is not None and now < self._next:
            return
        self._next = now + EVERY
        try:
            summary = self.read()
        except MailboxError as error:
            self._failures += 1
            self._next = now + EVERY * 2 ** min(self._failures, MAX_DOUBLINGS)
            log.warning("bounces can't be read: %s", error)
            return
        except Exception as error:
            if self.store.outage.notice(error):
                return
            log.exception("this reading of the bounce mailbox failed; the next one tries again")
            return
        self._failures = 0
        if summary.events or summary.unsubscribes:
            log.info("bounces: %s", summary)

    def _process(self, messages: Sequence[tuple[str, bytes]], summary: ReadSummary) -> None:
        """Stores what the messages say, then marks them: in this order nothing is lost."""
        if not messages:
            return
        found: dict[str, Understood] = {}
        readings: dict[str, Reading] = {}
        with self.store.read() as session:
            for name, raw in messages:
                found[name], readings[name] = self._understand(session, name, raw)
        try:
            self._store(found, readings)
        except SQLAlchemyError as error:
            if self.store.outage.notice(error):
                raise
            if len(messages) == 1:
                log.exception("inbound message %s can't be stored", messages[0][0])
                return
            for message in messages:  # one that the store refuses must not hold up the others
                self._process([message], summary)
            return
        done = [name for name, what in found.items() if what is not None]
        if done:
            self.mailbox.mark_done(done)
        summary.add(found.values(), readings.values())

    def _store(self, found: Mapping[str, Understood], readings: Mapping[str, Reading]) -> None:
        now = self.clock()
        events = [one for one in found.values() if isinstance(one, DeliveryEvent)]
        requests = [one for one in found.values() if isinstance(one, TokenClaims)]
        with self.store.write() as session:
            ingest(session, self.hasher, events, now)
            links = [resolve_link(session, claims) for claims in requests]
            for link in sorted(filter(None, links), key=lambda one: one.subscriber_id):
                unsubscribe_by_token(session, self.hasher, link, now, how="mailto")
            record_readings(session, readings, now)

    def _understand(self, session: Session, name: str, raw: bytes) -> tuple[Understood, Reading]:
        mailed: list[MailedTo] = []

        def find_recipient(candidates: Sequence[str]) -> str | None:
            found = find_mailed(session, self.tokens, candidates)
            mailed.extend([found] if found else [])
            return found.address if found else None

        try:
            found = parse_inbound_message(raw, find_recipient, ours=self.our_domain)
        except Exception as error:  # noqa: BLE001 - mail can hold anything; it stays where it is
            log.warning("inbound message %s can't be read: %s", name, type(error).__name__)
            return None, Reading(Meaning.NOT_UNDERSTOOD, type(error).__name__)
        if isinstance(found, UnsubscribeRequest):
            return self._unsubscribe_request(found)
        if isinstance(found, Ignored):
            return None, Reading(found.meaning, subscriber_id=find_author(session, found.sender))
        event = self._event(found, mailed[0], raw)
        return event, Reading(meaning_of(found), found.note, mailed[0].subscriber_id)

    def _unsubscribe_request(self, found: UnsubscribeRequest) -> tuple[Understood, Reading]:
        read = self.tokens.read_many(Purpose.UNSUBSCRIBE, found.tokens)
        claims = next((one for one in read if one is not None), None)
        if claims is None:
            return None, Reading(Meaning.NOT_OURS)
        return claims, Reading("asked to unsubscribe")

    def _event(self, report: InboundReport, mailed: MailedTo, raw: bytes) -> DeliveryEvent:
        return DeliveryEvent(
            key=f"{BY_MAIL}{hashlib.sha256(raw).hexdigest()}",
            kind=report.kind,
            claims=mailed.claims,
            at=_sent_at(report, self.clock()),
            detail=json.dumps({"code": report.code, "note": report.note}),
            bounce_type=report.bounce_type,
            code=report.code,
            note=report.note,
            opt_out=report.opt_out,
            transactional_id=mailed.transactional_id,
        )


def meaning_of(report: InboundReport) -> str:
    """Returns what a report means, in the words that `digest bounces list` shows."""
    if report.kind is EventKind.UNKNOWN:
        return Meaning.ANOTHER_ADDRESS
    if report.kind is EventKind.BOUNCED and report.failure is not None:
        return f"bounced: {report.failure.failure_class}"
    return str(report.kind)


def _sent_at(report: InboundReport, now: datetime) -> datetime:
    """Returns the report's date; `now` if it has none, or one in the future or before 1970."""
    seconds = date_of(report)
    if seconds is None or not 0 < seconds <= now.timestamp():
        return now
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return now
