"""The product with its queue on a real PostgreSQL; the worker runs until nothing is due."""

import threading
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from digest.deliver.ledger.finish import count_deliveries
from digest.deliver.ledger.worker_lock import worker_lock
from digest.deliver.rate_limit.limits import Limit, Limits
from digest.issues.lifecycle import find_issue
from digest.maintenance import Maintenance
from digest.pipeline.issue_service import IssueService
from digest.pipeline.sending import Sending
from digest.queue.deferral import QUEUE, SendTasks
from digest.queue.tasks import TaskHandlers
from digest.queue.worker import create_app, run_maintenance
from store.engine import Store
from tests.parts.loops import run_in_thread
from tests.parts.world import Clock, Recorder, issue_renderer

QUOTA = 20
"""Recipients per send task: two batches of the Recorder's ten."""


@dataclass
class Deployment:
    """`stop` set means that the worker was told to end."""

    store: Store
    provider: Recorder = field(default_factory=Recorder)
    # The database has a clock of its own, so this one starts where that one is.
    clock: Clock = field(default_factory=lambda: Clock(datetime.now(UTC)))
    stop: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.send_tasks = SendTasks(self.provider.batch_size, self.clock, quota=QUOTA)
        renderer = issue_renderer()
        self.issues = IssueService(
            self.store,
            renderer,
            self.provider.batch_size,
            self.clock,
            notify_workers=self.send_tasks,
        )
        self.sending = Sending(
            self.store, renderer, self.provider, self.clock, notify_workers=self.send_tasks
        )
        self.maintenance = Maintenance(self.store, self.issues, self.sending, self.clock)

    def limit(self, everything: Limit) -> None:
        """From now on no more mail than that."""
        self.sending = replace(self.sending, limits=Limits(everything))
        self.maintenance = replace(self.maintenance, sending=self.sending)

    def work(self) -> None:
        """A worker that ends when no job is due."""
        with worker_lock(self.store) as here:
            run_in_thread(
                self._work(TaskHandlers(self.maintenance, self.send_tasks, here, self.stop))
            )

    async def _work(self, handlers: TaskHandlers) -> None:
        app = create_app(self.store, handlers)
        async with app.open_async():
            await app.run_worker_async(
                queues=[QUEUE], wait=False, delete_jobs="always", install_signal_handlers=False
            )

    def run_maintenance(self) -> None:
        """Do what a worker does each minute."""
        with worker_lock(self.store) as here:
            run_in_thread(
                self._run_maintenance(
                    TaskHandlers(self.maintenance, self.send_tasks, here, self.stop)
                )
            )

    async def _run_maintenance(self, handlers: TaskHandlers) -> None:
        app = create_app(self.store, handlers)
        async with app.open_async():
            await run_maintenance(app, handlers)

    def queued(self) -> list[dict[str, Any]]:
        """Every send task there is, in the order in which they would run."""
        with self.store.read() as session:
            rows = session.execute(
                text(
                    "SELECT (args ->> 'number')::int AS number, status::text AS status, attempts, "
                    "scheduled_at FROM procrastinate_jobs WHERE task_name = 'digest.send' "
                    "ORDER BY priority DESC, id"
                )
            )
            return [dict(row) for row in rows.mappings()]

    def state(self, number: int) -> str:
        with self.store.read() as session:
            return find_issue(session, number).state

    def counts(self, number: int) -> dict[str, int]:
        with self.store.read() as session:
            return {
                state: count for state, count in count_deliveries(session, number).items() if count
            }

    def go_on(self, **delta: float) -> None:
        """Time passes: for the program, and for the jobs that wait for a moment."""
        self.clock.on(**delta)
        with self.store.write() as session:
            session.execute(
                text("UPDATE procrastinate_jobs SET scheduled_at = scheduled_at - :passed"),
                {"passed": timedelta(**delta)},
            )


@pytest.fixture
def deployment(postgresql_store: Store) -> Deployment:
    return Deployment(postgresql_store)
