"""A database that is away is told once, and once that it is back, whoever notices it."""

import logging
from itertools import islice

import psycopg
import pytest
from procrastinate.exceptions import ConnectorException
from psycopg_pool import PoolTimeout
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from store.outage import MAX_PAUSE, STALE_SECONDS, Outage, pauses

REFUSED = psycopg.OperationalError("connection failed: Connection refused\n\tIs it running?")


def wrapped(cause: BaseException) -> Exception:
    """A library's own error, raised because of `cause`."""
    error = ConnectorException()
    error.__cause__ = cause
    return error


AWAY = {
    "a refused connection": REFUSED,
    "SQLAlchemy's": OperationalError("SELECT 1", {}, REFUSED),
    "the queue's": wrapped(REFUSED),
    "the queue's pool": wrapped(PoolTimeout("couldn't get a connection after 10.00 sec")),
    "a server that stops": psycopg.errors.AdminShutdown("terminating connection"),
    "a server that starts": psycopg.errors.CannotConnectNow("the database system is starting up"),
    "a lost connection": psycopg.errors.ConnectionFailure("gone"),
}
PRESENT = {
    "a deadlock": OperationalError("UPDATE", {}, psycopg.errors.DeadlockDetected("deadlock")),
    "a full disk": psycopg.errors.DiskFull("could not extend file"),
    "a constraint": IntegrityError("INSERT", {}, psycopg.errors.UniqueViolation("there already")),
    "our own pool": PoolTimeoutError("QueuePool limit"),
    "a fault of ours": ValueError("connection refused"),
}


@pytest.mark.parametrize("error", AWAY.values(), ids=AWAY)
def test_it_is_told_in_one_line_when_it_goes_and_in_one_when_it_is_back(
    error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    now = 100.0
    outage = Outage(lambda: now)
    for _ in range(31):
        assert outage.notice(error)
    now = 112.4
    outage.end()
    outage.end()
    told = [one.getMessage() for one in caplog.records]
    assert len(told) == 2
    assert told[0].startswith("the database is away, and is asked again: ")
    assert told[1] == "the database is back after 12 s; 31 tries failed"
    assert all("\n" not in one for one in told)
    assert {one.levelno for one in caplog.records} == {logging.WARNING}


def test_an_error_that_another_thread_met_before_the_end_is_no_new_outage(
    caplog: pytest.LogCaptureFixture,
) -> None:
    now = 100.0
    outage = Outage(lambda: now)
    assert outage.notice(REFUSED)
    outage.end()
    now += STALE_SECONDS - 1
    assert outage.notice(REFUSED)
    assert len(caplog.records) == 2
    now += 1
    assert outage.notice(REFUSED), "it is away again"
    assert len(caplog.records) == 3


@pytest.mark.parametrize("error", PRESENT.values(), ids=PRESENT)
def test_what_else_may_fail_is_not_kept_from_the_log(
    error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    outage = Outage()
    assert not outage.notice(error)
    outage.end()
    assert not caplog.records


def test_an_error_that_caused_itself_ends() -> None:
    error = ValueError("odd")
    error.__cause__ = error
    assert not Outage().notice(error)


def test_tries_come_at_growing_intervals() -> None:
    waits = list(islice(pauses(), 8))
    assert waits == sorted(waits)
    assert waits[0] == 1.0
    assert waits[-1] == MAX_PAUSE
