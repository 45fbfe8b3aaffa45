"""Says once that PostgreSQL went away, and once that it is back, whatever noticed it.

While a server restarts, every thread and every request of a process fails. They ask `notice`
whether their error says no more than that, and stay silent if so.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator

FIRST_PAUSE, MAX_PAUSE = 1.0, 15.0
"""Seconds between two tries while a database is away: doubled from the first to the longest."""
STALE_SECONDS = 5.0
"""How long after its end an error still belongs to the outage: another thread met it before."""
_AWAY = ("08", "57P")
"""Classes of SQLSTATE: connection exceptions, and a server that stops, crashes or starts."""
_MAX_LINE = 300
log = logging.getLogger(__name__)


class Outage:
    """Whether one process's database is away. For any number of threads."""

    def __init__(self, tick: Callable[[], float] = time.monotonic) -> None:
        self._tick = tick
        self._lock = threading.Lock()
        self._since: float | None = None
        self._failed = 0
        self._ended: float | None = None

    def notice(self, error: BaseException) -> bool:
        """Return whether `error` says that the database is away; the first time, log it."""
        words = _words_if_away(error)
        if words is None:
            return False
        with self._lock:
            now = self._tick()
            is_new = self._since is None
            if is_new and self._ended is not None and now - self._ended < STALE_SECONDS:
                return True
            self._failed += 1
            if is_new:
                self._since = now
        if is_new:
            log.warning("the database is away, and is asked again: %s", words)
        return True

    def end(self) -> None:
        """The database answered: log for how long it was away, if it was."""
        if self._since is None:
            return
        with self._lock:
            now, since, failed = self._tick(), self._since, self._failed
            self._since, self._failed, self._ended = None, 0, now
        if since is not None:
            log.warning("the database is back after %.0f s; %d tries failed", now - since, failed)


def pauses(first: float = FIRST_PAUSE, most: float = MAX_PAUSE) -> Iterator[float]:
    """Yield the seconds to wait before each further try."""
    pause = first
    while True:
        yield pause
        pause = min(2 * pause, most)


def _words_if_away(error: BaseException) -> str | None:
    """Return the driver's words if `error` comes from a lost or refused connection."""
    seen: set[int] = set()
    found: BaseException | None = error
    while found is not None and id(found) not in seen:
        seen.add(id(found))
        if _is_away(found):
            lines = str(found).strip().splitlines()
            return lines[0][:_MAX_LINE] if lines else "the connection was lost"
        found = getattr(found, "orig", None) or found.__cause__ or found.__context__
    return None


def _is_away(error: BaseException) -> bool:
    """Whether it is the driver's own error about a connection, told without importing the driver.

    Psycopg gives no SQLSTATE where it was not the server that spoke.
    """
    kinds = [kind for kind in type(error).__mro__ if kind.__module__.startswith("psycopg")]
    if not any(kind.__name__ == "OperationalError" for kind in kinds):
        return False
    state = getattr(error, "sqlstate", None)
    return state is None or state.startswith(_AWAY)
