"""Of an incomplete panel is taken what the page says whose it is; nothing is guessed."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.catalog.pages import ComparisonPage, Lens
from tests.unit.catalog.pages import FOOT, INK, PAGE, QUILL, page_text, quotes
from tests.unit.catalog.text_pages import read, refused

LENSES = tuple(Lens)
WHOLE = replace(PAGE, source="page.txt")


def without_reviews(page: ComparisonPage) -> ComparisonPage:
    left, right = (replace(side, reviews=()) for side in page.contenders)
    return replace(page, contenders=(left, right), notes=())


def taken(page: ComparisonPage) -> list[dict[Lens, str]]:
    return [{one.lens: one.quote for one in side.reviews} for side in page.contenders]


def assert_nothing_is_misattributed(page: ComparisonPage) -> None:
    for found, whole in zip(taken(page), taken(PAGE), strict=True):
        assert found.items() <= whole.items()


@pytest.mark.parametrize("count", range(1, 8))
def test_reviews_that_no_one_names_are_left_out_of_a_panel_that_is_not_whole(count: int) -> None:
    page = read(page_text(reviews=quotes(PAGE)[:count]))
    assert without_reviews(page) == without_reviews(WHOLE)
    assert taken(page) == [{}, {}]
    (note,) = page.notes
    assert note.startswith(f"{count} review")
    assert "none is taken" in note


def test_a_page_without_reviews_is_taken_and_says_so() -> None:
    page = read(page_text(reviews=[]))
    assert without_reviews(page) == without_reviews(WHOLE)
    assert page.notes == ("the page has no reviews",)


def test_words_without_quotation_marks_are_no_reviews_and_no_clear_page() -> None:
    reviews = [quote.strip("“”") for quote in quotes(PAGE)]
    assert "each in “ ”" in refused(page_text(reviews=reviews)).expected


def test_a_whole_panel_needs_no_note() -> None:
    assert read(page_text()).notes == ()


@pytest.mark.parametrize("lost", range(8))
def test_under_named_lenses_a_review_without_its_pair_is_left_out(lost: int) -> None:
    reviews = []
    for number, lens in enumerate(LENSES):
        pair = [at for at in (2 * number, 2 * number + 1) if at != lost]
        reviews += [f"The {lens.capitalize()}", *(quotes(PAGE)[at] for at in pair)]
    page = read(page_text(reviews=reviews))
    assert_nothing_is_misattributed(page)
    lens = LENSES[lost // 2]
    assert [list(side) for side in taken(page)] == [[one for one in LENSES if one != lens]] * 2
    assert page.notes == (f"one {lens} review, and the page does not say of which tool: left out",)


@pytest.mark.parametrize("lost", LENSES)
def test_a_named_lens_that_is_missing_on_both_sides_is_said(lost: Lens) -> None:
    reviews = []
    for number, lens in enumerate(LENSES):
        if lens != lost:
            reviews += [lens.upper(), *quotes(PAGE)[2 * number : 2 * number + 2]]
    page = read(page_text(reviews=reviews))
    assert_nothing_is_misattributed(page)
    assert page.notes == (f"no {lost} review",)


def test_under_the_contenders_names_a_whole_panel_is_taken_and_half_a_one_left_out() -> None:
    left, right = (quotes(PAGE)[side::2] for side in (0, 1))
    page = read(page_text(reviews=[QUILL.name, *left, INK.name, *right[:3]]))
    assert taken(page) == [taken(PAGE)[0], {}]
    (note,) = page.notes
    assert f"3 reviews of {INK.name} instead of 4" in note


def test_with_both_names_beside_it_every_review_is_taken() -> None:
    sides = ((QUILL.name, quotes(PAGE)[::2]), (INK.name, quotes(PAGE)[1::2]))
    rows = [
        [name, lens, quote]
        for name, all_of in sides
        for lens, quote in zip(LENSES, all_of, strict=True)
    ]
    page = read(page_text(reviews=[line for row in [*rows[:2], *rows[3:]] for line in row]))
    assert taken(page)[1] == taken(PAGE)[1]
    assert list(taken(page)[0]) == [Lens.BUILDER, Lens.SKEPTIC, Lens.FOUNDER]
    assert page.notes == (f"no futurist review of {QUILL.name}",)


def test_lenses_that_come_again_without_names_are_refused() -> None:
    """Column by column: the left contender's four, then the right one's? It does not say."""
    columns = [*quotes(PAGE)[::2], *quotes(PAGE)[1::2]]
    reviews = [
        row for lens, quote in zip(LENSES * 2, columns, strict=True) for row in (lens, quote)
    ]
    assert "side by side" in refused(page_text(reviews=reviews)).expected


def test_a_panel_of_dashes_is_unknown_not_nothing() -> None:
    page = read(page_text().replace("100%\nPanel ship", "—\nPanel ship"))
    assert page.contenders[0].panel_score is None
    assert page.contenders[0].reviews == QUILL.reviews


@settings(deadline=None, derandomize=True, max_examples=200)
@given(st.data())
def test_whatever_is_missing_no_review_goes_to_another(data: st.DataObject) -> None:
    """For every subset of the reviews and every way to name them that the page may have."""
    kept = sorted(data.draw(st.sets(st.integers(0, 7), min_size=1)))
    has_lens, has_name = data.draw(st.booleans()), data.draw(st.booleans())
    by_side = data.draw(st.booleans()) if has_name else False
    order = sorted(kept, key=lambda at: (at % 2, at)) if by_side else kept
    reviews: list[str] = []
    for at in order:
        reviews += [(QUILL, INK)[at % 2].name] * has_name + [LENSES[at // 2]] * has_lens
        reviews.append(quotes(PAGE)[at])
    if has_name and len({at % 2 for at in kept}) == 1:
        refused(page_text(reviews=reviews))
        return
    page = read(page_text(reviews=reviews))
    assert_nothing_is_misattributed(page)
    assert bool(page.notes) == (len(kept) < 8)
    if has_name and has_lens:
        assert sum(len(side) for side in taken(page)) == len(kept)
    assert not any(line in str(page) for line in FOOT)
