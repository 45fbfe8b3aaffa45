"""What somebody says about a delivery of ours, in our words: SendGrid, or a mail in the mailbox."""

from datetime import datetime
from enum import Enum, auto
from typing import NamedTuple

from digest.deliver.bounce_policy.bounce_type import BounceType
from digest.deliver.tables import DeliveryState
from digest.events.tables import EventKind
from subscribers.tokens import TokenClaims

PROVEN_STATE = {
    EventKind.PROCESSED: DeliveryState.SUBMITTED,
    EventKind.DEFERRED: DeliveryState.SUBMITTED,
    EventKind.DROPPED: DeliveryState.FAILED,
    EventKind.DELIVERED: DeliveryState.DELIVERED,
    EventKind.OPENED: DeliveryState.DELIVERED,
    EventKind.CLICKED: DeliveryState.DELIVERED,
    EventKind.UNSUBSCRIBED: DeliveryState.DELIVERED,
    EventKind.BOUNCED: DeliveryState.BOUNCED,
    EventKind.COMPLAINED: DeliveryState.COMPLAINED,
}
"""What a delivery has come to at least, once this was said of it."""

_OPEN = (DeliveryState.QUEUED, DeliveryState.SUBMITTING, DeliveryState.UNCERTAIN)
_SAID = (
    DeliveryState.SUBMITTED,
    DeliveryState.FAILED,
    DeliveryState.DELIVERED,
    DeliveryState.BOUNCED,
    DeliveryState.COMPLAINED,
)
SUPERSEDES = {state: _OPEN + _SAID[:place] for place, state in enumerate(_SAID)}
"""The states that such a proof replaces, so that events may come in any order.

What waits to be sent again is not sent once it is known to have been taken.
"""


class OptOut(Enum):
    """What the reader did, so far as it takes them off the list."""

    COMPLAIN = auto()
    UNSUBSCRIBE = auto()


class DeliveryEvent(NamedTuple):
    """`key` tells it from every other one; `claims` is whose delivery, None if that is unknown.

    `detail` is JSON. `fault`, `code` and `note` are of what failed; `provider_id` the provider's
    name for the message. Texts hold no address, since they outlive the person.
    """

    key: str
    kind: EventKind
    claims: TokenClaims | None
    at: datetime
    machine: bool | None = None
    detail: str = "{}"
    fault: BounceType = BounceType.NONE
    code: str | None = None
    note: str = ""
    opt_out: OptOut | None = None
    provider_id: str | None = None
    letter: int | None = None
    """The letter that it is about, where it is about none of an issue's deliveries."""
