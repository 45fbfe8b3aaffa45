"""Which signals end a process that runs for long, as one that is asked to."""

import signal
import threading
from collections.abc import Iterator

import pytest

from digest.worker import stop_on_signals

KINDS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@pytest.fixture(autouse=True)
def _own_handlers() -> Iterator[None]:
    before = {kind: signal.getsignal(kind) for kind in KINDS}
    yield
    for kind, handler in before.items():
        signal.signal(kind, handler)


@pytest.mark.parametrize("kind", KINDS)
def test_a_signal_to_end_a_terminal_that_closes_too_finishes_what_was_begun(
    kind: signal.Signals,
) -> None:
    """SIGHUP killed `digest serve` in mid-send."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    stop = threading.Event()
    stop_on_signals(stop)
    signal.raise_signal(kind)
    assert stop.is_set()


def test_under_nohup_a_terminal_that_closes_ends_nothing() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    stop = threading.Event()
    stop_on_signals(stop)
    signal.raise_signal(signal.SIGHUP)
    assert not stop.is_set()
