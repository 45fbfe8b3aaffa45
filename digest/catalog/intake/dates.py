"""Parses dates of publication in ISO 8601, as sources write them."""

from datetime import UTC, date, datetime

FIRST_YEAR = 1970
LAST_YEAR = 2199
EXPECTED = "a date like 2026-03-09, or a time with its zone like 2026-03-09T08:00:00Z"


def parse_published(text: str, *, is_zone_needed: bool) -> datetime:
    """Return `text` as a time in UTC; a bare date is midnight UTC.

    A time without a zone is taken as UTC, unless `is_zone_needed`. Raises ValueError.
    """
    moment = _bare_date(text) or datetime.fromisoformat(text)
    if moment.tzinfo is None:
        if is_zone_needed:
            raise ValueError(text)
        moment = moment.replace(tzinfo=UTC)
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError(text)
    return moment.astimezone(UTC)


def _bare_date(text: str) -> datetime | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
