"""The sample week shows what the digest can do, and is whole: a demo that shrinks is noticed."""

import csv

import pytest

from digest.catalog.intake.sources import read_sources
from digest.catalog.pages import ComparisonPage, Verdict
from digest.catalog.slugs import comparison_slug, slugify
from digest.samples import comparisons, subscribers
from tests.unit.catalog.pages import REAL_PAGES


def sample_pages() -> list[ComparisonPage]:
    found = list(read_sources([str(comparisons())], None))
    pages = [one for one in found if isinstance(one, ComparisonPage)]
    assert pages == found
    return pages


def test_nine_comparisons_in_every_form() -> None:
    assert (
        len({comparison_slug(*(c.name for c in page.contenders)) for page in sample_pages()}) == 9
    )
    endings = [path.suffix for path in comparisons().iterdir()]
    assert (endings.count(".txt"), endings.count(".html")) == (3, 1)


def test_every_contender_is_complete() -> None:
    for page in sample_pages():
        for side in page.contenders:
            assert all((side.tagline, side.description, side.entry_price))
            assert len(side.reviews) == 4
            assert len({review.quote for review in side.reviews}) == 4


def test_verdicts_agree_with_the_panel_score() -> None:
    known = 0
    for side in (side for page in sample_pages() for side in page.contenders):
        verdicts = [review.verdict for review in side.reviews]
        if None not in verdicts:
            known += 1
            assert verdicts.count(Verdict.SHIP) * 25 == side.panel_score
    assert known == 10


def test_a_week_with_something_of_everything() -> None:
    sides = [side for page in sample_pages() for side in page.contenders]
    names = [side.name for side in sides]
    assert max(names.count(name) for name in names) >= 3
    assert {50.0, 75.0, 100.0} <= {side.panel_score for side in sides}
    assert {None} < {side.community_score for side in sides}
    assert {"Free", "Paid", "Freemium", "$20/mo"} <= {side.entry_price for side in sides}
    assert len({side.category for side in sides}) >= 5
    assert any("(" in name for name in names)
    assert any("&" in name for name in names)


def test_addresses_are_those_of_an_example_site() -> None:
    for page in sample_pages():
        slug = comparison_slug(*(side.name for side in page.contenders))
        assert page.slug in (None, slug)
        assert page.url in (None, f"https://verdicts.example/compare/{slug}")
        assert page.published_at is None


@pytest.mark.skipif(not REAL_PAGES.is_dir(), reason="the site's pages are not here")
def test_no_sentence_of_the_real_pages_is_repeated() -> None:
    real = "\n".join(path.read_text("utf-8") for path in REAL_PAGES.glob("*.txt"))
    for side in (side for page in sample_pages() for side in page.contenders):
        assert slugify(side.name) not in slugify(real)
        for text in (side.description, side.tagline, *(one.quote for one in side.reviews)):
            assert text not in real


def test_twelve_subscribers_on_reserved_domains() -> None:
    with subscribers().open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len({row["email"] for row in rows}) == len(rows) == 12
    assert all(set(row) == {"email", "first_name"} for row in rows)
    assert {row["email"].split("@")[1] for row in rows} == {
        "example.com",
        "example.net",
        "example.org",
    }
    assert any(not row["first_name"].isascii() for row in rows)
