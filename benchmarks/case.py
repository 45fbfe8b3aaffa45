"""A case runs in a process of its own, so that its time and its peak memory are its own."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.sink import Sink, Wiring, running

ROOT = Path(__file__).resolve().parent.parent
BUSY = 0.9
"""A sink that works for this part of the time is what limits the rate."""


@dataclass(frozen=True, slots=True)
class Figures:
    """`limited` says that the sink was the bottleneck."""

    people: int
    seconds: float
    cpu: float
    mb: float
    limited: bool = False

    @property
    def rate(self) -> float:
        """Messages a second."""
        return self.people / self.seconds

    @property
    def per_cpu(self) -> float:
        """Messages per second of processor."""
        return self.people / self.cpu


@dataclass(frozen=True, slots=True)
class Far:
    """The far end: a sink of ours for each case, or one somewhere else, as URLs by round trip."""

    elsewhere: dict[str, str]

    @contextmanager
    def sink(self, name: str, wiring: Wiring) -> Iterator[Sink]:
        if url := self.elsewhere.get(name):
            yield Sink(urlsplit(url).port or 25)
            return
        with running(wiring) as sink:
            yield sink

    def measure(self, name: str, wiring: Wiring, module: str, *arguments: object) -> Figures:
        """Runs `module` against the sink; SINK among the arguments stands for its address."""
        with self.sink(name, wiring) as sink:
            given = [
                {"URL": sink.url, "ADDRESS": f"127.0.0.1:{sink.port}"}.get(str(one), str(one))
                for one in arguments
            ]
            found = run(module, *given)
        limited = sink.cpu > BUSY * found["seconds"]
        return Figures(found["people"], found["seconds"], found["cpu"], found["mb"], limited)


def run(module: str, *arguments: str) -> dict[str, float]:
    """What the module printed last."""
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{module}", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(done.stderr)
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures
