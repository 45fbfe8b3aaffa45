"""The tables of a PostgreSQL database, for a copy: rows come and go by COPY.

What goes out is spelt by the server as SQLite stores it, so that both sides hash the same text.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, Any

from store.copying.rows import Columns, CopyError, Fingerprint, Row, listed, quoted

if TYPE_CHECKING:
    import psycopg

_MOMENT = "YYYY-MM-DD HH24:MI:SS.US"
_SPELT = {
    "timestamp with time zone": f"to_char({{0}} AT TIME ZONE 'UTC', '{_MOMENT}')",
    "timestamp without time zone": f"to_char({{0}}, '{_MOMENT}')",
    "date": "to_char({0}, 'YYYY-MM-DD')",
    "boolean": "{0}::int::text",
    # As Python writes a float: a whole number with one digit after the point.
    "double precision": "CASE WHEN {0} = trunc({0}) AND abs({0}) < 1e15 "
    "THEN {0}::bigint::text || '.0' ELSE {0}::text END",
} | dict.fromkeys(
    ("bigint", "character varying", "integer", "json", "smallint", "text"), "{0}::text"
)
"""How a value of each type is spelt as SQLite stores it; there are no others."""
_COLUMNS = """
    SELECT table_name, column_name, data_type FROM information_schema.columns
    JOIN information_schema.tables USING (table_schema, table_name)
    WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'
    ORDER BY table_name, column_name COLLATE "C"
"""
_REFERENCES = """
    SELECT child.relname, parent.relname FROM pg_constraint
    JOIN pg_class child ON child.oid = conrelid JOIN pg_class parent ON parent.oid = confrelid
    WHERE contype = 'f' AND connamespace = current_schema()::regnamespace
    UNION
    SELECT child.relname, substr(tgname, length('refers_to_') + 1)
    FROM pg_trigger JOIN pg_class child ON child.oid = tgrelid
    WHERE starts_with(tgname, 'refers_to_') AND relnamespace = current_schema()::regnamespace
"""
"""Which table refers to which: by a foreign key, or by a trigger that is called after the other."""
_SEQUENCES = """
    SELECT owner.relname, attname, sequence.oid::regclass::text FROM pg_class sequence
    JOIN pg_depend ON objid = sequence.oid AND deptype IN ('a', 'i')
    JOIN pg_class owner ON owner.oid = refobjid
    JOIN pg_attribute ON attrelid = owner.oid AND attnum = refobjsubid
    WHERE sequence.relkind = 'S' AND owner.relnamespace = current_schema()::regnamespace
"""


class PostgresqlTables:
    """The tables of an open connection's schema, but for those that begin as `left_out` says."""

    def __init__(
        self, connection: "psycopg.Connection[Any]", left_out: Collection[str] = ()
    ) -> None:
        self._connection = connection
        self._left_out = tuple(left_out)
        self._types: dict[tuple[str, str], str] = {
            (str(table), str(column)): str(kind)
            for table, column, kind in connection.execute(_COLUMNS)
            if not str(table).startswith(self._left_out)
        }

    def columns(self) -> Columns:
        found: dict[str, list[str]] = {}
        for table, column in self._types:
            found.setdefault(table, []).append(column)
        return found

    def parents_first(self) -> list[str]:
        known = self.columns()
        order: TopologicalSorter[str] = TopologicalSorter(dict.fromkeys(known, ()))
        for child, parent in self._connection.execute(_REFERENCES):
            if child in known and parent in known and child != parent:
                order.add(child, parent)
        return list(order.static_order())

    def rows(self, table: str, columns: Sequence[str]) -> Iterator[Row]:
        cells = ", ".join(self._spelt(table, columns))
        with (
            self._connection.cursor() as cursor,
            cursor.copy(f"COPY (SELECT {cells} FROM {quoted(table)}) TO STDOUT") as copy,  # noqa: S608 - quoted
        ):
            yield from copy.rows()

    @contextmanager
    def loading(self) -> Iterator[None]:
        self._connection.execute("SET LOCAL TIME ZONE 'UTC'")
        yield

    def load(self, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        statement = f"COPY {quoted(table)} ({listed(columns)}) FROM STDIN"
        from psycopg import DataError, IntegrityError  # noqa: PLC0415 - PostgreSQL alone needs it

        try:
            with self._connection.cursor() as cursor, cursor.copy(statement) as copy:
                for row in rows:
                    copy.write_row(row)
        except (DataError, IntegrityError) as error:
            lines = str(error).strip().splitlines() or ["no reason given"]
            msg = f"PostgreSQL does not take a row of {table}: {lines[0]}"
            raise CopyError(msg) from None

    def sequences(self) -> dict[str, int]:
        return {table: self._highest_of(sequence) for table, _, sequence in self._numbered_tables()}

    def set_sequences(self, highest: Mapping[str, int]) -> None:
        for table, column, sequence in self._numbered_tables():
            held = self._one(f"SELECT max({quoted(column)}) FROM {quoted(table)}")  # noqa: S608 - quoted
            number = max(highest.get(table, 0), int(held or 0))
            self._connection.execute(
                "SELECT setval(%s::regclass, greatest(%s, 1), %s)", (sequence, number, number > 0)
            )

    def fingerprint(self, table: str, columns: Sequence[str]) -> Fingerprint:
        cells = ", ".join(f"coalesce({one}, E'\\x1e')" for one in self._spelt(table, columns))
        row = self._connection.execute(
            "SELECT count(*), coalesce(sum(('x' || substr(md5(convert_to("  # noqa: S608 - quoted
            f"concat_ws(E'\\x1f', {cells}), 'UTF8')), 1, 14))::bit(56)::bigint), 0) "
            f"FROM {quoted(table)}"
        ).fetchone()
        assert row is not None  # noqa: S101 - an aggregate has one row
        return Fingerprint(int(row[0]), int(row[1]))

    def count(self, table: str) -> int:
        """Return how many rows a table has."""
        return int(self._one(f"SELECT count(*) FROM {quoted(table)}"))  # noqa: S608 - quoted

    def empty(self) -> None:
        """Delete every row; nobody else reads or writes these tables until the commit."""
        self._connection.execute(f"TRUNCATE {listed(self.columns())} CASCADE")

    def _spelt(self, table: str, columns: Sequence[str]) -> list[str]:
        kinds = [self._types[table, column] for column in columns]
        unknown = sorted(set(kinds) - _SPELT.keys())
        if unknown:
            msg = f"the table {table} has a column of the type {unknown[0]}, which no copy knows"
            raise CopyError(msg)
        return [
            _SPELT[kind].format(quoted(column)) for kind, column in zip(kinds, columns, strict=True)
        ]

    def _numbered_tables(self) -> list[tuple[str, str, str]]:
        known = self.columns()
        return [row for row in self._connection.execute(_SEQUENCES).fetchall() if row[0] in known]

    def _highest_of(self, sequence: str) -> int:
        return int(
            self._one(f"SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {sequence}")  # noqa: S608 - the server's own spelling
        )

    def _one(self, statement: str) -> Any:
        row = self._connection.execute(statement).fetchone()
        return row[0] if row else None
