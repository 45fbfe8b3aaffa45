"""Defer send tasks, in the transaction that makes the batches they are for.

A send task names an issue and no batch: its worker claims due batches from the ledger up to a
quota, then ends. So a task too many finds nothing to do, and a missing one is deferred by the next
maintenance. Job and batches commit together: the job is written over the session's connection.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from procrastinate import App, SyncPsycopgConnector
from sqlalchemy import func, select, text
from sqlmodel import Session, col

from digest.deliver.tables import Batch, BatchState

TASK = "digest.send"
QUEUE = "digest"
QUOTA = 5_000
"""Recipients per send task, roughly: a second's work or less, so that issues take turns."""
SCHEDULE_MARGIN = timedelta(seconds=1)
"""How long after its batches are due a task starts: the database's clock may be behind."""


class SendTasks:
    """Defers send tasks; called, it is the pipeline's `NotifyWorkers`."""

    def __init__(
        self, batch_size: int, clock: Callable[[], datetime], *, quota: int = QUOTA
    ) -> None:
        """`batch_size` is the most recipients of a batch, `quota` roughly those of a task."""
        self.quota = quota
        self._batches_per_task = max(1, quota // batch_size)
        self._clock = clock
        # Never opened: every job goes over a connection that is handed in.
        self._app = App(connector=SyncPsycopgConnector())

    def __call__(self, session: Session, number: int, at: datetime | None) -> None:
        """Defer as many tasks as are missing for what is due now, or one for the moment `at`."""
        if at is None:
            self._defer_missing(session, number)
        elif not _is_scheduled(session, number, at + SCHEDULE_MARGIN):
            self._defer(session, number, [0], at + SCHEDULE_MARGIN)

    def _defer_missing(self, session: Session, number: int) -> None:
        """Defer as many tasks as there are quotas, less those that wait already."""
        due, done = self._count_batches(session, number)
        needed = -(-due // self._batches_per_task)
        waiting = _count_waiting(session, number)
        # Of several issues, the one that had fewer tasks goes first; new ones begin at zero.
        first = done // self._batches_per_task + waiting
        self._defer(session, number, [-first - place for place in range(needed - waiting)])

    def _count_batches(self, session: Session, number: int) -> tuple[int, int]:
        """Return how many batches are due, and how many are done."""
        free = col(Batch.not_before).is_(None) | (col(Batch.not_before) <= self._clock())
        row = session.execute(
            select(
                func.count().filter((col(Batch.state) == BatchState.QUEUED) & free),
                func.count().filter(col(Batch.state) == BatchState.DONE),
            ).where(col(Batch.issue_number) == number)
        ).one()
        return int(row[0]), int(row[1])

    def _defer(
        self, session: Session, number: int, priorities: list[int], at: datetime | None = None
    ) -> None:
        """Defer one task for each of `priorities`."""
        if not priorities:
            return
        job = self._app.configure_task(
            TASK, queue=QUEUE, schedule_at=at, task_kwargs={"number": number}
        ).job
        self._app.job_manager.batch_defer_jobs(
            [job.evolve(priority=priority) for priority in priorities], _driver(session)
        )


def _driver(session: Session) -> Any:
    """Return the driver's connection that the session's transaction runs on."""
    return session.connection().connection.driver_connection


def _count_waiting(session: Session, number: int) -> int:
    """Return how many tasks will run for what is due: they wait, or are retried after a fault."""
    return int(
        session.execute(
            text(
                "SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo' "
                "AND task_name = :task AND args ->> 'number' = :number "
                "AND (scheduled_at IS NULL OR scheduled_at <= now() OR attempts > 0)"
            ),
            {"task": TASK, "number": str(number)},
        ).scalar_one()
    )


def _is_scheduled(session: Session, number: int, at: datetime) -> bool:
    """Return whether a task waits for exactly that moment."""
    return bool(
        session.execute(
            text(
                "SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo' "
                "AND task_name = :task AND args ->> 'number' = :number AND scheduled_at = :at"
            ),
            {"task": TASK, "number": str(number), "at": at},
        ).scalar_one()
    )
