"""Names that look like domains or addresses stay words, and long words can break anywhere."""

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.render.mjml.guard_words import BREAK, LONG_WORD, NON_JOINER, guard_words


@pytest.mark.parametrize(
    "name",
    [
        "Character.AI", "Node.js", "copy.ai", "Llama.cpp", "Booking.com AI", "me@copy.ai",
        "www.example.org", "中文.网络", "Node.js Copilot.ai", "a.b.example.com/path",
    ],
)  # fmt: skip
def test_no_name_is_spelt_as_a_domain(name: str) -> None:
    shown = unescape(guard_words(f"<p>{name}</p>"))
    assert not re.search(r"[^\W_]\.[^\W\d_]{2}", shown)
    assert shown.replace("\u200c", "").replace(BREAK, "") == f"<p>{name}</p>"


def test_an_address_in_a_quote_is_no_link() -> None:
    shown = guard_words("<p>https://example.org is what you need</p>")
    assert shown == f"<p>https:{NON_JOINER}//example.{NON_JOINER}org is what you need</p>"


@pytest.mark.parametrize(
    "words",
    [
        "v4.1.0",
        "e.g. this",
        "It ends. Next",
        "$0.40 / 1M",
        "Wav2Vec2.0",
        "12/11/2026",
        "a: b",
        "…ai",
    ],
)
def test_other_words_stay_as_they_are(words: str) -> None:
    assert guard_words(f"<p>{words}</p>") == f"<p>{words}</p>"


@pytest.mark.parametrize(
    "html",
    [
        '<a href="https://copy.ai/">copy.ai</a>',
        "<head><title>copy.ai</title></head>",
        "<style>.a{content:'copy.ai'}</style>",
        "<!--[if mso]>copy.ai<![endif]-->",
        '<p class="fine imprint">Our House, example.org</p>',
        f'<div style="display:none;font-size:1px">copy.ai {"x" * 40}</div>',
    ],
)
def test_links_of_ours_the_preheader_and_what_is_no_text_stay(html: str) -> None:
    assert guard_words(html) == html


def test_what_comes_after_a_link_is_guarded_again() -> None:
    html = '<p><a href="#">copy.ai</a> and copy.ai</p><p class="imprint">copy.ai</p><p>copy.ai</p>'
    assert guard_words(html).count(NON_JOINER) == 2


def test_a_long_word_can_break_in_a_link_too() -> None:
    word = "Donaudampfschifffahrtsgesellschaftskapitaenscopilot"
    shown = guard_words(f'<a href="#">{word}</a>')
    assert max(map(len, re.findall(r"\w+", shown))) < LONG_WORD
    assert shown.replace(BREAK, "") == f'<a href="#">{word}</a>'


@given(st.text(alphabet="ab.é\u0301🦩\u200d\ufe0f中/-&;<> ", max_size=80))
def test_nothing_is_lost_whatever_the_words(words: str) -> None:
    html = f"<p>{words.replace('&', '&amp;').replace('<', '&lt;')}</p>"
    shown = guard_words(html)
    assert shown.replace(BREAK, "").replace(NON_JOINER, "") == html
    for before, after in re.findall(f"(.){BREAK}(.)", shown):
        assert after.isalnum(), (before, after)
