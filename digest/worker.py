"""The worker process: uses permits, or looks by itself for what is open; SIGTERM drains it."""

import logging
import signal
import threading

from sqlalchemy.exc import DBAPIError

from digest.bootstrap import App
from digest.deliver.ledger.worker_lock import WorkerLock, worker_lock
from digest.deliver.providers.base import ProviderError
from digest.maintenance import Maintenance
from store.engine import describe_error

PAUSE_SECONDS = 2.0
LETTERS_PAUSE_SECONDS = 0.5
"""A reader waits for a confirmation; looking costs one statement over an index that is empty."""
log = logging.getLogger(__name__)


def stop_on_signals(stop: threading.Event) -> None:
    """SIGTERM and SIGINT set `stop`: the batch in hand is finished, nothing new is claimed."""
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda *_: stop.set())


def work(app: App, stop: threading.Event) -> None:
    """Works until `stop` is set: issues in this thread, letters in one of their own."""
    postman = threading.Thread(target=deliver_letters, args=(app, stop), name="letters")
    postman.start()
    try:
        with worker_lock(app.store) as here:
            _send_issues(app, here, stop)
    finally:
        stop.set()
        postman.join()


def deliver_letters(app: App, stop: threading.Event) -> None:
    """Sends letters as they become due, until `stop` is set."""
    while not stop.is_set():
        try:
            with worker_lock(app.store) as here:
                while not stop.is_set():
                    app.mailer.deliver(here, stop.is_set)
                    stop.wait(LETTERS_PAUSE_SECONDS)
        except ProviderError as error:
            log.warning("letters wait: %s", error)
        except Exception:
            log.exception("letters wait; the next round tries again")
        stop.wait(PAUSE_SECONDS)


def _send_issues(app: App, here: WorkerLock, stop: threading.Event) -> None:
    if app.send_tasks is None:
        _look_and_send(maintenance_of(app), here, stop)
        return
    # PostgreSQL alone needs that library.
    from digest.queue import worker  # noqa: PLC0415 - see above
    from digest.queue.tasks import TaskHandlers  # noqa: PLC0415 - see above

    worker.work(app.store, TaskHandlers(maintenance_of(app), app.send_tasks, here, stop))


def _look_and_send(maintenance: Maintenance, here: WorkerLock, stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            maintenance.approve_automatic()
            maintenance.read_bounces()
            maintenance.label_hits()
            for number, progress in maintenance.send_open(here, stop.is_set).items():
                if progress.finished:
                    log.info("issue %s is finished", number)
        except DBAPIError as error:
            log.warning("the database refused, and is asked again: %s", describe_error(error))
        except Exception:
            # A worker that must run for years outlives a database that was away for a minute.
            log.exception("this round failed; the next one tries again")
        stop.wait(PAUSE_SECONDS)


def maintenance_of(app: App) -> Maintenance:
    return Maintenance(app.store, app.issues, app.sending, app.clock, app.bounces)
