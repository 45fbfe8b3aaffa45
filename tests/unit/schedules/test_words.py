"""Rules in plain words."""

import pytest

from schedules.recurrence import Recurrence
from schedules.words import skipped_words


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("0 8 * * mon", "Mondays at 08:00, Berlin"),
        ("5 18 * * 0", "Sundays at 18:05, Berlin"),
        ("0 8 * * 4,1", "Mondays and Thursdays at 08:00, Berlin"),
        ("0 8 * * 5-7", "Fridays, Saturdays and Sundays at 08:00, Berlin"),
        ("0 8,20 * * mon", "Mondays at 08:00 and 20:00, Berlin"),
        ("0 8 1 * *", "the 1st of every month at 08:00, Berlin"),
        ("0 8 2,3,11,22 * *", "the 2nd, 3rd, 11th and 22nd of every month at 08:00, Berlin"),
        ("0 8 L * *", "the last day of every month at 08:00, Berlin"),
        ("0 8 15,L * *", "the 15th and last day of every month at 08:00, Berlin"),
        ("0 8 * * mon#1", "the first Monday of every month at 08:00, Berlin"),
        ("0 8 * * friL,mon#1", "the first Monday and last Friday of every month at 08:00, Berlin"),
        ("0 8 * 1,7 mon#1", "the first Monday of January and July at 08:00, Berlin"),
        ("0 8 * 12 mon", "Mondays in December at 08:00, Berlin"),
        ("0 8 * * *", "every day at 08:00, Berlin"),
        ("@weekly", "Sundays at 00:00, Berlin"),
        ("@monthly", "the 1st of every month at 00:00, Berlin"),
        ("0 8 * 1-6 mon", "cron 0 8 * 1-6 mon, Berlin"),
        ("*/5 8 * * mon", "cron */5 8 * * mon, Berlin"),
        ("0 8 1-31 * mon", "cron 0 8 1-31 * mon, Berlin"),
        ("0 8 1 * mon", "cron 0 8 1 * mon, Berlin"),
        ("0 8 * * mon#1,fri", "cron 0 8 * * mon#1,fri, Berlin"),
        ("0 8 */2 * mon", "cron 0 8 */2 * mon, Berlin"),
    ],
)
def test_a_rule_is_said_in_words_or_quoted(rule: str, words: str) -> None:
    assert Recurrence.parse(rule, "Europe/Berlin").describe() == words


@pytest.mark.parametrize(
    ("zone", "place"),
    [
        ("UTC", "UTC"),
        ("America/New_York", "New York"),
        ("America/Argentina/Buenos_Aires", "Buenos Aires"),
    ],
)
def test_a_zone_is_named_by_its_city(zone: str, place: str) -> None:
    assert Recurrence.parse("0 8 * * mon", zone).describe() == f"Mondays at 08:00, {place}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2026-12-05", "5 December 2026"),
        ("12-25", "25 December of every year"),
        ("2026-12-24..2027-01-06", "24 December 2026 to 6 January 2027"),
    ],
)
def test_dates_of_rest_are_said_in_words(text: str, said: str) -> None:
    assert skipped_words(text) == said
