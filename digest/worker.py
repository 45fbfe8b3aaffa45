"""The worker process: sends what is open, waits a little, looks again; SIGTERM drains it."""

import logging
import signal
import threading

from digest.bootstrap import App
from digest.deliver.presence import presence
from digest.jobs import Jobs

PAUSE_SECONDS = 2.0
log = logging.getLogger(__name__)


def stop_on_signals(stop: threading.Event) -> None:
    """SIGTERM and SIGINT set `stop`: the batch in hand is finished, nothing new is claimed."""
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda *_: stop.set())


def work(app: App, stop: threading.Event) -> None:
    """Works until `stop` is set."""
    jobs = jobs_of(app)
    with presence(app.store) as here:
        while not stop.is_set():
            try:
                jobs.approve_automatic()
                for number, progress in jobs.send_open(here, stop.is_set).items():
                    if progress.finished:
                        log.info("issue %s is finished", number)
            except Exception:
                # A worker that must run for years outlives a database that was away for a minute.
                log.exception("this round failed; the next one tries again")
            stop.wait(PAUSE_SECONDS)


def jobs_of(app: App) -> Jobs:
    return Jobs(app.store, app.desk, app.sending, app.clock)
