"""Sends an approved issue to its recipients: claim, submit, settle, until all are accounted for."""

import gc
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from digest.deliver.circuit_breaker import CircuitBreaker
from digest.deliver.instance import find_instance
from digest.deliver.journal.folder import JournalFolder
from digest.deliver.journal.writer import JournalWriter
from digest.deliver.ledger.finish import finish_issue
from digest.deliver.ledger.progress import Progress, progress_of
from digest.deliver.ledger.recover import Recovered, recover_batches
from digest.deliver.ledger.settle import apply_policy
from digest.deliver.ledger.state_counts import kept_counts
from digest.deliver.ledger.throttle_status import throttle_status
from digest.deliver.ledger.worker_lock import WorkerLock
from digest.deliver.providers.base import (
    Provider,
    ProviderBusyError,
    ProviderError,
    RefusedForAllError,
    SubmissionStoppedError,
)
from digest.deliver.rate_limit.limiter import RateLimiter
from digest.deliver.rate_limit.limits import Limits
from digest.issues.lifecycle import find_issue
from digest.message.edition import Edition
from digest.pipeline.batch_runner import BatchRunner
from digest.pipeline.hold import SendingGuard
from digest.pipeline.hold_reason import hint, hold_reason
from digest.pipeline.issue_renderer import IssueRenderer
from digest.pipeline.notify_workers import NotifyWorkers, notify_nobody
from store.engine import Store

