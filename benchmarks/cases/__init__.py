"""The cases of `make bench`, in the order of its table.

To add one, write a function in a module of this folder that measures once and returns rows, and
name its case in that module's `CASES` (a new module: in `ALL` below as well):

    def status(options: Options) -> list[Row]:
        found = run("status_million")  # the JSON that `python -m benchmarks.status_million` prints
        return [
            Row.below("ms", "digest issue status of a 1,000,000 issue, SQLite", "ms",
                      ours=found["ms"], most=100),
        ]

    CASES = [Case("status-sqlite", status, minutes=2, full=True)]

What is measured runs in a process of its own (`run`), so that time and memory are its own, and
prints a JSON object last. Ours and its reference are taken within one call, since a call is a run:
the harness makes three (`--runs`), takes the spread, and holds the ratio against the kept one. A
reference is something that does the least (a bare loop of the same statements), or a limit.
"""

from benchmarks.cases import imports, pages, sending, tracking
from benchmarks.harness.case import Case

ALL: list[Case] = [*sending.CASES, *imports.CASES, *pages.CASES, *tracking.CASES]
