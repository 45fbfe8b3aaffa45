"""What the tables of every room stand on: names of constraints, a UTC type, the engine.

It knows no noun of the product. Importing it first is what gives every constraint a stable
name, which Alembic needs on both databases.
"""

from store.base import Json, Table, UtcDateTime, utc
from store.engine import Store, StoreError, describe_error, open_store
from store.rows import Row, as_rows, as_table, table_in

__all__ = [
    "Json",
    "Row",
    "Store",
    "StoreError",
    "Table",
    "UtcDateTime",
    "as_rows",
    "as_table",
    "describe_error",
    "open_store",
    "table_in",
    "utc",
]
