"""digest database upgrade."""

from digest.cli.common import open_app
from digest.cli.database.held import renew_hashes


def upgrade() -> None:
    """Bring the schema up to date."""
    from digest.database import upgrade

    with open_app(migrate=False) as app:
        upgrade(app.store)
        renew_hashes(app)
    print("the database is up to date")
