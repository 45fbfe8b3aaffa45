"""PostgreSQL checks the subscribers of consents once a statement, not row by row (decision 45)

Whoever was added by the same transaction is seen by no other one, and needs no lock. The others
are locked as a foreign key would: who deletes one of them waits, or was first and is missed here.
A trigger that is called `refers_to_` and a table tells copies of a database which comes first.
"""

from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

# Settings of a function: rows are looked up by key, whatever the list was like when it was planned.
STATEMENTS = (
    """
    CREATE FUNCTION check_consents() RETURNS trigger LANGUAGE plpgsql
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
    BEGIN
        IF NOT EXISTS (
            SELECT FROM added LEFT JOIN subscriber person ON person.id = added.subscriber_id
            WHERE person.id IS NULL OR person.xmin <> pg_current_xact_id()::xid
        ) THEN
            RETURN NULL;
        END IF;
        PERFORM FROM subscriber WHERE id IN (SELECT subscriber_id FROM added)
        ORDER BY id FOR KEY SHARE;
        IF EXISTS (
            SELECT FROM added LEFT JOIN subscriber person ON person.id = added.subscriber_id
            WHERE person.id IS NULL
        ) THEN
            RAISE foreign_key_violation USING
                MESSAGE = 'a consent names a subscriber that there is none of',
                TABLE = 'consent', CONSTRAINT = 'refers_to_subscriber';
        END IF;
        RETURN NULL;
    END $$
    """,
    """
    CREATE FUNCTION check_consent() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM FROM subscriber WHERE id = NEW.subscriber_id FOR KEY SHARE;
        IF NOT FOUND THEN
            RAISE foreign_key_violation USING
                MESSAGE = 'a consent names a subscriber that there is none of',
                TABLE = 'consent', CONSTRAINT = 'refers_to_subscriber';
        END IF;
        RETURN NULL;
    END $$
    """,
    """
    CREATE FUNCTION forget_consents() RETURNS trigger LANGUAGE plpgsql
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
    BEGIN
        DELETE FROM consent WHERE subscriber_id IN (SELECT id FROM deleted);
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER refers_to_subscriber AFTER INSERT ON consent
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION check_consents()
    """,
    """
    CREATE TRIGGER moves_to_subscriber AFTER UPDATE OF subscriber_id ON consent
    FOR EACH ROW EXECUTE FUNCTION check_consent()
    """,
    """
    CREATE TRIGGER forget_consents AFTER DELETE ON subscriber
    REFERENCING OLD TABLE AS deleted FOR EACH STATEMENT EXECUTE FUNCTION forget_consents()
    """,
)


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    op.drop_constraint(op.f("fk_consent_subscriber_id_subscriber"), "consent", type_="foreignkey")
    for statement in STATEMENTS:
        op.execute(statement)
