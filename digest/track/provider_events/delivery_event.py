"""A delivery event: what a provider or an inbound message says of one of our messages."""

from datetime import datetime
from enum import Enum, auto
from typing import NamedTuple

from digest.deliver.bounce_policy.bounce_type import BounceType
from digest.events.tables import EventKind
from subscribers.tokens import TokenClaims

FAILED = (EventKind.BOUNCED, EventKind.DROPPED)


class OptOut(Enum):
    """How a reader told the provider to stop mailing them."""

    COMPLAIN = auto()
    UNSUBSCRIBE = auto()


class DeliveryEvent(NamedTuple):
    """One event; `key` is unique to it, and `claims` name the delivery (None if it is unknown).

    `detail` is JSON. `bounce_type`, `code` and `note` are of failures; `provider_id` is the
    provider's id of the message. No text holds an address, since events outlive the person.
    """

    key: str
    kind: EventKind
    claims: TokenClaims | None
    at: datetime
    machine: bool | None = None
    detail: str = "{}"
    bounce_type: BounceType = BounceType.NONE
    code: str | None = None
    note: str = ""
    opt_out: OptOut | None = None
    provider_id: str | None = None
    transactional_id: int | None = None
    """The public id of a transactional message, where the event is about one instead of an issue's
    delivery."""
    address: str = ""
    """Of an asynchronous bounce that names nothing else; looked up and never stored."""


class MatchedEvent(NamedTuple):
    """An event that was not stored before, with the id of its delivery."""

    event: DeliveryEvent
    delivery_id: int
