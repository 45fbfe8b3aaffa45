"""The JSON form carries everything, is strict about what it takes, and says where it went wrong."""

import json
from copy import deepcopy
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from digest.catalog import tables
from digest.catalog.intake import limits
from digest.catalog.intake.json_form.parse import read_comparison, read_json
from digest.catalog.intake.text.parse import read_text
from digest.catalog.pages import ComparisonPage, Lens, PageError, Verdict
from tests.unit.catalog.pages import PAGE, page_text

FULL: dict[str, Any] = {
    "slug": "quillmate-2-vs-ink-and-paper-beta",
    "title": "Quillmate 2 vs Ink & Paper (Beta)",
    "published_at": "2026-03-09T10:00:00+02:00",
    "url": "https://verdicts.example/compare/quillmate-2-vs-ink-and-paper-beta",
    "contenders": [
        {
            "name": "Quillmate 2",
            "slug": "quillmate",
            "category": "Writing",
            "tagline": "Drafts while you talk",
            "description": "First paragraph.\n\nSecond paragraph.",
            "panel_score": 75,
            "community_score": 12.5,
            "entry_price": "$20/mo",
            "reviews": [
                {"lens": "builder", "quote": "Ships.", "verdict": "ship"},
                {"lens": "founder", "quote": "Does not.", "verdict": "skip"},
                {"lens": "skeptic", "quote": "Silent.", "verdict": None},
            ],
        },
        {
            "name": "Ink & Paper (Beta)",
            "category": "Research",
            "tagline": "",
            "description": "",
            "panel_score": None,
            "community_score": None,
            "entry_price": "",
            "reviews": [],
        },
    ],
}


def read(value: Any) -> list[ComparisonPage | PageError]:
    return list(read_json(value if isinstance(value, str) else json.dumps(value), "pages.json"))


def page(value: Any) -> ComparisonPage:
    (found,) = read(value)
    assert isinstance(found, ComparisonPage), found
    return found


def refused(value: Any) -> PageError:
    (found,) = read(value)
    assert isinstance(found, PageError)
    assert "\n" not in str(found)
    return found


def changed(path: str, value: Any) -> dict[str, Any]:
    """The full object with the value at `path` ('contenders.0.name') changed."""
    whole = deepcopy(FULL)
    *way, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    target: Any = whole
    for step in way:
        target = target[step]
    target[last] = value
    return whole


def test_every_key_is_read() -> None:
    found = page(FULL)
    left, right = found.contenders
    assert (found.title, found.slug, found.url) == (FULL["title"], FULL["slug"], FULL["url"])
    assert found.published_at == datetime(2026, 3, 9, 8, tzinfo=UTC)
    assert (left.name, left.slug, left.category) == ("Quillmate 2", "quillmate", "Writing")
    assert left.tagline == "Drafts while you talk"
    assert left.description == "First paragraph.\n\nSecond paragraph."
    assert (left.panel_score, left.community_score, left.entry_price) == (75, 12.5, "$20/mo")
    assert [(one.lens, one.quote, one.verdict) for one in left.reviews] == [
        (Lens.BUILDER, "Ships.", Verdict.SHIP),
        (Lens.FOUNDER, "Does not.", Verdict.SKIP),
        (Lens.SKEPTIC, "Silent.", None),
    ]
    assert (right.slug, right.panel_score, right.community_score) == (None, None, None)
    assert right.reviews == ()


def test_one_object_a_list_and_a_named_list_are_all_read() -> None:
    one = page(FULL)
    assert read([FULL]) == read({"comparisons": [FULL]}) == [one]
    assert read([FULL, FULL]) == [one, one]


def test_names_and_categories_are_enough() -> None:
    found = page({"contenders": [{"name": n, "category": "Design"} for n in ("Fig", "Date")]})
    assert found.title == "Fig vs Date"
    assert (found.slug, found.url, found.published_at) == (None, None, None)
    assert found.contenders[0].panel_score is None
    assert found.contenders[0].entry_price == ""


def test_a_missing_verdict_is_unknown() -> None:
    found = page(changed("contenders.0.reviews.0", {"lens": "builder", "quote": "Ships."}))
    assert found.contenders[0].reviews[0].verdict is None


