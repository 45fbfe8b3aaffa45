"""The worker process: runs queued tasks, or polls where there is no queue; SIGTERM drains it."""

import logging
import signal
import threading
import time
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError
from sqlmodel import select

from digest.bootstrap import App
from digest.deliver.ledger.worker_lock import WorkerLock, worker_lock
from digest.deliver.providers.base import CredentialsRefusedError, ProviderError
from digest.issues.lifecycle import find_issue
from digest.issues.tables import IssueState
from digest.maintenance import Maintenance
from store.engine import describe_error
from store.errors import UserError
from store.outage import pauses

if TYPE_CHECKING:
    from digest.backups.scheduled import ScheduledBackups
    from digest.sources.fetch import Fetcher
    from digest.sources.reader import SourceReader

POLL_SECONDS = 2.0
TRANSACTIONAL_POLL_SECONDS = 0.5
"""Shorter, since a reader waits for a confirmation; it costs one statement over an empty index."""
SOURCES_POLL_SECONDS = 20.0
"""How often a worker looks for sources that are due; their rhythms count in minutes."""
EDITORS_POLL_SECONDS = 20.0
BACKUPS_POLL_SECONDS = 60.0
REFUSED_PAUSES = 60.0, 900.0
"""The first and the longest pause after a password was refused: asking on gets an account locked,
and another password needs a new process anyway."""
log = logging.getLogger(__name__)


def stop_on_signals(stop: threading.Event) -> None:
    """Make SIGTERM, SIGINT and SIGHUP set `stop`: claimed batches are finished, none is claimed.

    A terminal that is closed sends SIGHUP; whoever ignores it, as under nohup, goes on.
    """
    for signum in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        if signum is not signal.SIGHUP or signal.getsignal(signum) is not signal.SIG_IGN:
            signal.signal(signum, lambda *_: stop.set())


def work(app: App, stop: threading.Event) -> None:
    """Work until `stop` is set: issues in this thread, mail, sources and backups in others."""
    others = [
        threading.Thread(target=target, args=(app, stop), name=name)
        for target, name in (
            (deliver_transactional_mail, "transactional mail"),
            (read_sources, "sources"),
            (make_backups, "backups"),
        )
    ]
    for thread in others:
        thread.start()
    try:
        with worker_lock(app.store) as lock:
            _send_issues(app, lock, stop)
    finally:
        stop.set()
        for thread in others:
            thread.join()


def deliver_transactional_mail(app: App, stop: threading.Event) -> None:
    """Send transactional mail as it becomes due, until `stop` is set."""
    pause, look = pauses(), Every(EDITORS_POLL_SECONDS)
    refused = pauses(*REFUSED_PAUSES)
    while not stop.is_set():
        try:
            with worker_lock(app.store) as lock:
                while not stop.is_set():
                    if app.guard.may_send():
                        app.mailer.deliver(lock, stop.is_set)
                        tell_editors(app, stop, look=look.is_due())
                    pause = pauses()
                    stop.wait(TRANSACTIONAL_POLL_SECONDS)
        except CredentialsRefusedError as error:
            log.warning("transactional mail waits: %s", error)
            stop.wait(next(refused))
        except ProviderError as error:
            log.warning("transactional mail waits: %s", error)
        except DBAPIError as error:
            if not app.store.outage.notice(error):
                log.warning("transactional mail waits: %s", describe_error(error))
        except Exception as error:
            if not app.store.outage.notice(error):
                log.exception("transactional mail waits; the next poll tries again")
        stop.wait(next(pause))


def read_sources(app: App, stop: threading.Event) -> None:
    """Read sources as they become due, until `stop` is set; a slow site holds up no mail."""
    pause = pauses()
    reader = None
    while not stop.is_set():
        try:
            with worker_lock(app.store) as lock:
                while not stop.is_set():
                    if has_sources(app) and app.guard.may_send():
                        reader = reader or source_reader_of(app, stop.wait)
                        reader.read_due(lock, stop.is_set)
                    pause = pauses()
                    stop.wait(SOURCES_POLL_SECONDS)
        except DBAPIError as error:
            if not app.store.outage.notice(error):
                log.warning("sources wait: %s", describe_error(error))
        except Exception as error:
            if not app.store.outage.notice(error):
                log.exception("sources wait; the next poll tries again")
        stop.wait(next(pause))


def make_backups(app: App, stop: threading.Event) -> None:
    """Make backups as they become due, until `stop` is set; one that is begun is finished."""
    if not app.settings.backup_minutes:
        return
    backups = scheduled_backups_of(app)
    pause = pauses()
    while not stop.is_set():
        try:
            with worker_lock(app.store) as lock:
                while not stop.is_set():
                    if app.guard.may_send():
                        backups.run_due(lock)
                    pause = pauses()
                    stop.wait(BACKUPS_POLL_SECONDS)
        except DBAPIError as error:
            if not app.store.outage.notice(error):
                log.warning("backups wait: %s", describe_error(error))
        except Exception as error:
            if not app.store.outage.notice(error):
                log.exception("backups wait; the next poll tries again")
        stop.wait(next(pause))


