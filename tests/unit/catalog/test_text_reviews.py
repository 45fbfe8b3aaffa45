"""Quotes and reviews of a page's text: who says what, and what is never guessed."""

from dataclasses import replace

import pytest

from digest.catalog.pages import ComparisonPage, Lens, Verdict
from tests.unit.catalog.pages import (
    FOOT,
    INK,
    PAGE,
    QUILL,
    comparison,
    page_lines,
    page_text,
    quotes,
)
from tests.unit.catalog.text_pages import read, refused


def verdicts(page: ComparisonPage) -> list[list[Verdict | None]]:
    return [[review.verdict for review in side.reviews] for side in page.contenders]


def lenses(page: ComparisonPage) -> list[list[Lens]]:
    return [[review.lens for review in side.reviews] for side in page.contenders]


def said(page: ComparisonPage) -> list[list[str]]:
    return [[review.quote for review in side.reviews] for side in page.contenders]


@pytest.mark.parametrize("quote", ["“One line,\nthen\n\nanother.”", '"One line,\nthen\nanother."'])
def test_a_quote_may_span_lines(quote: str) -> None:
    page = read(page_text(reviews=[quote, *quotes(PAGE)[1:]]))
    assert page.contenders[0].reviews[0].quote == "One line, then another."
    assert said(page)[1] == said(read(page_text()))[1]


@pytest.mark.parametrize(
    "quote",
    [
        "“First of it.\n\n“Second of it.\n\n“Third.”",
        "“First of it.\n“Second of it.\n“Third.”",
        "“First of it.\n\n“Second\nof it.\n\n“Third.”",
        "“First of it.\n\n“Second of it. Third.”",
    ],
)
@pytest.mark.parametrize("place", [0, 3, 7])
def test_a_quote_mark_that_opens_each_paragraph_goes_on_with_the_quote(
    quote: str, place: int
) -> None:
    others = quotes(PAGE)
    page = read(page_text(reviews=[*others[:place], quote, *others[place + 1 :]]))
    left, right = said(page)
    words = [one for pair in zip(left, right, strict=True) for one in pair]
    assert words[place] == "First of it. Second of it. Third."
    expected = said(read(page_text()))
    assert sum(one not in words for side in expected for one in side) == 1


def test_a_quotation_at_the_start_of_such_a_paragraph_keeps_its_mark() -> None:
    quote = "“First of it.\n\n“They call it “done” here.\n\n““Never,” they say.”"
    page = read(page_text(reviews=[quote, *quotes(PAGE)[1:]]))
    assert page.contenders[0].reviews[0].quote == (
        "First of it. They call it “done” here. “Never,” they say."
    )


def test_a_quote_left_open_is_no_paragraph_of_the_next() -> None:
    """Read as one they would leave the panel incomplete."""
    others = quotes(PAGE)
    refused(page_text(reviews=["“Left open.", *others[1:]]))


def test_quotes_within_quotes_do_not_end_them() -> None:
    spoken = [
        "He said “wow” and left.",
        'It has a 13" screen.',
        "They call it “done”",
        "It ends a line with “half”\nand goes on.",
    ]
    page = read(page_text(reviews=[*(f"“{words}”" for words in spoken), *quotes(PAGE)[4:]]))
    left, right = said(page)
    assert [*left[:2], *right[:2]] == [
        spoken[0],
        spoken[2],
        spoken[1],
        spoken[3].replace("\n", " "),
    ]


def test_straight_quotes_are_read_too() -> None:
    spoken = ['Says "wow" twice.', 'A 13" screen.', "Plain.", 'Ends on "wow"']
    page = read(page_text(reviews=[*(f'"{words}"' for words in spoken), *quotes(PAGE)[4:]]))
    assert [side[:2] for side in said(page)] == [[spoken[0], spoken[2]], [spoken[1], spoken[3]]]


def test_quotes_alternate_and_speak_in_the_order_of_the_lenses() -> None:
    page = read(page_text(reviews=quotes(PAGE)))
    assert lenses(page) == [list(Lens)] * 2
    assert said(page) == said(PAGE)


def test_a_fifth_unnamed_lens_is_refused() -> None:
    assert "four reviews" in refused(page_text(reviews=[*quotes(PAGE), "“5.”", "“6.”"])).expected


@pytest.mark.parametrize("mark", ["“", '"'])
def test_a_quote_that_never_ends_is_refused_where_it_begins(mark: str) -> None:
    reviews = [*quotes(PAGE)[:2], f"{mark}never closed", *quotes(PAGE)[3:]]
    error = refused(page_text(reviews=reviews))
    assert error.line == page_lines(reviews=reviews).index(reviews[2]) + 1
    assert "never closed" in error.found


