"""Handle the queue's two tasks: send a quota of one issue, and the maintenance of each minute."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError

from digest.deliver.ledger.worker_lock import WorkerLock
from digest.deliver.providers.base import ProviderError
from digest.issues.lifecycle import IssueError
from digest.maintenance import Maintenance
from digest.queue.deferral import SendTasks
from store.engine import describe_error

MAX_TASK_SECONDS = 20.0
"""The longest that a send task runs, so that with a slow provider, too, other issues and the
maintenance get their turn. The rest of its quota is due, so it gets a new task."""
RETRY_PAUSE_SECONDS = 2.0
"""How long a worker waits before its next task if its provider or database can't be used."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TaskHandlers:
    """What one worker does for its tasks; `stop` set makes it claim nothing more."""

    maintenance: Maintenance
    send_tasks: SendTasks
    worker_lock: WorkerLock
    stop: threading.Event
    tick: Callable[[], float] = time.monotonic

    def send(self, number: int) -> None:
        """Send a quota of issue `number`. Raises whatever prevents it: the task is retried."""
        try:
            if self.maintenance.ensure_started(number):
                self._send_quota(number)
        except IssueError as error:
            log.warning("issue %s waits: %s", number, error)
            raise
        except DBAPIError as error:
            if not self.maintenance.store.outage.notice(error):
                why = describe_error(error)
                log.warning("issue %s waits: the database refused: %s", number, why)
            self.stop.wait(RETRY_PAUSE_SECONDS)
            raise
        except Exception as error:
            is_known = isinstance(error, ProviderError)
            log.warning("issue %s waits: %s", number, error, exc_info=not is_known)
            self.stop.wait(RETRY_PAUSE_SECONDS)
            raise

    def run_maintenance(self) -> None:
        """Run the periodic maintenance, and defer the send tasks that are missing.

        Harmless if run twice at once, or not at all for a while.
        """
        for number in self.maintenance.run(self.worker_lock):
            self._defer_missing(number)

    def _send_quota(self, number: int) -> None:
        end = self.tick() + MAX_TASK_SECONDS
        is_finished = self.maintenance.sending.run_quota(
            number,
            self.worker_lock,
            self.send_tasks.quota,
            should_stop=lambda: self.stop.is_set() or self.tick() >= end,
        )
        if is_finished:
            log.info("issue %s is finished", number)
        else:
            self._defer_missing(number)

    def _defer_missing(self, number: int) -> None:
        """Defer the tasks that are missing now, or one for when the rate limit clears."""
        throttled_until = self.maintenance.sending.throttled_until(number)
        with self.maintenance.store.write() as session:
            self.send_tasks(session, number, throttled_until)
