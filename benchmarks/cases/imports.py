"""Rows of a plain list stored a second, beside a bare executemany, or COPY, of the same rows."""

import tempfile
from functools import partial
from pathlib import Path

from benchmarks.harness.case import Case, Options, Row
from benchmarks.harness.process import run
from benchmarks.import_million import databases, write_plain

AIMS = {"sqlite": 100_000, "postgresql": 60_000}
"""Rows a second."""
BARE = {"sqlite": ("bare", "a bare executemany"), "postgresql": ("copy", "a bare COPY")}


def stored(database: str, options: Options) -> list[Row]:
    """A list as long as the one that is sent to; one row in a hundred is bad, and reported."""
    with (
        tempfile.TemporaryDirectory() as folder,
        databases(Path(folder), postgresql=database == "postgresql") as fresh,
    ):
        file = Path(folder) / "plain.csv"
        write_plain(file, options.people)
        ours = run("import_million", "--case", "import", file, fresh())
        kind, to = BARE[database]
        bare = run("import_million", "--case", kind, file, fresh())
    what = f"import of {options.people:,} rows, {database}"
    rate, least = ours["rows"] / ours["seconds"], bare["rows"] / bare["seconds"]
    return [
        Row("bare", what, "rows/s", rate, least, to),
        Row.above("aim", what, "rows/s", ours=rate, least=AIMS[database]),
        Row("mb", f"{what}: peak memory", "MB", ours["mb"], bare["mb"], to, less=True),
    ]


CASES = [Case(f"import-{name}", partial(stored, name), minutes=0.5) for name in AIMS]
