"""From picks to what the email says."""

from datetime import date, timedelta

import pytest

from digest.catalog.pages import Lens
from digest.catalog.trends import Week
from digest.compose.content import Content, Headline
from digest.compose.issue import compose
from digest.compose.statements.panel import count_ships
from tests.parts.pages import comparison, contender
from tests.parts.world import NOW

HUB = contender("Hub", tool_id=900)


def issue(*picked) -> Content:  # type: ignore[no-untyped-def] # noqa: ANN002
    return compose(1, NOW.date(), Headline("S", "P"), picked, "https://d.example")


def test_a_panel_of_three_is_told_in_one_decimal() -> None:
    lead = comparison(1, contender("One", 100 / 3), contender("Two", 200 / 3))
    assert issue(lead).lead.summary == "Two leads, 66.7% to 33.3%."


def test_rivals_of_one_tool_are_grouped_with_the_tool_on_the_left() -> None:
    lead = comparison(1, contender("Lead", 50), contender("Other"))
    rivals = [
        comparison(2, HUB, contender("R1")),
        comparison(3, contender("R2"), HUB),
        comparison(4, HUB, contender("R3")),
    ]
    alone = comparison(5, contender("X"), contender("Y"))
    content = issue(lead, rivals[0], alone, *rivals[1:])
    (group,) = content.groups
    assert group.heading == "Three rivals took on Hub"
    assert [one.left.name for one in group.matchups] == ["Hub"] * 3
    assert [one.right.name for one in group.matchups] == ["R1", "R2", "R3"]
    assert [one.title for one in content.briefs] == ["X vs Y"]


def test_a_comparison_stands_in_one_place_only() -> None:
    other = contender("Other hub", tool_id=901)
    picked = [
        comparison(1, contender("Lead"), HUB),
        comparison(2, HUB, other),
        comparison(3, HUB, contender("R")),
        comparison(4, other, contender("S")),
    ]
    content = issue(*picked)
    places = [one.slug for group in content.groups for one in group.matchups]
    places += [one.slug for one in content.briefs]
    assert sorted(places) == sorted(view.slug for view in picked[1:])


@pytest.mark.parametrize(
    ("score", "size", "expected"),
    [
        (100, 4, 4),
        (75, 4, 3),
        (0, 4, 0),
        (33.3, 3, 1),
        (66, 4, None),
        (None, 4, None),
        (75, 0, None),
    ],
)
def test_the_split_is_told_only_where_it_is_a_whole_number(
    score: float | None, size: int, expected: int | None
) -> None:
    assert count_ships(score, size) == expected


def test_the_dissent_is_pulled_where_it_is_known() -> None:
    divided = contender("Split", 75, skip=Lens.FOUNDER)
    side = issue(comparison(1, divided, contender("B"))).lead.left
    assert side.pull is not None
    assert (side.pull.lens, side.pull.verdict) == ("founder", "skip")


def test_an_unknown_verdict_is_never_guessed() -> None:
    """Which of a divided panel skips is not known; of one mind, all are of that mind."""
    divided, agreed = (
        issue(comparison(1, contender("One", one), contender("Other", other))).lead
        for one, other in ((75, 50), (100, 0))
    )
    said = [side.pull and side.pull.verdict for side in (divided.left, divided.right)]
    assert said == [None, None]
    said = [side.pull and side.pull.verdict for side in (agreed.left, agreed.right)]
    assert said == ["ship", "skip"]


def test_a_trend_is_shown_once_there_are_two_weeks_and_never_more_than_eight() -> None:
    left, right = contender("Old", tool_id=1), contender("New", tool_id=2)
    weeks = [Week(date(2026, 1, 5) + timedelta(weeks=number), number * 5.0) for number in range(12)]
    lead = compose(
        1,
        NOW.date(),
        Headline("S", "P"),
        [comparison(1, left, right)],
        "https://d.example",
        trends={1: weeks, 2: weeks[:1]},
    ).lead
    assert lead.left.trend == tuple(weeks[4:])
    assert lead.right.trend == ()


def test_a_page_without_an_address_leads_to_our_own() -> None:
    assert issue(comparison(1, contender("A"), contender("B"))).lead.url == (
        "https://d.example/comparisons/a-vs-b"
    )


def test_every_brief_and_every_row_of_a_group_has_a_line_of_its_own() -> None:
    rivals = [comparison(number, HUB, contender(f"R{number}")) for number in (2, 3)]
    brief = comparison(4, contender("X"), contender("Y"))
    content = issue(comparison(1, contender("Lead"), contender("Other")), *rivals, brief)
    rows = [*content.groups[0].matchups, *content.briefs]
    assert [one.line and one.line.tool for one in rows[:2]] == ["R2", "R3"]
    said = [one.line and one.line.text for one in rows]
    assert None not in said
    assert len(set(said)) == 3


def test_the_lead_has_no_line_since_it_has_quotes() -> None:
    lead = issue(comparison(1, contender("Lead"), contender("Other"))).lead
    assert lead.line is None
    assert lead.left.pull
    assert lead.right.pull
