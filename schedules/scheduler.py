"""The process that ticks: APScheduler's timers around `schedules.runner`.

A timer per schedule goes off at its next due time, and a heartbeat each minute sees what other
processes added or changed. Neither is the truth: its job store is in memory, a timer that went
off twice or never only ticks twice or a heartbeat later, and the unique Run decides.
"""

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.date import DateTrigger
from apscheduler.triggers.interval import IntervalTrigger
from sqlmodel import Session

from schedules.registry import all_schedules
from schedules.runner import FailedTick, RunAction, RunResult, tick
from schedules.timetable import next_due_times
from store.engine import Store

HEARTBEAT = timedelta(minutes=1)
_HEARTBEAT = "heartbeat"
_CATCH_UP = "catch-up"
_DUE = "due "

_logger = logging.getLogger(__name__)


class _Timers(BackgroundScheduler):  # type: ignore[misc]  # the library ships no types
    """APScheduler's timers, whose thread would end for good at an exception of its own."""

    def _process_jobs(self) -> float | None:
        try:
            wait: float | None = super()._process_jobs()
        except Exception:
            _logger.exception("a timer failed; all are looked at again in a second")
            return 1.0
        return wait


class Scheduler:
    """Ticks until it is stopped; any number of them may share one database."""

    def __init__(
        self,
        store: Store,
        act: RunAction,
        clock: Callable[[], datetime],
        heartbeat: timedelta = HEARTBEAT,
    ) -> None:
        self._store = store
        self._act = act
        self._clock = clock
        self._heartbeat = heartbeat
        self._stopped = threading.Event()
        self._stopping = threading.RLock()  # a signal's handler may stop what is stopping already
        self._ticking = threading.Lock()
        # One thread: ticks of this process never overlap, whichever timer sets them off.
        self._timers = _Timers(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(1)},
            job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
        )

    def start(self) -> None:
        """Start the timers and return; the first tick, which catches up, follows immediately."""
        every = IntervalTrigger(seconds=self._heartbeat.total_seconds(), timezone=UTC)
        self._timers.add_job(self._tick, every, id=_HEARTBEAT)
        self._timers.add_job(self._tick, id=_CATCH_UP)  # no trigger: as soon as it starts
        self._timers.start()

    def stop(self) -> None:
        """Stop the timers after the tick in progress; harmless when nothing runs."""
        self._stopped.set()
        with self._stopping:
            # APScheduler's shutdown waits for jobs while it holds the lock that setting a timer
            # needs: the last tick has to be over before.
            with self._ticking:
                pass
            if self._timers.running:
                self._timers.shutdown(wait=True)

    def _tick(self) -> None:
        with self._ticking:
            if self._stopped.is_set():
                return
            try:
                _log(tick(self._store, self._clock(), self._act))
                self._set_timers()
            except Exception as error:  # the database away for a moment must not end the heartbeat
                if self._store.outage.notice(error):
                    return
                _logger.exception("the tick failed; the next one follows in %s", self._heartbeat)

    def _set_timers(self) -> None:
        """Set one timer per schedule, at its next due time; remove those of inactive schedules."""
        with self._store.read() as session:
            wanted = _next_due(session, self._clock())
        for job in self._timers.get_jobs():
            if job.id.startswith(_DUE) and job.id not in wanted:
                with suppress(JobLookupError):  # it went off in this moment
                    job.remove()
        for name, due_at in wanted.items():
            self._timers.add_job(self._tick, DateTrigger(due_at), id=name, replace_existing=True)


def _log(results: list[RunResult | FailedTick]) -> None:
    """Log each run and what came of it; `tick` has logged what failed."""
    for one in results:
        if isinstance(one, RunResult):
            note = f": {one.note}" if one.note else ""
            due = f"{one.due_at:%Y-%m-%d %H:%M} UTC"
            _logger.info("schedule %s: run of %s %s%s", one.schedule, due, one.state, note)


def _next_due(session: Session, now: datetime) -> dict[str, datetime]:
    """Return when every schedule comes due next, by timer name, bad rules left out."""
    wanted: dict[str, datetime] = {}
    for schedule in all_schedules(session):
        try:
            due = next_due_times(schedule, now)
        except ValueError:
            continue  # the tick has reported it
        if due:
            wanted[f"{_DUE}{schedule.name}"] = due[0]
    return wanted
