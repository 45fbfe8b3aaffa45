"""Markdown is read by what a reader would see of it."""

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from digest.catalog.intake import limits
from digest.catalog.intake.markdown.parse import read_markdown
from digest.catalog.intake.sources import read_sources
from digest.catalog.pages import ComparisonPage, PageError, Verdict
from tests.unit.catalog.pages import FOOT, INK, PAGE, QUILL, page_lines, page_text, quotes

WANT = replace(PAGE, source="page.md")
HEADINGS = {
    PAGE.title: f"# {PAGE.title}",
    QUILL.name: f"## {QUILL.name}",
    INK.name: f"## {INK.name}",
    "Reviewer scorecard": "## Reviewer scorecard",
}


def read(text: str) -> ComparisonPage:
    return read_markdown(text, "page.md")


def refused(text: str) -> PageError:
    with pytest.raises(PageError) as caught:
        read(text)
    return caught.value


def blocks(reviews: list[str] | None = None) -> list[str]:
    return [HEADINGS.get(line, line) for line in page_lines(reviews=reviews)]


def markdown(reviews: list[str] | None = None) -> str:
    return "\n\n".join(blocks(reviews))


def test_every_value_of_a_page_is_read() -> None:
    assert read(markdown()) == WANT


@pytest.mark.parametrize("join", ["\n", "\n\n", "  \n", "\\\n", "\r\n", "<br>", "<br />\n"])
def test_lines_of_one_paragraph_are_lines_of_the_page(join: str) -> None:
    figures = "100%\n\nPanel ship\n\n—\n\nCommunity\n\n$20/mo\n\nEntry"
    assert figures in markdown()
    assert read(markdown().replace(figures, figures.replace("\n\n", join))) == WANT


@pytest.mark.parametrize(
    ("shown", "written"),
    [
        ("# Quillmate 2 vs", "# [Quillmate 2](https://a.example/x_y_z) *vs*"),
        ("# Quillmate 2 vs Ink & Paper (Beta)", "Quillmate 2 vs Ink &amp; Paper (Beta)\n====="),
        ("## Quillmate 2", "## **Quillmate 2** {#quillmate-2}"),
        ("## Quillmate 2", "### [Quillmate 2][q] ###\n\n[q]: /tools/q"),
        ("## Quillmate 2", "Quillmate 2\n---"),
        ("Writing\n\n## Q", "`Writing`\n\n## Q"),
        ("Writing\n\n## Q", "- Writing\n\n## Q"),
        ("100%", "**100%**"),
        ("100%", "__100%__"),
        ("100%\n\nPanel ship", "**100%** Panel ship"),
        ("$20/mo", "\\$20/mo"),
        ("100%", "![](/dial.png) 100% <!-- of four -->"),
        ("100%", "<div hidden>1%</div>\n\n<p>100%</p>"),
        (FOOT[0], f"---\n\n*{FOOT[0]}*"),
    ],
)
def test_marks_are_no_words(shown: str, written: str) -> None:
    assert shown in markdown()
    assert read(markdown().replace(shown, written, 1)) == WANT


@pytest.mark.parametrize(
    "table",
    [
        "| Panel ship | Community | Entry |\n|---|---|---|\n| 100% | — | $20/mo |",
        "| 100% | — | $20/mo |\n|:-:|:-:|--:|\n| Panel ship | Community | Entry |",
        "| | |\n|---|---|\n| Panel ship | **100%** |\n| Community | — |\n| Entry | $20/mo |",
        "Figure | Value\n--- | ---\nPanel ship: | 100%\nCommunity: | —\nEntry: | $20/mo",
        "| 100% | Panel ship |\n|---|---|\n| — | Community |\n| $20/mo | Entry |",
    ],
)
def test_figures_in_a_table_are_read_with_their_labels(table: str) -> None:
    figures = "100%\n\nPanel ship\n\n—\n\nCommunity\n\n$20/mo\n\nEntry"
    assert read(markdown().replace(figures, table)) == WANT


