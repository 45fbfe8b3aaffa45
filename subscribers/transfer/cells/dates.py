"""Parses dates as tools, spreadsheets and databases write them, and asks where one is ambiguous."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum


class DateOrder(StrEnum):
    """How a file writes a date in figures, such as 03/04/2024."""

    DAY_FIRST = "dmy"
    MONTH_FIRST = "mdy"


_EMPTY_WORDS_TEXT = r"""
    #n/a (null) - -- --- . 0000-00-00 00:00:00 ? [] \\n \n jamais n.a. n/a na nan never nie nil
    none null nunca undefined {} – —
"""
EMPTY_WORDS = frozenset(_EMPTY_WORDS_TEXT.split())
"""What databases, spreadsheets and scripts write for an empty cell; compared in lower case."""
_EMPTY_DATES = re.compile(r"(?:0000-00-00|0001-01-01|1970-01-01|00/00/0000|00\.00\.0000)(?:\D|$)")
_FIGURES = re.compile(
    r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})(?:,?[ T]+(\d.*))?",
)
_YEAR_FIRST = re.compile(r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})(?:,?[ T]+(\d.*))?")
_MONTH_NAMED = re.compile(
    r"(?:[^\W\d_]{2,10}\.?,?\s+)?"
    r"(?:(?P<day>\d{1,2})(?:st|nd|rd|th|\.)?[ -]+(?P<month>[^\W\d_]{3,10})\.?"
    r"|(?P<month2>[^\W\d_]{3,10})\.?\s+(?P<day2>\d{1,2})(?:st|nd|rd|th)?)"
    r",?[ -]+(?P<year>\d{4})(?:,?(?:\s+at)?[ T]+(?P<time>\d.*))?",
)
_TIME = re.compile(
    r"(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*([AaPp])?\.?(?:[Mm]\.?)?\s*(.*)", re.DOTALL
)
_ZONE = re.compile(r"(?:([+-])(\d{2}):?(\d{2}))?\s*(?:UTC|GMT|Z|[A-Z]{2,5}|[+-]\d{2,4})?")
_GO = re.compile(
    r"(\d{4}-.*?\d)(?:\s*([+-]\d{2}):?(\d{2}))(?:\s+(?:[A-Z]{1,5}|[+-]\d{2,4}))?(?:\s+m=.*)?"
)
_EPOCH = re.compile(r"1\d{9}(?:\d{3})?(?:\.\d+)?")
_MONTHS = {
    word: number
    for number, words in enumerate(
        (
            "jan january januar jän jänner janvier janv ene enero",
            "feb february februar février févr fév fevrier febrero",
            "mar march märz mär mrz mars marzo",
            "apr april avril avr abr abril",
            "may mai mayo",
            "jun june juni juin junio",
            "jul july juli juillet juil julio",
            "aug august août aout ago agosto",
            "sep sept september septembre septiembre",
            "oct october okt oktober octobre octubre",
            "nov november novembre noviembre",
            "dec december dez dezember déc décembre decembre dic diciembre",
        ),
        1,
    )
    for word in words.split()
}
_CENTURY = 2000
_NOON = 12
_MONTHS_OF_YEAR = 12
_MILLISECONDS = 13
_PLAIN_LENGTH = 19


def is_empty(text: str) -> bool:
    """Return whether a cell says that it holds nothing, or a date before there was mail."""
    return text.lower() in EMPTY_WORDS or _EMPTY_DATES.match(text) is not None


def read_plain_date(text: str) -> datetime | None:
    """Parse `2024-03-16 14:40:47` of this century, in UTC; None for any other form."""
    if len(text) != _PLAIN_LENGTH or text[0] != "2" or not text[13] == text[16] == ":":
        return None
    try:
        return datetime.fromisoformat(f"{text}+00:00")
    except ValueError:
        return None


def read_date(text: str, order: DateOrder | None = None) -> datetime | None:
    """Parse a date; without a zone it is UTC. None for what is none, or is ambiguous."""
    try:
        moment = datetime.fromisoformat(text.removesuffix(" UTC"))
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        pass
    try:
        return _other(text.strip(), order)
    except (ValueError, OverflowError):
        return None


def is_ambiguous(text: str) -> bool:
    """Return whether a date may mean two days: 03/04/2024, but not 13/04/2024 nor 03.04.2024."""
    figures = _FIGURES.fullmatch(text)
    if figures is None or figures[2] == ".":
        return False
    first, second = int(figures[1]), int(figures[3])
    return first != second and first <= _MONTHS_OF_YEAR and second <= _MONTHS_OF_YEAR


def order_of(texts: Iterable[str]) -> tuple[DateOrder | None, str]:
    """Return the order that `texts` prove, and an ambiguous date among them where none does."""
    doubtful = ""
    for text in texts:
        figures = _FIGURES.fullmatch(text)
        if figures is None or figures[2] == ".":
            continue
        if int(figures[1]) > _MONTHS_OF_YEAR >= int(figures[3]):
            return DateOrder.DAY_FIRST, ""
        if int(figures[3]) > _MONTHS_OF_YEAR >= int(figures[1]):
            return DateOrder.MONTH_FIRST, ""
        if is_ambiguous(text):
            doubtful = doubtful or text
    return None, doubtful


def _other(text: str, order: DateOrder | None) -> datetime | None:
    if go := _GO.fullmatch(text):
        moment = datetime.fromisoformat(go[1][:26])
        return moment.replace(tzinfo=_offset(go[2], go[3])).astimezone(UTC)
    if _EPOCH.fullmatch(text):
        whole = text.partition(".")[0]
        seconds = int(whole) / 1000 if len(whole) == _MILLISECONDS else int(whole)
        return datetime.fromtimestamp(seconds, UTC)
    if found := _YEAR_FIRST.fullmatch(text):
        return _made(int(found[1]), int(found[2]), int(found[3]), found[4])
    if found := _FIGURES.fullmatch(text):
        return _figures(found, order)
    found = _MONTH_NAMED.fullmatch(text)
    return _named_month(found) if found else None


def _named_month(found: re.Match[str]) -> datetime | None:
    month = _MONTHS.get((found["month"] or found["month2"]).lower())
    day = int(found["day"] or found["day2"])
    return _made(int(found["year"]), month, day, found["time"]) if month else None


def _figures(found: re.Match[str], order: DateOrder | None) -> datetime | None:
    first, second, year = int(found[1]), int(found[3]), int(found[4])
    year += _CENTURY if len(found[4]) == 2 else 0  # noqa: PLR2004 - two figures of a year
    if found[2] == "." or first > _MONTHS_OF_YEAR:
        order = DateOrder.DAY_FIRST
    elif second > _MONTHS_OF_YEAR:
        order = DateOrder.MONTH_FIRST
    elif first != second and order is None:
        return None
    day, month = (second, first) if order is DateOrder.MONTH_FIRST else (first, second)
    return _made(year, month, day, found[5])


def _made(year: int, month: int, day: int, clock: str | None) -> datetime | None:
    if clock is None:
        return datetime(year, month, day, tzinfo=UTC)
    found = _TIME.fullmatch(clock)
    if found is None:
        return None
    hour = int(found[1])
    if found[4]:
        hour = hour % _NOON + (_NOON if found[4] in "Pp" else 0)
    zone = _ZONE.fullmatch(found[5].strip())
    if zone is None:
        return None
    offset = _offset(zone[1] + zone[2], zone[3]) if zone[1] else UTC
    made = datetime(year, month, day, hour, int(found[2]), int(found[3] or 0), tzinfo=offset)
    return made.astimezone(UTC)


def _offset(hours: str, minutes: str) -> timezone:
    span = timedelta(hours=abs(int(hours)), minutes=int(minutes))
    return timezone(-span if hours.startswith("-") else span)
