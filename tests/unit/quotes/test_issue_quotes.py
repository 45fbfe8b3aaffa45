"""The quotes of a whole issue."""

from dataclasses import replace
from pathlib import Path

import pytest

from digest.catalog.intake.text.parse import read_text
from digest.catalog.pages import ContenderPage, Lens, ReviewPage, Verdict
from digest.catalog.queries import ContenderView
from digest.quotes.choice import MAX_LINE
from digest.quotes.habits import opening
from digest.quotes.issue import Row, issue_quotes
from digest.quotes.scripts import width
from digest.quotes.sentences import folded, is_whole
from tests.parts.pages import comparison, contender
from tests.unit.catalog.pages import REAL_PAGES
from tests.unit.quotes.reviews import CORMORANT, HERONRY, reviews


def tool(name: str, said: dict[Lens, str], score: float | None = 100) -> ContenderView:
    return replace(contender(name, score), reviews=reviews(said))


def test_the_lead_has_two_quotes_with_other_openings() -> None:
    lead = comparison(1, tool("Heronry", HERONRY, 75), tool("Cormorant", CORMORANT))
    found = issue_quotes(lead)
    assert found.left is not None
    assert found.right is not None
    assert (found.left.verdict, found.right.verdict) == (None, Verdict.SHIP)
    assert opening(found.left.text) != opening(found.right.text)


def test_a_brief_has_one_line_about_either_tool() -> None:
    lead = comparison(1, contender("A"), contender("B"))
    brief = comparison(2, tool("Heronry", HERONRY, 75), tool("Cormorant", CORMORANT))
    (line,) = issue_quotes(lead, [Row(brief)]).lines
    assert line is not None
    assert line.tool in ("Heronry", "Cormorant")
    assert width(line.text) <= MAX_LINE


def test_a_row_speaks_of_the_rival_it_is_about() -> None:
    lead = comparison(1, contender("A"), contender("B"))
    view = comparison(2, tool("Heronry", HERONRY), tool("Cormorant", CORMORANT))
    for side in view.contenders:
        (line,) = issue_quotes(lead, [Row(view, side.tool_slug)]).lines
        assert line is not None
        assert line.tool == side.name


def test_a_row_whose_rival_says_nothing_speaks_of_the_other() -> None:
    lead = comparison(1, contender("A"), contender("B"))
    silent = replace(contender("Silent"), reviews=())
    view = comparison(2, tool("Heronry", HERONRY), silent)
    (line,) = issue_quotes(lead, [Row(view, silent.tool_slug)]).lines
    assert line is not None
    assert line.tool == "Heronry"


def test_without_reviews_a_row_has_a_sentence_of_the_description_and_nobodys_verdict() -> None:
    lead = comparison(1, contender("A"), contender("B"))
    words = "C is short. C keeps its word to the letter."
    tools = [replace(contender(name), reviews=(), description=words) for name in ("C", "D")]
    silent = comparison(2, *tools)
    mute = replace(silent, contenders=(replace(tools[0], description=""),) * 2)
    line, none = issue_quotes(lead, [Row(silent), Row(mute)]).lines
    assert line is not None
    assert (line.text, line.lens, line.verdict) == ("C keeps its word to the letter.", None, None)
    assert none is None


def test_an_issue_says_nothing_twice() -> None:
    """The same tool with the same reviews on four pages, as a group of rivals has it."""
    hub = tool("Heronry", HERONRY)
    views = [comparison(n, hub, tool(f"Rival {n}", CORMORANT)) for n in range(4)]
    found = issue_quotes(views[0], [Row(view) for view in views[1:]])
    said = [one.text for one in (found.left, found.right, *found.lines) if one]
    assert len(set(said)) == len(said)


def test_a_minority_of_shippers_is_the_dissent_too() -> None:
    said = reviews(HERONRY, builder=Verdict.SHIP, skeptic=Verdict.SKIP, founder=Verdict.SKIP)
    unscored = contender("B", None)
    lead = comparison(1, replace(contender("Heronry", 25), reviews=said), unscored)
    found = issue_quotes(lead).left
    assert found is not None
    assert (found.lens, found.verdict) == (Lens.BUILDER, Verdict.SHIP)


WORDS = {
    Lens.BUILDER: ("Ships for whoever runs {}.", "Skip what {} charges for a seat."),
    Lens.SKEPTIC: ("I'd keep {} for a year.", "What kills {} is the price of it."),
    Lens.FUTURIST: ("Worth it where {} runs already.", "Nobody would buy {} in a year."),
    Lens.FOUNDER: ("Teams would pay for {} today.", "Avoid {} if you pay by the seat."),
}


def panel(name: str, ships: int, *, known: bool = True) -> ContenderView:
    """A tool that the first `ships` of its four reviewers would ship, each in other words."""
    said = tuple(
        ReviewPage(
            lens,
            WORDS[lens][at >= ships].format(name),
            (Verdict.SKIP if at >= ships else Verdict.SHIP) if known else None,
        )
        for at, lens in enumerate(Lens)
    )
    return replace(contender(name, 25 * ships), reviews=said)