def test_a_page_read_from_text_comes_back_from_json_the_same() -> None:
    first = replace(read_text(page_text(), "x"), slug="a-vs-b", source="pages.json")
    stated = asdict(first)
    del stated["source"], stated["notes"]
    assert page(json.dumps(stated, default=str)) == first
    assert first.contenders == PAGE.contenders


def test_a_bare_date_is_midnight_utc() -> None:
    assert page(changed("published_at", "2026-03-09")).published_at == datetime(
        2026, 3, 9, tzinfo=UTC
    )


@pytest.mark.parametrize(
    "when",
    [
        "2026-03-09T08:00:00",
        "9 March",
        "",
        "2026-02-30",
        1773043200,
        True,
        "0001-01-01T00:00:00+14:00",
        "9999-12-31",
        ["2026-03-09"],
    ],
)
def test_any_other_time_is_refused(when: Any) -> None:
    error = refused(changed("published_at", when))
    assert error.at == "$.published_at"
    assert "2026-03-09T08:00:00Z" in error.expected


@pytest.mark.parametrize("score", [-1, 100.1, True, "75", "75%", [], 10**400, 1e300])
def test_a_score_is_a_number_from_0_to_100(score: Any) -> None:
    error = refused(changed("contenders.1.panel_score", score))
    assert str(error).startswith("pages.json, $.contenders[1].panel_score: found ")
    assert error.expected == "a number from 0 to 100, or null"


@pytest.mark.parametrize("score", [float("nan"), float("inf"), float("-inf")])
def test_a_parsed_value_is_held_to_the_same_limits(score: float) -> None:
    value = changed("contenders.1.panel_score", score)
    assert isinstance(read_comparison(value, "pages.json", "$"), PageError)


