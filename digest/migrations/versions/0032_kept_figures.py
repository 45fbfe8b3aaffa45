"""What was counted of an issue for its report is kept until something about it changes (decision 46)"""

import sqlalchemy as sa
from alembic import op

from store.base import Json, UtcDateTime

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

ISSUES_OF = "INSERT INTO figure_change (issue_number) SELECT issue_number FROM delivery WHERE subscriber_id = OLD.id"
ON_SQLITE = (
    f"""CREATE TRIGGER address_changes_figures AFTER UPDATE OF email_key ON subscriber
    WHEN OLD.email_key IS NOT NEW.email_key BEGIN {ISSUES_OF}; END""",
    f"CREATE TRIGGER erasure_changes_figures BEFORE DELETE ON subscriber BEGIN {ISSUES_OF}; END",
)
# Of several triggers the first by name comes first: this one before `forget_subscriber`.
ON_POSTGRESQL = (
    f"""CREATE FUNCTION change_figures() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN {ISSUES_OF}; RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END; END $$""",
    """CREATE TRIGGER address_changes_figures BEFORE UPDATE OF email_key ON subscriber FOR EACH ROW
    WHEN (OLD.email_key IS DISTINCT FROM NEW.email_key) EXECUTE FUNCTION change_figures()""",
    """CREATE TRIGGER erasure_changes_figures BEFORE DELETE ON subscriber FOR EACH ROW
    EXECUTE FUNCTION change_figures()""",
)


def upgrade() -> None:
    """Nothing is counted here: the maintenance counts quiet issues, one each minute."""
    op.create_table(
        "figure_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("issue_number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_figure_change")),
    )
    op.create_index("ix_figure_change_issue_number", "figure_change", ["issue_number"])
    op.create_table(
        "kept_figures",
        sa.Column("issue_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("stamp", sa.String(length=120), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("figures", Json(), nullable=True),
        sa.PrimaryKeyConstraint("issue_number", name=op.f("pk_kept_figures")),
    )
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in ON_SQLITE if is_sqlite else ON_POSTGRESQL:
        op.execute(statement)
