"""digest serve, web, worker, scheduler: the long-running processes; and the studio's server."""

import logging
import os
import socket
import sys
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli.common import CommandError, open_app

if TYPE_CHECKING:
    from collections.abc import Iterator

    from digest.bootstrap import App
    from digest.web.studio.context import StudioContext
    from digest.worker import BackgroundSender
    from schedules.scheduler import Scheduler

Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(help="Port to listen on.")]


def serve(host: Host = "127.0.0.1", port: Port = 8000) -> None:
    """Web, scheduler and worker in one process.

    Example: digest serve --host 0.0.0.0 --port 8000
    """
    from digest.monitoring.heartbeats import heartbeat
    from digest.monitoring.tables import ProcessKind
    from digest.worker import stop_on_signals, work

    with open_app() as app, heartbeat(app.store, app.clock, list(ProcessKind)):
        _log(app)
        listener = _listen(host, port)
        stop = threading.Event()
        stop_on_signals(stop)
        timers = _scheduler(app)
        worker = threading.Thread(target=work, args=(app, stop), name="worker")
        timers.start()
        worker.start()
        with _while_of_this_version(app, stop):
            try:
                _serve_web(app, listener, host, stop)
            finally:
                # The worker was told by the signal, before the server: it finishes its batch.
                stop.set()
                timers.stop()
                worker.join()


def web(host: Host = "127.0.0.1", port: Port = 8000) -> None:
    """The web pages alone.

    Example: digest web --port 8000
    """
    from digest.monitoring.heartbeats import heartbeat
    from digest.monitoring.tables import ProcessKind
    from digest.worker import stop_on_signals

    with open_app() as app, heartbeat(app.store, app.clock, [ProcessKind.WEB]):
        _log(app)
        listener = _listen(host, port)
        stop = threading.Event()
        stop_on_signals(stop)
        with _while_of_this_version(app, stop):
            _serve_web(app, listener, host, stop)


def worker() -> None:
    """Send what is open, until stopped; SIGTERM finishes the batch in hand.

    Example: digest worker
    """
    from digest.monitoring.heartbeats import heartbeat
    from digest.monitoring.tables import ProcessKind
    from digest.service.notify import READY, notify
    from digest.worker import stop_on_signals, work

    with open_app() as app, heartbeat(app.store, app.clock, [ProcessKind.WORKER]):
        _log(app)
        stop = threading.Event()
        stop_on_signals(stop)
        print("worker: waiting for issues to send", flush=True)
        notify(READY)
        with _while_of_this_version(app, stop):
            work(app, stop)


def scheduler() -> None:
    """Draft what schedules make due, until stopped.

    Example: digest scheduler
    """
    from digest.monitoring.heartbeats import heartbeat
    from digest.monitoring.tables import ProcessKind
    from digest.service.notify import READY, notify
    from digest.worker import stop_on_signals

    with open_app() as app, heartbeat(app.store, app.clock, [ProcessKind.SCHEDULER]):
        _log(app)
        stop = threading.Event()
        stop_on_signals(stop)
        timers = _scheduler(app)
        timers.start()
        print("scheduler: watching the schedules", flush=True)
        notify(READY)
        with _while_of_this_version(app, stop):
            stop.wait()
            timers.stop()


def run_studio(app: "App", number: int | None, port: int) -> None:
    """Serves the studio on this machine only, and opens a browser where there is one."""
    import webbrowser

    from digest.issues.lifecycle import find_issue
    from digest.web.application import create_app
    from digest.web.server import serve_on
    from digest.worker import BackgroundSender, stop_on_signals

    if number is not None:
        with app.store.read() as session:
            find_issue(session, number)
    path = f"/studio/issues/{number}" if number is not None else "/studio/"
    listener = _listen("127.0.0.1", port)
    address = f"http://127.0.0.1:{listener.getsockname()[1]}{path}"
    print(f"the studio is at {address} (Ctrl-C ends it)", flush=True)
    if _has_a_screen():
        with suppress(webbrowser.Error):
            webbrowser.open(address)
    stop = threading.Event()
    stop_on_signals(stop)
    sender = BackgroundSender(app, stop)
    try:
        serve_on(
            create_app(app, studio=True, context=studio_context(app, stop, sender)), listener, stop
        )
    finally:
        stop.set()
        sender.join()


def _has_a_screen() -> bool:
    """Return whether a browser could show anything: one in text takes the terminal."""
    is_unix = sys.platform not in ("darwin", "win32")
    return not is_unix or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def studio_context(
    app: "App", stop: threading.Event, sender: "BackgroundSender"
) -> "StudioContext":
    """Returns what the studio can do in this process; test messages go one at a time."""
    from digest.pipeline.test_send import send_test
    from digest.sources.http.addresses import AddressPolicy
    from digest.sources.http.allowed import parse_allowed
    from digest.sources.manual import page_reader
    from digest.web.studio.context import StudioContext

    one_at_a_time = threading.Lock()

    def test(number: int, to: str) -> str:
        # Not the provider that sends issues: none serves two threads.
        with one_at_a_time:
            return send_test(app.store, app.renderer, app.mailer.provider, number, to)

    read_address = page_reader(
        AddressPolicy(parse_allowed(app.settings.source_allow)),
        public_url=app.settings.public_url,
        clock=app.clock,
        tick=time.monotonic,
    )
    return StudioContext(stop=stop, send=sender.send, send_test=test, read_address=read_address)


@contextmanager
def _while_of_this_version(app: "App", stop: threading.Event) -> "Iterator[None]":
    """Set `stop` once the database is upgraded by another version, and end with its line then."""
    from digest.upgrades.watch import SchemaWatch

    with SchemaWatch(app.store, stop) as watch:
        yield
    if watch.line:
        raise CommandError(watch.line)


def _log(app: "App") -> None:
    """Log as the settings say, and report faults where a service for them is set."""
    from digest import __version__
    from digest.logs.setup import log_process
    from digest.startup_checks import unknown_settings

    log_process(app.settings.log_format, app.settings.log_level)
    if dsn := app.settings.sentry_dsn.get_secret_value():
        from digest.logs.sentry import report_faults

        report_faults(dsn, __version__)
    for line in unknown_settings(os.environ):
        logging.getLogger(__name__).warning("%s", line)


def _serve_web(app: "App", listener: socket.socket, host: str, stop: threading.Event) -> None:
    from digest.service.notify import READY, STOPPING, notify

    print(f"listening on http://{host}:{listener.getsockname()[1]}", flush=True)
    notify(READY)
    _run(app, listener, stop)
    notify(STOPPING)


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port))
    except OSError as error:
        msg = f"can't listen on {host}:{port}: {error.strerror}; name another with --port"
        raise CommandError(msg) from None


def _run(app: "App", listener: socket.socket, stop: threading.Event) -> None:
    from digest.web.application import create_app
    from digest.web.server import serve_on

    serve_on(create_app(app), listener, stop)


def _scheduler(app: "App") -> "Scheduler":
    from digest.worker import maintenance_of
    from schedules.scheduler import Scheduler

    return Scheduler(app.store, maintenance_of(app).draft_due, app.clock)
