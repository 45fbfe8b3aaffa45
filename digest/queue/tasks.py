"""What a worker does for a permit, and what it does each minute beside."""

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

SHARE_SECONDS = 20.0
"""A permit ends then, whatever is left of its share: with a slow provider, too, other issues and
the minute's round get their turn. What is left is due, so there will be a permit for it."""
FAULT_SECONDS = 2.0
"""A worker whose provider or database can't be used waits so long before its next permit."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TaskHandlers:
    maintenance: Maintenance
    send_tasks: SendTasks
    worker_lock: WorkerLock
    stop: threading.Event
    tick: Callable[[], float] = time.monotonic

    def send(self, number: int) -> None:
        """Uses one permit. Raises what kept it from being used: it is to be tried later."""
        try:
            if self.maintenance.opened(number):
                self._share(number)
        except IssueError as error:
            log.warning("issue %s waits: %s", number, error)
            raise
        except DBAPIError as error:
            log.warning("issue %s waits: the database refused: %s", number, describe_error(error))
            self.stop.wait(FAULT_SECONDS)
            raise
        except Exception as error:
            known = isinstance(error, ProviderError)
            log.warning("issue %s waits: %s", number, error, exc_info=not known)
            self.stop.wait(FAULT_SECONDS)
            raise

    def round(self) -> None:
        """What is nobody's permit: dead workers' batches, what is due by the clock, lost permits.

        Twice at once or never for a while does no harm.
        """
        for number in self.maintenance.tend(self.worker_lock):
            self._make_up(number)

    def _share(self, number: int) -> None:
        end = self.tick() + SHARE_SECONDS
        finished = self.maintenance.sending.run_quota(
            number,
            self.worker_lock,
            self.send_tasks.quota,
            should_stop=lambda: self.stop.is_set() or self.tick() >= end,
        )
        if finished:
            log.info("issue %s is finished", number)
        else:
            self._make_up(number)

    def _make_up(self, number: int) -> None:
        """What limits hold back gets its permit for when they let go: at once it would be void."""
        throttled_until = self.maintenance.sending.throttled_until(number)
        with self.maintenance.store.write() as session:
            self.send_tasks(session, number, throttled_until)
