"""Puts an event into the store, once."""

from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from digest.deliver.tables import Delivery
from digest.track.tables import Event
from subscribers.insertion import insert_new
from subscribers.tables import Subscriber
from subscribers.tokens import Bearer

LONGEST_USER_AGENT = 300


@dataclass(frozen=True, slots=True)
class Hit:
    """How a request came; no address is kept."""

    method: str
    user_agent: str

    @property
    def detail(self) -> dict[str, Any]:
        printable = "".join(char for char in self.user_agent if char.isprintable())
        return {"method": self.method, "user_agent": printable[:LONGEST_USER_AGENT]}

    @property
    def machine(self) -> bool | None:
        """No person's mail program follows a link with HEAD; of GET the rules judge later."""
        return True if self.method == "HEAD" else None


def record(session: Session, event: Event) -> bool:
    """Stores `event` in the caller's transaction; False where its key is there already.

    The database itself skips the second one, so two at the same moment can't both be stored and
    neither spoils the transaction it is part of.
    """
    statement = insert_new(session, Event).values(**event.model_dump(exclude={"id"}))
    return session.connection().execute(statement).rowcount > 0


def delivery_of(session: Session, bearer: Bearer) -> int | None:
    """The delivery a token speaks of; None for who is unknown, erased, or not to be tracked.

    Whoever switched tracking off after the mail went out holds tokens that still name them.
    """
    return session.exec(
        select(Delivery.id)
        .join(Subscriber, col(Subscriber.id) == col(Delivery.subscriber_id))
        .where(
            Delivery.issue_number == bearer.issue,
            Delivery.subscriber_id == bearer.subscriber,
            col(Subscriber.tracking),
        )
    ).first()
