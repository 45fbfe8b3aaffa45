"""Counts deliveries by state, of many issues at once, and words the states."""

from collections.abc import Collection, Mapping

from sqlmodel import Session

from digest.deliver.ledger.state_counts import kept_counts
from digest.deliver.tables import DeliveryState

REACHED = (DeliveryState.DELIVERED, DeliveryState.SUBMITTED, DeliveryState.COMPLAINED)
"""States of people whom the issue may have reached: opens and clicks are shares of these."""
WORDS = {
    DeliveryState.DELIVERED: "delivered",
    DeliveryState.SUBMITTED: "submitted, not confirmed",
    DeliveryState.COMPLAINED: "reported as spam",
    DeliveryState.BOUNCED: "bounced",
    DeliveryState.FAILED: "refused or given up",
    DeliveryState.UNCERTAIN: "in doubt",
    DeliveryState.SUPPRESSED: "left out: must not be mailed",
    DeliveryState.SUBMITTING: "being submitted",
    DeliveryState.QUEUED: "waiting",
}


def deliveries_by_state(
    session: Session, numbers: Collection[int]
) -> Mapping[int, Mapping[str, int]]:
    """Return how many deliveries of each issue are in each state, every state named."""
    return kept_counts(session, numbers)


def reached(counts: Mapping[str, int]) -> int:
    """Return how many people the issue may have reached."""
    return sum(counts[state] for state in REACHED)
