"""PostgreSQL databases for tests, each as it comes out of the migrations.

Making one copies some 700 files, and removing it is a checkpoint. So a database in which a test
only wrote rows is emptied, counts from 1 again and gets another name, which whatever the test left
running does not know. One whose schema, settings or statistics the test touched is dropped.
"""

import itertools
import os
from dataclasses import dataclass, field

import psycopg
from psycopg.sql import SQL, Composed, Identifier
from sqlalchemy.engine import make_url

PATTERN = "pattern"
"""The migrated database that all others are copies of."""
MOST_BYTES = 4_000_000
"""A database with larger tables is dropped: emptying it takes longer than a copy."""
_FIRST_OID = 16_384
"""Whatever a user creates has an oid from here on (PostgreSQL: FirstNormalObjectId)."""
_CATALOGS = {
    "pg_attribute": "attrelid",
    "pg_attrdef": "adrelid",
    "pg_constraint": "oid",
    "pg_description": "objoid",  # the queue's version is a comment
    "pg_index": "indexrelid",
    "pg_proc": "oid",
    "pg_sequence": "seqrelid",
    "pg_statistic": "starelid",
    "pg_trigger": "oid",
    "pg_type": "oid",
}
"""What describes a schema, each with the column that tells a user's rows from the system's."""
_RELATIONS = f"""
SELECT hashtextextended(concat_ws(' ', oid, relname, relnamespace, relkind, relnatts, relchecks,
  relhasrules, relhastriggers, relrowsecurity, relpersistence, relacl, reloptions), 0)
FROM pg_class WHERE oid >= {_FIRST_OID}
"""
"""Without what says how many rows there are, and in which files."""
_ROWS = " UNION ALL ".join(
    f"SELECT xmin FROM {name} WHERE {oid} >= {_FIRST_OID}" for name, oid in _CATALOGS.items()
)
_STATE = f"""
SELECT count(*), sum(xmin::text::bigint), (SELECT sum(one) FROM ({_RELATIONS}) AS all_of (one)),
  (SELECT array_agg((version_num, xmin::text)::text) FROM alembic_version),
  (SELECT count(*) FROM pg_namespace),
  (SELECT count(*) FROM pg_db_role_setting JOIN pg_database AS here ON here.oid = setdatabase
   WHERE datname = current_database())
FROM ({_ROWS}) AS everything
"""
"""Differs once anything was created, altered, dropped or analysed."""
_WRITTEN = """
SELECT relname, pg_total_relation_size(oid) FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version'
  AND pg_relation_size(oid) > 0
"""
_FORGET_SIZES = """
SELECT pg_clear_relation_stats('public', relname) FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relname = ANY (%s)
"""
"""VACUUM leaves word that a table is empty; for a new one PostgreSQL plans as for ten pages."""
_COUNT_FROM_START = "SELECT setval(seqrelid::regclass, seqstart, false) FROM pg_sequence"
_END_SESSIONS = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s"
_numbers = itertools.count()


@dataclass
class PostgreSql:
    """A running server with a migrated database, and a connection that makes others."""

    uri: str
    administration: psycopg.Connection
    _untouched: object = None
    _emptied: list[str] = field(default_factory=list)

    def url(self, database: str) -> str:
        return make_url(self.uri).set(database=database).render_as_string(hide_password=False)

    def take(self) -> str:
        """Return the name of a migrated database without rows, under a name of its own."""
        name = f"test_{os.getpid()}_{next(_numbers)}"
        if self._emptied:
            self._do(SQL("ALTER DATABASE {} RENAME TO {}"), self._emptied.pop(), name)
        else:
            # The file copy takes half the time of what is usual, the log.
            self._do(SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY"), name, PATTERN)
        return name

    def give_back(self, name: str) -> None:
        """End the sessions of the database, and empty or drop it."""
        self.administration.execute(_END_SESSIONS, [name])
        if self._empty(name):
            self._emptied.append(name)
        else:
            self._do(SQL("DROP DATABASE {} WITH (FORCE)"), name)

    def close(self) -> None:
        """Drop the emptied databases."""
        while self._emptied:
            self._do(SQL("DROP DATABASE {} WITH (FORCE)"), self._emptied.pop())

    def _empty(self, name: str) -> bool:
        """Remove all rows; False where more than rows was touched."""
        try:
            with psycopg.connect(self.url(name), autocommit=True) as connection:
                if self._state(connection) != self._pattern():
                    return False
                written = connection.execute(_WRITTEN).fetchall()
                if sum(size for _, size in written) > MOST_BYTES:
                    return False
                _remove_rows(connection, [table for table, _ in written])
        except psycopg.Error:
            return False
        return True

    def _pattern(self) -> object:
        if self._untouched is None:
            with psycopg.connect(self.url(PATTERN), autocommit=True) as connection:
                self._untouched = self._state(connection)
        return self._untouched

    @staticmethod
    def _state(connection: psycopg.Connection) -> object:
        return connection.execute(_STATE.encode()).fetchone()

    def _do(self, statement: SQL, *names: str) -> None:
        self.administration.execute(statement.format(*map(Identifier, names)))


def _remove_rows(connection: psycopg.Connection, tables: list[str]) -> None:
    """Empty the tables: faster than TRUNCATE, which makes new files for each and its indexes."""
    with connection.transaction():
        connection.execute("SET LOCAL session_replication_role = replica")  # no foreign keys
        for table in tables:
            connection.execute(SQL("DELETE FROM {}").format(Identifier(table)))
        connection.execute(_COUNT_FROM_START)
    if tables:
        connection.execute(SQL("VACUUM {}").format(_listed(tables)))
        connection.execute(_FORGET_SIZES, [tables])


def _listed(tables: list[str]) -> Composed:
    return SQL(", ").join(map(Identifier, tables))
