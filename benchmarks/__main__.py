"""Figures beside their references, measured in the same run: make bench ARGS="NAMES"

Every case runs three times, and each figure is printed with its median, least and most. A ratio
that is more than a tenth worse than the kept one (benchmarks/kept.json) is called slower.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.cases import ALL
from benchmarks.harness import document, kept
from benchmarks.harness.case import PEOPLE, Case, Options, chosen
from benchmarks.harness.kept import Kept, KeptCase, slower
from benchmarks.harness.process import CaseError, FarEnd
from benchmarks.harness.spread import Measured, repeat
from benchmarks.harness.table import lines, markdown
from benchmarks.machine import describe

ORDER = [case.name for case in ALL]
KEPT, DOCUMENT = kept.FILE, document.FILE


@dataclass(frozen=True, slots=True)
class Given:
    """What the command line asks for."""

    cases: Sequence[Case]
    runs: int
    options: Options
    markdown: bool
    check: bool
    keep: bool


def parser() -> argparse.ArgumentParser:
    command = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    add = command.add_argument
    add("names", nargs="*", metavar="NAME", help="a case, or some: smtp*")
    add("--list", action="store_true", help="name the cases, and how long they take")
    add("--full", action="store_true", help="the cases that take long as well")
    add("--runs", type=int, default=3, metavar="N", help="3 where nothing is said")
    add("--people", type=int, default=PEOPLE, metavar="N", help="on the list that is sent to")
    add("--check", action="store_true", help="exit 1 where a ratio is slower")
    add("--keep", action="store_true", help="keep the figures, and write the documents")
    add("--write", action="store_true", help="write docs/performance.md from what is kept; no run")
    add("--markdown", action="store_true", help="the table as the documents have it")
    sinks = "a sink elsewhere in place of our own: chunks, groups or far"
    add("--sink", action="append", default=[], metavar="NAME=URL", help=sinks)
    return command


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is asked for; return the exit status."""
    command = parser()
    found = command.parse_args(arguments)
    if found.write:
        document.write(kept.read(KEPT), DOCUMENT)
        return 0
    try:
        cases = chosen(ALL, found.names, full=found.full)
        elsewhere = dict(one.split("=", 1) for one in found.sink)
    except ValueError as error:
        command.error(str(error))
    if found.runs < 1:
        command.error("--runs must be 1 or more")
    if found.keep and (found.people != PEOPLE or elsewhere):
        command.error(f"only figures of {PEOPLE:,} people and our own sink are kept")
    if found.list:
        for case in cases:
            print(f"{case.name:28}{case.minutes * found.runs:5.1f} min")
        return 0
    options = Options(found.people, FarEnd(elsewhere))
    return measure(Given(cases, found.runs, options, found.markdown, found.check, found.keep))


def measure(given: Given) -> int:
    """Print each case as it ends; return 1 if one failed, or is slower where that is checked."""
    before = kept.read(KEPT)
    machine = describe()
    print(f"{machine}; {given.runs} run{'' if given.runs == 1 else 's'}", flush=True)
    if before.cases and before.machine != machine:
        print(f"The kept figures are of another machine: {before.machine}")
    after, failed, worse = before, False, False
    for case in given.cases:
        try:
            rows = repeat(case, given.runs, given.options)
        except CaseError as error:
            print(f"{case.name}: {error}", file=sys.stderr, flush=True)
            failed = True
            continue
        show(case.name, rows, before, as_markdown=given.markdown)
        worse |= any(slower(row, before.row(case.name, row.key)) for row in rows)
        after = after.updated(machine, case.name, KeptCase(given.runs, tuple(rows)))
        if given.keep:
            kept.write(after, ORDER, KEPT)
            document.write(kept.read(KEPT), DOCUMENT)
    return int(failed or (given.check and worse))


def show(name: str, rows: Sequence[Measured], before: Kept, *, as_markdown: bool) -> None:
    if as_markdown:
        print(markdown({name: rows}), flush=True)
        return
    print("\n".join(lines(name, rows, before, color=sys.stdout.isatty())), flush=True)


if __name__ == "__main__":
    sys.exit(main())
