"""Leaves permits to send, in the transaction that makes what they are for.

A permit is a task that says: send about a share of what is due of this issue, then end. It names
no batch: which batches, the ledger decides as it always does, so a permit too many finds nothing
and one too few is made up for. A job and the rows it speaks of commit together, since the job is
written over the session's own connection.
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
"""Recipients to a permit, about: a second's work or less, so that issues and workers take turns."""
MARGIN = timedelta(seconds=1)
"""A permit comes this much after its batches are due: the database's clock is another one."""


class SendTasks:
    """Defers send tasks; it is the pipeline's `NotifyWorkers` on PostgreSQL.

    `batch_size` is the most recipients of a batch.
    """

    def __init__(
        self, batch_size: int, clock: Callable[[], datetime], *, quota: int = QUOTA
    ) -> None:
        self.quota = quota
        self._batches = max(1, quota // batch_size)
        self._clock = clock
        # Never opened: every job goes over a connection that is handed in.
        self._app = App(connector=SyncPsycopgConnector())

    def __call__(self, session: Session, number: int, at: datetime | None) -> None:
        """Makes sure of enough permits for what is due now, or of one at `at`."""
        if at is None:
            self._make_up(session, number)
        elif not _waiting_at(session, number, at + MARGIN):
            self._defer(session, number, [0], at + MARGIN)

    def _make_up(self, session: Session, number: int) -> None:
        """As many as there are shares, with those that wait already."""
        due, done = self._batches_of(session, number)
        wanted = -(-due // self._batches)
        waiting = _waiting(session, number)
        # Of several issues, the one that had fewer shares goes first; new ones begin at zero.
        first = done // self._batches + waiting
        self._defer(session, number, [-first - place for place in range(wanted - waiting)])

    def _batches_of(self, session: Session, number: int) -> tuple[int, int]:
        """Batches that are due, and those that are done."""
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
        if not priorities:
            return
        job = self._app.configure_task(
            TASK, queue=QUEUE, schedule_at=at, task_kwargs={"number": number}
        ).job
        self._app.job_manager.batch_defer_jobs(
            [job.evolve(priority=priority) for priority in priorities], _driver(session)
        )


def _driver(session: Session) -> Any:
    """The driver's connection that the session's transaction runs on."""
    return session.connection().connection.driver_connection


def _waiting(session: Session, number: int) -> int:
    """Permits that will be used for what is due: they wait, or come back after a fault."""
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


def _waiting_at(session: Session, number: int, at: datetime) -> bool:
    return bool(
        session.execute(
            text(
                "SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo' "
                "AND task_name = :task AND args ->> 'number' = :number AND scheduled_at = :at"
            ),
            {"task": TASK, "number": str(number), "at": at},
        ).scalar_one()
    )
