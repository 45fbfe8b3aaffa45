"""Sources of comparisons, the pages they named, their fetches, and robots.txt files"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString

import store.base

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

KINDS = ("feed", "sitemap", "page", "json", "folder")
FIRST = ("seen", "new")
PAGE_STATES = ("seen", "waiting", "read", "refused", "gone")
FETCH_STATES = ("unchanged", "done", "failed")


def upgrade() -> None:
    moment = store.base.UtcDateTime(timezone=True)
    op.create_table(
        "source",
        sa.Column("documents", store.base.Json(), nullable=False),
        sa.Column("worker_id", sa.BigInteger(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", AutoString(length=64), nullable=False),
        sa.Column("kind", AutoString(length=16), nullable=False),
        sa.Column("location", AutoString(length=2000), nullable=False),
        sa.Column("match", AutoString(length=200), nullable=False),
        sa.Column("every_minutes", sa.Integer(), nullable=False),
        sa.Column("first", AutoString(length=8), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("next_at", moment, nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("error", AutoString(length=500), nullable=False),
        sa.Column("read_at", moment, nullable=True),
        sa.Column("brought_at", moment, nullable=True),
        sa.Column("warned_for", moment, nullable=True),
        _one_of("source", "kind", KINDS),
        _one_of("source", "first", FIRST),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source")),
        sa.UniqueConstraint("name", name=op.f("uq_source_name")),
    )
    op.create_index("ix_source_next_at", "source", ["next_at"])
    op.create_table(
        "source_page",
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", AutoString(length=64), nullable=False),
        sa.Column("location", AutoString(length=2000), nullable=False),
        sa.Column("version", AutoString(length=64), nullable=False),
        sa.Column("state", AutoString(length=16), nullable=False),
        sa.Column("dated", moment, nullable=True),
        sa.Column("etag", AutoString(length=500), nullable=False),
        sa.Column("last_modified", AutoString(length=500), nullable=False),
        sa.Column("digest", AutoString(length=64), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("retry_at", moment, nullable=True),
        sa.Column("note", AutoString(length=500), nullable=False),
        sa.Column("found_at", moment, nullable=False),
        sa.Column("read_at", moment, nullable=True),
        _one_of("source_page", "state", PAGE_STATES),
        _belongs_to_source("source_page"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_page")),
        sa.UniqueConstraint("source_id", "key", name=op.f("uq_source_page_source_id_key")),
    )
    op.create_index("ix_source_page_source_id_state", "source_page", ["source_id", "state"])
    op.create_table(
        "source_fetch",
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("lines", store.base.Json(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("state", AutoString(length=16), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.Column("listed", sa.Integer(), nullable=False),
        sa.Column("new", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.Column("note", AutoString(length=500), nullable=False),
        _one_of("source_fetch", "state", FETCH_STATES),
        _belongs_to_source("source_fetch"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_fetch")),
    )
    op.create_index("ix_source_fetch_source_id_at", "source_fetch", ["source_id", "at"])
    op.create_table(
        "robots_file",
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("origin", AutoString(length=300), nullable=False),
        sa.Column("fetched_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_robots_file")),
        sa.UniqueConstraint("origin", name=op.f("uq_robots_file_origin")),
    )


def _one_of(table: str, column: str, values: tuple[str, ...]) -> sa.CheckConstraint:
    return sa.CheckConstraint(
        " OR ".join(f"{column} = '{one}'" for one in values), name=op.f(f"ck_{table}_{column}")
    )


def _belongs_to_source(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["source_id"],
        ["source.id"],
        name=op.f(f"fk_{table}_source_id_source"),
        ondelete="CASCADE",
    )
