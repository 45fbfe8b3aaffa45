"""Processes of the product that cost little to start, since what they import is there already.

Each is a real process, forked from a server that has imported the product (multiprocessing's
forkserver), and a signal to it is a real signal. A `fresh` one becomes an interpreter that imports
everything itself, as a user's does. Their words go to a file `log` in `folder`.
"""

import itertools
import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PRELOADED = [
    "digest.bootstrap",
    "digest.cli",
    "digest.cli.issue.send",
    "digest.database",
    "digest.queue.deferral",
    "digest.queue.tasks",
    "digest.queue.worker",
    "digest.worker",
]
END_TIMEOUT = 60.0


@dataclass
class Sender:
    """`name` is what PostgreSQL calls its sessions (libpq's PGAPPNAME)."""

    name: str
    process: ForkServerProcess
    fresh: bool

    def alive(self) -> bool:
        return self.process.is_alive()

    def signal(self, how: signal.Signals) -> None:
        if self.process.pid and self.alive():
            os.kill(self.process.pid, how)

    def wait(self) -> int:
        """Its exit code, negative for a signal. Raises TimeoutError where it does not end."""
        self.process.join(END_TIMEOUT)
        if self.process.exitcode is None:
            raise TimeoutError(f"{self.name} did not end within {END_TIMEOUT:.0f} s")
        return self.process.exitcode

    @contextmanager
    def held(self) -> Iterator[None]:
        """Stopped (SIGSTOP) for so long: it keeps what it has, and does nothing."""
        self.signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.signal(signal.SIGCONT)


@dataclass
class Launcher:
    settings: dict[str, str]
    folder: Path
    _names: Iterator[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(PRELOADED)

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def start(self, *command: str, fresh: bool = False) -> Sender:
        name = f"sender-{next(self._names)}"
        settings = self.settings | {"PGAPPNAME": name, "PYTHONPATH": str(ROOT)}
        process = self._context.Process(
            target=_become, args=(command, settings, self.log), kwargs={"fresh": fresh}, daemon=True
        )
        process.start()
        return Sender(name, process, fresh)


def _become(command: tuple[str, ...], settings: dict[str, str], log: Path, *, fresh: bool) -> None:
    words = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(words, 1)
    os.dup2(words, 2)
    os.chdir(log.parent)
    os.environ.update(settings)
    if fresh:
        os.execv(sys.executable, [sys.executable, "-m", "digest", *command])
    from digest.cli import main  # noqa: PLC0415 - in the child alone, where it stands already

    sys.argv = ["digest", *command]
    main()