@pytest.mark.parametrize(
    "write",
    [
        lambda quote: f"> {quote}",
        lambda quote: f"> {quote.strip('“”')}",
        lambda quote: f"> *{quote}*",
        lambda quote: f'> "{quote.strip("“”")}"',
        lambda quote: f"- {quote}",
        lambda quote: f"1. {quote}",
        lambda quote: f"* > {quote.strip('“”')}",
        lambda quote: f"**{quote}**",
        lambda quote: "> " + quote.strip("“”").replace(" tried ", "\n> tried "),
        lambda quote: "> " + quote.strip("“”").replace(" tried ", "\ntried "),
    ],
)
def test_reviews_may_be_block_quotes_or_items_of_a_list(write: Callable[[str], str]) -> None:
    assert read(markdown([write(quote) for quote in quotes(PAGE)])) == WANT


def test_who_speaks_may_stand_in_the_block_quote() -> None:
    names = ("Builder", "Skeptic", "Futurist", "Founder")
    reviews = [
        f"> {quote.strip('“”')}\n>\n> — The {names[number // 2]}, **Ship**"
        for number, quote in enumerate(quotes(PAGE))
    ]
    page = read(markdown(reviews))
    for found, want in zip(page.contenders, PAGE.contenders, strict=True):
        assert [(one.lens, one.quote) for one in found.reviews] == [
            (one.lens, one.quote) for one in want.reviews
        ]
        assert {one.verdict for one in found.reviews} == {Verdict.SHIP}


def test_reviews_may_stand_in_a_table() -> None:
    rows = [
        f"| {name} | {left} | {right} |"
        for name, left, right in zip(
            ("Builder", "Skeptic", "Futurist", "Founder"),
            quotes(PAGE)[::2],
            quotes(PAGE)[1::2],
            strict=True,
        )
    ]
    head = [f"| | {QUILL.name} | {INK.name} |", "|---|---|---|"]
    assert read(markdown(["\n".join([*head, *rows])])) == WANT


def test_a_block_quote_above_the_scorecard_is_no_quote() -> None:
    text = markdown().replace(QUILL.tagline, f"> {QUILL.tagline}")
    assert read(text) == WANT


FRONT = """---
title: "Quillmate 2 vs Ink & Paper (Beta)"
{}
tags:
  - writing
---

"""


@pytest.mark.parametrize("key", ["date", "published_at", "datePublished", "published"])
@pytest.mark.parametrize("value", ["2026-03-09", "'2026-03-09'", "2026-03-09T00:00:00Z"])
def test_front_matter_says_the_date(key: str, value: str) -> None:
    page = read(FRONT.format(f"{key}: {value}") + markdown())
    assert page == replace(WANT, published_at=datetime(2026, 3, 9, tzinfo=UTC))


@pytest.mark.parametrize("key", ["url", "canonical", "canonical_url", "link", "source"])
def test_front_matter_says_the_address(key: str) -> None:
    page = read(FRONT.format(f'{key}: "https://a.example/x?a=b#c"') + markdown())
    assert page == replace(WANT, url="https://a.example/x?a=b#c")


@pytest.mark.parametrize(
    "line", ["date: soon", "url: /compare/x", "url: javascript:alert(1)", "draft: true", "date:"]
)
def test_front_matter_that_says_nothing_usable_is_passed_over(line: str) -> None:
    assert read(FRONT.format(line) + markdown()) == WANT


def test_a_rule_at_the_top_is_no_front_matter() -> None:
    assert read("---\n\n" + markdown() + "\n\n---\n") == WANT


def test_an_error_names_the_line_of_the_source() -> None:
    text = FRONT.format("draft: true") + markdown().replace("64%", "lots")
    assert refused(text).line == text[: text.index("lots")].count("\n") + 1
    text = markdown().replace("64%\n\nCommunity", "| lots | Community |\n|---|---|\n| x | y |")
    assert refused(text).line == text[: text.index("| x |")].count("\n") + 1


@pytest.mark.parametrize("name", ["page.md", "page.MARKDOWN", "page", "-"])
@pytest.mark.parametrize("front", ["", FRONT.format("draft: true"), "\ufeff"])
def test_a_source_is_told_by_its_ending_or_by_how_it_begins(
    tmp_path: Path, name: str, front: str
) -> None:
    data = (front + markdown()).encode()
    path = tmp_path / name
    path.write_bytes(data)
    source = name if name == "-" else str(path)
    assert list(read_sources([source], io.BytesIO(data))) == [replace(WANT, source=source)]