def scheduled_backups_of(app: App) -> "ScheduledBackups":
    """Return what makes backups on schedule, as the settings say."""
    from digest.backups.scheduled import ScheduledBackups  # noqa: PLC0415 - only where wanted
    from store.age import parse_recipients  # noqa: PLC0415 - as above

    settings = app.settings
    recipient = settings.backup_recipient
    return ScheduledBackups(
        store=app.store,
        every=settings.backup_minutes,
        keep=settings.backup_keep,
        folder=settings.backup_folder,
        recipients=parse_recipients(recipient) if recipient else [],
        clock=app.clock,
    )


def has_sources(app: App) -> bool:
    """Return whether there is any source; without one nothing of their room is imported."""
    from digest.sources.tables import Source  # noqa: PLC0415 - its tables are all that is needed

    with app.store.read() as session:
        return session.exec(select(Source.id).limit(1)).first() is not None


def source_reader_of(app: App, pause: Callable[[float], object] = time.sleep) -> "SourceReader":
    """Return what reads sources, over what `app` holds."""
    from digest.sources.reader import SourceReader  # noqa: PLC0415 - a client for HTTP takes time

    return SourceReader(app.store, app.clock, fetcher_of(app, pause))


def fetcher_of(app: App, pause: Callable[[float], object] = time.sleep) -> "Fetcher":
    """Return what fetches one source; `pause` waits between two requests to a host."""
    from digest.sources.http.addresses import AddressPolicy  # noqa: PLC0415 - as above
    from digest.sources.http.allowed import parse_allowed  # noqa: PLC0415 - as above
    from digest.sources.reader import open_fetcher  # noqa: PLC0415 - as above

    return open_fetcher(
        app.store,
        app.clock,
        AddressPolicy(parse_allowed(app.settings.source_allow)),
        public_url=app.settings.public_url,
        tick=time.monotonic,
        pause=pause,
    )


def tell_editors(app: App, stop: threading.Event, *, look: bool = True) -> None:
    """Note what editors are to be told, if it is time to `look`, and tell them."""
    if look:
        app.notifier.note()
    app.notifier.deliver(stop.is_set)


class Every:
    """Tells whether something is due that is done every so many seconds."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._next = 0.0

    def is_due(self) -> bool:
        """Return whether it is due, and count from now if so; it is due at once."""
        now = monotonic()
        if now < self._next:
            return False
        self._next = now + self._seconds
        return True


def _send_issues(app: App, lock: WorkerLock, stop: threading.Event) -> None:
    if app.send_tasks is None:
        _poll(maintenance_of(app), lock, stop)
        return
    # PostgreSQL alone needs Procrastinate.
    from digest.queue import worker  # noqa: PLC0415 - see above
    from digest.queue.tasks import TaskHandlers  # noqa: PLC0415 - see above

    worker.work(app.store, TaskHandlers(maintenance_of(app), app.send_tasks, lock, stop))


def _poll(maintenance: Maintenance, lock: WorkerLock, stop: threading.Event) -> None:
    pause = pauses()
    while not stop.is_set():
        try:
            maintenance.approve_automatic()
            maintenance.settle_scheduled()
            maintenance.read_bounces()
            maintenance.classify_hits()
            maintenance.expire_pending()
            maintenance.delete_origins()
            maintenance.fold_counts()
            sent = maintenance.send_due(lock, stop.is_set)
            if not sent:
                maintenance.keep_figures()
            for number, progress in sent.items():
                if progress.finished:
                    log.info("issue %s is finished", number)
        except DBAPIError as error:
            log.warning("the database refused, and is asked again: %s", describe_error(error))
            stop.wait(next(pause))
        except Exception:
            # A worker that must run for years outlives a database that was away for a minute.
            log.exception("this poll failed; the next one tries again")
            stop.wait(next(pause))
        else:
            pause = pauses()
        stop.wait(POLL_SECONDS)


def maintenance_of(app: App) -> Maintenance:
    """Return the maintenance over what `app` holds."""
    return Maintenance(
        app.store,
        app.issues,
        app.sending,
        app.clock,
        app.bounces,
        app.settings.pending_days,
        app.guard,
        app.settings.retention_days,
    )


class BackgroundSender:
    """Sends the issues that it is given, in one thread, until `stop` is set.

    For a process that is no worker and whose editor sends an issue: others may work on it too.
    """

    def __init__(self, app: App, stop: threading.Event) -> None:
        self._app = app
        self._stop = stop
        self._wanted: set[int] = set()
        self._thread: threading.Thread | None = None

    def send(self, number: int) -> None:
        """Send the issue once it is due, to its end; a scheduled one is started then."""
        self._wanted.add(number)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="sender")
            self._thread.start()

    def join(self) -> None:
        """Wait until the batch in hand is finished; `stop` must be set."""
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        maintenance = maintenance_of(self._app)
        with worker_lock(self._app.store) as lock:
            while not self._stop.is_set():
                for number in sorted(self._wanted):
                    try:
                        self._send(maintenance, number, lock)
                    except (DBAPIError, ProviderError, UserError) as error:
                        log.warning("issue %s waits: %s", number, error)
                self._stop.wait(POLL_SECONDS / 4)

    def _send(self, maintenance: Maintenance, number: int, lock: WorkerLock) -> None:
        if maintenance.may_send() and maintenance.ensure_started(number):
            self._app.sending.run(number, lock, should_stop=self._stop.is_set)
        with self._app.store.read() as session:
            if find_issue(session, number).state not in {IssueState.SCHEDULED, IssueState.SENDING}:
                self._wanted.discard(number)
