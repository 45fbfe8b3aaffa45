"""The site's own pages, where they are at hand: every field, and a second import."""

from pathlib import Path

import pytest
from sqlmodel import select

from digest.catalog.intake.sources import read_sources
from digest.catalog.pages import ComparisonPage, Lens
from digest.catalog.queries import all_comparisons
from digest.catalog.tables import Tool
from digest.catalog.upsert import Change, upsert_page
from store.engine import Store
from tests.parts.world import NOW

PAGES = Path(__file__).resolve().parents[3] / "shared" / "pages"

pytestmark = pytest.mark.skipif(not PAGES.is_dir(), reason="the real pages are not at hand")

EXPECTED = {
    "llama-4-compact-12b-vs-gpt-5-mini-api": [
        ("Llama 4 Compact (12B)", 100, "Free"),
        ("GPT-5 Mini API", 100, "Paid"),
    ],
    "llama-4-compact-12b-vs-mistral-medium-3": [
        ("Llama 4 Compact (12B)", 100, "Free"),
        ("Mistral Medium 3", 100, "Paid"),
    ],
    "smollm3-vs-mistral-medium-3": [("SmolLM3", 75, "Free"), ("Mistral Medium 3", 100, "Paid")],
}


def keep_all(store: Store) -> list[Change]:
    changes = []
    for page in read_sources([str(PAGES)], None):
        assert isinstance(page, ComparisonPage), page
        with store.write() as session:
            changes.append(upsert_page(session, page, NOW).change)
    return changes


def test_the_three_pages_come_in_whole_and_again_without_a_change(sqlite_store: Store) -> None:
    assert keep_all(sqlite_store) == [Change.NEW] * 3
    assert keep_all(sqlite_store) == [Change.SAME] * 3
    with sqlite_store.read() as session:
        views = {view.slug: view for view in all_comparisons(session)}
        assert len(session.exec(select(Tool)).all()) == 4
    assert set(views) == set(EXPECTED)
    for slug, sides in EXPECTED.items():
        for side, (name, score, price) in zip(views[slug].contenders, sides, strict=True):
            assert (side.name, side.panel_score, side.entry_price) == (name, score, price)
            assert side.community_score is None
            assert side.category == "Developer Tools"
            assert [review.lens for review in side.reviews] == list(Lens)
            assert all(review.verdict is None for review in side.reviews)


@pytest.mark.parametrize("path", sorted(PAGES.glob("*.txt")), ids=lambda path: path.stem)
def test_every_line_of_a_page_lands_where_it_belongs(path: Path) -> None:
    (page,) = read_sources([str(path)], None)
    assert isinstance(page, ComparisonPage), page
    lines = path.read_text(encoding="utf-8").splitlines()
    quotes = [line for line in lines if line.startswith("“")]
    assert page.title == lines[1]
    for place, side in enumerate(page.contenders):
        start = 3 + place * 10
        assert [side.category, side.name, side.tagline] == lines[start : start + 3]
        assert side.description == lines[start + 9]
        assert [review.quote for review in side.reviews] == [
            quote.strip("“”") for quote in quotes[place::2]
        ]
