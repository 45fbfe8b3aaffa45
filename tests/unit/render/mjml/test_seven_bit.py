"""A page in ASCII on short lines says and shows what it did; where it can't, it stays."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment

from digest.message.seven_bit import encode_in_html, encode_seven_bit, fits_seven_bit
from digest.message.template import WIDTHS
from digest.render.environment import email_environment, templates_folder
from digest.render.issue import render_issue
from digest.render.mjml.seven_bit import MAX_LINE, to_seven_bit
from digest.render.slots import MARKS, Slot
from tests.golden.sample import BRAND, content

WORDS = st.text(
    st.sampled_from("aF.~ -é“語😀") | st.characters(codec="utf-8", exclude_characters="<>&\0\r\n"),
    max_size=60,
)


class _Reader(HTMLParser):
    """What a browser makes of a page: tags with their attributes, and texts, spaces folded."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.parts: list[object] = []
        self.words = ""
        self.feed(page)
        self.close()
        self._end_words()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._end_words()
        self.parts.append((tag, attrs))

    def handle_endtag(self, tag: str) -> None:
        self._end_words()
        self.parts.append(tag)

    def handle_comment(self, data: str) -> None:
        self._end_words()
        self.parts.append(re.sub(r"\s+", "", data))

    def handle_data(self, data: str) -> None:
        self.words += data

    def _end_words(self) -> None:
        # White space of HTML alone: others, such as U+3000, are drawn.
        self.parts.append(re.sub(r"[ \t\n\f\r]+", " ", self.words))
        self.words = ""


def _page(words: list[str]) -> str:
    rows = "".join(
        f'<tr><td title="{one}" class="a b">{one} <b>{one}</b></td></tr>' for one in words
    )
    return f"<html><head><title>{' '.join(words)}</title></head><body>{rows}</body></html>"


@given(st.lists(WORDS, max_size=40))
def test_any_words_are_read_as_before(words: list[str]) -> None:
    words = [one.replace('"', "") for one in words]
    page = _page(words)
    made = to_seven_bit(page)
    assert _Reader(made).parts == _Reader(page).parts
    if made.isascii() and made != page:
        for line in made.split("\n"):
            assert len(line) <= MAX_LINE
            assert not line.startswith((".", "From", "~~"))


@pytest.fixture(scope="module")
def environment() -> Environment:
    return email_environment(templates_folder())


def test_an_issue_is_sent_as_it_is(environment: Environment) -> None:
    html = render_issue(content(), BRAND, environment).html
    assert fits_seven_bit(html, MARKS, WIDTHS)
    assert max(map(len, html.split("\n"))) <= MAX_LINE


@pytest.mark.parametrize(
    "page",
    [
        "<style>p:before{content:'é'}</style><p>x</p>",
        "<!-- é --><p>x</p>",
        "<pre>é  x</pre>",
        "<p>" + "語" * 400 + "</p>",
        "<p>" + "x" * 800 + "é</p>",
    ],
    ids=["style", "comment", "pre", "would grow", "no space to break at"],
)
def test_what_can_not_be_written_so_stays(page: str) -> None:
    assert to_seven_bit(page) == page


@pytest.mark.parametrize("first", [".x", "From here", "~~open~~"])
def test_no_line_begins_with_what_relays_change(first: str) -> None:
    page = "<p>" + "word " * 200 + (f"{first} " * 200) + "</p>"
    word = first.split(maxsplit=1)[0]
    assert page.count(word) == to_seven_bit(page).count(word)
    assert not re.search(r"^(\.|From|~~)", to_seven_bit(page), re.MULTILINE)


@pytest.mark.parametrize(
    "line",
    [
        "é",
        "x" * 999,
        "x ",
        "x\t",
        ".x",
        "From x",
        "\x01",
        f"{Slot.OPEN.mark}x",
        "x" * 990 + Slot.OPEN.mark,
    ],
)
def test_a_line_that_a_relay_could_change_is_not_sent_as_it_is(line: str) -> None:
    assert not fits_seven_bit(f"x\n{line}\ny", MARKS, WIDTHS)


def test_line_ends_are_those_of_mail() -> None:
    mark = Slot.OPEN.mark
    assert encode_seven_bit(f"a\nb{mark}c\r\nd", MARKS) == [b"a\r\nb", mark, b"c\r\nd"]


@given(WORDS)
def test_a_greeting_is_ascii_on_short_lines(words: str) -> None:
    words = re.sub(r"[\x80-\x9f]", "", words)
    made = encode_in_html(words)
    assert all(len(line) <= 250 for line in made.split(b"\r\n"))
    text = _Reader(made.decode("ascii")).parts
    kept = "".join(one for one in text if isinstance(one, str)).replace("  ", " ")
    assert kept.split() == re.sub(r"[ \t\n\f\r]+", " ", words).split()
