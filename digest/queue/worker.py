"""A worker of the queue: Procrastinate's own, one task at a time, restarted when it ends unasked.

It ends when the database is away (a task of its own failed); this one waits and starts it again.
"""

import asyncio
import logging
from collections.abc import Iterable

from procrastinate import App, BaseRetryStrategy, PsycopgConnector, RetryDecision
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import DeleteJobCondition, Job, Status

from digest.deliver.providers.base import ProviderError
from digest.issues.lifecycle import IssueError
from digest.queue.deferral import QUEUE, TASK
from digest.queue.tasks import TaskHandlers
from store.engine import Store

MAINTENANCE_TASK = "digest.round"
SOON_SECONDS = 5
AGAIN_SECONDS = 30
LATER_SECONDS = 600
"""When a permit comes back: the database was away; the provider was; the issue needs an editor."""
PAUSE_SECONDS = 2.0
_LINE = {
    "connect_timeout": 10,
    # Half an open connection, as a failover leaves behind, is noticed within a minute.
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
log = logging.getLogger(__name__)


def work(store: Store, handlers: TaskHandlers) -> None:
    """Uses permits until `handlers.stop` is set; the share in hand is handed back early then."""
    asyncio.run(_work(store, handlers))


async def _work(store: Store, handlers: TaskHandlers) -> None:
    stopped = asyncio.create_task(asyncio.to_thread(handlers.stop.wait))
    while not stopped.done():
        try:
            await _work_once(store, handlers, stopped)
        except Exception:
            log.exception("the worker's round failed; it begins again")
        await asyncio.wait({stopped}, timeout=PAUSE_SECONDS)


async def _work_once(store: Store, handlers: TaskHandlers, stopped: "asyncio.Task[bool]") -> None:
    app = tasks(store, handlers)
    async with app.open_async():
        # Whoever starts notices at once who died before.
        await run_maintenance(app, handlers)
        worker = asyncio.create_task(run_send_tasks(app))
        await asyncio.wait({worker, stopped}, return_when=asyncio.FIRST_COMPLETED)
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=True)
        if not worker.cancelled() and (error := worker.exception()):
            raise error


async def run_send_tasks(app: App, *, wait: bool = True) -> None:
    """Until cancelled, or with `wait` off until there is none."""
    await app.run_worker_async(
        queues=[QUEUE],
        wait=wait,
        concurrency=1,
        install_signal_handlers=False,
        delete_jobs=DeleteJobCondition.ALWAYS,
    )


def tasks(store: Store, handlers: TaskHandlers) -> App:
    """The two tasks over `store`, to be opened before they are run."""
    url = store.engine.url.set(drivername="postgresql")
    app = App(
        connector=PsycopgConnector(
            conninfo=url.render_as_string(hide_password=False),
            kwargs=_LINE,
            min_size=1,
            max_size=4,
            timeout=10,
        )
    )

    @app.task(name=TASK, queue=QUEUE, retry=_Again())
    def send(number: int) -> None:
        handlers.send(number)

    # Before all permits; no lock, which a dead worker would hold on to.
    @app.periodic(cron="* * * * *")
    @app.task(name=MAINTENANCE_TASK, queue=QUEUE, queueing_lock=MAINTENANCE_TASK, priority=1)
    async def look(timestamp: int) -> None:
        del timestamp
        await run_maintenance(app, handlers)

    return app


async def run_maintenance(app: App, handlers: TaskHandlers) -> None:
    """One round: jobs that dead workers left are swept away, and whatever waits is seen to."""
    await _sweep(app, await app.job_manager.get_stalled_jobs())
    await asyncio.to_thread(handlers.round)


async def _sweep(app: App, stalled: Iterable[Job]) -> None:
    """What they were for is due still, and gets a permit anew."""
    for job in stalled:
        try:
            await app.job_manager.finish_job(job, Status.FAILED, delete_job=True)
        except ConnectorException:
            log.debug("job %s was swept by another worker", job.id)


class _Again(BaseRetryStrategy):
    """A permit that could not be used is kept."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision:
        del job
        match exception:
            case IssueError():
                seconds = LATER_SECONDS
            case ProviderError():
                seconds = AGAIN_SECONDS
            case _:
                seconds = SOON_SECONDS
        return RetryDecision(retry_in={"seconds": seconds})