@pytest.mark.parametrize(
    ("ships", "verdicts"),
    [
        ((3, 1), ("ship", "skip")),
        ((1, 3), ("skip", "ship")),
        ((3, 4), ("skip", "ship")),
        ((4, 3), ("ship", "skip")),
        ((2, 3), ("skip", "ship")),
        ((1, 0), ("ship", "skip")),
        ((4, 0), ("ship", "skip")),
        ((4, 4), ("ship", "ship")),
        ((0, 0), ("skip", "skip")),
    ],
)
def test_the_leads_two_quotes_speak_for_both_sides(
    ships: tuple[int, int], verdicts: tuple[str, str]
) -> None:
    """One would ship the tool ahead, one would skip the one behind, where the two can be had."""
    lead = comparison(1, *(panel(name, n) for name, n in zip("AB", ships, strict=True)))
    found = issue_quotes(lead)
    assert found.left is not None
    assert found.right is not None
    assert (found.left.verdict, found.right.verdict) == verdicts


@pytest.mark.parametrize("ships", [1, 2, 3])
def test_at_a_tie_of_divided_panels_one_of_each_side_speaks(ships: int) -> None:
    found = issue_quotes(comparison(1, panel("A", ships), panel("B", ships)))
    assert {found.left and found.left.verdict, found.right and found.right.verdict} == {
        Verdict.SHIP,
        Verdict.SKIP,
    }


def test_the_other_way_round_where_the_words_allow_only_that() -> None:
    """Whoever would ship the tool ahead says nothing that can be printed."""
    left = panel("A", 3)
    mute = tuple(
        replace(one, quote="Yes.") if one.verdict is Verdict.SHIP else one for one in left.reviews
    )
    found = issue_quotes(comparison(1, replace(left, reviews=mute), panel("B", 1)))
    assert found.left is not None
    assert found.right is not None
    assert (found.left.verdict, found.right.verdict) == (Verdict.SKIP, Verdict.SHIP)


def test_without_the_sources_verdicts_nobody_is_given_one() -> None:
    found = issue_quotes(comparison(1, panel("A", 3, known=False), panel("B", 1, known=False)))
    assert found.left is not None
    assert found.right is not None
    assert (found.left.verdict, found.right.verdict) == (None, None)


def test_a_telling_line_prefers_no_dissenter() -> None:
    """It is printed without its verdict: under 75% it would read as the panel's."""
    lead = comparison(1, contender("A"), contender("B"))
    tool = panel("C", 3)
    *others, dissenter = tool.reviews
    dull = replace(tool, reviews=(*others, replace(dissenter, quote="C has docs that are dated.")))
    (line,) = issue_quotes(lead, [Row(comparison(2, dull, contender("D")), dull.tool_slug)]).lines
    assert line is not None
    assert line.verdict is Verdict.SHIP


@pytest.mark.skipif(not REAL_PAGES.is_dir(), reason="the site's pages are not here")
@pytest.mark.parametrize("path", sorted(REAL_PAGES.glob("*.txt")), ids=lambda path: path.stem)
def test_real_pages_are_quoted_with_a_stance(path: Path) -> None:
    page = read_text(path.read_text(), path.name)
    view = comparison(1, *(_view(side) for side in page.contenders))
    found = issue_quotes(view)
    for quote, side in zip((found.left, found.right), page.contenders, strict=True):
        assert quote is not None
        words = {review.lens: folded(review.quote) for review in side.reviews}[quote.lens]
        assert quote.text in words
        assert not words.startswith(quote.text)
        assert is_whole(quote.text)
        assert quote.verdict is (Verdict.SHIP if side.panel_score == 100 else None)


def _view(side: ContenderPage) -> ContenderView:
    return replace(
        contender(side.name, side.panel_score), reviews=side.reviews, description=side.description
    )


def test_an_opening_does_not_come_back_week_after_week() -> None:
    """A season of sixteen weeks whose builder always has the same sentence ready."""
    earlier: list[list[str]] = []
    began = []
    for week in range(16):
        said = {
            Lens.BUILDER: (
                f"The specific decision that earns the ship is the price of plan {week}. "
                f"Ships because plan {week} runs where the data already is."
            ),
            Lens.SKEPTIC: f"What kills this is the cloud's own scheduler in year {week}.",
            Lens.FOUNDER: f"Skip it if you pay by the seat for plan {week}.",
        }
        lead = comparison(week + 1, tool(f"Heron {week}", said), tool(f"Gull {week}", {}))
        recent = [text for quoted in earlier[-4:] for text in quoted]
        found = issue_quotes(lead, earlier=recent).left
        assert found is not None
        began.append(opening(found.text))
        earlier.append([found.text])
    assert len(set(began)) >= 3
    for at in range(len(began) - 4):
        assert all(began[at : at + 4].count(one) <= 2 for one in began), began


def test_where_nothing_else_serves_an_opening_comes_back() -> None:
    lead = comparison(
        1, tool("Heron", {Lens.BUILDER: "Ships because it runs here."}), contender("B")
    )
    found = issue_quotes(lead, earlier=["Ships because it was there first."])
    assert found.left is not None
    assert found.left.text == "Ships because it runs here."
