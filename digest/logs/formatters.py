"""Formats log records: as a line in words, or as a line of JSON."""

import json
import logging
from datetime import UTC, datetime
from enum import StrEnum

from digest.logs.redaction import redact
from digest.logs.request_id import request_id


class LogFormat(StrEnum):
    TEXT = "text"
    JSON = "json"


class LogLevel(StrEnum):
    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class TextFormatter(logging.Formatter):
    """`WARNING digest.worker: what happened`, and the request's id after it if there is one.

    With `timed`, the time in UTC comes first, for processes that run for long.
    """

    def __init__(self, *, timed: bool) -> None:
        super().__init__()
        self._timed = timed

    def format(self, record: logging.LogRecord) -> str:
        start = f"{_time_of(record)} " if self._timed else ""
        end = f" request_id={request_id.get()}" if request_id.get() else ""
        line = f"{start}{record.levelname} {record.name}: {record.getMessage()}{end}"
        return redact("\n".join([line, *_details(self, record)]))


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message, thread; request_id and exception too.

    `time` is ISO 8601 in UTC.
    """

    def format(self, record: logging.LogRecord) -> str:
        said = {
            "time": _time_of(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": redact(record.getMessage()),
            "thread": record.threadName,
        }
        if request_id.get():
            said["request_id"] = request_id.get()
        if details := _details(self, record):
            said["exception"] = redact("\n".join(details))
        return json.dumps(said, ensure_ascii=False)


def _time_of(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _details(formatter: logging.Formatter, record: logging.LogRecord) -> list[str]:
    details = [formatter.formatException(record.exc_info)] if record.exc_info else []
    return [*details, formatter.formatStack(record.stack_info)] if record.stack_info else details
