"""A listmonk that you have built, and ours beside it: python -m benchmarks.beside DIR

DIR holds its binary, called listmonk. A PostgreSQL of its own is started for both, out of an
installed one. The seconds of processor are those of the sending process and the database's; peak
memory is the sending process's; both send the same message to the same list into the same sink.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.beside import postgresql
from benchmarks.beside.listmonk import Tuning
from benchmarks.beside.measure import Side, edition, ours, theirs
from benchmarks.beside.message import campaign
from benchmarks.harness.process import CaseError
from benchmarks.harness.table import number
from benchmarks.machine import describe
from store.errors import UserError

AIM = 10
"""How many times listmonk's figures ours are to be."""
ROWS = (
    ("messages a second over SMTP", "rate"),
    ("messages per CPU second, database included", "per_cpu"),
    ("peak memory, MB", "mb"),
    ("import, rows stored a second", "stored"),
    ("bytes a message", "octets"),
)


def parser() -> argparse.ArgumentParser:
    command = argparse.ArgumentParser(prog="python -m benchmarks.beside", description=__doc__)
    add, tuning = command.add_argument, Tuning()
    add("folder", type=Path, metavar="DIR", help="holds the program listmonk")
    add("--people", type=int, default=100_000, metavar="N")
    add("--concurrency", type=int, default=tuning.concurrency, help="listmonk's app.concurrency")
    add("--batch", type=int, default=tuning.batch, help="listmonk's app.batch_size")
    add("--postgresql", type=Path, metavar="BIN", help="the folder of PostgreSQL's programs")
    return command


def main(arguments: Sequence[str] | None = None) -> int:
    given = parser().parse_args(arguments)
    tuning = Tuning(given.concurrency, given.batch)
    print(f"{describe()}; {given.people:,} people", flush=True)
    try:
        programs = postgresql.binaries(given.postgresql)
        with tempfile.TemporaryDirectory() as name:
            folder, built, people = Path(name), given.folder, given.people
            content = campaign(edition(folder))
            with postgresql.running(programs, folder) as server:
                sides = [
                    theirs(built, server, folder, people, content, tuning=tuning),
                    ours(None, folder, people),
                    ours(server, folder, people),
                ]
    except (UserError, CaseError) as error:
        print(error, file=sys.stderr)
        return 1
    print(table(sides))
    return 0


def table(sides: Sequence[Side]) -> str:
    """Return both sides as a Markdown table; behind a figure of ours how many times the first's."""
    first = sides[0]
    lines = [
        f"| | {' | '.join(side.name for side in sides)} | aim |",
        f"| --- |{' ---: |' * (len(sides) + 1)}",
    ]
    for what, name in ROWS:
        theirs_figure: float = getattr(first, name)
        cells = [number(theirs_figure)]
        for side in sides[1:]:
            figure: float = getattr(side, name)
            cells.append(f"{number(figure)} (x {figure / theirs_figure:.2f})")
        aim = f"x {AIM}" if name not in {"mb", "octets"} else ""
        lines.append(f"| {what} | {' | '.join(cells)} | {aim} |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