def test_notes_in_a_folder_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("# How these pages come about\n")
    (tmp_path / "page.md").write_text(markdown(), encoding="utf-8")
    found = list(read_sources([str(tmp_path)], None))
    assert found == [replace(WANT, source=str(tmp_path / "page.md"))]
    (named,) = read_sources([str(tmp_path / "README.md")], None)
    assert isinstance(named, PageError)


def test_page_text_is_no_markdown() -> None:
    text = page_text().replace("Quillmate 2", "*Quill*_mate_")
    (page,) = read_sources(["-"], io.BytesIO(text.encode()))
    assert isinstance(page, ComparisonPage)
    assert page.contenders[0].name == "*Quill*_mate_"


SIZE = limits.MARKDOWN
HOSTILE = {
    "brackets": "[" * SIZE,
    "images": "![" * (SIZE // 2),
    "emphasis": "*a_ " * (SIZE // 4),
    "ticks": "".join("`" * number + " " for number in range(1, 350)),
    "quotes": "> " * (SIZE // 2),
    "lists": "- " * (SIZE // 2),
    "links": "[a](" * (SIZE // 4),
    "references": "[a]: b\n" * (SIZE // 7),
    "wide tables": f"|{'a|' * 300}\n|{'-|' * 300}\n{'|' * 1}\n" * 50,
    "comments": "<!--" * (SIZE // 4),
    "lines": "a\n" * (SIZE // 2),
    "open quotes": "# Reviewer scorecard\n" + '> "\n\n' * (SIZE // 6),
}


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_a_hostile_page_of_the_largest_size_is_refused(name: str) -> None:
    refused(HOSTILE[name][:SIZE])


def test_a_page_beyond_the_bound_is_refused_at_once() -> None:
    assert "Markdown" in refused("a" * (SIZE + 1)).found


@settings(deadline=None, derandomize=True, max_examples=150)
@given(st.text(alphabet=st.sampled_from("#>-*_`[]()|~!<&\\ \n“”\"'a1"), max_size=200))
def test_any_markdown_is_a_page_or_a_page_error(text: str) -> None:
    refused(text)


@settings(deadline=None, derandomize=True, max_examples=100)
@given(st.data())
def test_a_damaged_page_is_a_page_or_a_page_error(data: st.DataObject) -> None:
    lines = blocks()
    marks = st.text(alphabet=st.sampled_from('#>-*_`[]()|<“”" a\n'), max_size=6)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(lines) - 1))
        lines[at] = data.draw(marks) + lines[at] + data.draw(marks)
    try:
        page = read("\n\n".join(lines))
    except PageError:
        return
    assert all(side.name and side.category for side in page.contenders)


TABLE = "\n| a | b | c |\n|---|:-:|--:|\n"


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ("- a\n" * limits.MARKDOWN_LINES, "lines of Markdown"),
        ("![" * (limits.MARKDOWN_MARKS // 2 + 1), "signs of Markdown's syntax"),
        (TABLE + "| d | e | f |\n" * (limits.MARKDOWN_CELLS // 4), "cells in tables"),
        ("|a" * 600 + "|\n" + "|-" * 600 + "|\n" + "x\n" * 20, "cells in tables"),
        ("\n> |a|b\n> |-|-\n" + "> x\n" * 2_000, "cells in tables"),
        ("- |a|b\n  |-|-\n" + "  x\n" * 2_000, "cells in tables"),
    ],
)
def test_a_page_that_would_keep_the_parser_busy_is_refused_before_it_is_parsed(
    monkeypatch: pytest.MonkeyPatch, more: str, what: str
) -> None:
    monkeypatch.setattr(MarkdownIt, "parse", lambda *_: pytest.fail("it was parsed"))
    assert what in str(refused("# A vs B\n\n" + more[: limits.MARKDOWN - 20]))


def test_a_long_page_of_many_tables_is_within_the_bounds() -> None:
    tables = (TABLE + "| **x** | [y](z) | `w` |\n" * 20 + "\n") * 20
    assert read("\n".join(blocks()) + "\n" + tables) is not None
