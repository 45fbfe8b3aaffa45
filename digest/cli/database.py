"""digest database: upgrade, backup, restore."""

from pathlib import Path

import typer

from digest.cli.common import open_app

app = typer.Typer(help="The database itself.", no_args_is_help=True)


@app.command("upgrade", epilog="Example: digest database upgrade")
def upgrade() -> None:
    """Bring the schema up to date."""
    from digest.database import upgrade

    with open_app(migrate=False) as app:
        upgrade(app.store)
    print("the database is up to date")


@app.command("backup", epilog="Example: digest database backup monday.db")
def backup(file: Path) -> None:
    """Copy a SQLite database while it is in use."""
    from digest.database import backup

    with open_app() as app:
        backup(app.store, file)
    print(file)


@app.command("restore", epilog="Example: digest database restore monday.db")
def restore(file: Path) -> None:
    """Put a backup in the place of the database; everything since then is gone."""
    from digest.database import ensure_current, restore

    with open_app(migrate=False) as app:
        restore(app.store, file)
        ensure_current(app.store)
    print(f"restored from {file}")
