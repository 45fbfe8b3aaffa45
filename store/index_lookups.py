"""Have PostgreSQL find given rows by their index."""

from sqlalchemy import text
from sqlmodel import Session

_SETTINGS = text(
    "SELECT set_config('random_page_cost', '0', true), set_config('cpu_tuple_cost', '1', true)"
)


def prefer_index_lookups(session: Session) -> None:
    """Have rows that are given by their ids found by the index, until the commit.

    PostgreSQL takes a page in memory for one on a disk, and knows too little of a table that has
    just been filled: it would read all deliveries of an issue to change a thousand, which takes ten
    times as long. Told here: pages cost nothing, each row that is looked at does (PostgreSQL
    manual, 19.7.2). SQLite's planner does so by itself.
    """
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(_SETTINGS)
