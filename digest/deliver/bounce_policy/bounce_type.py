"""Classify a failed delivery as a hard bounce, a soft bounce or neither, from its status code.

One policy for every source of failures: a rejection while sending, a provider's webhook, or a
message in the bounce mailbox. Values only; `bounce_policy.apply` looks things up and stores them.
docs/operations.md describes the policy.

Sources: RFC 3463 (enhanced status codes), RFC 5321 section 4.2 (reply codes), RFC 7504 and
RFC 7505 (5.1.10).
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
HARD_BOUNCE_STATUSES = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"})
"""No such mailbox, no such host, bad syntax, moved away, null MX."""
HARD_BOUNCE_REPLIES = frozenset({550, 551, 553})
"""Replies without an enhanced code; they concern the address only in answer to RCPT TO."""
_SOFT_BOUNCE_REPLIES = frozenset({450, 451})
"""Mailbox unavailable, local error; the others without an enhanced code are about load."""
FAILED_STATES = frozenset({DeliveryState.BOUNCED, DeliveryState.FAILED})
_ARRIVED_STATES = frozenset({DeliveryState.DELIVERED, DeliveryState.COMPLAINED})
_SENDER_DETAILS = frozenset({"1.7", "1.8", "1.9"})
_NOT_THE_ADDRESS = frozenset({"2.2", "2.3", "3.4"}) | _SENDER_DETAILS
"""Mailbox full, message too long, message too big, sender rejected."""
_NOT_THE_ADDRESS_SUBJECTS = frozenset({"5", "6", "7"})
"""Protocol, content, policy."""
_UNDEFINED = frozenset({"0.0", "1.0"})
"""Other or undefined: what the reporter calls it decides."""
_ENHANCED = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")


def find_status(text: str) -> str | None:
    """Return the first enhanced status code in `text`."""
    found = _ENHANCED.search(text)
    return found[0] if found else None


def classify_status(status: str | None, reported: BounceType) -> BounceType:
    """Return the bounce type of a delivery that failed for good with this enhanced status code.

    `reported` is what its reporter calls it; it decides where the code is missing or undefined.
    """
    found = _ENHANCED.fullmatch(status or "")
    if found is None:
        return reported
    kind, subject, detail = found.groups()
    rest = f"{subject}.{detail}"
    if status in HARD_BOUNCE_STATUSES:
        return BounceType.HARD
    if subject in _NOT_THE_ADDRESS_SUBJECTS or rest in _NOT_THE_ADDRESS:
        return BounceType.NONE
    if rest in _UNDEFINED and kind == "5":
        return reported
    return BounceType.SOFT


def classify_rejection(code: str, *, about_address: bool) -> BounceType:
    """Return the bounce type of a message that a provider rejected; `code` as in `Rejected`."""
    if about_address:
        return BounceType.HARD
    status = find_status(code)
    if status is None:
        is_soft = code.isascii() and code.isdigit() and int(code) in _SOFT_BOUNCE_REPLIES
        return BounceType.SOFT if is_soft else BounceType.NONE
    # Only the provider can call it a hard bounce: it knows what was asked.
    found = classify_status(status, BounceType.NONE)
    return BounceType.SOFT if found is BounceType.HARD else found


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
