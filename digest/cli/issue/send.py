"""Sends an issue in the foreground, to its end: shows progress, and at the end the counts."""

import threading
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial

from digest.bootstrap import App
from digest.cli.common import CommandError, format_time
from digest.cli.issue.progress import progress_line
from digest.cli.issue.status import reply_lines
from digest.cli.progress_bar import LINE_EVERY_SECONDS, ProgressBar
from digest.deliver.ledger.outlook import Rate, settled_count, waiting_reason
from digest.deliver.ledger.progress import Progress
from digest.deliver.ledger.queries import count_hard_bounces
from digest.deliver.ledger.state_counts import kept_counts
from digest.deliver.ledger.worker_lock import worker_lock
from digest.deliver.providers.base import ProviderError
from digest.issues.lifecycle import find_issue
from digest.issues.tables import IssueState
from digest.worker import stop_on_signals

LOOK_EVERY_SECONDS = 5.0
"""How often it looks, while it waits, whether the issue was finished, paused or cancelled."""


def send_in_foreground(app: App, number: int, *, detach: bool) -> None:
    """Starts or goes on with issue `number`. Raises CommandError unless all is done."""
    with app.store.read() as session:
        issue = find_issue(session, number)
        state, audience = IssueState(issue.state), issue.audience
        is_held = issue.held_because is not None
    if state is IssueState.FINISHED:
        msg = f"issue {number} is finished already; see: digest issue status {number}"
        raise CommandError(msg)
    if state is IssueState.PAUSED and is_held:
        app.issues.resume(number)
    elif state is not IssueState.SENDING:
        audience = app.issues.start(number)
    if detach:
        print(f"issue {number} is sending to {audience} people; the workers send it")
        return
    left_out = _count_failed_not_bounced(app, number)
    try:
        _send(app, number, audience or 0)
    except ProviderError as error:
        msg = (
            f"{error}; all undelivered recipients are still queued: "
            f"go on with digest issue send {number}"
        )
        raise CommandError(msg) from error
    _raise_if_left_out(app, number, left_out)


def _send(app: App, number: int, audience: int) -> None:
    stop = threading.Event()
    stop_on_signals(stop)
    with worker_lock(app.store) as lock, ProgressBar(audience) as bar:
        reporter = SendingReporter(bar, audience, app.clock)
        run = partial(
            app.sending.run, number, lock, should_stop=stop.is_set, report=reporter.report
        )
        progress = run()
        while (
            _has_pending_work(progress)
            and not stop.is_set()
            and _state(app, number) is IssueState.SENDING
        ):
            until = progress.next_due
            wait = max(1.0, (until - app.clock()).total_seconds()) if until else 1.0
            reporter.pause(progress, wait)
            _rest(app, number, stop, wait)
            progress = run()
    if because := _held_because(app, number):
        account = _account(progress)
        msg = (
            f"issue {number} is held: {because}. Nobody has failed by it ({account}); "
            f"go on with: digest issue send {number}"
        )
        raise CommandError(msg)
    _conclude(number, progress, _state(app, number), stopped=stop.is_set())


def _rest(app: App, number: int, stop: threading.Event, seconds: float) -> None:
    """Wait until it is time to go on, or until somebody stopped the issue or this command."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0 and not stop.wait(min(left, LOOK_EVERY_SECONDS)):
        if _state(app, number) is not IssueState.SENDING:
            return


def _state(app: App, number: int) -> IssueState:
    """Read the state anew: somebody else may have finished, paused or cancelled the issue."""
    with app.store.read() as session:
        return IssueState(find_issue(session, number).state)


def _count_failed_not_bounced(app: App, number: int) -> int:
    """Return how many failed for another reason than that their address is dead."""
    with app.store.read() as session:
        failed = kept_counts(session, [number])[number]["failed"]
        return failed - count_hard_bounces(session, number)


def _raise_if_left_out(app: App, number: int, before: int) -> None:
    """Raise CommandError with the commonest replies if more are left out than `before`."""
    if (left_out := _count_failed_not_bounced(app, number)) > before:
        with app.store.read() as session:
            lines = list(reply_lines(session, number))
        raise CommandError("\n".join([f"{left_out} are left without issue {number}:", *lines]))


def _held_because(app: App, number: int) -> str | None:
    with app.store.read() as session:
        issue = find_issue(session, number)
        return issue.held_because if issue.state == IssueState.PAUSED else None


def _account(progress: Progress) -> str:
    return ", ".join(f"{n} {name}" for name, n in progress.counts.items() if n)


def _has_pending_work(progress: Progress) -> bool:
    """Return whether a retry is due later, or another worker holds the last batches."""
    held = progress.counts["submitting"] > 0
    return not progress.finished and (progress.next_due is not None or held)


def _conclude(number: int, progress: Progress, state: IssueState, *, stopped: bool) -> None:
    account = _account(progress)
    if progress.finished or state is IssueState.FINISHED:
        print(f"issue {number} is finished: {account}")
    elif state is IssueState.PAUSED:
        raise CommandError(f"issue {number} was paused: {account}; digest issue resume {number}")
    elif state is IssueState.CANCELLED:
        raise CommandError(f"issue {number} was cancelled: {account}")
    elif stopped:
        raise CommandError(f"stopped: {account}; go on with: digest issue send {number}")
    else:
        waits = waiting_reason(progress, format_time)
        raise CommandError(f"issue {number} is not finished: {account}{waits and f'; {waits}'}")
    if progress.counts["uncertain"]:
        print(
            f"{progress.counts['uncertain']} are uncertain: they were handed over and no answer "
            "came; they are not sent again automatically; "
            f"digest issue status {number}"
        )


class SendingReporter:
    """Shows the progress of one sending, with a rate taken over the last half minute."""

    def __init__(self, bar: ProgressBar, audience: int, clock: Callable[[], datetime]) -> None:
        self._bar = bar
        self._audience = audience
        self._clock = clock
        self._rate = Rate()

    def report(self, progress: Progress) -> None:
        """Take the rate, and show it if that is due."""
        rate = self._rate.update(settled_count(progress), time.monotonic())
        if self._bar.is_due():
            self._show(progress, rate)

    def pause(self, progress: Progress, seconds: float) -> None:
        """Say once that nothing goes out for so long; no rate is taken over a pause."""
        self._rate = Rate()
        if seconds > LINE_EVERY_SECONDS:
            self._show(progress, 0)

    def _show(self, progress: Progress, rate: float) -> None:
        words = progress_line(progress, self._audience, rate, self._clock())
        self._bar.show(settled_count(progress), words)
