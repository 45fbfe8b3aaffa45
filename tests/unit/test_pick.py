"""The rules of picking, one by one, and the reasons in words."""

from datetime import timedelta

from digest.issues.tables import PickRole
from digest.pick import History, Rules, Selection, pick
from tests.parts.pages import comparison, contender
from tests.parts.world import NOW

A, B, C, D = (contender(name) for name in ("Alpha", "Beta", "Gamma", "Delta"))
WEEK_AGO = NOW - timedelta(days=7)
LAST = History(since=WEEK_AGO, drafted_at=WEEK_AGO, used={})


def ids(selection: Selection) -> list[int]:
    return [one.comparison_id for one in selection.picks]


def reason(selection: Selection, slug: str) -> str:
    return next(one.reason for one in selection.left_out if one.slug == slug)


def test_the_first_issue_takes_what_there_is() -> None:
    old = comparison(1, A, B, days_old=90)
    assert ids(pick([old], History(), Rules(), NOW)) == [1]


def test_only_what_is_new_since_the_last_issue() -> None:
    selection = pick(
        [comparison(1, A, B, days_old=2), comparison(2, C, D, days_old=8)], LAST, Rules(), NOW
    )
    assert ids(selection) == [1]
    assert "before the last issue" in reason(selection, "gamma-vs-delta")


def test_what_was_imported_late_is_new_if_it_is_not_much_older() -> None:
    late = comparison(1, A, B, days_old=9, imported=NOW - timedelta(days=1))
    archive = comparison(2, C, D, days_old=60, imported=NOW - timedelta(days=1))
    assert ids(pick([late, archive], LAST, Rules(), NOW)) == [1]


def test_never_twice_in_a_series_even_when_pinned() -> None:
    history = History(WEEK_AGO, WEEK_AGO, {1: 4})
    selection = pick([comparison(1, A, B, pin=1)], history, Rules(), NOW)
    assert not selection.picks
    assert reason(selection, "alpha-vs-beta") == "already in issue 4"


def test_what_is_published_later_waits() -> None:
    selection = pick([comparison(1, A, B, days_old=-1)], History(), Rules(), NOW)
    assert not selection.picks
    assert "after this issue" in reason(selection, "alpha-vs-beta")


def test_a_pin_leads_and_lifts_the_age_rule() -> None:
    divided = comparison(1, contender("Split", 50), B)
    pinned = comparison(2, C, D, days_old=100, pin=1)
    selection = pick([divided, pinned], LAST, Rules(), NOW)
    assert ids(selection) == [2, 1]
    assert selection.picks[0].role is PickRole.LEAD
    assert selection.picks[0].reasons[0] == "pinned by an editor (place 1)"


def test_a_divided_panel_goes_before_freshness_and_votes() -> None:
    fresh = comparison(1, contender("Voted", 100, 80), contender("Too", 100, 70), days_old=0)
    divided = comparison(2, contender("Half", 50), D, days_old=6)
    selection = pick([fresh, divided], LAST, Rules(), NOW)
    assert ids(selection) == [2, 1]
    assert "the panel is divided on Half (50% ship)" in selection.picks[0].reasons


def test_the_more_divided_leads() -> None:
    quarter = comparison(1, contender("Quarter", 75), B)
    half = comparison(2, contender("Half", 50), D)
    assert ids(pick([quarter, half], LAST, Rules(), NOW)) == [2, 1]


def test_fresh_before_older_and_voted_before_not() -> None:
    older = comparison(1, A, B, days_old=5)
    fresh = comparison(2, C, D, days_old=1)
    assert ids(pick([older, fresh], LAST, Rules(), NOW)) == [2, 1]
    voted = comparison(3, contender("Seen", 100, 64), contender("Tried", 100, 51), days_old=1)
    selection = pick([fresh, voted], LAST, Rules(), NOW)
    assert ids(selection) == [3, 2]
    assert "readers have voted on Seen (64% ship)" in selection.picks[0].reasons


def test_an_unknown_score_is_neither_divided_nor_a_gap() -> None:
    unknown = comparison(1, contender("New", None), B, days_old=2)
    known = comparison(2, C, D, days_old=1)
    assert ids(pick([unknown, known], LAST, Rules(), NOW)) == [2, 1]


def test_what_does_not_fit_is_left_out_by_name() -> None:
    many = [comparison(n, contender(f"L{n}"), contender(f"R{n}"), days_old=n) for n in range(1, 5)]
    selection = pick(many, History(), Rules(max_picks=3), NOW)
    assert len(selection.picks) == 3
    assert reason(selection, "l4-vs-r4") == (
        "ranked 4 of 4; an issue takes 3, so it waits for the next"
    )


def test_what_found_no_room_is_as_good_as_new_the_next_time() -> None:
    old = comparison(1, A, B, days_old=9)
    history = History(WEEK_AGO, WEEK_AGO, {}, waiting={"alpha-vs-beta"})
    assert ids(pick([old], history, Rules(), NOW)) == [1]


def test_the_order_of_the_input_does_not_matter() -> None:
    many = [comparison(n, contender(f"L{n}"), contender(f"R{n}")) for n in range(1, 9)]
    assert pick(many, LAST, Rules(), NOW).picks == pick(many[::-1], LAST, Rules(), NOW).picks


def test_every_candidate_is_picked_or_has_a_reason() -> None:
    many = [comparison(n, A, B, days_old=n * 3 - 4) for n in range(1, 9)]
    selection = pick(many, LAST, Rules(max_picks=1), NOW)
    assert len(selection.picks) + len(selection.left_out) == len(many)
    assert all(one.reasons for one in selection.picks)
