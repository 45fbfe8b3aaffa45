"""Page text is read by its labels, whatever stands around them, and nothing is guessed."""

from dataclasses import replace

import pytest

from digest.catalog.intake import limits
from digest.catalog.intake.text.parse import read_text
from digest.catalog.pages import ComparisonPage, Lens, PageError, ReviewPage, Verdict
from tests.unit.catalog.pages import (
    FOOT,
    INK,
    PAGE,
    QUILL,
    comparison,
    contender,
    contender_lines,
    page_lines,
    page_text,
    quotes,
    replaced,
)


def read(text: str) -> ComparisonPage:
    return read_text(text, "page.txt")


def refused(text: str) -> PageError:
    with pytest.raises(PageError) as caught:
        read(text)
    assert "\n" not in str(caught.value)
    return caught.value


def verdicts(page: ComparisonPage) -> list[list[Verdict | None]]:
    return [[review.verdict for review in side.reviews] for side in page.contenders]


def lenses(page: ComparisonPage) -> list[list[Lens]]:
    return [[review.lens for review in side.reviews] for side in page.contenders]


def said(page: ComparisonPage) -> list[list[str]]:
    return [[review.quote for review in side.reviews] for side in page.contenders]


def test_every_value_of_a_page_is_read() -> None:
    assert read(page_text()) == replace(PAGE, source="page.txt")


def test_a_page_copied_on_another_system_reads_the_same() -> None:
    lines = page_lines()
    want = read("\n".join(lines))
    assert read("\r\n".join(lines)) == want
    assert read("\r".join(lines)) == want
    assert read("\n\n \t\n".join(lines)) == want
    assert read("\n".join(f"\u00a0 {line}\u00a0 " for line in lines)) == want
    assert read("\ufeff" + "\n".join(lines)) == want


def test_a_menu_above_and_a_foot_below_are_passed_over() -> None:
    menu = ["Skip to content", "Tools", "OpenBar vs ClosedBar", "Panel ship", "Reviewer scorecard"]
    foot = ["© Verdicts", "Panel ship", "92%", "Panel ship", "“Best mail of my week.”", "Ship"]
    assert read("\n".join([*menu, *page_lines(), *foot])) == read(page_text())


def test_a_page_without_its_kind_blurb_and_foot_reads_the_same() -> None:
    lines = [line for line in page_lines() if line not in FOOT]
    assert read("\n".join([lines[1], *lines[3:]])) == read(page_text())


def test_a_description_keeps_its_paragraphs_and_mends_wrapped_lines() -> None:
    text = replaced(QUILL.description, "First half\nand the rest.\n\nA second paragraph.")
    assert read(text).contenders[0].description == "First half and the rest.\n\nA second paragraph."


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


@pytest.mark.parametrize("reviews", [2, 4, 6])
def test_half_a_panel_without_names_is_refused_not_guessed(reviews: int) -> None:
    error = refused(page_text(reviews=quotes(PAGE)[:reviews]))
    assert error.found == f"{reviews // 2} and {reviews // 2} reviews"
    assert "four reviews of each contender" in error.expected


def test_an_odd_number_of_reviews_is_refused() -> None:
    error = refused(page_text(reviews=quotes(PAGE)[:7]))
    assert "7 reviews" in str(error)
    assert error.line == len(page_lines(reviews=quotes(PAGE)[:7])) - len(FOOT)


def test_a_fifth_unnamed_lens_is_refused() -> None:
    assert "four reviews" in refused(page_text(reviews=[*quotes(PAGE), "“5.”", "“6.”"])).expected


def test_no_reviews_at_all_is_refused() -> None:
    assert "reviews" in refused(page_text(reviews=[])).expected


@pytest.mark.parametrize("mark", ["“", '"'])
def test_a_quote_that_never_ends_is_refused_where_it_begins(mark: str) -> None:
    reviews = [*quotes(PAGE)[:2], f"{mark}never closed", *quotes(PAGE)[3:]]
    error = refused(page_text(reviews=reviews))
    assert error.line == page_lines(reviews=reviews).index(reviews[2]) + 1
    assert "never closed" in error.found


