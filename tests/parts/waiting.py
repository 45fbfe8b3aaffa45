"""Waits for what a real process, thread or browser is about to do."""

import threading
from collections.abc import Callable

import pytest

POLLS = 6_000
PAUSE = 0.02
"""Seconds between two polls: all of them together take two minutes, on a busy machine longer."""


def until(condition: Callable[[], bool], what: str) -> None:
    """Polls `condition` until it is true; fails, naming `what`, if it does not come true."""
    pause = threading.Event()
    for _ in range(POLLS):
        if condition():
            return
        pause.wait(PAUSE)
    pytest.fail(f"waited {POLLS * PAUSE:.0f} s for {what}")
