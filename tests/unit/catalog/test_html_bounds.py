"""HTML is cut into tokens like the library does, and no further than the bounds."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.catalog.intake import limits
from digest.catalog.intake.html.parse import read_html
from digest.catalog.intake.html.tokenizer import tokenize
from digest.catalog.intake.html.tokens import End, Start, Text, Token
from digest.catalog.pages import PageError
from tests.unit.catalog.pages import page_html


@pytest.mark.parametrize("piece", ["<b>", "</b>", "<p>x", "<a b=c>", "<!-- -->", "x<br/>"])
def test_no_more_tokens_are_read_than_the_limit(piece: str) -> None:
    taken: list[Token] = []
    with pytest.raises(PageError, match=f"about {limits.TOKENS:,} at most"):
        tokenize(piece * (limits.FILE_BYTES // len(piece)), "page.html", taken.append)
    assert limits.TOKENS // 4 < len(taken) <= limits.TOKENS


@pytest.mark.parametrize(
    "tag",
    [
        "<a " + "b " * 1001,
        '<a x=">" ' + "b='c' " * 1001,
        "<a " + "b/" * 2000,
        "<a b" + " " * 10002,
        "<a b='>'" + "\n" * 10002,
    ],
)
def test_a_tag_of_more_than_a_page_has_is_refused_before_it_is_read(tag: str) -> None:
    with pytest.raises(PageError, match="attributes or much white space") as refused:
        read_html(page_html(before=f"<br>{tag}x>"), "page.html")
    assert refused.value.line is not None


@pytest.mark.parametrize(
    "tag",
    [
        "<img src='data:" + "a/b " * 9_000 + "'>",
        "<a " + "b='c' " * 1_000 + ">",
        "<p title='" + " " * 20_000 + "'>",
    ],
    ids=["a picture in an attribute", "many attributes", "white space in an attribute"],
)
def test_a_long_tag_is_read(tag: str) -> None:
    assert read_html(page_html(before=tag), "p") == read_html(page_html(), "p")


@given(
    st.lists(
        st.sampled_from(
            [
                "<",
                "<b>",
                "</b>",
                "<B>",
                "<br/>",
                "<i a='<'>",
                "<a href=/b>",
                "<A Href=\"/b c\" b-c='d'>",
                "<a a=b a=c>",
                "<a a=/>",
                "<a a='&lt;'>",
                "<p a=b",
                " c='d'>",
                "<script a=b>",
                "<a a=\ufdd0>",
                "a",
                "&lt;",
                " ",
                "\n",
                "<!--<-->",
                "<script>",
                "</script>",
                "</i x>",
                "<title>",
                "\ufdd0",
            ]
        )
    )
)
def test_tags_are_those_that_the_library_finds_whatever_comes(pieces: list[str]) -> None:
    """Neither the runs of plain tags nor the stand-in of a bare angle change what is read."""
    text = "".join(pieces)
    taken: list[Token] = []
    tokenize(text, "page.html", taken.append)
    expected: list[tuple[str, str]] = []

    class Plain(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            expected.append(("start", f"{tag} {dict(attrs)} {self.getpos()[0]}"))

        def handle_endtag(self, tag: str) -> None:
            expected.append(("end", tag))

        def handle_data(self, data: str) -> None:
            expected.append(("text", data))

        def handle_comment(self, data: str) -> None:
            expected.append(("comment", data))

    Plain().feed(text.replace("\ufdd0", "\ufffd") + "<br>")
    found: list[tuple[str, str]] = []
    for one in taken:
        if isinstance(one, Start):
            found.append(("start", f"{one.tag} {one.attributes} {one.line}"))
        elif isinstance(one, End):
            found.append(("end", one.tag))
        else:
            found.append(("text" if isinstance(one, Text) else "comment", one.text))
    assert _joined(found) == _joined(expected)


def _joined(pieces: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Texts that follow each other are one."""
    joined: list[tuple[str, str]] = []
    for kind, text in pieces:
        if kind == "text" and joined and joined[-1][0] == "text":
            joined[-1] = (kind, joined[-1][1] + text)
        else:
            joined.append((kind, text))
    return joined


def test_a_page_in_parts_is_read_to_a_lower_limit() -> None:
    page = "<div id='S:0'>" + "<b>" * limits.TOKENS
    with pytest.raises(PageError, match=f"about {limits.STREAMED_TOKENS:,} at most"):
        read_html(page, "page.html")
