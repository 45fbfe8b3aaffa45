"""Copies all tables of one database into another, and compares the two."""

from collections.abc import Mapping
from functools import partial

from store.copying.rows import Columns, CopyError, Fingerprint, Progress, RowHasher, Tables


def copy_tables(
    source: Tables, target: Tables, progress: Progress = lambda _table, _rows: None
) -> dict[str, Fingerprint]:
    """Copy every row and every sequence; return the fingerprint of each table as it was read.

    Both are in a transaction of their own: what the target gets counts once that is committed.
    Raises CopyError.
    """
    columns = source.columns()
    _refuse_difference(columns, target.columns())
    read: dict[str, Fingerprint] = {}
    with target.loading():
        for table in target.parents_first():
            hasher = RowHasher()
            progress(table, 0)
            rows = hasher.through(source.rows(table, columns[table]), partial(progress, table))
            target.load(table, columns[table], rows)
            read[table] = hasher.fingerprint
        target.set_sequences(source.sequences())
    return read


def differences(read: Mapping[str, Fingerprint], target: Tables) -> list[str]:
    """Return a line for each table whose rows in `target` are not those that were read."""
    columns = target.columns()
    lines = []
    for table, expected in read.items():
        found = target.fingerprint(table, columns[table])
        if found.rows != expected.rows:
            lines.append(f"{table}: {found.rows} rows instead of {expected.rows}")
        elif found != expected:
            lines.append(f"{table}: rows differ")
    return lines


def ensure_equal(read: Mapping[str, Fingerprint], target: Tables) -> None:
    """Raise CopyError unless `target` holds the rows that were read, cell by cell."""
    wrong = differences(read, target)
    if wrong:
        msg = f"the copy is not what was read ({'; '.join(wrong[:3])}); nothing was kept of it"
        raise CopyError(msg)


def _refuse_difference(source: Columns, target: Columns) -> None:
    for table in sorted(source.keys() | target.keys()):
        here, there = source.get(table), target.get(table)
        if here is None or there is None:
            msg = f"the table {table} is in one of the two databases alone"
            raise CopyError(msg)
        odd = sorted(set(here) ^ set(there))
        if odd:
            msg = f"the column {table}.{odd[0]} is in one of the two databases alone"
            raise CopyError(msg)
