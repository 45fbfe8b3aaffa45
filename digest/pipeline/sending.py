"""Sends an approved issue to its recipients: claim, submit, settle, until all are accounted for."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from digest.deliver.ledger.finish import count_deliveries, finish_issue
from digest.deliver.ledger.progress import Progress, progress_of
from digest.deliver.ledger.release import close_abandoned_batches
from digest.deliver.ledger.throttle_status import throttle_status
from digest.deliver.ledger.worker_lock import WorkerLock
from digest.deliver.providers.base import Provider, ProviderBusyError, ProviderError
from digest.deliver.rate_limit.limiter import RateLimiter
from digest.deliver.rate_limit.limits import Limits
from digest.message.edition import Edition
from digest.pipeline.batch_runner import BatchRunner
from digest.pipeline.hold import SendingGuard
from digest.pipeline.issue_renderer import IssueRenderer
from digest.pipeline.notify_workers import NotifyWorkers, notify_nobody
from store.engine import Store

REPORT_EVERY = timedelta(seconds=1)
REPORT_SHARE = 50
"""Reports take at most 1/50 of the time: counting reads every delivery of the issue."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sending:
    """Sends issues for one worker. `should_stop` is asked between batches."""

    store: Store
    renderer: IssueRenderer
    provider: Provider
    clock: Callable[[], datetime]
    limits: Limits = field(default_factory=Limits)
    pause: Callable[[float], None] = time.sleep
    notify_workers: NotifyWorkers = notify_nobody

    def run(
        self,
        number: int,
        worker_lock: WorkerLock,
        *,
        should_stop: Callable[[], bool] = lambda: False,
        report: Callable[[Progress], None] | None = None,
    ) -> Progress:
        """Send what is due of issue `number`; return its progress then.

        Raises ProviderError if the provider can't be used; what was not submitted is queued again.
        Raises SendingHeldError if nothing may be sent from this store.
        """
        self._work(number, worker_lock, None, should_stop, report)
        return self._finish(number)

    def run_quota(
        self, number: int, worker_lock: WorkerLock, most: int, *, should_stop: Callable[[], bool]
    ) -> bool:
        """Send about `most` recipients of what is due; return whether that finishes the issue.

        Raises what `run` raises. Unlike `run` it does not count deliveries, which is slow.
        """
        self._work(number, worker_lock, most, should_stop, None)
        # A worker that died meanwhile may have claimed the last batches.
        self.close_abandoned(number, worker_lock)
        return self.finish(number)

    def throttled_until(self, number: int) -> datetime | None:
        """Return until when the rate limits hold back all that is due, or None if they don't."""
        if not self.limiter:
            return None
        with self.store.read() as session:
            throttled = throttle_status(session, self.limiter, number, self.clock())
        return throttled.until if throttled else None

    def finish(self, number: int) -> bool:
        """Finish the issue if every recipient is accounted for; return whether it is finished."""
        with self.store.write() as session:
            return finish_issue(session, number, self.clock())

    def _work(
        self,
        number: int,
        worker_lock: WorkerLock,
        quota: int | None,
        should_stop: Callable[[], bool],
        report: Callable[[Progress], None] | None,
    ) -> None:
        SendingGuard(self.store, self.clock).ensure_may_send()
        self.close_abandoned(number, worker_lock)
        # Read before the first claim: altered bytes are refused while nothing is in flight.
        with self.store.read() as session:
            edition = self.renderer.edition(session, number)
        runner = BatchRunner(
            store=self.store,
            number=number,
            worker_lock=worker_lock,
            provider=self.provider,
            personalize=lambda recipients: self.renderer.personalize(recipients, edition),
            clock=self.clock,
            limiter=self.limiter,
            pause=self.pause,
            should_stop=should_stop,
            notify_workers=self.notify_workers,
            quota=quota,
        )
        self._submit(runner, edition, report)
        if runner.error:
            raise runner.error

    def _submit(
        self, runner: BatchRunner, edition: Edition, report: Callable[[Progress], None] | None
    ) -> None:
        """Submit until nothing is left to claim, or the provider can't be used."""
        due = self.clock()
        try:
            for outcomes in self.provider.submit(edition, runner.batches()):
                runner.record(outcomes)
                if report and self.clock() >= due:
                    began = self.clock()
                    report(self.progress(runner.number))
                    due = self.clock()
                    due += max(REPORT_EVERY, (due - began) * REPORT_SHARE)
        except ProviderError as error:
            wait = error.retry_after if isinstance(error, ProviderBusyError) else None
            runner.release(self.clock() + timedelta(seconds=wait) if wait else None)
            raise
        except DBAPIError:
            # Not the provider's fault. The next worker closes what could not be written.
            raise
        except Exception as error:
            # By a provider's contract any other exception means: outcome unknown.
            log.exception("the provider failed; its messages in flight are uncertain")
            runner.close()
            raise ProviderError(f"{self.provider.name} failed: {error!r}") from error
        runner.close()

    def close_abandoned(self, number: int, worker_lock: WorkerLock) -> int:
        """Close what dead workers had claimed; return how many deliveries that leaves uncertain.

        This worker has claimed nothing yet, so a batch under its own id is one whose outcome
        it could not write.
        """

        def at_work(worker: int) -> bool:
            return worker != worker_lock.worker_id and worker_lock.is_alive(worker)

        with self.store.write() as session:
            return close_abandoned_batches(session, number, at_work, self.clock())

    @property
    def limiter(self) -> RateLimiter:
        return RateLimiter(self.provider.name, self.limits)

    def progress(self, number: int) -> Progress:
        """Return the issue's progress, without changing anything."""
        with self.store.read() as session:
            return self._progress(session, number, finished=False)

    def _finish(self, number: int) -> Progress:
        with self.store.write() as session:
            finished = finish_issue(session, number, self.clock())
            return self._progress(session, number, finished=finished)

    def _progress(self, session: Session, number: int, *, finished: bool) -> Progress:
        if finished:
            return Progress(count_deliveries(session, number), finished=True, next_due=None)
        return progress_of(session, self.limiter, number, self.clock())
