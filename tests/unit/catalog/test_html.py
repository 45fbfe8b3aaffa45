"""HTML is read by what a reader would see of it, however it is nested."""

import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from digest.catalog.intake import limits
from digest.catalog.intake.html.parse import read_html
from digest.catalog.pages import ComparisonPage, PageError
from tests.unit.catalog.pages import INK, PAGE, QUILL, comparison, contender, page_html

MARCH = datetime(2026, 3, 9, 8, tzinfo=UTC)


def read(text: str) -> ComparisonPage:
    return read_html(text, "page.html")


def refused(text: str) -> PageError:
    with pytest.raises(PageError) as caught:
        read(text)
    return caught.value


def test_every_value_of_a_page_is_read() -> None:
    assert read(page_html()) == replace(PAGE, source="page.html")


def test_character_references_are_read_as_characters() -> None:
    page = comparison(contender("R&D <beta> “2”"), INK)
    assert read(page_html(page)) == replace(page, source="page.html")
    assert read(page_html().replace("—", "&mdash;").replace("“", "&ldquo;")) == read(page_html())


def test_marked_up_words_stay_on_their_line() -> None:
    text = page_html().replace(
        "<p>Quillmate 2 vs Ink &amp; Paper (Beta)</p>",
        "<h1><span>Quillmate <em>2</em></span>\n  vs <span>Ink &amp; Paper (Beta)</span></h1>",
    )
    text = text.replace("<p>100%</p>", "<p>100<!-- -->%</p>")
    assert read(text) == read(page_html())


def test_spans_set_apart_by_style_are_lines_of_their_own() -> None:
    text = page_html().replace(
        "<p>100%</p>\n      <p>Panel ship</p>",
        "<div><span>100%</span><span>Panel ship</span></div>",
    )
    text = text.replace(
        "<p>Writing</p>\n      <p>Quillmate 2</p>",
        "<div><span>Writing</span><strong>Quillmate 2</strong></div>",
    )
    assert "<div>" in text
    assert read(text) == read(page_html())


def test_value_and_label_in_one_line_of_source_are_told_apart() -> None:
    text = page_html().replace(
        "<p>64%</p>\n      <p>Community</p>", "<p><b>64%</b> <i>Community</i></p>"
    )
    assert read(text) == read(page_html())


def test_a_line_break_ends_a_line() -> None:
    text = page_html().replace("</p>\n      <p>Panel ship", "<br>Panel ship")
    assert read(text) == read(page_html())


@pytest.mark.parametrize(
    "unseen",
    [
        "<nav><p>1%</p><p>Panel ship</p></nav>",
        "<script>var a = '<p>1%</p><p>Panel ship</p>';</script>",
        "<style>/* <p>1%</p><p>Panel ship</p> */</style>",
        "<template><p>1%</p><p>Panel ship</p></template>",
        "<div hidden><div>no</div><p>1%</p><p>Panel ship</p></div>",
        "<div style='color: red; display : none'><p>1%</p><p>Panel ship</p></div>",
        "<svg><title>1%</title><svg/></svg>",
        "<select><option>1%<option>Panel ship</select>",
        "<!-- <p>1%</p><p>Panel ship</p> -->",
        "<p hidden>1%<p>Tools</p>",
        "<div><p hidden>1% </div>",
        "<input hidden><img hidden alt='1% Panel ship'>",
    ],
)
def test_what_a_reader_cannot_see_is_not_read(unseen: str) -> None:
    assert read(page_html(before=unseen)) == read(page_html())


def test_a_hidden_paragraph_ends_with_the_block_around_it() -> None:
    text = page_html(before="<div><p hidden>no</div>")
    for line in ("AI tool comparison", "Quillmate 2 vs Ink &amp; Paper (Beta)"):
        assert line in text
        text = text.replace(f"<p>{line}</p>", f"<h1>{line}</h1>")
    assert read(text) == read(page_html())


def test_a_head_that_is_never_closed_ends_at_the_body() -> None:
    assert read(page_html().replace("</head>", "")) == read(page_html())


def test_quotation_elements_bring_their_marks() -> None:
    text = page_html().replace("<p>“", "<q>").replace("”</p>", "</q><br>")
    assert "<q>" in text
    assert read(text) == read(page_html())


