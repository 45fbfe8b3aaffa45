"""Three pages as the site publishes them, read to the last field.

What is expected comes from the files' own lines by number, and from facts (names, scores,
prices); the pages' sentences aren't repeated here.
"""

from dataclasses import replace
from pathlib import Path

import pytest

from digest.catalog.intake.html.parse import read_html
from digest.catalog.intake.text.parse import read_text
from digest.catalog.pages import ComparisonPage, ContenderPage, Lens, ReviewPage
from tests.unit.catalog.pages import REAL_PAGES, page_html

FACTS = {
    "llama-4-compact-vs-gpt-5-mini-api.txt": (
        ("Llama 4 Compact (12B)", "GPT-5 Mini API"),
        (100.0, 100.0),
        ("Free", "Paid"),
    ),
    "llama-4-compact-vs-mistral-medium-3.txt": (
        ("Llama 4 Compact (12B)", "Mistral Medium 3"),
        (100.0, 100.0),
        ("Free", "Paid"),
    ),
    "smollm3-vs-mistral-medium-3.txt": (
        ("SmolLM3", "Mistral Medium 3"),
        (75.0, 100.0),
        ("Free", "Paid"),
    ),
}

pytestmark = pytest.mark.skipif(not REAL_PAGES.is_dir(), reason="the site's pages are not here")


@pytest.fixture(params=sorted(FACTS))
def path(request: pytest.FixtureRequest) -> Path:
    return REAL_PAGES / str(request.param)


def expected(path: Path) -> ComparisonPage:
    """Built from the lines at the numbers where a person finds them."""
    lines = path.read_text("utf-8").split("\n")
    names, panels, prices = FACTS[path.name]
    sides = []
    for side, (category, description) in enumerate(((3, 12), (13, 22))):
        reviews = tuple(
            ReviewPage(lens, lines[24 + 2 * number + side].strip("“”"))
            for number, lens in enumerate(Lens)
        )
        sides.append(
            ContenderPage(
                name=names[side],
                category="Developer Tools",
                tagline=lines[category + 2],
                description=lines[description],
                panel_score=panels[side],
                community_score=None,
                entry_price=prices[side],
                reviews=reviews,
            )
        )
    return ComparisonPage(" vs ".join(names), (sides[0], sides[1]), source=path.name)


def test_every_field_is_read(path: Path) -> None:
    page = read_text(path.read_text("utf-8"), path.name)
    assert page == expected(path)
    assert all(
        side.tagline and len(side.description) > 200 and len(side.reviews) == 4
        for side in page.contenders
    )


def test_reviews_speak_of_the_contender_they_are_filed_under(path: Path) -> None:
    """Where only one of two reviews names a contender, it is that contender's review."""
    page = read_text(path.read_text("utf-8"), path.name)
    left, right = page.contenders
    proofs = 0
    for side, other in ((left, right), (right, left)):
        word = side.name.split(" (")[0].removesuffix(" API")
        for mine, its in zip(side.reviews, other.reviews, strict=True):
            if (word in mine.quote) != (word in its.quote):
                assert word in mine.quote
                proofs += 1
    assert proofs >= 3


def test_the_same_page_as_html_reads_the_same(path: Path) -> None:
    page = read_text(path.read_text("utf-8"), path.name)
    assert read_html(page_html(page), path.name) == replace(page, source=path.name)
