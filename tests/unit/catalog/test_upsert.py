"""Pages of the same two tools stay apart, and an incomplete page erases no review."""

import json
from dataclasses import replace

from digest.catalog.intake.json_form.parse import read_json
from digest.catalog.intake.text.parse import read_text
from digest.catalog.pages import ComparisonPage
from digest.catalog.queries import all_comparisons
from digest.catalog.upsert import Change, UpsertResult, upsert_page
from store.engine import Store
from tests.parts.world import NOW
from tests.unit.catalog.pages import INK, PAGE, QUILL, comparison, page_text, quotes
from tests.unit.catalog.test_any_input import as_json


def keep(store: Store, page: ComparisonPage) -> UpsertResult:
    with store.write() as session:
        return upsert_page(session, page, NOW)


def test_the_same_pair_thrice_is_three_comparisons_of_two_tools(sqlite_store: Store) -> None:
    """In both orders, and again under a slug of its own, as a yearly page has one."""
    pages = [
        comparison(QUILL, INK),
        comparison(INK, QUILL),
        replace(comparison(QUILL, INK), slug="quillmate-2-vs-ink-2026"),
    ]
    text = json.dumps([as_json(page) for page in pages])
    for want in (Change.NEW, Change.SAME):
        for page in read_json(text, "week.json"):
            assert isinstance(page, ComparisonPage)
            assert keep(sqlite_store, page).change is want
    with sqlite_store.read() as session:
        views = all_comparisons(session)
        tools = {side.tool_id for view in views for side in view.contenders}
    assert {view.slug for view in views} == {
        "quillmate-2-vs-ink-and-paper-beta",
        "ink-and-paper-beta-vs-quillmate-2",
        "quillmate-2-vs-ink-2026",
    }
    assert len(tools) == 2


def test_reviews_that_an_incomplete_page_lacks_stay_as_they_were(sqlite_store: Store) -> None:
    keep(sqlite_store, PAGE)
    partial = read_text(page_text(reviews=quotes(PAGE)[:6]), "page.txt")
    assert partial.notes
    assert keep(sqlite_store, partial).change is Change.SAME
    cheaper = read_text(page_text(reviews=[]).replace("$20/mo", "$10/mo"), "page.txt")
    assert keep(sqlite_store, cheaper).changes == ("Quillmate 2, entry price: $20/mo -> $10/mo",)
    with sqlite_store.read() as session:
        (view,) = all_comparisons(session)
    assert [side.reviews for side in view.contenders] == [QUILL.reviews, INK.reviews]


def test_reviews_that_a_whole_source_does_not_have_go(sqlite_store: Store) -> None:
    keep(sqlite_store, PAGE)
    bare = comparison(replace(QUILL, reviews=()), INK)
    assert "review: gone" in keep(sqlite_store, bare).changes[0]