REPORT_EVERY = timedelta(seconds=1)
REPORT_SHARE = 50
"""Reports take at most 1/50 of the time: counting reads every delivery of the issue."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sending:
    """Sends issues for one worker. `should_stop` is asked between batches.

    An issue is held (`deliver.ledger.hold`) when the provider's refusals speak of us and not of
    single readers (`deliver.circuit_breaker`). `breakers` are those of the issues being sent.
    """

    store: Store
    renderer: IssueRenderer
    provider: Provider
    clock: Callable[[], datetime]
    limits: Limits = field(default_factory=Limits)
    pause: Callable[[float], None] = time.sleep
    notify_workers: NotifyWorkers = notify_nobody
    breakers: dict[int, CircuitBreaker] = field(default_factory=dict)
    journals: JournalFolder | None = None

    def run(
        self,
        number: int,
        worker_lock: WorkerLock,
        *,
        should_stop: Callable[[], bool] = lambda: False,
        report: Callable[[Progress], None] | None = None,
    ) -> Progress:
        """Send what is due of issue `number`; return its progress then, also where it is held.

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
            return self._finish_in(session, number)

    def _finish_in(self, session: Session, number: int) -> bool:
        if not finish_issue(session, number, self.clock()):
            return False
        if breaker := self.breakers.pop(number, None):
            apply_policy(session, list(breaker.postponed.values()), self.clock())
        return True

    def _work(
        self,
        number: int,
        worker_lock: WorkerLock,
        quota: int | None,
        should_stop: Callable[[], bool],
        report: Callable[[Progress], None] | None,
    ) -> None:
        SendingGuard(self.store, self.clock).ensure_may_send()
        _exempt_from_collection()
        self.close_abandoned(number, worker_lock)
        # Read before the first claim: altered bytes are refused while nothing is in flight.
        with self.store.read() as session:
            edition = self.renderer.edition(session, number)
            accepts_refusals = find_issue(session, number).accepts_refusals
            instance = find_instance(session)
        breaker = self.breakers.get(number)
        if breaker is None or breaker.is_open or breaker.enabled == accepts_refusals:
            breaker = self.breakers[number] = CircuitBreaker(enabled=not accepts_refusals)
        breaker.begin_run()
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
            breaker=breaker,
            journal=JournalWriter(
                self.journals,
                instance.key if instance else "",
                worker_lock.worker_id,
                number,
                self.provider.name,
                self.provider.tells_begun,
            ),
            notify_workers=self.notify_workers,
            quota=quota,
        )
        try:
            self._submit(runner, edition, report)
        finally:
            runner.journal.close()
        if runner.error:
            raise runner.error

    def _submit(
        self, runner: BatchRunner, edition: Edition, report: Callable[[Progress], None] | None
    ) -> None:
        """Submit until nothing is left to claim, the issue is held, or the provider is unusable."""
        breaker = runner.breaker
        due = self.clock()
        try:
            for outcomes in self.provider.submit(
                edition, runner.batches(), lambda: breaker.is_open, runner.journal
            ):
                runner.record(outcomes)
                if report and self.clock() >= due:
                    began = self.clock()
                    report(self.progress(runner.number))
                    due = self.clock()
                    due += max(REPORT_EVERY, (due - began) * REPORT_SHARE)
        except ProviderError as error:
            self._unusable(runner, error)
        except DBAPIError:
            # Not the provider's fault. The next worker closes what could not be written.
            raise
        except Exception as error:
            # By a provider's contract any other exception means: outcome unknown.
            log.exception("the provider failed; its messages in flight are uncertain")
            runner.close()
            raise ProviderError(f"{self.provider.name} failed: {error!r}") from error
        else:
            runner.close()
        breaker.end_run()
        if breaker.trip:
            self._hold(runner, hold_reason(self.provider.name, breaker.trip))
        elif not runner.follow_hold():
            runner.end_suspicion()

    def _unusable(self, runner: BatchRunner, error: ProviderError) -> None:
        """Queue again what has no outcome, and hold the issue if that is what the error is about.

        Raises any other error.
        """
        if isinstance(error, ProviderBusyError):
            until = self.clock() + timedelta(seconds=error.retry_after)
            runner.release(until)
            runner.postpone(until, str(error))
            log.warning("issue %s waits until %s: %s", runner.number, until, error)
            return
        runner.release(None)
        if isinstance(error, RefusedForAllError):
            self._hold(runner, f"{error}; {hint(error.cause, self.provider.name)}")
        elif not isinstance(error, SubmissionStoppedError):
            raise error

    def _hold(self, runner: BatchRunner, because: str) -> None:
        because = because.replace("resume N", f"resume {runner.number}")
        runner.hold(because)
        log.warning("issue %s is held: %s", runner.number, because)

    def close_abandoned(self, number: int, worker_lock: WorkerLock) -> int:
        """Take over what dead workers had claimed; return how many deliveries became uncertain.

        This worker has claimed nothing yet, so a batch under its own id is one whose outcome
        it could not write.
        """

        def at_work(worker: int) -> bool:
            return worker != worker_lock.worker_id and worker_lock.is_alive(worker)

        with self.store.write() as session:
            found = recover_batches(
                session,
                number,
                at_work,
                self.clock(),
                journals=self.journals,
                limiter=self.limiter,
                batch_size=self.limiter.limits.batch_size(self.provider.batch_size),
            )
            for due in found.due:
                self.notify_workers(session, number, due)
        found.remove_journals()
        if found:
            self._take_over(number, found)
        return found.uncertain

    def _take_over(self, number: int, found: Recovered) -> None:
        """Let the circuit breaker know what a dead worker was answered."""
        breaker = self.breakers.setdefault(number, CircuitBreaker())
        breaker.record(found.answered)
        breaker.postponed.update({one.delivery_id: one for one in found.postponed})
        log.warning(
            "issue %s: of what a dead worker had claimed %s were answered, %s are queued again, "
            "%s are uncertain",
            number,
            len(found.answered),
            found.queued,
            found.uncertain,
        )

    @property
    def limiter(self) -> RateLimiter:
        return RateLimiter(self.provider.name, self.limits)

    def progress(self, number: int) -> Progress:
        """Return the issue's progress, without changing anything."""
        with self.store.read() as session:
            return self._progress(session, number, finished=False)

    def _finish(self, number: int) -> Progress:
        with self.store.write() as session:
            finished = self._finish_in(session, number)
            return self._progress(session, number, finished=finished)

    def _progress(self, session: Session, number: int, *, finished: bool) -> Progress:
        if finished:
            return Progress(kept_counts(session, [number])[number], finished=True, next_due=None)
        return progress_of(session, self.limiter, number, self.clock())


@cache
def _exempt_from_collection() -> None:
    """Exempt what the process has loaded from garbage collection, once.

    Each message makes a few objects, so the collector runs often, and would walk through all
    modules each time: a tenth of the processor's time of a send.
    """
    gc.collect()
    gc.freeze()
