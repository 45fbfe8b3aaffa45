"""Sending in the foreground: to the end, with progress, and an honest last line."""

import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime

from digest.bootstrap import App
from digest.cli.common import CommandError
from digest.cli.issue.progress import Rate, progress_line, settled_count, waiting_reason
from digest.deliver.ledger.progress import Progress
from digest.deliver.ledger.worker_lock import worker_lock
from digest.deliver.providers.base import ProviderError
from digest.issues.lifecycle import find_issue
from digest.issues.tables import IssueState
from digest.worker import stop_on_signals

LINE_EVERY_SECONDS = 2.0
LOOK_EVERY_SECONDS = 5.0
"""While it waits, somebody may finish, pause or cancel the issue."""


def send_in_foreground(app: App, number: int, *, detach: bool) -> None:
    """Starts or goes on with issue `number`. Raises Refused when people are left without it."""
    with app.store.read() as session:
        issue = find_issue(session, number)
        state, audience = IssueState(issue.state), issue.audience
    if state is IssueState.FINISHED:
        msg = f"issue {number} is finished already; who has it says: digest issue status {number}"
        raise CommandError(msg)
    if state is not IssueState.SENDING:
        audience = app.issues.start(number)
    if detach:
        print(f"issue {number} is sending to {audience} people; the workers do it")
        return
    try:
        _send(app, number, audience or 0)
    except ProviderError as error:
        msg = f"{error}; nobody is lost: go on with digest issue send {number}"
        raise CommandError(msg) from error


def _send(app: App, number: int, audience: int) -> None:
    stop = threading.Event()
    stop_on_signals(stop)
    reporter = ProgressReporter(audience, app.clock)
    with worker_lock(app.store) as here, reporter as report:
        progress = app.sending.run(number, here, should_stop=stop.is_set, report=report)
        while _waits(progress) and not stop.is_set() and _state(app, number) is IssueState.SENDING:
            until = progress.next_due
            wait = max(1.0, (until - app.clock()).total_seconds()) if until else 1.0
            reporter.pause(progress, wait)
            _rest(app, number, stop, wait)
            progress = app.sending.run(number, here, should_stop=stop.is_set, report=report)
    _conclude(number, progress, _state(app, number), stopped=stop.is_set())


def _rest(app: App, number: int, stop: threading.Event, seconds: float) -> None:
    """Until it is time to go on, or nothing is to be waited for any more."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0 and not stop.wait(min(left, LOOK_EVERY_SECONDS)):
        if _state(app, number) is not IssueState.SENDING:
            return


def _state(app: App, number: int) -> IssueState:
    """Somebody else may have finished, paused or cancelled it."""
    with app.store.read() as session:
        return IssueState(find_issue(session, number).state)


def _waits(progress: Progress) -> bool:
    """For a retry that is due later, or for another worker that holds the last batches."""
    held = progress.counts["submitting"] > 0
    return not progress.finished and (progress.next_due is not None or held)


def _conclude(number: int, progress: Progress, state: IssueState, *, stopped: bool) -> None:
    account = ", ".join(f"{n} {name}" for name, n in progress.counts.items() if n)
    if progress.finished or state is IssueState.FINISHED:
        print(f"issue {number} is finished: {account}")
    elif state is IssueState.PAUSED:
        raise CommandError(f"issue {number} was paused: {account}; digest issue resume {number}")
    elif state is IssueState.CANCELLED:
        raise CommandError(f"issue {number} was cancelled: {account}")
    elif stopped:
        raise CommandError(f"stopped: {account}; go on with: digest issue send {number}")
    else:
        waits = waiting_reason(progress)
        raise CommandError(f"issue {number} is not finished: {account}{waits and f'; {waits}'}")
    if progress.counts["uncertain"]:
        print(
            f"{progress.counts['uncertain']} are uncertain: they were handed over and no answer "
            "came; they are not sent again by themselves; "
            f"digest issue status {number}"
        )


class ProgressReporter:
    """A bar on a terminal; elsewhere a line every two seconds."""

    def __init__(self, audience: int, clock: Callable[[], datetime]) -> None:
        self._audience = audience
        self._clock = clock
        self._rate = Rate()
        self._terminal = sys.stderr.isatty()
        self._next = time.monotonic() + LINE_EVERY_SECONDS

    def __enter__(self) -> Callable[[Progress], None]:
        return self._report

    def __exit__(self, *_: object) -> None:
        if self._terminal:
            print(file=sys.stderr)

    def pause(self, progress: Progress, seconds: float) -> None:
        """Nothing goes out for so long: said once, and no rate is taken over it."""
        self._rate = Rate()
        if seconds > LINE_EVERY_SECONDS:
            self._show(progress, progress_line(progress, self._audience, 0, self._clock()))

    def _report(self, progress: Progress) -> None:
        now = time.monotonic()
        rate = self._rate.seen(settled_count(progress), now)
        if self._terminal or now >= self._next:
            self._next = now + LINE_EVERY_SECONDS
            self._show(progress, progress_line(progress, self._audience, rate, self._clock()))

    def _show(self, progress: Progress, words: str) -> None:
        if not self._terminal:
            print(words, file=sys.stderr, flush=True)
            return
        width = 30
        filled = width * settled_count(progress) // max(self._audience, 1)
        bar = "█" * filled + "░" * (width - filled)
        # What is left of a longer line before is wiped out (ECMA-48 section 8.3.41, EL).
        print(f"\r{bar}  {words}\x1b[K", end="", file=sys.stderr, flush=True)
