"""Instants: aware datetimes in UTC, and the text that SQLite stores for them."""

from datetime import UTC, datetime

_SQLITE_LENGTH = len("2026-11-23 08:00:00.000000")


def utc(moment: datetime) -> datetime:
    """Return `moment` in UTC. Raises ValueError for a naive one: it names no instant."""
    if moment.tzinfo is None:
        msg = f"a time without a zone: {moment.isoformat()}"
        raise ValueError(msg)
    return moment.astimezone(UTC)


def sqlite_text(moment: datetime) -> str:
    """Return `moment` as a UtcDateTime column stores it on SQLite: `2026-11-23 08:00:00.000000`.

    It is what SQLAlchemy's own SQLite type writes; statements that bypass that type (bulk
    inserts, rows travelling as JSON) need the same text, or times would not compare.
    """
    if moment.tzinfo is UTC:  # nearly all are
        return moment.isoformat(" ", "microseconds")[:_SQLITE_LENGTH]
    return utc(moment).replace(tzinfo=None).isoformat(" ", "microseconds")


def database_text(moment: datetime, *, sqlite: bool) -> str:
    """Return `moment` as text that the database in use casts to the same instant."""
    return sqlite_text(moment) if sqlite else utc(moment).isoformat()
