"""Ends a process whose database got the schema of another version while it ran."""

import logging
import threading
from typing import Self

from digest.database import version_error
from store.engine import Store, StoreError

WATCH_SECONDS = 20.0
log = logging.getLogger(__name__)


class SchemaWatch:
    """Asks now and then which schema the database has, in a thread; within a `with` block.

    Once it is another version's, `line` says so and `stop` is set. Until then no mail is claimed:
    that is looked at in each claim's own transaction (`deliver.instance.may_claim`).
    """

    def __init__(self, store: Store, stop: threading.Event, seconds: float = WATCH_SECONDS) -> None:
        self.line = ""
        self._store = store
        self._stop = stop
        self._seconds = seconds
        self._thread = threading.Thread(target=self._run, name="schema")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def check(self) -> bool:
        """Return whether the database is still of this version, or does not answer now."""
        try:
            self.line = version_error(self._store)
        except StoreError as error:
            self._store.outage.notice(error)
            return True
        return not self.line

    def _run(self) -> None:
        while not self._stop.wait(self._seconds):
            if not self.check():
                log.warning("this process ends: %s", self.line)
                self._stop.set()
