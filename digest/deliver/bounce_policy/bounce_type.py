"""Defines bounce types, and counts the issues in a row that soft bounced.

`bounce_policy.classify` decides the type of a failure, `bounce_policy.apply` stores what follows
from it. docs/operations.md describes the policy.

Source: RFC 3463 (enhanced status codes).
"""

import re
from collections.abc import Iterable
from enum import StrEnum

from digest.deliver.tables import DeliveryState


class BounceType(StrEnum):
    """The stored values keep an older spelling: address (hard), passing (soft), nothing."""

    HARD = "address"
    """No mail will ever arrive there: the address is suppressed at once."""
    SOFT = "passing"
    """May be temporary: the address is suppressed after several issues in a row."""
    NONE = "nothing"
    """About us, the message or a full mailbox; it never counts against the address."""


SOFT_BOUNCE_LIMIT = 3
"""Issues in a row that may soft bounce: with the last of them the address is suppressed."""
FAILED_STATES = frozenset({DeliveryState.BOUNCED, DeliveryState.FAILED})
_ARRIVED_STATES = frozenset({DeliveryState.DELIVERED, DeliveryState.COMPLAINED})
_ENHANCED = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")


def find_status(text: str) -> str | None:
    """Return the first enhanced status code in `text`."""
    found = _ENHANCED.search(text)
    return found[0] if found else None


def consecutive_soft_bounces(outcomes: Iterable[tuple[str, str | None]]) -> int:
    """Return how many issues in a row, up to the newest known, soft bounced.

    `outcomes` are state and bounce type of one person's deliveries, newest issue first. A delivery
    without an outcome yet, or never sent, is skipped; one that arrived ends the row. One that was
    submitted, and of which nothing was heard by the time a later one failed, did arrive.
    """
    row = 0
    for state, bounce_type in outcomes:
        if state in FAILED_STATES:
            row += bounce_type == BounceType.SOFT
        elif state in _ARRIVED_STATES or (row and state == DeliveryState.SUBMITTED):
            break
    return row
