"""The store from before, on PostgreSQL: its rows in the schema of that time, then upgraded."""

import json
import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import (
    JSON,
    Boolean,
    DateTime,
    LargeBinary,
    MetaData,
    Table,
    create_engine,
    func,
    select,
    text,
)

from tests.golden.seams import product
from tests.golden.seams.held import FILES
from tests.golden.seams.links_before import answers_to_links, check_owners, people_before
from tests.golden.seams.outside import Outside
from tests.golden.seams.world import SECRET, START, prepare
from tests.parts.sendgrid_events import Hook


@pytest.fixture
def before(outside: Outside, postgresql_url: str) -> Outside:
    """The store, a day after it was written, upgraded by the command."""
    prepare(outside, Hook())[0] = START + timedelta(days=1)
    outside.patch.setenv("DIGEST_DATABASE_URL", postgresql_url)
    product.make_schema(postgresql_url, _revision())
    _fill(postgresql_url)
    outside.done("database", "upgrade")
    return outside


def test_links_sent_before_lead_where_they_led(before: Outside) -> None:
    """Page by page as on SQLite."""
    expected = (FILES / "links_before.txt").read_text(encoding="utf-8").split("\n\n")[0]
    assert answers_to_links() == expected.splitlines()


def test_links_sent_before_work_for_their_owner_and_for_nobody_who_came_since(
    before: Outside,
) -> None:
    was = people_before()
    before.done("subscribers", "erase", was[1])
    before.done("subscribers", "add", "new@example.org")
    found = product.engine(os.environ["DIGEST_DATABASE_URL"])
    with found.connect() as connection:
        came = connection.scalar(text("SELECT id FROM subscriber WHERE email = 'new@example.org'"))
    found.dispose()
    assert came is not None
    assert came > max(was)
    check_owners({number: email for number, email in was.items() if number != 1})


def test_links_of_before_and_of_now_are_the_same_readers(before: Outside) -> None:
    """Ids were drawn for everybody, each another, and both links stay with one person."""
    was = people_before()
    for email in was.values():
        made = product.link_tokens(SECRET, email, 1)
        assert product.owner_of(SECRET, "preferences", made["preferences"]) == email
    ids = {product.read_token(SECRET, "vote", made["vote"])[0] for made in _made(was)}
    assert len(ids) == len(was)
    assert min(ids) > 2**24, "drawn, and no row's number"


def test_who_is_on_the_list_and_what_they_got_is_as_it_was_on_sqlite(before: Outside) -> None:
    """Nobody is lost, nobody comes back, and every issue's states add up as they did."""
    expected = json.loads((FILES / "answers.json").read_text(encoding="utf-8"))
    asked = [one for one in expected if one.startswith(("subscribers show", "issue status"))]
    assert len(asked) > 10
    for command in asked:
        found = before.json(*command.split())
        assert {**found, "deliveries": None} == {**expected[command], "deliveries": None}
        kept = ("issue", "state", "code")
        assert [[one[name] for name in kept] for one in found.get("deliveries", ())] == [
            [one[name] for name in kept] for one in expected[command].get("deliveries", ())
        ]


def _made(people: dict[int, str]) -> list[dict[str, str]]:
    return [product.link_tokens(SECRET, email, 1) for email in people.values()]


def _dump() -> sqlite3.Connection:
    store = sqlite3.connect(":memory:")
    store.executescript((FILES / "store_before.sql").read_text(encoding="utf-8"))
    return store


def _revision() -> str:
    with closing(_dump()) as dump:
        ((found,),) = dump.execute("SELECT version_num FROM alembic_version")
    return str(found)


def _fill(url: str) -> None:
    """Copy the rows of every table, each value as its column takes it."""
    engine = create_engine(url)
    tables = MetaData()
    with closing(_dump()) as dump, engine.begin() as connection:
        tables.reflect(connection)
        for table in tables.sorted_tables:
            if table.name == "alembic_version" or table.name.startswith("procrastinate"):
                continue
            cursor = dump.execute(f'SELECT * FROM "{table.name}"')
            names = [one[0] for one in cursor.description]
            rows = [
                {name: _value(table, name, value) for name, value in zip(names, row, strict=True)}
                for row in cursor
            ]
            if rows:
                connection.execute(table.insert(), rows)
            for column in table.primary_key if rows else ():
                _go_on_counting(connection, table, column)
    engine.dispose()


def _value(table: Table, name: str, value: Any) -> Any:
    kind = table.c[name].type
    if value is None:
        return None
    if isinstance(kind, Boolean):
        return bool(value)
    if isinstance(kind, DateTime):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    if isinstance(kind, JSON):
        return json.loads(value)
    return bytes(value) if isinstance(kind, LargeBinary) else value


def _go_on_counting(connection: Any, table: Table, column: Any) -> None:
    """Let the next row get the number after the last one."""
    name = connection.scalar(select(func.pg_get_serial_sequence(table.name, column.name)))
    if name:
        connection.scalar(select(func.setval(name, select(func.max(column)).scalar_subquery())))
