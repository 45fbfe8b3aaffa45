"""Properties: whatever comes in, a page or a PageError comes out; what was written is read."""

import io
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from digest.catalog.intake.cleaning import clean_line, clean_prose, is_blank
from digest.catalog.intake.html.parse import read_html
from digest.catalog.intake.json_form.parse import read_json
from digest.catalog.intake.sources import read_sources
from digest.catalog.intake.text.figures import is_dash
from digest.catalog.intake.text.parse import read_text
from digest.catalog.pages import ComparisonPage, ContenderPage, Lens, PageError, ReviewPage
from digest.catalog.slugs import slugify
from tests.unit.catalog.pages import comparison, page_html, page_lines, page_text

QUICK = settings(deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
LABELS = ("panel ship", "reviewer scorecard", "entry", "community", "vs", "weekly ai tool verdicts")


def is_plain(text: str) -> bool:
    """No label, quotation mark or lens of its own: such a line would change what a page says."""
    folded = text.casefold()
    return (
        text == clean_line(text)
        and not is_blank(text)
        and not set(text) & set('“”"')
        and not any(word in folded for word in (*LABELS, "ship", "skip", *Lens))
        and not is_dash(text)
    )


words = st.text(min_size=1, max_size=40).map(clean_line).filter(is_plain)
names = words.filter(lambda text: not text.endswith(":"))
categories = words.filter(lambda text: not text.endswith((".", "?", "!")))
sentences = words.map(lambda text: f"{text}.")
scores = st.none() | st.integers(0, 100).map(float) | st.integers(0, 1000).map(lambda n: n / 10)


@st.composite
def contenders(draw: st.DrawFn, reviews: int) -> ContenderPage:
    return ContenderPage(
        name=draw(names),
        category=draw(categories),
        tagline=draw(st.just("") | words),
        description="\n\n".join(draw(st.lists(sentences, max_size=3))),
        panel_score=draw(scores),
        community_score=draw(scores),
        entry_price=draw(words),
        reviews=tuple(ReviewPage(lens, draw(words)) for lens in tuple(Lens)[:reviews]),
    )


@st.composite
def pages(draw: st.DrawFn) -> ComparisonPage:
    reviews = len(Lens)
    left, right = draw(contenders(reviews)), draw(contenders(reviews))
    assume(slugify(left.name) != slugify(right.name))
    # A tagline that repeats a name would be the likelier name: that reading is tested elsewhere.
    texts = [one.casefold() for side in (left, right) for one in (side.name, side.tagline) if one]
    assume(len(set(texts)) == len(texts))
    return comparison(left, right)


@QUICK
@given(pages())
def test_a_page_written_as_text_or_html_is_read_back(page: ComparisonPage) -> None:
    text = "\n".join(line for line in page_text(page).split("\n") if line)
    assert read_text(text, "") == page
    assert read_html(page_html(page), "") == page


@QUICK
@given(pages())
def test_a_page_written_as_json_is_read_back(page: ComparisonPage) -> None:
    (found,) = read_json(json.dumps(as_json(page)), "")
    assert found == page


def as_json(page: ComparisonPage) -> dict[str, Any]:
    """As `digest comparisons list --json` prints it."""
    return {
        "slug": page.slug,
        "title": page.title,
        "published_at": page.published_at,
        "url": page.url,
        "contenders": [
            {
                "name": side.name,
                "category": side.category,
                "tagline": side.tagline,
                "description": side.description,
                "panel_score": side.panel_score,
                "community_score": side.community_score,
                "entry_price": side.entry_price,
                "reviews": [
                    {"lens": one.lens, "quote": one.quote, "verdict": one.verdict}
                    for one in side.reviews
                ],
            }
            for side in page.contenders
        ],
    }


ODD_LINES = st.sampled_from(
    [*page_lines(), "“", "”", '"', "vs", "Ship", "Skip", "Builder", "—", "%", "<p>", "\u200d", ""]
)


@settings(QUICK, max_examples=300)
@given(st.lists(ODD_LINES | st.text(max_size=20), max_size=60))
def test_lines_in_any_order_are_a_page_or_a_page_error(lines: list[str]) -> None:
    check_text("\n".join(lines))


@settings(QUICK, max_examples=300)
@given(st.data())
def test_a_damaged_page_is_a_page_or_a_page_error(data: st.DataObject) -> None:
    lines = page_lines()
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(lines) - 1))
        lines[at : at + data.draw(st.integers(0, 2))] = data.draw(st.lists(ODD_LINES, max_size=2))
        assume(lines)
    check_text("\n".join(lines))


def check_text(text: str) -> None:
    for reader in (read_text, read_html):
        page = reading(reader, text)
        if page is not None:
            assert all(side.name and side.category for side in page.contenders)
            assert page.notes or all(len(side.reviews) == len(Lens) for side in page.contenders)


def reading(reader: Callable[[str, str], ComparisonPage], text: str) -> ComparisonPage | None:
    try:
        return reader(text, "x")
    except PageError as error:
        message = str(error)
    assert clean_line(message) == message
    return None


@QUICK
@given(st.text(alphabet=st.sampled_from("<>/!-[]&;\"'= \npdiv#x“”"), max_size=200))
def test_any_markup_is_a_page_or_a_page_error(text: str) -> None:
    with pytest.raises(PageError):
        read_html(text, "x")


keys = st.sampled_from(
    ["contenders", "title", "name", "category", "reviews", "lens", "url", "slug", "published_at"]
) | st.text(max_size=5)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)


@settings(QUICK, max_examples=300)
@given(json_values, st.sampled_from(["contenders", "title", "url", "slug", "published_at"]))
def test_any_json_is_pages_and_page_errors(value: Any, key: str) -> None:
    good = as_json(comparison(*(ContenderPage(n, "c", "", "", 1, 2, "", ()) for n in "ab")))
    for whole in (value, [value], {"comparisons": [value]}, good | {key: value}):
        for found in read_json(json.dumps(whole), "x"):
            assert isinstance(found, ComparisonPage | PageError)
            if isinstance(found, PageError):
                assert clean_line(str(found)) == str(found)


@QUICK
@given(
    st.binary(max_size=300)
    | st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace"))
)
def test_any_bytes_are_pages_and_page_errors(data: bytes) -> None:
    found = list(read_sources(["-"], io.BytesIO(data)))
    assert found
    assert all(isinstance(one, PageError) for one in found)


@QUICK
@given(st.text())
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    assert clean_line(clean_line(text)) == clean_line(text)
    assert clean_prose(clean_prose(text)) == clean_prose(text)
    assert "\n" not in clean_line(text)


def test_a_tagline_that_repeats_the_name_is_still_a_tagline() -> None:
    reviews = tuple(ReviewPage(lens, "a") for lens in Lens)
    left = ContenderPage("Fig", "Design", "Fig", "", 1.0, None, "Free", reviews)
    page = comparison(left, replace(left, name="Date", tagline=""))
    text = "\n".join(line for line in page_text(page).split("\n") if line)
    assert read_text(text, "") == page
