"""Sending in the foreground: to the end, with progress, and an honest last line."""

import sys
import threading
import time
from collections.abc import Callable

from digest.bootstrap import App
from digest.cli.frame import Refused, shown
from digest.deliver.presence import presence
from digest.issues.lifecycle import find_issue
from digest.issues.tables import IssueState
from digest.pipeline import Progress
from digest.worker import stop_on_signals

DONE = ("submitted", "delivered", "bounced", "complained", "failed", "uncertain", "suppressed")
LINE_EVERY_SECONDS = 2.0


def send_in_foreground(app: App, number: int, *, detach: bool) -> None:
    """Starts or goes on with issue `number`. Raises Refused when people are left without it."""
    with app.store.read() as session:
        issue = find_issue(session, number)
        state, audience = IssueState(issue.state), issue.audience
    if state is IssueState.FINISHED:
        raise Refused(f"issue {number} is finished; it was sent to {audience} people")
    if state is not IssueState.SENDING:
        audience = app.desk.start(number)
    if detach:
        print(f"issue {number} is sending to {audience} people; the workers do it")
        return
    stop = threading.Event()
    stop_on_signals(stop)
    with presence(app.store) as here, _reporter(audience or 0) as report:
        progress = app.sending.run(number, here, enough=stop.is_set, report=report)
        while progress.next_due is not None and not progress.finished and not stop.is_set():
            stop.wait(max(1.0, (progress.next_due - app.clock()).total_seconds()))
            progress = app.sending.run(number, here, enough=stop.is_set, report=report)
    _conclude(number, progress, stopped=stop.is_set())


def _conclude(number: int, progress: Progress, *, stopped: bool) -> None:
    counts = {state: amount for state, amount in progress.counts.items() if amount}
    account = ", ".join(f"{amount} {state}" for state, amount in counts.items())
    if progress.finished:
        print(f"issue {number} is finished: {account}")
    elif stopped:
        raise Refused(f"stopped: {account}; go on with: digest issue send {number}")
    else:
        waits = f"; a retry is due {shown(progress.next_due)}" if progress.next_due else ""
        raise Refused(f"issue {number} is not finished: {account}{waits}")
    if progress.counts["uncertain"]:
        print(
            f"{progress.counts['uncertain']} are uncertain: a crash came between handing them "
            "over and the answer; they are not sent again by themselves; "
            f"digest issue status {number}"
        )


class _reporter:  # noqa: N801 - used as a with-block
    """A bar on a terminal; elsewhere a line every two seconds."""

    def __init__(self, audience: int) -> None:
        self._audience = audience
        self._terminal = sys.stderr.isatty()
        self._next = time.monotonic() + LINE_EVERY_SECONDS
        self._started = time.monotonic()

    def __enter__(self) -> Callable[[Progress], None]:
        return self._report

    def __exit__(self, *_: object) -> None:
        if self._terminal:
            print(file=sys.stderr)

    def _report(self, progress: Progress) -> None:
        done = sum(progress.counts[state] for state in DONE)
        rate = done / max(time.monotonic() - self._started, 0.001)
        left = (self._audience - done) / rate if rate else 0
        line = f"{done:,} of {self._audience:,}, {rate:,.0f} a second, {left:,.0f} s left"
        if self._terminal:
            width = 30
            filled = width * done // max(self._audience, 1)
            bar = "█" * filled + "░" * (width - filled)
            print(f"\r{bar}  {line}   ", end="", file=sys.stderr, flush=True)
        elif time.monotonic() >= self._next:
            self._next = time.monotonic() + LINE_EVERY_SECONDS
            print(line, file=sys.stderr, flush=True)
