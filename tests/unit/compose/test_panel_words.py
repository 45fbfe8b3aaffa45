"""Which words are allowed at which score and panel size: the table of docs/claims.md, over all."""

import itertools
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from digest.compose.kicker import KICKERS, kicker
from digest.compose.rows import Rows
from digest.compose.statements.issue_facts import IssueFacts, issue_facts, pair_facts
from digest.compose.statements.of_a_comparison import PAIR_STATEMENTS
from digest.compose.statements.panel import Panel
from digest.compose.statements.statement import candidates
from tests.parts.pages import comparison, contender
from tests.unit.compose.told_pages import Pages
from tests.unit.compose.truth import Truth

SIZES = range(21)


def panels() -> Iterator[Panel]:
    """Every share of every size, as exact and as a page rounds it, and odd scores beside them."""
    for size in SIZES:
        exact = {100 * ships / size for ships in range(size + 1)} if size else set()
        rounded = {float(round(score)) for score in exact}
        for score in sorted(exact | rounded | {0.0, 0.1, 5.0, 39.9, 60.1, 95.0, 99.9, 100.0}):
            yield Panel(score, size)


def test_a_head_count_is_told_only_where_it_is_the_score() -> None:
    for panel in panels():
        if panel.ships is None:
            continue
        assert 0 <= panel.ships <= panel.size
        assert abs(100 * panel.ships / panel.size - (panel.score or 0)) <= 0.5
        assert (panel.ships == panel.size) == panel.all_ship
        assert (panel.ships == 0) == panel.none_ships


def test_a_split_leaves_two_in_five_on_each_side() -> None:
    for panel in panels():
        if panel.is_split:
            assert min(panel.score or 0, 100 - (panel.score or 0)) >= 40
            assert panel.is_divided
            assert panel.size != 1


def test_divided_leaves_a_quarter_on_each_side() -> None:
    for panel in panels():
        if panel.is_divided:
            assert min(panel.score or 0, 100 - (panel.score or 0)) >= 25


def test_most_of_a_panel_is_more_than_half() -> None:
    for panel in panels():
        assert panel.would_ship == ((panel.score or 0) > 50)
        assert not (panel.would_ship and panel.would_skip)
        if panel.score == 50:
            assert not panel.would_ship
            assert not panel.would_skip


def test_one_alone_is_one_of_three_or_more() -> None:
    for panel in panels():
        if panel.all_but_one_ship or panel.only_one_ships:
            assert panel.size >= 3
            assert 1 in (panel.ships, panel.skips)


def test_nothing_is_said_of_a_panel_without_a_score() -> None:
    for size in SIZES:
        panel = Panel(None, size)
        said = (
            panel.all_ship,
            panel.none_ships,
            panel.would_ship,
            panel.would_skip,
            panel.is_split,
        )
        assert not any((*said, panel.is_divided, panel.all_but_one_ship, panel.only_one_ships))


SCORES = st.none() | st.floats(0, 100) | st.integers(0, 100).map(float) | st.sampled_from(
    [0.0, 25.0, 50.0, 75.0, 95.0, 100.0, 100 / 3, 200 / 3]
)  # fmt: skip


def _issue(left: float | None, right: float | None) -> IssueFacts:
    return issue_facts(1, [comparison(1, contender("Heronry", left), contender("Tern", right))])


@given(SCORES, SCORES)
def test_every_subject_and_row_of_any_two_scores_is_true(
    left: float | None, right: float | None
) -> None:
    view = comparison(1, contender("Heronry", left), contender("Tern", right))
    issue = issue_facts(1, [view])
    truth = Truth(Pages(1, [view], view.published_at))
    said = [next(one.texts(issue, ())) for one in candidates(issue, PAIR_STATEMENTS)]
    rows = Rows()
    said += [text for text in (rows.sentence(pair_facts(view)) for _ in range(5)) if text]
    assert [why for text in said if (why := truth.check(text))] == []


@given(SCORES, SCORES)
def test_a_kicker_always_holds(left: float | None, right: float | None) -> None:
    issue = _issue(left, right)
    name, words = kicker(issue)
    (holds,) = (holds for one, _, holds in KICKERS if one == name)
    assert holds(issue.lead)
    known = [side.panel.score for side in issue.lead.sides]
    low, high = (min(known), max(known)) if None not in known else (None, None)  # type: ignore[type-var]
    rules = {
        "Verdict open": None in known,
        "Both ship": low == 100,
        "Neither ships": high == 0,
        "Dead heat": low == high,
        "Clear verdict": low is not None and low < 50 < high and high - low >= 50,  # type: ignore[operator]
        "Split panel": any(one is not None and 40 <= one <= 60 for one in known),
        "Divided panel": any(one is not None and 25 <= one <= 75 for one in known),
        "One dissent": any(one is not None and 74.5 <= one <= 75.5 for one in known),
        "One lone fan": any(one is not None and 24.5 <= one <= 25.5 for one in known),
        "Close call": low is not None and 0 < high - low < 20,  # type: ignore[operator]
        "One ahead": low != high,
    }
    assert rules[words]


def test_the_words_of_the_cases_are_gone() -> None:
    for left, right in itertools.product((0, 25, 50, 75, 95, 100), repeat=2):
        said = [
            next(one.texts(_issue(left, right), ()))
            for one in candidates(_issue(left, right), PAIR_STATEMENTS)
        ]
        if not {left, right} & {50}:
            assert not any("splits" in text for text in said)
        assert not any(text.endswith("?") or "?," in text for text in said)
