"""digest database upgrade."""

from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli.common import CommandError, open_app
from digest.cli.database.held import renew_hashes

if TYPE_CHECKING:
    from digest.bootstrap import App
    from digest.upgrades.perform import BackupFirst, Upgraded


def upgrade(
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Try it without effect, and say what it would do.")
    ] = False,
    wait: Annotated[
        bool, typer.Option("--wait", help="Wait while something is being sent, else refuse.")
    ] = False,
    backup: Annotated[
        bool, typer.Option("--backup/--no-backup", help="Whether to make a backup first.")
    ] = True,
) -> None:
    """Bring the schema up to date, backed up first, and say what was done.

    The backup goes to `DIGEST_BACKUP_FOLDER`. It all happens in one transaction: what fails or is
    interrupted changes nothing. Processes of the version before end by themselves.
    """
    from digest.upgrades.perform import (
        ensure_nobody_sends,
        pending_steps,
        perform_upgrade,
        try_upgrade,
    )

    with open_app(migrate=False) as app:
        pending = pending_steps(app.store)
        if pending is None or not pending[1]:
            if not dry_run:
                _without_steps(app)
            print("the database is up to date")
            return
        before, steps = pending
        print(f"{app.store.name}, schema {before}:", flush=True)
        for step in steps:
            print(f"  {step.revision} {step.title}", flush=True)
        ensure_nobody_sends(app.store, wait=wait)
        if dry_run:
            _print_done("tried without effect", try_upgrade(app.store, app.clock()))
            return
        done = perform_upgrade(app.store, _backup_first(app) if backup else None)
        if done.backup:
            print(f"backed up to {done.backup}")
        _print_done("upgraded", done)
        renew_hashes(app)
    print("the database is up to date")


def _without_steps(app: "App") -> None:
    """Make the schema where there is none, and the queue's tables where they are older."""
    from digest.database import upgrade

    upgrade(app.store)
    renew_hashes(app)


def _backup_first(app: "App") -> "BackupFirst":
    from digest.upgrades.perform import BackupFirst
    from store.age import parse_recipients

    recipient = app.settings.backup_recipient
    try:
        recipients = parse_recipients(recipient) if recipient else []
    except ValueError as error:
        raise CommandError(f"DIGEST_BACKUP_RECIPIENT: {error}") from None
    return BackupFirst(app.settings.backup_folder, recipients, app.clock())


def _print_done(what: str, done: "Upgraded") -> None:
    counts = ", ".join(f"{name} {rows:,}" for name, rows in done.counts.items())
    print(
        f"{what} from {done.before} to {done.steps[-1].revision} in {done.seconds:.1f} s; "
        f"rows as before: {counts}"
    )
