"""The bounce policy: which failures are hard or soft, and when soft ones are too many."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.deliver.bounce_policy.bounce_type import (
    SOFT_BOUNCE_LIMIT,
    BounceType,
    classify_rejection,
    classify_status,
    consecutive_soft_bounces,
    find_status,
)

HARD, SOFT, NONE = BounceType


@pytest.mark.parametrize("status", ["5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"])
def test_an_address_that_does_not_exist_bounces_hard(status: str) -> None:
    for said in BounceType:
        assert classify_status(status, said) is HARD


@pytest.mark.parametrize(
    "status", ["5.7.1", "5.7.515", "4.7.0", "5.2.2", "4.2.2", "5.3.4", "5.6.1", "5.5.2", "5.1.8"]
)
def test_policy_full_size_content_and_sender_do_not_count_against_the_address(status: str) -> None:
    for said in BounceType:
        assert classify_status(status, said) is NONE


@pytest.mark.parametrize("status", ["4.4.7", "4.0.0", "4.1.1", "5.4.4", "5.2.1", "5.3.0"])
def test_what_may_be_over_tomorrow_is_soft(status: str) -> None:
    for said in BounceType:
        assert classify_status(status, said) is SOFT


@pytest.mark.parametrize("status", [None, "", "5.0.0", "5.1.0", "9.9.9", "rubbish"])
def test_where_the_code_says_nothing_the_reporter_decides(status: str | None) -> None:
    for said in BounceType:
        assert classify_status(status, said) is said


@pytest.mark.parametrize(
    ("code", "about_address", "bounce_type"),
    [
        ("550 5.1.1", True, HARD),
        ("550", True, HARD),
        ("550", False, NONE),
        ("550 5.1.1", False, SOFT),
        ("554 5.7.1", False, NONE),
        ("452 4.2.2", False, NONE),
        ("451 4.4.1", False, SOFT),
        ("450", False, SOFT),
        ("429", False, NONE),
        ("503", False, NONE),
        ("²", False, NONE),
    ],
)
def test_rejections_while_sending_go_by_the_same_rules(
    code: str, bounce_type: BounceType, *, about_address: bool
) -> None:
    assert classify_rejection(code, about_address=about_address) is bounce_type


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


@given(st.text(max_size=30), st.sampled_from(BounceType))
def test_any_text_has_a_bounce_type(text: str, said: BounceType) -> None:
    assert classify_status(text, said) in BounceType
    assert classify_rejection(text, about_address=False) is not HARD
