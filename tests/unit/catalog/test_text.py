"""Page text is read by its labels, whatever stands around them, and nothing is guessed."""

from dataclasses import replace

import pytest

from digest.catalog.intake import limits
from digest.catalog.pages import Lens, ReviewPage
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
from tests.unit.catalog.text_pages import read, refused


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


def test_a_description_keeps_its_paragraphs_and_joins_wrapped_lines() -> None:
    text = replaced(QUILL.description, "First half\nand the rest.\n\nA second paragraph.")
    assert read(text).contenders[0].description == "First half and the rest.\n\nA second paragraph."


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
