"""What an editor corrected survives re-imports, and is told where its page has changed since."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.catalog.corrections import (
    CorrectionError,
    correct,
    corrections_of,
    fields,
    read,
    take_back,
)
from digest.catalog.pages import ComparisonPage, ReviewPage, Verdict
from digest.catalog.queries import ComparisonView, comparison_by_slug
from digest.catalog.tables import Correction
from digest.catalog.upsert import Change, UpsertResult, upsert_page
from store.engine import Store
from tests.parts.issues.editing import page

NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
SLUG = "aye-vs-bee"
ANY = {
    "score": st.integers(0, 100).map(lambda n: f"{n}"),
    "verdict": st.sampled_from(["ship", "skip", ""]),
    "published_at": st.datetimes(datetime(2020, 1, 1), datetime(2026, 1, 1)).map(  # noqa: DTZ001
        lambda at: at.isoformat()
    ),
    "url": st.sampled_from(["", "https://d.example/a", "https://d.example/b?c=d"]),
    "text": st.text(
        st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=40
    ),
}


def keep(store: Store, one: ComparisonPage) -> UpsertResult:
    with store.write() as session:
        return upsert_page(session, one, NOW)


def make(store: Store, field: str, text: str, who: str = "ana") -> Correction | None:
    with store.write() as session:
        return correct(session, SLUG, field, text, who=who, now=NOW)


def view(store: Store) -> ComparisonView:
    with store.read() as session:
        found = comparison_by_slug(session, SLUG)
    assert found is not None
    return found


def told(store: Store) -> list[tuple[str, Any, Any, bool]]:
    with store.read() as session:
        return [
            (one.field, one.page_now, one.value, one.page_changed)
            for one in corrections_of(session, view(store).id)
        ]


def test_a_correction_survives_the_same_page_and_a_changed_one(store: Store) -> None:
    keep(store, page("Aye", "Bee", panel_score=75.0))
    make(store, "left.panel_score", "50%")
    assert view(store).contenders[0].panel_score == 50
    assert keep(store, page("Aye", "Bee", panel_score=75.0)).change is Change.SAME
    changed = keep(store, page("Aye", "Bee", panel_score=75.0, tagline="Other words"))
    assert changed.changes == ("Aye, tagline: What Aye is -> Other words",)
    assert view(store).contenders[0].panel_score == 50
    assert told(store) == [("left.panel_score", 75.0, 50.0, False)]


def test_a_correction_whose_page_has_changed_is_told(store: Store) -> None:
    keep(store, page("Aye", "Bee", panel_score=75.0))
    make(store, "left.panel_score", "50")
    changed = keep(store, page("Aye", "Bee", panel_score=25.0))
    assert changed.change is Change.CHANGED
    assert changed.changes == (
        "Aye, panel score: 75 -> 25",
        "left.panel_score: the page says 25 now; it stays corrected to 50 (by ana)",
    )
    assert told(store) == [("left.panel_score", 25.0, 50.0, True)]
    assert view(store).contenders[0].panel_score == 50
    make(store, "left.panel_score", "60", who="bob")
    assert told(store) == [("left.panel_score", 25.0, 60.0, False)]


def test_saying_what_the_page_says_takes_the_correction_back(store: Store) -> None:
    keep(store, page("Aye", "Bee", entry_price="Free"))
    assert make(store, "left.entry_price", "Free") is None
    make(store, "left.entry_price", "$9")
    assert make(store, "left.entry_price", "Free") is None
    assert told(store) == []
    assert view(store).contenders[0].entry_price == "Free"


def test_taken_back_the_page_speaks_for_itself(store: Store) -> None:
    keep(store, page("Aye", "Bee"))
    make(store, "title", "A title")
    keep(store, replace(page("Aye", "Bee"), title="The page's new title"))
    assert view(store).title == "A title"
    with store.write() as session:
        assert take_back(session, SLUG, "title", NOW) == "The page's new title"
    assert view(store).title == "The page's new title"
    with pytest.raises(CorrectionError, match="is not corrected"), store.write() as session:
        take_back(session, SLUG, "title", NOW)


def test_a_corrected_name_keeps_the_tool(store: Store) -> None:
    keep(store, page("Aye", "Bee"))
    before = view(store).contenders[0]
    make(store, "left.name", "Aye (8B)")
    assert keep(store, page("Aye", "Bee")).change is Change.SAME
    keep(store, page("Aye", "Bee", tagline="Else"))
    after = view(store).contenders[0]
    assert (after.name, after.tool_id, after.tool_slug) == (
        "Aye (8B)", before.tool_id, before.tool_slug,
    )  # fmt: skip


def test_a_verdict_is_corrected_and_the_pages_own_is_kept_apart(store: Store) -> None:
    keep(store, page("Aye", "Bee"))
    make(store, "left.builder.verdict", "skip")
    (builder, *rest) = view(store).contenders[0].reviews
    assert builder.verdict is Verdict.SKIP
    assert {one.verdict for one in rest} == {None}
    reviews = tuple(ReviewPage(one.lens, one.quote, Verdict.SHIP) for one in [builder, *rest])
    keep(store, page("Aye", "Bee", reviews=reviews))
    assert [one.verdict for one in view(store).contenders[0].reviews] == [
        Verdict.SKIP, Verdict.SHIP, Verdict.SHIP, Verdict.SHIP,
    ]  # fmt: skip
    assert told(store) == [("left.builder.verdict", "ship", "skip", True)]
    keep(store, page("Aye", "Bee", reviews=reviews[1:]))
    assert told(store) == [("left.builder.verdict", None, "skip", False)]


@pytest.mark.parametrize(
    ("field", "text", "line"),
    [
        ("panel_score", "50", "can't be corrected"),
        ("left.builder.quote", "Better words", "can't be corrected"),
        ("left.panel_score", "101", "a number from 0 to 100"),
        ("left.panel_score", "nan", "a number from 0 to 100"),
        ("left.panel_score", "much", "a number from 0 to 100"),
        ("right.founder.verdict", "maybe", "ship or skip"),
        ("title", " ", "can't be empty"),
        ("left.name", "", "can't be empty"),
        ("url", "javascript:alert(1)", "no web address"),
        ("published_at", "yesterday", "is no time"),
        ("left.category", "x" * 101, "100 are the most"),
    ],
)
def test_what_cant_be_corrected_is_one_line(store: Store, field: str, text: str, line: str) -> None:
    keep(store, page("Aye", "Bee"))
    before = view(store)
    with pytest.raises(CorrectionError, match=line) as refused:
        make(store, field, text)
    assert "\n" not in str(refused.value)
    assert view(store) == before
    assert told(store) == []


def _text(field: str) -> st.SearchStrategy[str]:
    name = field.rpartition(".")[2]
    return ANY.get("score" if name.endswith("score") else name, ANY["text"])


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_corrections_and_imports_leave_both_apart(store: Store, data: st.DataObject) -> None:
    """Whatever is corrected and imported, the page's own words come back when it is taken back."""
    first, second = page("Aye", "Bee"), page("Aye", "Bee", panel_score=33.0, tagline="New")
    keep(store, first)
    chosen = data.draw(st.lists(st.sampled_from(fields()), unique=True, max_size=6))
    for field in chosen:
        make(store, field, data.draw(_text(field)))
    corrected = {field: value for field, _, value, _ in told(store)}
    after = data.draw(st.sampled_from([first, second]))
    keep(store, after)
    now = view(store)
    assert {field: read(now, field) for field in corrected} == corrected
    with store.write() as session:
        for field in corrected:
            take_back(session, SLUG, field, NOW)
    plain = view(store)
    assert keep(store, after).change is Change.SAME
    assert plain.contenders[0].tagline == after.contenders[0].tagline
    assert plain.contenders[0].panel_score == after.contenders[0].panel_score
    assert plain.title == after.title
