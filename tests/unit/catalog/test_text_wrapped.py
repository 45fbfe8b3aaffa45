"""What a text browser wraps (lynx, w3m, links) is read as it was written."""

import textwrap
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.catalog.intake import limits
from digest.catalog.pages import ComparisonPage
from tests.unit.catalog.pages import PAGE, comparison, contender, page_lines, replaced
from tests.unit.catalog.text_pages import read, refused

LONG = comparison(
    contender("Lanternfish 3 Compact Instruct (8B)", panel_score=100.0, entry_price="$20 a month"),
    contender("Margin & Quill for Research Teams", community_score=64.0),
)


def dump(page: ComparisonPage, width: int, indent: str = "   ") -> str:
    """The page as a text browser prints it: each block wrapped, a blank line between blocks."""
    blocks = (
        textwrap.wrap(line, width, break_long_words=False, break_on_hyphens=False)
        for line in page_lines(page)
    )
    return "\n\n".join("\n".join(indent + row for row in block) for block in blocks)


def same_words(found: ComparisonPage, page: ComparisonPage) -> bool:
    """A description may be cut into paragraphs elsewhere: at a row that ends like a sentence."""
    sides = [
        replace(side, description=" ".join(side.description.split())) for side in found.contenders
    ]
    return replace(found, contenders=(sides[0], sides[1])) == replace(page, source="page.txt")


@pytest.mark.parametrize("width", [24, 28, 32, 40, 60, 72, 80, 132])
@pytest.mark.parametrize("page", [PAGE, LONG], ids=["short", "long"])
def test_a_page_wrapped_to_any_width_is_read(page: ComparisonPage, width: int) -> None:
    assert same_words(read(dump(page, width)), page)


@pytest.mark.parametrize(
    "heading",
    [
        "Quillmate 2 vs Ink\n& Paper (Beta)",
        "Quillmate 2 vs\nInk & Paper (Beta)",
        "Quillmate 2\nvs Ink & Paper (Beta)",
        "Quillmate\n2 vs Ink &\nPaper (Beta)",
        "Quillmate\n2\nvs\nInk & Paper (Beta)",
        "Quillmate 2\nvs\nInk & Paper\n(Beta)",
        "     Quillmate 2 vs Ink\n          & Paper (Beta)",
    ],
)
def test_a_heading_is_read_wherever_it_is_wrapped(heading: str) -> None:
    page = read(replaced(PAGE.title, heading))
    assert page == replace(PAGE, source="page.txt")


@pytest.mark.parametrize("name", ["Ink &\nPaper (Beta)", "Ink\n&\nPaper (Beta)"])
def test_a_name_is_read_wherever_it_is_wrapped(name: str) -> None:
    assert read(replaced("Ink & Paper (Beta)", name)) == replace(PAGE, source="page.txt")


def test_figures_and_taglines_that_are_wrapped_are_joined() -> None:
    text = replaced("Quillmate 2, in one breath", "Quillmate 2,\nin one\nbreath")
    assert read(text) == replace(PAGE, source="page.txt")


def test_the_number_of_a_link_is_no_part_of_a_name() -> None:
    text = replaced("Quillmate 2", "[12]Quillmate 2")
    text = replaced("Ink & Paper (Beta)", "[13]Ink &\nPaper (Beta)", text)
    assert read(text) == replace(PAGE, source="page.txt")


def test_a_number_in_brackets_that_both_lines_show_is_a_name() -> None:
    left = contender("[3]Dots")
    page = comparison(left, PAGE.contenders[1])
    found = read("\n".join(page_lines(page)))
    assert found == replace(page, source="page.txt")


def test_whole_lines_count_more_than_joined_ones() -> None:
    """A tagline that goes on with the name's words is a tagline where the heading stops before."""
    left = contender("Fig", tagline="Two")
    page = comparison(left, contender("Date", tagline="Two"))
    assert read("\n".join(page_lines(page))) == replace(page, source="page.txt")


def test_lines_above_that_only_speak_of_a_pair_are_no_heading() -> None:
    text = "Menu\nQuillmate 2 vs\nSomebody else\n" + "\n".join(page_lines(PAGE))
    assert read(text) == replace(PAGE, source="page.txt")


WORD = st.text(alphabet="abcdefgh", min_size=1, max_size=9).map(str.capitalize)


@settings(deadline=None, derandomize=True, max_examples=100)
@given(st.lists(WORD, min_size=1, max_size=3), st.lists(WORD, min_size=1, max_size=3), st.data())
def test_any_pair_of_names_wrapped_at_any_words_is_read(
    left: list[str], right: list[str], data: st.DataObject
) -> None:
    names = f"L {' '.join(left)}", f"R {' '.join(right)}"
    page = comparison(contender(names[0]), contender(names[1]))
    words = page.title.split(" ")
    cuts = data.draw(st.sets(st.integers(1, len(words) - 1), max_size=3))
    heading = "".join(
        ("" if at == 0 else "\n" if at in cuts else " ") + word for at, word in enumerate(words)
    )
    text = replaced(page.title, heading, "\n".join(page_lines(page)))
    assert read(text) == replace(page, source="page.txt")


@pytest.mark.parametrize("line", ["vs", "a vs b", "a vs", " vs ".join("ab" * 60)])
def test_a_page_of_nothing_but_headings_is_refused(line: str) -> None:
    rows = [line] * min(limits.TEXT_LINES - 60, limits.FILE_BYTES // (len(line) + 1) - 3000)
    assert refused("\n".join([*rows, *page_lines(PAGE)[3:]])).line
