"""The databases that tests get on PostgreSQL: used again after rows, dropped after more."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from tests.parts.databases import PATTERN, PostgreSql

ROW = "INSERT INTO tool (slug, name) VALUES ('one', 'One') RETURNING id"
MANY_ROWS = "INSERT INTO tool (slug, name) SELECT n, n FROM generate_series(1, 80000) AS n"
ALTER_DATABASE = """
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET work_mem = 65', current_database()); END $$
"""


@pytest.fixture
def given(postgresql: PostgreSql) -> Iterator[PostgreSql]:
    """The same server, of which nothing was given back yet."""
    own = PostgreSql(postgresql.uri, postgresql.administration)
    yield own
    own.close()


def _connect(server: PostgreSql, name: str) -> psycopg.Connection:
    return psycopg.connect(server.url(name), autocommit=True)


def _oid(server: PostgreSql, name: str) -> int | None:
    asked = "SELECT oid FROM pg_database WHERE datname = %s"
    found = server.administration.execute(asked, [name]).fetchone()
    return found[0] if found else None


def _insert(connection: psycopg.Connection) -> int:
    found = connection.execute(ROW).fetchone()
    assert found is not None
    return int(found[0])


def test_after_rows_the_same_database_comes_back_empty_and_counts_from_one(
    given: PostgreSql,
) -> None:
    first = given.take()
    oid = _oid(given, first)
    with _connect(given, first) as connection:
        assert _insert(connection) == 1
        connection.execute("DELETE FROM tool")
        assert _insert(connection) == 2
    given.give_back(first)
    second = given.take()
    assert _oid(given, second) == oid
    with _connect(given, second) as connection:
        assert connection.execute("SELECT count(*) FROM tool").fetchone() == (0,)
        assert connection.execute("SELECT pg_relation_size('tool')").fetchone() == (0,)
        sizes = "SELECT relname, relpages, reltuples FROM pg_class WHERE relname = 'tool'"
        with _connect(given, PATTERN) as pattern:
            assert set(connection.execute(sizes)) == set(pattern.execute(sizes))
        version = "SELECT version_num FROM alembic_version"
        with _connect(given, PATTERN) as pattern:
            assert connection.execute(version).fetchall() == pattern.execute(version).fetchall()
        assert _insert(connection) == 1
    given.give_back(second)


@pytest.mark.parametrize(
    "touch",
    [
        "CREATE TABLE another (id int)",
        "DROP TABLE vote",
        "ALTER TABLE tool ADD COLUMN more int",
        "ALTER TABLE tool ALTER COLUMN slug SET DEFAULT 'x'",
        "ALTER TABLE tool ALTER COLUMN slug DROP NOT NULL",
        "CREATE INDEX more ON tool (slug, id)",
        "CREATE VIEW more AS SELECT 1 AS one",
        "CREATE SCHEMA more",
        "COMMENT ON TABLE procrastinate_jobs IS 'of another version'",
        "ALTER SEQUENCE tool_id_seq INCREMENT 5",
        "CREATE FUNCTION more() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "UPDATE alembic_version SET version_num = '0001'",
        "DELETE FROM alembic_version",
        "DROP TABLE alembic_version",
        "INSERT INTO tool (slug, name) VALUES ('one', 'One'); ANALYZE tool",
        ALTER_DATABASE,
    ],
)
def test_after_anything_else_it_is_dropped(given: PostgreSql, touch: str) -> None:
    name = given.take()
    oid = _oid(given, name)
    with _connect(given, name) as connection:
        connection.execute(touch.encode())
    given.give_back(name)
    assert _oid(given, name) is None
    fresh = given.take()
    assert _oid(given, fresh) != oid
    given.give_back(fresh)


def test_what_is_left_running_is_ended_and_finds_nothing_under_the_old_name(
    given: PostgreSql,
) -> None:
    name = given.take()
    left = psycopg.connect(given.url(name))
    left.execute("SELECT pg_advisory_lock(7)")
    left.execute(ROW)
    given.give_back(name)
    with pytest.raises(psycopg.OperationalError):
        left.execute("SELECT 1")
    following = given.take()
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        _connect(given, name)
    with _connect(given, following) as connection:
        assert connection.execute("SELECT pg_try_advisory_lock(7)").fetchone() == (True,)
        assert connection.execute("SELECT count(*) FROM tool").fetchone() == (0,)
    given.give_back(following)


def test_a_large_one_is_dropped(given: PostgreSql) -> None:
    name = given.take()
    with _connect(given, name) as connection:
        connection.execute(
            "INSERT INTO tool (slug, name) SELECT n, n FROM generate_series(1, 80000) n"
        )
    given.give_back(name)
    assert _oid(given, name) is None


def test_one_that_a_test_replaced_by_another_is_dropped(given: PostgreSql) -> None:
    name = given.take()
    quoted = sql.Identifier(name)
    given.administration.execute(sql.SQL("DROP DATABASE {}").format(quoted))
    given.administration.execute(sql.SQL("CREATE DATABASE {}").format(quoted))
    given.give_back(name)
    assert _oid(given, name) is None
