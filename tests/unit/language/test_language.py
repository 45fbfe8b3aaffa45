"""Numbers, lists, dates, plurals and direction, by language."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.language.choose import is_translated, language_of
from digest.language.language import ENGLISH, Language, shown_length
from digest.language.message import Count, Figure, Message, Names, Percent, Series, counted
from tests.unit.language.english import LANGUAGES

DAY = date(2026, 3, 3)


@pytest.mark.parametrize(
    ("tag", "share", "day", "month", "names"),
    [
        ("en", "87.5%", "3 March 2026", "Mar 2026", "A, B and C"),
        ("en-US", "87.5%", "March 3, 2026", "Mar 2026", "A, B, and C"),
        ("de", "87,5\u00a0%", "3. März 2026", "März 2026", "A, B und C"),
        ("fr", "87,5\u00a0%", "3 mars 2026", "mars 2026", "A, B et C"),
        ("es", "87,5\u00a0%", "3 de marzo de 2026", "mar 2026", "A, B y C"),
        ("zh", "87.5%", "2026年3月3日", "2026年3月", "A、B和C"),
    ],
)
def test_numbers_dates_and_lists_follow_the_cldr(
    tag: str, share: str, day: str, month: str, names: str
) -> None:
    language = language_of(tag)
    # CLDR releases change the width of the space before a sign.
    assert language.percent(87.5).replace("\u202f", "\u00a0") == share
    assert language.written_date(DAY) == day
    assert language.month(DAY) == month
    assert language.listed(["A", "B", "C"]) == names


@given(st.floats(0, 100), st.dates(date(2000, 1, 1)), st.lists(st.sampled_from("ABC"), max_size=4))
def test_our_english_is_the_cldrs(score: float, day: date, names: list[str]) -> None:
    cldr = language_of("en-001")
    assert ENGLISH.percent(score) == cldr.percent(score)
    assert ENGLISH.figure(score) == cldr.figure(score)
    assert ENGLISH.written_date(day) == cldr.written_date(day)
    assert ENGLISH.listed(names) == cldr.listed(names)


def test_a_sentence_that_begins_with_a_number_begins_with_a_capital() -> None:
    rivals = Message("{count} rival", "{count} rivals")
    assert ENGLISH.say(rivals, count=Count(3)) == "Three rivals"
    assert ENGLISH.say(Message("All {count} rivals"), count=Count(3)) == "All three rivals"
    assert language_of("de").say(rivals, count=Count(3)) == "3 rivals"


@pytest.mark.parametrize(
    ("ships", "count", "said"),
    [(3, 12, "Ships three of twelve"), (12, 15, "Ships 12 of 15"), (13, 15, "Ships 13 of 15")],
)
def test_a_sentence_has_its_counts_in_words_or_in_figures(
    ships: int, count: int, said: str
) -> None:
    some = Message("Ships {ships} of {count}")
    assert ENGLISH.say(some, ships=Count(ships), count=Count(count)) == said
    assert language_of("de").say(some, ships=Count(3), count=Count(12)) == "Ships 3 of 12"


WEEKS = Message("{count} week", "{count} weeks")


@pytest.mark.parametrize(
    ("tag", "counts"),
    [
        ("de", {0: "0 Wochen", 1: "1 Woche", 2: "2 Wochen"}),
        ("fr", {0: "0 semaine", 1: "1 semaine", 2: "2 semaines"}),
        ("es", {1: "1 semana", 4: "4 semanas"}),
        ("zh", {1: "1 周", 4: "4 周"}),
        (
            "ar",
            {1: "أسبوع واحد", 2: "أسبوعان", 4: "4 أسابيع", 12: "12 أسبوعًا", 100: "100 أسبوع"},
        ),
    ],
)
def test_each_count_has_its_form(tag: str, counts: dict[int, str]) -> None:
    language = language_of(tag)
    assert {count: language.say(WEEKS, count=count) for count in counts} == counts


POINTS = Message(
    "{points} point between {ahead} and {behind}",
    "{points} points between {ahead} and {behind}",
    by="points",
)


@pytest.mark.parametrize(
    ("tag", "points", "said"),
    [
        ("de", 1.5, "1,5 Punkte zwischen A und B"),
        ("fr", 1.5, "1,5 point entre A et B"),
        ("fr", 62.5, "62,5 points entre A et B"),
        ("es", 62.5, "62,5 puntos entre A y B"),
        ("ar", 62.5, "62.5 نقطة بين \u2068A\u2069 و\u2068B\u2069"),
        ("zh", 62.5, "A 与 B 相差 62.5 个百分点"),
    ],
)
def test_a_broken_number_takes_the_form_of_its_category(tag: str, points: float, said: str) -> None:
    assert language_of(tag).say(POINTS, points=Figure(points), ahead="A", behind="B") == said


def test_only_names_are_isolated_and_only_where_writing_goes_right_to_left() -> None:
    message = Message("{tool}: {names}; {more} ({share})")
    values = {"tool": "Tern", "names": Names(["A", "B"]), "more": Series(["C"]), "share": 7}
    said = language_of("ar").say(message, **values)
    assert said == "\u2068Tern\u2069: \u2068A\u2069 و\u2068B\u2069; \u2068C\u2069 (7)"
    assert shown_length(said) == len(said) - 8
    for tag in ("de", "zh"):
        assert "\u2068" not in language_of(tag).say(message, **values)
    assert language_of("ar").isolated("") == ""


def test_sentences_and_series_join_as_the_language_does() -> None:
    assert language_of("zh").sentences(["一。", "二。"]) == "一。二。"
    assert language_of("de").sentences(["Eins.", "Zwei."]) == "Eins. Zwei."
    assert language_of("zh").series(["A", "B", "C"]) == "A、B、C"
    assert ENGLISH.series(["A", "B", "C"]) == "A, B, C"
    for tag in ("en", *LANGUAGES):
        assert language_of(tag).series(["A"]) == "A"
        assert language_of(tag).listed([]) == ""


@pytest.mark.parametrize(
    ("tag", "said", "translated"),
    [
        ("de-AT", "Abstimmen", True),
        ("zh-CN", "投票", True),
        ("zh-TW", "Vote", False),  # simplified characters are of no use there
        ("zh-Hant", "Vote", False),
        ("pt-BR", "Vote", False),
        ("tlh", "Vote", False),
        ("en-GB", "Vote", True),
        ("en", "Vote", True),
    ],
)
def test_a_tag_finds_its_catalogue(tag: str, said: str, translated: bool) -> None:  # noqa: FBT001
    language = language_of(tag)
    assert language.say(Message("Vote")) == said
    assert language.tag == tag
    assert is_translated(language) is translated


@pytest.mark.parametrize(("tag", "direction"), [("ar-EG", "rtl"), ("he", "rtl"), ("de", "ltr")])
def test_a_language_has_its_direction(tag: str, direction: str) -> None:
    assert language_of(tag).direction == direction


def test_nothing_counts_by_a_name() -> None:
    assert counted(Percent(2.5)) == 2.5
    with pytest.raises(TypeError, match="nothing to count by"):
        counted("Tern")


def test_a_language_of_its_own_needs_no_more_than_its_tag() -> None:
    assert is_translated(Language())
