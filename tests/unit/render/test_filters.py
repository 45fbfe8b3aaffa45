import html
import unicodedata
from datetime import date

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from digest.language.language import ENGLISH
from digest.number_words import percent
from digest.render.filters import attribute, bar_cells, sanitize, wrap
from digest.render.mjml.compiler import mjml_to_html
from digest.render.mjml.inline_and_minify import inline_and_minify
from digest.render.slots import MARKS


@pytest.mark.parametrize(
    ("score", "shown"),
    [(75.0, "75%"), (87.5, "87.5%"), (0.0, "0%"), (100.0, "100%"), (66.666, "66.7%"), (50, "50%")],
)
def test_a_score_is_shown_with_one_decimal_at_most(score: float, shown: str) -> None:
    assert percent(score) == shown


@pytest.mark.parametrize(
    ("score", "cells", "filled"),
    [
        (0, 100, 0),
        (0.2, 100, 1),
        (50, 100, 50),
        (99.9, 100, 99),
        (100, 100, 100),
        (75, 4, 3),
        (250, 100, 100),
        (-5, 100, 0),
    ],
)
def test_a_bar_is_empty_only_at_nothing_and_full_only_at_everything(
    score: float, cells: int, filled: int
) -> None:
    assert bar_cells(score, cells) == filled


def test_a_date_is_written_without_the_machines_locale() -> None:
    assert ENGLISH.written_date(date(2026, 3, 3)) == "3 March 2026"
    assert ENGLISH.written_date(date(2025, 12, 31)) == "31 December 2025"


def test_text_is_wrapped_at_72_columns_with_its_indents() -> None:
    lines = wrap("word " * 40, "    ", "  * ").splitlines()
    assert lines[0].startswith("  * word")
    assert all(line.startswith("    word") for line in lines[1:])
    assert max(map(len, lines)) <= 72


def test_a_long_address_stays_whole_and_line_ends_in_text_are_folded() -> None:
    address = "https://a.example/" + "long-" * 30
    assert wrap(f"see\n{address}\r\nnow").splitlines() == ["see", address, "now"]


@pytest.mark.parametrize("character", ["\0", "\x08", "\x1b", "\x7f", "\x85", "\ud800", "\uffff"])
def test_what_is_no_text_is_left_out(character: str) -> None:
    assert sanitize(f"a{character}b") == "ab"
    assert attribute(f"a{character}b") == "ab"


def test_tabs_and_line_ends_are_text() -> None:
    assert sanitize("a\tb\nc") == "a\tb\nc"


@pytest.mark.parametrize(
    "text", ['"', "'", "<b>", "&amp;", "\\", "\u00a0", "e\u0301", "❤\ufe0f", "\n", "\u2028", "`|{}"]
)
def test_an_attribute_is_plain_ascii_that_reads_back_as_the_text(text: str) -> None:
    written = str(attribute(text))
    assert written.isascii()
    assert not set(written) & set("\"'<>\\\n")
    assert html.unescape(written) == unicodedata.normalize("NFC", text)


def test_an_attribute_disarms_slots() -> None:
    assert MARKS.search(html.unescape(str(attribute("~~unsubscribe~~")))) is None


@given(st.text(max_size=60))
def test_an_attribute_passes_the_mjml_library_and_the_inliner_unchanged(text: str) -> None:
    r"""The library itself would print a no-break space in an attribute as \u{a0}."""
    source = f"<mjml><mj-head><mj-title>{attribute(text)}</mj-title></mj-head><mj-body /></mjml>"
    label = BeautifulSoup(inline_and_minify(mjml_to_html(source, "a")), "html.parser").find(
        role="article"
    )
    expected = sanitize(unicodedata.normalize("NFC", text)).replace("\r", "\n")
    assert label is not None
    assert str(label["aria-label"]).replace("\r", "\n") == expected


def test_a_month_is_short_whatever_the_locale() -> None:
    assert ENGLISH.month(date(2026, 3, 31)) == "Mar 2026"
