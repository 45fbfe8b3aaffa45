"""Tells whether a database has this version's schema, and upgrades it.

Every command asks, so asking takes one SELECT: Alembic is imported only where it is put to work.
"""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError

from store.engine import Store, StoreError, describe_error

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"
ON_SQLITE_ALONE = frozenset(
    {
        "fk_consent_subscriber_id_subscriber",
        "fk_delivery_issue_number_batch_position_batch",
        "fk_delivery_subscriber_id_subscriber",
    }
)
"""Constraints that PostgreSQL holds in another way (decisions 41 and 45)."""


class SchemaState(StrEnum):
    EMPTY = "empty"
    BEHIND = "behind"
    CURRENT = "current"
    AHEAD = "ahead"


def schema_state(store: Store) -> SchemaState:
    """Compare the database's schema with this version's. Raises StoreError if it can't be read."""
    known = revisions()
    try:
        with store.engine.connect() as connection:
            revision = applied_revision(connection)
            if revision is None:
                _refuse_foreign_tables(store, connection)
                return SchemaState.EMPTY
            queue = SchemaState.CURRENT if store.is_sqlite else _queue_schema(connection)
    except DBAPIError as error:
        raise StoreError(_unusable(store, error)) from None
    if revision == known[-1]:
        return queue
    return SchemaState.BEHIND if revision in known else SchemaState.AHEAD


def revisions() -> list[str]:
    """Return the revisions that this version knows, oldest first.

    They are the four digits that the migrations' files begin with; a test holds them against
    what Alembic reads in the files.
    """
    return sorted(path.name[:4] for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))


def upgrade(store: Store, revision: str = "head") -> None:
    """Bring the schema up to date, or make it in an empty database. Raises StoreError.

    An earlier `revision` is for a copy of a store that has it.
    """
    ensure_not_ahead(store)
    with store.engine.begin() as connection:
        migrate(connection, revision)
    if not store.is_sqlite:
        from digest.queue import schema  # noqa: PLC0415 - PostgreSQL alone needs that library

        schema.upgrade(store.engine)


def migrate(connection: Connection, revision: str = "head") -> None:
    """Run the migrations up to `revision` in the transaction of `connection`."""
    from alembic import command  # noqa: PLC0415 - see the module's docstring

    config = _alembic_config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def ensure_not_ahead(store: Store) -> SchemaState:
    """Return the state of the schema. Raises StoreError if it is of a newer version."""
    schema = schema_state(store)
    if schema is SchemaState.AHEAD:
        raise StoreError(_from_the_future(store))
    return schema


def ensure_current(store: Store) -> bool:
    """Make the schema in an empty database, and return whether it was made.

    Raises StoreError if it is of another version.
    """
    is_empty = schema_state(store) is SchemaState.EMPTY
    if is_empty:
        upgrade(store)
    elif wrong := version_error(store):
        raise StoreError(wrong)
    store.schema = revisions()[-1]
    return is_empty


def version_error(store: Store) -> str:
    """Return in a line why this version can't work with the schema; empty if it can.

    Raises StoreError if it can't be read.
    """
    schema = schema_state(store)
    if schema is SchemaState.AHEAD:
        return _from_the_future(store)
    if schema is SchemaState.BEHIND:
        return (
            f"the database {store.name} is from an older version; "
            "bring it up to date with: digest database upgrade (it is backed up first)"
        )
    return ""


def schema_drift(store: Store) -> list[str]:
    """Return what differs between the database's tables and those in the code, a line each."""
    from alembic.autogenerate import compare_metadata  # noqa: PLC0415 - for tests only
    from alembic.runtime.migration import MigrationContext  # noqa: PLC0415 - as above

    from digest.tables import metadata  # noqa: PLC0415 - as above

    with store.engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                # The queue's tables are its library's, and so are their changes.
                "include_name": lambda name, kind, _: (
                    not (kind == "table" and str(name).startswith("procrastinate_"))
                ),
                "include_object": lambda _thing, name, *_: (
                    store.is_sqlite or name not in ON_SQLITE_ALONE
                ),
            },
        )
        return [str(one) for one in compare_metadata(context, metadata)]


def applied_revision(connection: Connection) -> str | None:
    """Return what Alembic wrote down in the database; None where it never ran."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).first()
    return None if found is None else str(found[0])


def _refuse_foreign_tables(store: Store, connection: Connection) -> None:
    foreign = set(inspect(connection).get_table_names()) - {"alembic_version"}
    if foreign:
        msg = (
            f"the database {store.name} holds tables of "
            f"something else ({', '.join(sorted(foreign)[:3])}); name another"
        )
        raise StoreError(msg)


def _queue_schema(connection: Connection) -> SchemaState:
    """Compare Procrastinate's tables with the library that is installed."""
    from digest.queue import schema  # noqa: PLC0415 - PostgreSQL alone needs that library

    before, now = schema.applied_version(connection), schema.latest_version()
    if before == now:
        return SchemaState.CURRENT
    return SchemaState.AHEAD if before is not None and before > now else SchemaState.BEHIND


def _alembic_config() -> "Config":
    from alembic.config import Config  # noqa: PLC0415 - see the module's docstring

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    return config


def _from_the_future(store: Store) -> str:
    return (
        f"the database {store.name} is from a newer version of this "
        "program; install that version, or restore a backup made with this one"
    )


def _unusable(store: Store, error: DBAPIError) -> str:
    return f"the database {store.name} can't be used: {describe_error(error)}"
