"""Lines in words and in JSON: time, level, where from, and the request that they belong to."""

import json
import logging
import sys
from datetime import UTC, datetime

import pytest

from digest.logs.formatters import JsonFormatter, TextFormatter
from digest.logs.request_id import request_id, request_id_of

AT = datetime(2026, 11, 29, 8, 0, 0, 120_000, tzinfo=UTC)


def record(message: str, *values: object, level: int = logging.WARNING) -> logging.LogRecord:
    made = logging.LogRecord("digest.worker", level, "worker.py", 1, message, values, None)
    made.created = AT.timestamp()
    return made


def failed(words: str) -> logging.LogRecord:
    made = record("issue %s waits", 3, level=logging.ERROR)
    try:
        _fail(words)
    except ValueError:
        made.exc_info = sys.exc_info()
    return made


def _fail(words: str) -> None:
    raise ValueError(words)


def test_in_words() -> None:
    assert TextFormatter(timed=False).format(record("issue %s waits", 3)) == (
        "WARNING digest.worker: issue 3 waits"
    )
    assert TextFormatter(timed=True).format(record("issue %s waits", 3)) == (
        "2026-11-29T08:00:00.120Z WARNING digest.worker: issue 3 waits"
    )


def test_as_json() -> None:
    assert json.loads(JsonFormatter().format(record("Grüße an %s", "ana@example.org"))) == {
        "time": "2026-11-29T08:00:00.120Z",
        "level": "warning",
        "logger": "digest.worker",
        "message": "Grüße an ***@example.org",
        "thread": "MainThread",
    }


@pytest.mark.parametrize("formatter", [TextFormatter(timed=True), JsonFormatter()])
def test_a_fault_comes_with_its_traceback_and_nobodys_address(formatter: logging.Formatter) -> None:
    line = formatter.format(failed("550 no such user ben@example.net"))
    assert "ValueError: 550 no such user ***@example.net" in line
    assert "ben" not in line
    assert ("\n" in line) is isinstance(formatter, TextFormatter)


def test_a_line_names_its_request() -> None:
    token = request_id.set("abc-1")
    try:
        assert TextFormatter(timed=False).format(record("x")).endswith("x request_id=abc-1")
        assert json.loads(JsonFormatter().format(record("x")))["request_id"] == "abc-1"
    finally:
        request_id.reset(token)


@pytest.mark.parametrize("given", ["", "a b", "a\nb", "x" * 65, "ä", "<script>"])
def test_an_id_that_is_none_is_replaced(given: str) -> None:
    made = request_id_of(given)
    assert made != given
    assert len(made) == 16
    assert request_id_of("0af7651916cd43dd-1.A_z") == "0af7651916cd43dd-1.A_z"