def test_a_quote_with_words_before_it_is_refused_not_dropped() -> None:
    reviews = [f"Builder: {quote}" for quote in quotes(PAGE)[:2]] + quotes(PAGE)[2:]
    assert "line of its own" in refused(page_text(reviews=reviews)).expected


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


@pytest.mark.parametrize(
    ("shown", "score"),
    [
        ("0%", 0),
        ("100%", 100),
        ("87.5%", 87.5),
        ("87 %", 87),
        ("87,5\u202f%", 87.5),
        ("64％", 64),
        ("—", None),
        ("–", None),
        ("-", None),
        ("−", None),
        ("--", None),
    ],
)
def test_a_score_is_a_per_cent_or_a_dash(shown: str, score: float | None) -> None:
    page = read(replaced("64%", shown, replaced("100%", shown)))
    assert page.contenders[0].panel_score == score
    assert page.contenders[1].community_score == score


@pytest.mark.parametrize(
    "shown", ["101%", "-5%", "75", "lots", "NaN%", "7 5%", "3/4", "٧٥%x", "1e2%"]
)
def test_any_other_score_is_refused_with_its_line(shown: str) -> None:
    error = refused(replaced("64%", shown))
    assert error.line == page_lines().index("64%") + 1
    assert shown in error.found


@pytest.mark.parametrize("price", ["Free", "Paid", "Freemium", "$20/mo", "€9 / seat", "Contact us"])
def test_a_price_is_kept_as_shown(price: str) -> None:
    assert read(replaced("$20/mo", price)).contenders[0].entry_price == price


def test_a_dash_for_a_price_is_no_price() -> None:
    assert read(replaced("$20/mo", "—")).contenders[0].entry_price == ""


@pytest.mark.parametrize(
    "name",
    [
        "Man vs Machine",
        "Versus (vs itself)",
        "R&D <beta>",
        'The "Best" One',
        "文心一言",
        "Écho 4.5",
        "🚀",
        "👩🏽‍🚀 Crew",
        "می‌نویسد",
        "Entry",
        "Community",
        "4",
        "Ship",
        "Writing",
    ],
)
@pytest.mark.parametrize("is_left", [True, False])
def test_a_name_may_be_anything(name: str, is_left: bool) -> None:  # noqa: FBT001 - a parameter
    odd = contender(name)
    page = comparison(odd, INK) if is_left else comparison(INK, odd)
    assert read(page_text(page)) == replace(page, source="page.txt")


def test_a_heading_with_several_vs_is_split_by_the_names_below_it() -> None:
    page = comparison(contender("A vs B"), contender("C vs D"))
    assert [side.name for side in read(page_text(page)).contenders] == ["A vs B", "C vs D"]


def test_a_line_that_repeats_the_name_further_up_is_not_the_name() -> None:
    left = replace(QUILL, description="It writes.\n\nAlso good at")
    page = comparison(left, contender("Research", category="Research"))
    assert read(page_text(page)) == replace(page, source="page.txt")


def test_a_missing_tagline_or_description_is_empty() -> None:
    page = comparison(replace(QUILL, tagline=""), replace(INK, tagline="", description=""))
    text = "\n".join(line for line in page_text(page).split("\n") if line)
    assert read(text) == replace(page, source="page.txt")
    bare = comparison(replace(QUILL, description=""), INK)
    text = "\n".join(line for line in page_text(bare).split("\n") if line)
    assert read(text) == replace(bare, source="page.txt")


def test_a_missing_category_is_refused_not_made_of_the_blurb() -> None:
    for side in (QUILL, INK):
        lines = page_lines()
        del lines[lines.index(side.category)]
        assert f'a category on the line above "{side.name}"' in refused("\n".join(lines)).expected


