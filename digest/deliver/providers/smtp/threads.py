"""Threads that wait for somebody, used again: starting one takes longer than what it does."""

import threading
from collections.abc import Callable
from queue import SimpleQueue

Work = Callable[[], None]


class Threads:
    """Run each piece of work at once: in a thread that has done its own, else in a new one.

    Work must not raise. The threads are daemons, so that nobody waits for them at exit.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._idle = self._started = 0
        self._queue: SimpleQueue[Work | None] = SimpleQueue()

    def run(self, work: Work) -> None:
        """Begin `work`, and return at once."""
        with self._lock:
            is_free = self._idle > 0
            if is_free:
                self._idle -= 1
            else:
                self._started += 1
        self._queue.put(work)
        if not is_free:
            threading.Thread(target=self._work, name=self._name, daemon=True).start()

    def end(self) -> None:
        """Let each thread end once everything is done; nothing may be run after."""
        for _ in range(self._started):
            self._queue.put(None)

    def _work(self) -> None:
        while (work := self._queue.get()) is not None:
            work()
            with self._lock:
                self._idle += 1
