"""The schema of a migrated empty store, on both databases, down to names of constraints."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, text

from tests.golden.seams import product
from tests.golden.seams.held import hold

COLUMNS = """
SELECT table_name || '.' || column_name || ': ' || data_type
    || coalesce('(' || character_maximum_length || ')', '')
    || CASE is_nullable WHEN 'YES' THEN '' ELSE ' NOT NULL' END
    || coalesce(' DEFAULT ' || column_default, '')
FROM information_schema.columns
WHERE table_schema = 'public' AND table_name NOT LIKE 'procrastinate%'
"""
INDEXES = """
SELECT tablename || ' index: ' || indexdef FROM pg_indexes
WHERE schemaname = 'public' AND tablename NOT LIKE 'procrastinate%'
"""
CONSTRAINTS = """
SELECT conrelid::regclass || ' constraint ' || conname || ': ' || pg_get_constraintdef(oid)
FROM pg_constraint
WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text NOT LIKE 'procrastinate%'
    AND contype IN ('c', 'f', 'p', 'u', 'x')
"""
SEQUENCES = """
SELECT 'sequence: ' || sequencename || ' ' || data_type FROM pg_sequences
WHERE schemaname = 'public' AND sequencename NOT LIKE 'procrastinate%'
"""


def test_the_schema_on_sqlite_is_as_it_was(sqlite_pattern: object) -> None:
    with product.engine(f"sqlite:///{sqlite_pattern}").connect() as connection:
        hold("schema_sqlite.txt", sorted(_sqlite(connection)))


def test_the_schema_on_postgresql_is_as_it_was(postgresql_url: str) -> None:
    """The queue's own tables are its library's; what is stored in them is held elsewhere."""
    engine = product.engine(postgresql_url)
    with engine.connect() as connection:
        lines = [
            line
            for query in (COLUMNS, INDEXES, CONSTRAINTS, SEQUENCES)
            for line in connection.execute(text(query)).scalars()
        ]
    engine.dispose()
    hold("schema_postgresql.txt", sorted(lines))


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_revision_is_the_one_that_databases_out_there_have(
    kind: str, request: pytest.FixtureRequest
) -> None:
    """Nobody has to migrate for a move of files."""
    url = (
        f"sqlite:///{request.getfixturevalue('sqlite_pattern')}"
        if kind == "sqlite"
        else request.getfixturevalue("postgresql_url")
    )
    engine = product.engine(url)
    with engine.connect() as connection:
        found = connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all()
    engine.dispose()
    hold("revision.txt", found)


def _sqlite(connection: Connection) -> Iterator[str]:
    """A line for each part of each statement, in the order in which it stands there."""
    rows = connection.execute(
        text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name != :own"),
        {"own": "sqlite_sequence"},
    )
    for name, sql in rows:
        for place, line in enumerate(sql.splitlines()):
            yield f"{name} {place:02} {' '.join(line.split())}".rstrip()