def test_a_heading_that_names_something_else_is_refused_with_its_line() -> None:
    error = refused(replaced(PAGE.title, "Quillmate 2 vs Something Else"))
    assert error.line == 2
    assert "Something Else" in error.found


def test_a_page_without_heading_is_refused() -> None:
    assert "A vs B" in refused(replaced(PAGE.title, "A comparison")).expected


def test_value_and_label_on_one_line_are_read() -> None:
    text = replaced(
        "100%\nPanel ship\n—\nCommunity\n$20/mo\nEntry", "100% Panel ship\n—Community\n$20/mo Entry"
    )
    assert read(text) == read(page_text())


def test_what_is_missing_is_named() -> None:
    lines = page_lines()
    for label in ("Community", "Entry"):
        cut = [line for line in lines if line != label]
        assert f'"{label}"' in refused("\n".join(cut)).expected
    assert "Panel ship" in refused("Nothing of the kind.\nA vs B").expected
    assert "second contender" in refused("\n".join(lines[:12])).expected
    assert "Reviewer scorecard" in refused("\n".join(lines[:22])).expected


def test_two_pages_in_one_file_are_refused() -> None:
    assert "one page only" in refused(f"{page_text()}\n{page_text()}").expected


def test_a_third_contender_is_refused_not_taken_for_a_description() -> None:
    lines = page_lines()
    at = lines.index("Reviewer scorecard")
    third = contender_lines(contender("Third"))
    assert "two contenders" in refused("\n".join([*lines[:at], *third, *lines[at:]])).expected


def test_a_tool_is_not_compared_with_itself() -> None:
    assert (
        "other than"
        in refused(page_text(comparison(QUILL, replace(QUILL, name="QUILLMATE 2")))).expected
    )


@pytest.mark.parametrize(
    ("field", "limit"),
    [
        ("name", limits.NAME),
        ("tagline", limits.TAGLINE),
        ("entry_price", limits.ENTRY_PRICE),
        ("description", limits.PROSE),
    ],
)
def test_what_is_longer_than_its_column_is_refused(field: str, limit: int) -> None:
    for length, is_fine in ((limit, True), (limit + 1, False)):
        page = comparison(QUILL, replace(INK, **{field: "x" * length}))
        if is_fine:
            assert getattr(read(page_text(page)).contenders[1], field) == "x" * length
        else:
            error = refused(page_text(page))
            assert f"{limit} at most" in error.expected
            assert error.line is not None


def test_a_quote_longer_than_the_limit_is_refused() -> None:
    reviews = [f"“{'x' * 10_001}”", *quotes(PAGE)[1:]]
    assert "10000 at most" in refused(page_text(reviews=reviews)).expected


def test_too_many_lines_are_refused_before_anything_is_read() -> None:
    assert "20,001 lines" in str(refused("\n" * 20_000))


def test_invisible_characters_never_come_in() -> None:
    evil = "Quill\u202emate\u200b 2\x07\ue000\u2066"
    page = read(page_text().replace(QUILL.name, evil))
    assert page == replace(PAGE, source="page.txt")


def test_letters_are_composed_and_emoji_kept_whole() -> None:
    page = read(page_text(comparison(contender("Cafe\u0301 👩🏽‍🚀 ❤️"), INK)))
    assert page.contenders[0].name == "Café 👩🏽‍🚀 ❤️"


def test_markup_is_text() -> None:
    page = comparison(contender("<b>Bold</b> & Co"), INK)
    assert read(page_text(page)).contenders[0].name == "<b>Bold</b> & Co"


def test_a_message_is_one_printable_line() -> None:
    error = refused(replaced("64%", "\x1b[31m\u202e64" + "x" * 500))
    assert str(error).isprintable()
    assert len(str(error)) < 250


def test_a_review_keeps_lens_words_and_unknown_verdict() -> None:
    first = read(page_text()).contenders[0].reviews[0]
    assert first == ReviewPage(Lens.BUILDER, f"The builder has tried {QUILL.name}.", None)
