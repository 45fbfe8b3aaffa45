"""Waits for what a real process, thread or browser is about to do."""

import threading
from collections.abc import Callable

import pytest

PATIENCE = 120.0
"""Seconds of pauses until a test gives up; only a fault reaches it."""
FIRST_PAUSE, LONGEST_PAUSE = 0.01, 0.2
"""Seconds between two polls: they grow, since what is waited for may need the processor."""


def until(condition: Callable[[], bool], what: str) -> None:
    """Polls `condition` until it is true; fails, naming `what`, if it does not come true."""
    nothing = threading.Event()
    waited, pause = 0.0, FIRST_PAUSE
    while waited < PATIENCE:
        if condition():
            return
        nothing.wait(pause)
        waited += pause
        pause = min(pause * 1.5, LONGEST_PAUSE)
    pytest.fail(f"waited {PATIENCE:.0f} s for {what}")
