"""Issues that were sent to a few people, and what SendGrid says of them."""

from datetime import datetime
from typing import Any

from sqlmodel import col, select

from digest.deliver.tables import Batch, Delivery
from digest.events.tables import Event
from digest.track.provider_events.delivery_event import DeliveryEvent
from digest.track.provider_events.ingest import ingest
from digest.track.provider_events.sendgrid import parse_webhook
from store.engine import Store
from subscribers.addresses import AddressHasher
from subscribers.suppression_removal import remove_suppression
from subscribers.tables import Subscriber, Suppression
from subscribers.tokens import Purpose, Tokens
from tests.parts.links import token_in
from tests.parts.sendgrid_events import body_of, event
from tests.parts.world import NOW, SECRET, add_approved, add_people

TOKENS = Tokens([SECRET])


HASHER = AddressHasher(SECRET)


class SentIssues:
    """Issues sent to a few people, and what SendGrid says of them."""

    def __init__(self, store: Store, people: int = 3) -> None:
        self.store = store
        self.emails = add_people(store, people)
        with store.read() as session:
            ids = session.exec(select(Subscriber.id).order_by(col(Subscriber.id))).all()
        self.ids = [one for one in ids if one is not None]

    def issue(self, state: str = "submitted") -> int:
        """One more issue, with everybody's delivery in `state`."""
        number = add_approved(self.store)
        held = state == "submitting"
        batch = Batch(issue_number=number, position=0, state="submitting" if held else "done")
        if held:
            batch.claimed_by, batch.claimed_at = 1, NOW
        with self.store.write() as session:
            session.add(batch)
            session.flush()
            session.add_all(
                Delivery(
                    issue_number=number,
                    batch_position=0,
                    subscriber_id=one,
                    state="queued" if held else state,
                    changed_at=NOW,
                )
                for one in self.ids
            )
        return number

    def event(self, name: str, issue: int, person: int = 0, **more: Any) -> dict[str, Any]:
        token = token_in(self.store, TOKENS, Purpose.DELIVERY, self.ids[person], issue)
        return event(name, token, more.pop("at", NOW), **more)

    def say(self, *events: dict[str, Any], now: datetime = NOW) -> int:
        return self.report(parse_webhook(body_of(events), TOKENS), now)

    def report(self, reports: list[DeliveryEvent], now: datetime = NOW) -> int:
        with self.store.write() as session:
            return ingest(session, HASHER, reports, now)

    def delivery(self, issue: int, person: int = 0) -> Delivery:
        with self.store.read() as session:
            return session.exec(
                select(Delivery).where(
                    Delivery.issue_number == issue, Delivery.subscriber_id == self.ids[person]
                )
            ).one()

    def person(self, person: int = 0) -> Subscriber:
        with self.store.read() as session:
            return session.exec(select(Subscriber).where(Subscriber.id == self.ids[person])).one()

    def suppressed(self, person: int = 0) -> str | None:
        hashed = self.person(person).address_hash
        with self.store.read() as session:
            found = session.exec(
                select(Suppression).where(Suppression.address_hash == hashed)
            ).first()
            return found.reason if found else None

    def lift(self, now: datetime, person: int = 0) -> None:
        with self.store.write() as session:
            hashed = self.person(person).address_hash
            remove_suppression(session, hashed, who="Ed", why="they wrote to us", now=now)

    def events(self) -> list[Event]:
        with self.store.read() as session:
            return list(session.exec(select(Event).order_by(col(Event.id))))


BLOCKED = {"type": "blocked", "status": "4.4.1"}
