"""Sets up logging for one process: where lines go, how they look, and from which level on."""

import logging
import sys
from typing import TextIO

from digest.logs.formatters import JsonFormatter, LogFormat, LogLevel, TextFormatter

OWN_PACKAGES = ("digest", "schedules", "store", "subscribers")


class StderrHandler(logging.StreamHandler[TextIO]):
    """Writes to what `sys.stderr` is when a line comes, not to what it was at the start."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:
        return sys.stderr

    @stream.setter
    def stream(self, _: TextIO) -> None:
        """Keep to `sys.stderr`."""


def log_warnings() -> None:
    """Log warnings in words, for a command that ends by itself."""
    _replace_handler(TextFormatter(timed=False))
    logging.getLogger().setLevel(logging.WARNING)


def log_process(form: LogFormat, level: LogLevel) -> None:
    """Log from `level` on for our own packages, for a process that runs for long.

    Libraries log warnings only.
    """
    _replace_handler(JsonFormatter() if form is LogFormat.JSON else TextFormatter(timed=True))
    logging.getLogger().setLevel(logging.WARNING)
    for name in OWN_PACKAGES:
        logging.getLogger(name).setLevel(level.upper())


def _replace_handler(formatter: logging.Formatter) -> None:
    root = logging.getLogger()
    ours = [one for one in root.handlers if isinstance(one, StderrHandler)]
    handler = ours[0] if ours else StderrHandler()
    handler.setFormatter(formatter)
    if not ours:
        root.addHandler(handler)
