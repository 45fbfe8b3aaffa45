"""Run Procrastinate's worker, one task at a time, and start it again when it ends by itself.

Procrastinate's worker ends when the database is away; this one waits and starts it again.
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
from store.outage import Outage, pauses

MAINTENANCE_TASK = "digest.round"
DATABASE_RETRY_SECONDS = 5
PROVIDER_RETRY_SECONDS = 30
ISSUE_RETRY_SECONDS = 600
"""When a failed task runs again, by what failed; an issue that can't be sent needs an editor."""
_LIBRARY_LOGGERS = (
    "asyncio",  # of a task that nobody waits for any more
    "procrastinate.manager",
    "procrastinate.periodic",
    "procrastinate.psycopg_connector",
    "procrastinate.worker",
    "procrastinate.worker.worker",
    "procrastinate.worker.periodic",
    "procrastinate.utils",
)
_CONNECTION_OPTIONS = {
    "connect_timeout": 10,
    # A half-open connection, as a failover leaves behind, is noticed within a minute.
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
log = logging.getLogger(__name__)


def work(store: Store, handlers: TaskHandlers) -> None:
    """Run tasks until `handlers.stop` is set; a task under way ends early then."""
    asyncio.run(_work(store, handlers))


async def _work(store: Store, handlers: TaskHandlers) -> None:
    _silence_libraries(store.outage)
    pause = pauses()
    stopped = asyncio.create_task(asyncio.to_thread(handlers.stop.wait))
    while not stopped.done():
        try:
            await _work_once(store, handlers, stopped)
            pause = pauses()
        except Exception as error:
            if not store.outage.notice(error):
                log.exception("the worker failed and is started again")
        await asyncio.wait({stopped}, timeout=next(pause))


def _silence_libraries(outage: Outage) -> None:
    """Keep from the log what libraries say of a database that is away: it is said once."""
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
    for name in _LIBRARY_LOGGERS:
        logging.getLogger(name).addFilter(
            lambda record: (
                not (record.exc_info and record.exc_info[1] and outage.notice(record.exc_info[1]))
            )
        )


async def _work_once(store: Store, handlers: TaskHandlers, stopped: "asyncio.Task[bool]") -> None:
    app = create_app(store, handlers)
    async with app.open_async():
        # Notices at once which workers died before this one started.
        await run_maintenance(app, handlers)
        store.outage.end()
        worker = asyncio.create_task(run_worker(app))
        await asyncio.wait({worker, stopped}, return_when=asyncio.FIRST_COMPLETED)
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=True)
        if not worker.cancelled() and (error := worker.exception()):
            raise error


async def run_worker(app: App, *, wait: bool = True) -> None:
    """Run tasks until cancelled, or with `wait` off until none is due."""
    await app.run_worker_async(
        queues=[QUEUE],
        wait=wait,
        concurrency=1,
        install_signal_handlers=False,
        delete_jobs=DeleteJobCondition.ALWAYS,
    )


def create_app(store: Store, handlers: TaskHandlers) -> App:
    """Return the application with its two tasks over `store`, to be opened before it is run."""
    url = store.engine.url.set(drivername="postgresql")
    app = App(
        connector=PsycopgConnector(
            conninfo=url.render_as_string(hide_password=False),
            kwargs=_CONNECTION_OPTIONS,
            min_size=1,
            max_size=4,
            timeout=10,
        )
    )

    @app.task(name=TASK, queue=QUEUE, retry=_RetrySend())
    def send(number: int) -> None:
        handlers.send(number)

    # Before all send tasks; no lock, which a dead worker would hold on to.
    @app.periodic(cron="* * * * *")
    @app.task(name=MAINTENANCE_TASK, queue=QUEUE, queueing_lock=MAINTENANCE_TASK, priority=1)
    async def maintain(timestamp: int) -> None:
        del timestamp
        await run_maintenance(app, handlers)

    return app


async def run_maintenance(app: App, handlers: TaskHandlers) -> None:
    """Delete the jobs of dead workers, then run the maintenance."""
    await _delete_jobs(app, await app.job_manager.get_stalled_jobs())
    await asyncio.to_thread(handlers.run_maintenance)


async def _delete_jobs(app: App, stalled: Iterable[Job]) -> None:
    """Delete jobs; the batches that they were for are still due, and get a new send task."""
    for job in stalled:
        try:
            await app.job_manager.finish_job(job, Status.FAILED, delete_job=True)
        except ConnectorException:
            log.debug("job %s was deleted by another worker", job.id)


class _RetrySend(BaseRetryStrategy):
    """Retries a send task however often it fails."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision:
        del job
        match exception:
            case IssueError():
                seconds = ISSUE_RETRY_SECONDS
            case ProviderError():
                seconds = PROVIDER_RETRY_SECONDS
            case _:
                seconds = DATABASE_RETRY_SECONDS
        return RetryDecision(retry_in={"seconds": seconds})
