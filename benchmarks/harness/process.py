"""Runs a part of a case in a process of its own, so that its time and peak memory are its own."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.sink import Sink, Wiring, running

ROOT = Path(__file__).resolve().parents[2]


class CaseError(Exception):
    """A module of the benchmark failed; what it wrote is the message."""


@dataclass(frozen=True, slots=True)
class Figures:
    """`cpu` is in seconds, that of a database server for it included; `mb` of the process alone."""

    people: int
    seconds: float
    cpu: float
    mb: float
    octets: int | None = None

    @property
    def rate(self) -> float:
        """Messages or rows a second."""
        return self.people / self.seconds

    @property
    def per_cpu(self) -> float:
        """Messages or rows per second of processor."""
        return self.people / self.cpu


@dataclass(frozen=True, slots=True)
class FarEnd:
    """A sink of ours for each measurement, or one somewhere else: URLs by the name of a wiring."""

    elsewhere: Mapping[str, str] = field(default_factory=dict)

    @contextmanager
    def sink(self, name: str, wiring: Wiring) -> Iterator[Sink]:
        if url := self.elsewhere.get(name):
            yield Sink(urlsplit(url).port or 25)
            return
        with running(wiring) as sink:
            yield sink

    def measure(self, name: str, wiring: Wiring, module: str, *arguments: object) -> Figures:
        """Run `module` against the sink; URL or ADDRESS among the arguments stands for it."""
        with self.sink(name, wiring) as sink:
            given = [
                {"URL": sink.url, "ADDRESS": f"127.0.0.1:{sink.port}"}.get(str(one), str(one))
                for one in arguments
            ]
            return figures(run(module, *given))


def figures(found: Mapping[str, float]) -> Figures:
    octets = found.get("octets")
    return Figures(
        int(found["people"]),
        found["seconds"],
        found["cpu"],
        found["mb"],
        int(octets) if octets else None,
    )


def run(module: str, *arguments: object) -> dict[str, float]:
    """Return the JSON object that the module printed last. Raises CaseError if it fails."""
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{module}", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CaseError(f"benchmarks.{module} failed:\n{done.stderr}")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found