def test_a_quote_with_words_before_it_is_refused_not_dropped() -> None:
    reviews = [f"Builder: {quote}" for quote in quotes(PAGE)[:2]] + quotes(PAGE)[2:]
    assert "begin on a new line" in refused(page_text(reviews=reviews)).expected


@pytest.mark.parametrize("panel", [100.0, 75.0, 50.0, 0.0])
def test_a_verdict_is_never_worked_out_from_the_panel_score(panel: float) -> None:
    page = comparison(replace(QUILL, panel_score=panel), INK)
    assert verdicts(read(page_text(page))) == [[None] * 4] * 2


def test_verdicts_shown_above_or_below_the_quotes_are_taken() -> None:
    shown = ["Ship", "SKIP", "Verdict: ship", "✅ Ship it", "Skip", "🚢 Ship", "skip", "Ship"]
    want = [[Verdict(word) for word in row] for row in (("ship", "ship", "skip", "skip"),)]
    above = [row for pair in zip(shown, quotes(PAGE), strict=True) for row in pair]
    below = [row for pair in zip(quotes(PAGE), shown, strict=True) for row in pair]
    for reviews in (above, below):
        page = read(page_text(reviews=reviews))
        assert verdicts(page)[0] == want[0]
        assert verdicts(page)[1] == [Verdict.SKIP, Verdict.SHIP, Verdict.SHIP, Verdict.SHIP]
        assert said(page) == said(PAGE)


def test_verdicts_that_could_belong_to_either_quote_are_left_unknown() -> None:
    reviews = [quotes(PAGE)[0], "Skip", *quotes(PAGE)[1:]]
    assert verdicts(read(page_text(reviews=reviews))) == [[None] * 4] * 2


def test_a_legend_is_no_verdict() -> None:
    reviews = ["Ship", "Skip", *quotes(PAGE)]
    assert verdicts(read(page_text(reviews=reviews))) == [[None] * 4] * 2


def test_lenses_a_page_names_are_believed() -> None:
    order = [Lens.FOUNDER, Lens.SKEPTIC, Lens.BUILDER, Lens.FUTURIST]
    pairs = [quotes(PAGE)[index : index + 2] for index in range(0, 8, 2)]
    reviews = [
        row
        for lens, pair in zip(order, pairs, strict=True)
        for row in (f"The {lens.capitalize()}", *pair)
    ]
    assert lenses(read(page_text(reviews=reviews))) == [order] * 2


def test_a_lens_named_below_its_pair_of_quotes_is_believed() -> None:
    order = [Lens.FOUNDER, Lens.SKEPTIC, Lens.BUILDER, Lens.FUTURIST]
    pairs = [quotes(PAGE)[index : index + 2] for index in range(0, 8, 2)]
    reviews = [row for lens, pair in zip(order, pairs, strict=True) for row in (*pair, f"— {lens}")]
    assert lenses(read(page_text(reviews=reviews))) == [order] * 2


def test_a_word_of_an_unknown_foot_is_no_verdict() -> None:
    lines = [line for line in page_lines() if line not in FOOT]
    assert verdicts(read("\n".join([*lines, "Ship", "About us"]))) == [[None] * 4] * 2


def test_reviewer_lines_with_name_lens_and_verdict_below_each_quote() -> None:
    reviews = []
    for number, quote in enumerate(quotes(PAGE)):
        verdict = "Skip" if number == 3 else "Ship"
        reviews += [quote, "Mara Chen", f"{list(Lens)[number // 2].upper()} · {verdict}"]
    page = read(page_text(reviews=reviews))
    assert lenses(page) == [list(Lens)] * 2
    assert verdicts(page)[0] == [Verdict.SHIP] * 4
    assert verdicts(page)[1] == [Verdict.SHIP, Verdict.SKIP, Verdict.SHIP, Verdict.SHIP]


def test_a_lens_that_speaks_twice_is_refused() -> None:
    reviews = [row for quote in quotes(PAGE) for row in ("Builder", quote)]
    assert "one builder review only" in refused(page_text(reviews=reviews)).expected


def test_reviews_grouped_under_the_contenders_names_need_not_alternate() -> None:
    left, right = (quotes(PAGE)[side::2] for side in (0, 1))
    page = read(page_text(reviews=[QUILL.name, *left, INK.name, *right]))
    assert said(page) == said(PAGE)
    assert lenses(page) == [list(Lens)] * 2


def test_names_as_column_heads_leave_the_quotes_alternating() -> None:
    assert said(read(page_text(reviews=[QUILL.name, INK.name, *quotes(PAGE)]))) == said(PAGE)
