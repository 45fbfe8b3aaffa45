"""Openings that several reviews share."""

from digest.catalog.pages import Lens
from digest.quotes.habits import detect_habits, opening
from tests.unit.quotes.reviews import CORMORANT, HERONRY


def test_an_opening_that_reviews_share_is_a_habit() -> None:
    found = detect_habits([*HERONRY.values(), *CORMORANT.values()])
    for text in (HERONRY[Lens.BUILDER], HERONRY[Lens.SKEPTIC], CORMORANT[Lens.FUTURIST]):
        assert found.opens_by_habit(text, first=True)


def test_a_new_habit_is_found_in_the_issue_alone() -> None:
    said = ["My take is plain. Skip it.", "My take is short. Ship it.", "Nothing holds. My own."]
    found = detect_habits(said)
    assert found.opens_by_habit("My take is that it works.", first=True)
    assert not found.opens_by_habit("Nothing holds.", first=True)


def test_a_formula_within_reviews_is_found_too() -> None:
    found = detect_habits(["One. What kills this is price.", "Two. What kills this is time."])
    assert found.opens_by_habit("What kills it is you.", first=False)


def test_the_same_review_on_two_pages_is_one() -> None:
    said = HERONRY[Lens.FOUNDER]
    assert not detect_habits([said, said]).opens_by_habit("Skip it if you like.", first=True)


def test_a_tools_name_counts_as_one_word() -> None:
    names = ("GPT-9 Mini API", "Tern")
    assert opening("GPT-9 Mini wins.", names) == opening("Tern wins.", names)
    assert opening("The mini wins.", ("The Browser",)) == "the mini"


def test_a_habit_of_panels_is_known_from_the_first_page() -> None:
    assert detect_habits([]).opens_by_habit("The primitive here is a queue.", first=True)
    assert not detect_habits([]).opens_by_habit("The primitive here is a queue.", first=False)


def test_an_unspaced_script_has_openings_as_well() -> None:
    assert opening("这个模型很好。") == "这个模型"
