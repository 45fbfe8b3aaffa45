"""A page that React streams is read as its scripts would show it."""

import html
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.catalog.intake.html.parse import read_html
from digest.catalog.pages import ComparisonPage, PageError
from tests.unit.catalog.pages import PAGE, page_html, page_lines

WANT = replace(PAGE, source="page.html")
LINES = [f"<p>{html.escape(line)}</p>" for line in page_lines()]


def read(text: str) -> ComparisonPage:
    return read_html(text, "page.html")


def late(number: str, content: str, *, prefix: str = "") -> str:
    return f'<div hidden id="{prefix}S:{number}">{content}</div>'


def boundary(number: str, *, prefix: str = "", fallback: str = "<p>Loading…</p>") -> str:
    template = f'<template id="{prefix}B:{number}"></template>'
    return f"<!--$?-->{template}{fallback}<!--/$-->"


def place(number: str) -> str:
    return f'<template id="P:{number}"></template>'


def page(main: str, *parts: str) -> str:
    behind = "<script>$RC('B:0','S:0')</script>".join(parts)
    return (
        f"<!DOCTYPE html><html><body><header><a href='/'>Home</a></header><main>{main}</main>"
        f"<footer>© Example</footer>{behind}</body></html>"
    )


WHOLE = "".join(LINES)


@pytest.mark.parametrize("number", ["0", "a", "1f"])
@pytest.mark.parametrize("prefix", ["", "app-"])
def test_a_late_part_is_read_in_the_place_of_its_boundary(number: str, prefix: str) -> None:
    main = boundary(number, prefix=prefix)
    assert read(page(main, late(number, WHOLE, prefix=prefix))) == WANT


def test_the_fallback_of_a_part_that_came_is_not_read() -> None:
    fallback = "<p>1%</p><p>Panel ship</p><!--$--><p>2%</p><p>Panel ship</p><!--/$-->"
    assert read(page(boundary("0", fallback=fallback), late("0", WHOLE))) == WANT


def test_the_fallback_of_a_part_that_never_came_is_read() -> None:
    assert read(page(boundary("0", fallback=WHOLE))) == WANT
    with pytest.raises(PageError):
        read(page(boundary("0")))


def test_a_part_that_nothing_asks_for_stays_hidden() -> None:
    stray = late("5", "<p>1%</p><p>Panel ship</p>")
    assert read(page(WHOLE, stray)) == WANT
    assert read(page(boundary("0"), stray, late("0", WHOLE))) == WANT


def test_a_part_is_used_once() -> None:
    again = late("0", "<p>1%</p><p>Panel ship</p>")
    assert read(page(boundary("0") + boundary("0"), late("0", WHOLE), again)) == WANT


def test_parts_that_ask_for_each_other_end() -> None:
    with pytest.raises(PageError):
        read(page(boundary("0"), late("0", boundary("1")), late("1", boundary("0"))))


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_parts_come_in_any_order_and_within_one_another(order: Sequence[int]) -> None:
    parts = [
        late("0", "".join(LINES[:5]) + boundary("1") + place("2")),
        late("1", "".join(LINES[5:20])),
        late("2", "".join(LINES[20:])),
    ]
    assert read(page(boundary("0"), *(parts[at] for at in order))) == WANT


def test_a_part_within_the_element_of_another_is_moved_too() -> None:
    inner = late("1", "".join(LINES[5:]))
    assert read(page(boundary("0"), late("0", "".join(LINES[:5]) + boundary("1") + inner))) == WANT


def test_a_boundary_within_a_boundary_ends_where_it_ends() -> None:
    inner = "<!--$-->" + "".join(LINES[1:9]) + "<!--/$-->"
    main = LINES[0] + boundary("0") + "".join(LINES[9:])
    assert read(page(main, late("0", inner))) == WANT


def test_blocks_within_a_part_do_not_end_it() -> None:
    nested = "<div><div>" + "".join(LINES[:7]) + "</div></div>" + "".join(LINES[7:])
    assert read(page(boundary("0"), late("0", nested))) == WANT


def test_words_of_one_line_may_come_late() -> None:
    line = f"<h1>Quillmate 2 <!--$?-->{place('1')}<i>…</i><!--/$--></h1>"
    text = page("".join([LINES[0], line, *LINES[2:]]), late("1", "vs Ink &amp; Paper (Beta)"))
    text = text.replace("<i>…</i>", "")
    assert read(text) == WANT


def test_without_its_comments_a_boundary_takes_its_part_and_keeps_its_fallback() -> None:
    text = page(boundary("0"), late("0", WHOLE)).replace("<!--$?-->", "").replace("<!--/$-->", "")
    assert read(text) == WANT


def test_the_table_around_a_late_row_stays_hidden() -> None:
    row = '<table hidden><tbody id="S:0"><tr><td>' + WHOLE + "</td></tr></tbody></table>"
    assert read(page("<table>" + place("0") + "</table>", row)) == WANT


def test_a_part_that_ends_with_the_document_is_read() -> None:
    text = page(boundary("0"), late("0", WHOLE))
    assert read(text[: text.rindex("</div>")]) == WANT


def test_what_only_looks_like_a_part_is_read_as_it_stands() -> None:
    escaped = "<p>&lt;div hidden id=&quot;S:0&quot;&gt; and id=S:0</p>"
    assert read(page(f'<div id="S:0">{WHOLE}</div>{escaped}')) == WANT
    script = """<script>var a = '<div hidden id="S:0"></div>'</script>"""
    assert read(page(WHOLE, script)) == WANT


def test_a_line_of_a_late_part_is_named_by_its_place_in_the_source() -> None:
    text = page(boundary("0"), "\n\n" + late("0", WHOLE.replace("<p>64%", "\n<p>lots")))
    with pytest.raises(PageError) as caught:
        read(text)
    assert caught.value.line == 4


def test_the_page_as_plain_html_reads_the_same() -> None:
    assert read(page(WHOLE)) == read(page_html()) == WANT


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.data())
def test_however_a_page_is_cut_into_parts_it_reads_the_same(data: st.DataObject) -> None:
    """Each part takes a run of lines and may hold the places of later parts."""
    cuts = sorted(data.draw(st.sets(st.integers(1, len(LINES) - 1), max_size=5)))
    runs = [LINES[a:b] for a, b in zip([0, *cuts], [*cuts, len(LINES)], strict=True)]
    holders: list[list[str]] = [[] for _ in runs]
    shell = []
    for at, run in enumerate(runs):
        holders[at] = ["".join(run)]
    chain = data.draw(st.booleans())
    for at in range(len(runs)):
        slot = data.draw(st.sampled_from([boundary, place]))(f"{at:x}")
        if chain and at:
            holders[at - 1].append(slot)
        else:
            shell.append(slot)
    parts = [late(f"{at:x}", "".join(held)) for at, held in enumerate(holders)]
    assert read(page("".join(shell), *data.draw(st.permutations(parts)))) == WANT
