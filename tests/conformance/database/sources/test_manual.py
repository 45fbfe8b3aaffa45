"""A page that an editor gives: looking keeps nothing, keeping keeps all of it or nothing."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.catalog.corrections import corrections_of, fields
from digest.catalog.queries import all_comparisons
from digest.catalog.upsert import Change
from digest.sources.manual import MOST_PAGES, GivenPage, Wishes, keep, understand
from store.engine import Store
from tests.parts.site import page
from tests.parts.world import NOW

HTML = GivenPage(page("Heron", "Tern"), "heron.html", ".html")
SLUG = "heron-vs-tern"


def wishes(changes: dict[str, str] | None = None, **more: object) -> Wishes:
    return Wishes("ana", {0: changes or {}}, **more)  # type: ignore[arg-type]


def stored(store: Store) -> list[str]:
    with store.read() as session:
        return [one.slug for one in all_comparisons(session)]


def test_looking_keeps_nothing_and_keeping_does(store: Store) -> None:
    [seen] = understand(store, HTML, wishes({"left.panel_score": "25"}), NOW).found
    assert (seen.result.slug, seen.result.change, stored(store)) == (SLUG, Change.NEW, [])
    assert seen.values["left.panel_score"] == 75, "as the page says, to be told from the change"
    [kept] = keep(store, HTML, wishes({"left.panel_score": "25"}), NOW).found
    assert (kept.result.change, stored(store)) == (Change.NEW, [SLUG])
    with store.read() as session:
        [view] = all_comparisons(session)
        [one] = corrections_of(session, view.id)
    assert view.contenders[0].panel_score == 25
    assert (one.field, one.page_now, one.value, one.who) == ("left.panel_score", 75, 25, "ana")
    assert keep(store, HTML, wishes(), NOW).found[0].result.change is Change.SAME
    with store.read() as session:
        assert all_comparisons(session)[0].contenders[0].panel_score == 25


def test_one_correction_that_cannot_be_keeps_nothing_of_all(store: Store) -> None:
    changes = {"left.tagline": "Better", "left.panel_score": "lots", "right.name": ""}
    reading = keep(store, HTML, wishes(changes), NOW)
    assert set(reading.found[0].problems) == {"left.panel_score", "right.name"}
    assert stored(store) == []


def test_only_what_is_wanted_is_kept(store: Store) -> None:
    assert keep(store, HTML, wishes(wanted=()), NOW).found == ()
    assert stored(store) == []


@pytest.mark.parametrize("name", ["published_at", "url", "title", "left.builder.verdict"])
def test_each_kind_of_field_is_corrected_before_it_is_kept(store: Store, name: str) -> None:
    values = {
        "published_at": "2026-11-02",
        "url": "https://example.org/x",
        "title": "Both",
        "left.builder.verdict": "skip",
    }
    reading = keep(store, HTML, wishes({name: values[name]}), NOW)
    assert not reading.has_problems
    with store.read() as session:
        [view] = all_comparisons(session)
        assert [one.field for one in corrections_of(session, view.id)] == [name]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.one_of(st.text(max_size=200), st.just(HTML.text)),
    ending=st.sampled_from(["", ".txt", ".md", ".html", ".json"]),
    address=st.text(max_size=40),
    changes=st.dictionaries(st.sampled_from(fields()), st.text(max_size=40), max_size=4),
)
def test_whatever_is_given_is_understood_or_refused_and_not_kept_by_looking(
    sqlite_store: Store, text: str, ending: str, address: str, changes: dict[str, str]
) -> None:
    given_page = GivenPage(text, "a page", ending, address)
    reading = understand(sqlite_store, given_page, wishes(changes), NOW)
    assert bool(reading.found) != bool(reading.refused)
    assert len(reading.found) <= MOST_PAGES
    assert all("\n" not in line for line in reading.refused)
    assert stored(sqlite_store) == []