@pytest.mark.parametrize("score", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_a_number_that_is_none_is_refused(score: str) -> None:
    refused(json.dumps(changed("contenders.1.panel_score", "HERE")).replace('"HERE"', score))


@pytest.mark.parametrize(
    ("path", "value", "at", "found", "expected"),
    [
        ("contenders", [], "$.contenders", "a list of 0", "two contenders"),
        ("contenders", {}, "$.contenders", "an object", "two contenders"),
        ("contenders.0", "Fig", "$.contenders[0]", '"Fig"', "an object"),
        ("contenders.0", {}, "$.contenders[0].name", "no such key", "text"),
        ("contenders.0.name", 5, "$.contenders[0].name", "5", "text"),
        ("contenders.0.name", " \u200b", "$.contenders[0].name", '""', "visible"),
        ("contenders.0.name", "\u200d", "$.contenders[0].name", '"\u200d"', "visible"),
        ("contenders.0.name", "x" * 201, "$.contenders[0].name", "201", "200 at most"),
        ("contenders.0.category", "", "$.contenders[0].category", '""', "visible"),
        ("contenders.0.tagline", None, "$.contenders[0].tagline", "null", "text"),
        ("contenders.0.slug", "A b", "$.contenders[0].slug", '"A b"', "hyphens"),
        ("contenders.0.slug", "../x", "$.contenders[0].slug", '"../x"', "hyphens"),
        ("contenders.0.price", "$2", "$.contenders[0].price", '"price"', "entry_price"),
        ("contenders.0.a b", 1, '$.contenders[0]["a b"]', '"a b"', "entry_price"),
        ("contenders.0.reviews", None, "$.contenders[0].reviews", "null", "list of reviews"),
        ("contenders.0.reviews.1.lens", "Founder", "$.contenders[0].reviews[1].lens",
         '"Founder"', '"founder"'),
        ("contenders.0.reviews.1.lens", "builder", "$.contenders[0].reviews",
         'two reviews with the lens "builder"', "once"),
        ("contenders.0.reviews.1.verdict", True, "$.contenders[0].reviews[1].verdict",
         "true", '"skip" or null'),
        ("contenders.0.reviews.1.quote", "", "$.contenders[0].reviews[1].quote",
         '""', "visible"),
        ("contenders.0.reviews.1.quote", "x" * 10_001, "$.contenders[0].reviews[1].quote",
         "10001", "10000 at most"),
        ("contenders.0.reviews.1.stars", 5, "$.contenders[0].reviews[1].stars",
         '"stars"', "lens, quote, verdict"),
        ("contenders.1.name", "QUILLMATE", "$.contenders[1]", '"QUILLMATE"', "other than"),
        ("url", "verdicts.example", "$.url", '"verdicts.example"', "web address"),
        ("url", "javascript:alert(1)", "$.url", '"javascript:alert(1)"', "web address"),
        ("url", "https://a.example/\n", "$.url", "", "web address"),
        ("url", "https://a.example:99999/", "$.url", "", "web address"),
        ("slug", "", "$.slug", '""', "hyphens"),
        ("titel", "x", "$.titel", '"titel"', "one of title, slug"),
    ],
)  # fmt: skip
def test_a_fault_says_where_what_and_what_was_expected(
    path: str, value: Any, at: str, found: str, expected: str
) -> None:
    error = refused(changed(path, value))
    assert error.at == at
    assert found in error.found
    assert expected in error.expected


@pytest.mark.parametrize("value", [1, None, '"text"', True, {}, {"comparisons": 1}])
def test_what_is_no_comparison_is_refused(value: Any) -> None:
    assert refused(value).at is not None


@pytest.mark.parametrize("value", [[], {"comparisons": []}])
def test_an_empty_list_is_refused(value: Any) -> None:
    assert "at least one" in refused(value).expected


def test_one_bad_item_does_not_keep_the_others_back() -> None:
    found = read({"comparisons": [FULL, 7, {}, FULL]})
    assert [type(one) for one in found] == [ComparisonPage, PageError, PageError, ComparisonPage]
    assert [one.at for one in found if isinstance(one, PageError)] == [
        "$.comparisons[1]",
        "$.comparisons[2].contenders",
    ]


def test_broken_json_is_refused_with_its_line() -> None:
    error = refused('{\n  "title": "x",\n  oops\n}')
    assert error.line == 3
    assert "JSON" in error.expected


def test_a_key_given_twice_is_refused() -> None:
    assert '"title" twice' in refused('{"title": "a", "title": "b"}').found


@pytest.mark.parametrize(
    "text",
    [
        "[" * 51 + "]" * 51,
        '{"a":' * 100_000,
        "[" * 1_000_000,
    ],
)
def test_deep_nesting_is_refused_before_it_is_parsed(text: str) -> None:
    assert "50 levels" in refused(text).expected


@pytest.mark.parametrize("text", ['"' + '\\"' * 1_000_000, '"' * 2_000_001, '"' + "\\" * 2_000_001])
def test_endless_strings_are_refused_soon(text: str) -> None:
    assert "JSON" in refused(text).expected


def test_brackets_in_strings_do_not_nest() -> None:
    assert page(changed("title", '[{"' * 50)).title == '[{"' * 50


def test_a_number_too_long_for_python_is_refused() -> None:
    assert "digits" in refused("9" * 5_000).found


def test_words_are_cleaned() -> None:
    found = page(changed("contenders.0.name", "Cafe\u0301\u202e \n <b>&\ud800\x00"))
    assert found.contenders[0].name == "Café <b>&"


def test_limits_are_those_of_the_columns() -> None:
    def length(table: Any, column: str) -> int:
        return int(table.__table__.c[column].type.length)

    assert length(tables.Comparison, "title") == limits.TITLE
    assert length(tables.Comparison, "slug") == limits.COMPARISON_SLUG
    assert length(tables.Comparison, "url") == limits.URL
    assert length(tables.Tool, "slug") == limits.TOOL_SLUG
    assert length(tables.Tool, "name") == length(tables.Contender, "name") == limits.NAME
    assert length(tables.Contender, "category") == limits.CATEGORY
    assert length(tables.Contender, "tagline") == limits.TAGLINE
    assert length(tables.Contender, "entry_price") == limits.ENTRY_PRICE


def test_the_documented_example_is_read() -> None:
    guide = Path(__file__).parents[3] / "docs" / "json-form.md"
    example = guide.read_text("utf-8").split("```json")[1].split("```")[0]
    assert page(example).contenders[0].community_score == 77.5


@pytest.mark.parametrize("end", ["alder's-rival", "a-vs-b#:~:text=the%20verdict", "a#b#c"])
def test_an_address_is_kept_byte_for_byte(end: str) -> None:
    url = f"https://example.com/compare/{end}"
    (found,) = read(changed("url", url))
    assert found.url == url


def test_a_backtick_has_no_place_in_an_address() -> None:
    assert refused(changed("url", "https://example.com/`x`")).at == "$.url"
