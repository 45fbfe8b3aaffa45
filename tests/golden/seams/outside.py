"""Runs the product from outside: commands, and files that they leave."""

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.golden.seams import product


class Ran(NamedTuple):
    status: int
    out: str
    err: str


@dataclass(frozen=True)
class Outside:
    """`home` is the current folder; `streams` gives what was printed since it was last asked."""

    home: Path
    patch: pytest.MonkeyPatch
    streams: Callable[[], tuple[str, ...]]

    def run(self, *arguments: str, **settings: str) -> Ran:
        """Runs `digest`; `settings` are DIGEST_ ones without that, for this call alone."""
        with self.patch.context() as patch:
            for name, value in settings.items():
                patch.setenv(f"DIGEST_{name.upper()}", value)
            patch.setattr("sys.argv", ["digest", *arguments])
            # Else a usage line names the test runner.
            patch.setattr(sys.modules["__main__"], "__package__", None)
            self.streams()
            status = _status()
        out, err = self.streams()
        return Ran(status, out, err)

    def done(self, *arguments: str, **settings: str) -> str:
        """The same for what must go well; what it printed."""
        ran = self.run(*arguments, **settings)
        assert ran.status == 0, (arguments, ran)
        return ran.out

    def json(self, *arguments: str) -> Any:
        return json.loads(self.done(*arguments, "--json"))


def bare(patch: pytest.MonkeyPatch, home: Path) -> None:
    """Works in `home`, with no setting from outside."""
    patch.chdir(home)
    for name in [name for name in os.environ if name.startswith("DIGEST_")]:
        patch.delenv(name)


def _status() -> int:
    try:
        product.run_command_line()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0
