"""What a failed delivery says about its address: the one policy, whoever tells of the failure.

Used alike for refusals while sending, for what SendGrid posts and for mail in the bounce mailbox.
Pure: `bounce_policy.apply` looks things up and carries it out. docs/operations.md has it in prose.

Sources: RFC 3463 (enhanced status codes), RFC 5321 section 4.2 (reply codes), RFC 7504 and
RFC 7505 (5.1.10).
"""

import re
from collections.abc import Iterable
from enum import StrEnum

from digest.deliver.tables import DeliveryState


class BounceType(StrEnum):
    HARD = "address"
    """No mail will ever arrive there: suppressed at once (a hard bounce)."""
    SOFT = "passing"
    """It may be over tomorrow: suppressed after several issues in a row (a soft bounce)."""
    NONE = "nothing"
    """About us, the message or a full mailbox; it never counts against the address."""


SOFT_BOUNCE_LIMIT = 3
"""Issues in a row that may fail in passing: with the last of them the address is suppressed."""

HARD_BOUNCE_STATUSES = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"})
"""No such mailbox, no such host, bad syntax, moved away, null MX."""
HARD_BOUNCE_REPLIES = frozenset({550, 551, 553})
"""What they say about an address counts only where the recipient was just named."""
_PASSING_REPLIES = frozenset({450, 451})
"""Mailbox unavailable, local error; the others without an enhanced code speak of load."""
_FAILED = frozenset({DeliveryState.BOUNCED, DeliveryState.FAILED})
_ARRIVED = frozenset({DeliveryState.DELIVERED, DeliveryState.COMPLAINED})
_SENDER = frozenset({"1.7", "1.8", "1.9"})
_NOT_THE_ADDRESS = frozenset({"2.2", "2.3", "3.4"}) | _SENDER
"""Full; too long; too big; a sender that is refused."""
_NOT_THE_ADDRESS_SUBJECTS = frozenset({"5", "6", "7"})
"""Protocol, content, policy."""
_SILENT = frozenset({"0.0", "1.0"})
"""Other or undefined: what the reporter says beside it decides."""
_ENHANCED = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")


def find_status(text: str) -> str | None:
    """The first enhanced status code in `text`."""
    found = _ENHANCED.search(text)
    return found[0] if found else None


def classify_status(status: str | None, said: BounceType) -> BounceType:
    """The fault of a delivery that failed for good with this enhanced status code.

    `said` is what its reporter calls it, and decides where the code is missing or says nothing.
    """
    found = _ENHANCED.fullmatch(status or "")
    if found is None:
        return said
    kind, subject, detail = found.groups()
    rest = f"{subject}.{detail}"
    if status in HARD_BOUNCE_STATUSES:
        return BounceType.HARD
    if subject in _NOT_THE_ADDRESS_SUBJECTS or rest in _NOT_THE_ADDRESS:
        return BounceType.NONE
    if rest in _SILENT and kind == "5":
        return said
    return BounceType.SOFT


def classify_rejection(code: str, *, about_address: bool) -> BounceType:
    """The fault of what a provider refused to take; `code` as in `provider.Rejected`."""
    if about_address:
        return BounceType.HARD
    status = find_status(code)
    if status is None:
        bare = code.isascii() and code.isdigit() and int(code) in _PASSING_REPLIES
        return BounceType.SOFT if bare else BounceType.NONE
    # An address at fault is for the provider to name: it knows what was asked.
    found = classify_status(status, BounceType.NONE)
    return BounceType.SOFT if found is BounceType.HARD else found


def consecutive_soft_bounces(outcomes: Iterable[tuple[str, str | None]]) -> int:
    """Issues in a row, up to the newest known, that failed in passing.

    `outcomes` are state and fault of a person's deliveries, newest issue first. What has no
    outcome yet and what was never sent is passed over; an issue that arrived ends the row. One
    that was submitted, and of which nothing was heard when a later one failed, did arrive.
    """
    row = 0
    for state, fault in outcomes:
        if state in _FAILED:
            row += fault == BounceType.SOFT
        elif state in _ARRIVED or (row and state == DeliveryState.SUBMITTED):
            break
    return row
