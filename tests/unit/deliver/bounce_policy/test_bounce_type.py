"""The bounce policy: which failures are hard or soft, and when soft ones are too many."""

import pytest

from digest.deliver.bounce_policy.bounce_type import (
    SOFT_BOUNCE_LIMIT,
    consecutive_soft_bounces,
    find_status,
)


def test_a_status_is_found_in_prose_and_no_version_or_address_is_taken_for_one() -> None:
    assert find_status("550-5.1.1 The account does not exist") == "5.1.1"
    assert find_status("host 10.5.1.1 said: 550 no") is None
    assert find_status("Postfix 2.5.1.1") is None


P, N = ("bounced", "passing"), ("bounced", "nothing")


@pytest.mark.parametrize(
    ("newest_first", "row"),
    [
        ([], 0),
        ([P, P, P], 3),
        ([P, P, ("delivered", None), P], 2),
        ([P, ("complained", None), P], 1),
        ([("delivered", None), P, P, P], 0),
        # Nothing was heard of the older one: it arrived. Of the newest nobody knows yet.
        ([P, P, ("submitted", None), P], 2),
        ([("submitted", None), P, P, P], 3),
        ([("queued", None), P, ("uncertain", None), P, ("suppressed", None), P], 3),
        # What says nothing about the address neither counts nor ends the row.
        ([P, N, P, ("failed", "passing")], 3),
        # A bounce type that was stored, of what arrived after all.
        ([("delivered", "passing"), P], 0),
    ],
)
def test_issues_in_a_row(newest_first: list[tuple[str, str | None]], row: int) -> None:
    assert consecutive_soft_bounces(newest_first) == row


def test_it_takes_several() -> None:
    assert SOFT_BOUNCE_LIMIT >= 3
