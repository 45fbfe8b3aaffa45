"""The quotes of a whole issue."""

from dataclasses import replace
from pathlib import Path

import pytest

from digest.catalog.intake.text.parse import read_text
from digest.catalog.pages import ContenderPage, Lens, Verdict
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
    lead = comparison(1, replace(contender("Heronry", 25), reviews=said), contender("B"))
    found = issue_quotes(lead).left
    assert found is not None
    assert (found.lens, found.verdict) == (Lens.BUILDER, Verdict.SHIP)


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
