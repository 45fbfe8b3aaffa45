"""Times as text: what is written past SQLAlchemy's types compares with what they write."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import sqlite

from store.base import UtcDateTime
from store.times import database_text, sqlite_text, utc

EAST = timezone(timedelta(hours=2))


@given(st.datetimes(min_value=datetime(2, 1, 1), timezones=st.just(EAST)))  # noqa: DTZ001 - Hypothesis asks for naive bounds
def test_sqlite_text_is_what_the_column_type_writes(moment: datetime) -> None:
    dialect = sqlite.dialect()  # type: ignore[no-untyped-call]
    write = UtcDateTime().dialect_impl(dialect).bind_processor(dialect)
    assert write is not None
    assert sqlite_text(moment) == write(moment)


def test_the_text_for_postgresql_names_the_same_instant() -> None:
    moment = datetime(2026, 11, 23, 9, 30, tzinfo=EAST)
    assert datetime.fromisoformat(database_text(moment, sqlite=False)) == moment
    assert database_text(moment, sqlite=True) == "2026-11-23 07:30:00.000000"


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        utc(datetime(2026, 11, 23))  # noqa: DTZ001 - the naive time is the point
    assert utc(datetime(2026, 11, 23, 2, tzinfo=EAST)) == datetime(2026, 11, 23, tzinfo=UTC)