@pytest.mark.parametrize(
    ("head", "url"),
    [
        ('<link rel="canonical" href="https://a.example/x">', "https://a.example/x"),
        ('<meta property="og:url" content="https://a.example/x">', "https://a.example/x"),
        (
            (
                '<meta property="og:url" content="https://a.example/y">'
                '<link href="https://a.example/x" rel="Canonical alternate">'
            ),
            "https://a.example/x",
        ),
        ('<link rel="canonical" href="/x">', None),
        ('<link rel="canonical" href="javascript:alert(1)">', None),
        ('<link rel="canonical" href="https://[/x">', None),
        ('<link rel="canonical" href="https://user:pw@a.example/">', None),
        ('<link rel="canonical">', None),
        ("", None),
    ],
)
def test_the_page_s_own_address_is_taken_if_it_is_one(head: str, url: str | None) -> None:
    assert read(page_html(head=head)).url == url


@pytest.mark.parametrize(
    "head",
    [
        '<meta property="article:published_time" content="2026-03-09T08:00:00Z">',
        '<meta property="article:published_time" content="2026-03-09T10:00:00+02:00">',
        '<meta itemprop="datePublished" content="2026-03-09T08:00">',
        '<script type="application/ld+json">{"datePublished": "2026-03-09T08:00:00Z"}</script>',
        (
            '<script type="application/ld+json">not JSON</script>'
            '<script type="application/ld+json">'
            '{"@graph": [{"name": "x"}, {"datePublished": "2026-03-09T08:00:00Z"}]}</script>'
        ),
        (
            '<meta property="article:published_time" content="yesterday">'
            '<script type="application/ld+json">{"datePublished": "2026-03-09T08:00:00Z"}</script>'
        ),
    ],
)
def test_the_date_of_publication_is_taken_from_the_head(head: str) -> None:
    assert read(page_html(head=head)).published_at == MARCH


def test_the_first_visible_time_is_the_date_where_nothing_else_says_it() -> None:
    hidden = '<div hidden><time datetime="2001-01-01">2001</time></div>'
    shown = '<time datetime="2026-03-09">9 March</time>'
    later = '<time datetime="2026-04-01">1 April</time>'
    page = read(page_html(before=f"{hidden}<p>{shown}</p><p>{later}</p>"))
    assert page.published_at == datetime(2026, 3, 9, tzinfo=UTC)


def test_a_page_without_a_date_has_none() -> None:
    assert read(page_html(before='<time datetime="soon">soon</time>')).published_at is None


def test_an_error_names_the_line_of_the_source() -> None:
    text = page_html().replace("64%", "lots")
    number = text[: text.index("lots")].count("\n") + 1
    assert refused(text).line == number
    moved = text.replace("<p>lots</p>", "<p>\n\n   lots\n</p>").replace("\n", "\r\n")
    assert refused(moved).line == number + 2


def test_words_deep_inside_a_page_are_still_read() -> None:
    deep = "<div>" * 50_000
    assert read(page_html(before=deep)) == read(page_html())


HOSTILE: dict[str, Callable[[int], str]] = {
    "nested blocks": lambda size: "<div>" * (size // 5),
    "nested words": lambda size: "<span>" * (size // 6),
    "ends without starts": lambda size: "<span>" * (size // 12) + "</x>" * (size // 8),
    "open comments": lambda size: "<!--" * (size // 4),
    "open declarations": lambda size: "<!x" * (size // 3),
    "marked sections": lambda size: "<![CDATA[" * (size // 9),
    "unknown sections": lambda size: "<![if" * (size // 5),
    "closed sections": lambda size: "<![x]>" * (size // 6),
    "less-than signs": lambda size: "<" * size,
    "ampersands": lambda size: "&" * size,
    "open attributes": lambda size: "<a " + 'b="' * (size // 3),
    "many attributes": lambda size: "<a " + "b " * (size // 2),
    "script ends": lambda size: "<script>" + "</" * (size // 2),
    "hidden paragraphs": lambda size: "<p hidden>" * (size // 10),
    "text lines": lambda size: "x<p>" * (size // 4),
    "NULs": lambda size: "\0" * size,
}


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_a_hostile_file_of_the_largest_size_is_refused(name: str) -> None:
    """What takes the square of its length would run into the suite's limit for one test."""
    assert isinstance(refused(HOSTILE[name](limits.FILE_BYTES)), PageError)


def calls(text: str) -> int:
    """How many calls and returns, of Python and of C, it takes to refuse `text`."""
    count = 0

    def step(*_: object) -> None:
        nonlocal count
        count += 1

    sys.setprofile(step)
    try:
        refused(text)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_twice_the_hostile_file_is_at_most_twice_the_work(name: str) -> None:
    once, twice = (calls(HOSTILE[name](size)) for size in (2**15, 2**16))
    assert twice <= 2 * once + 200


def test_names_in_other_scripts_and_emoji_are_kept() -> None:
    page = comparison(contender("文心一言 👩🏽‍🚀"), replace(QUILL, name="Яндекс"))
    assert read(page_html(page)) == replace(page, source="page.html")
