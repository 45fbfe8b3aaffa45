"""digest database: backup, backups, verify, restore, copy."""

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from digest.cli.common import (
    AsJson,
    CommandError,
    format_time,
    open_app,
    open_reader,
    print_json,
    print_rows,
)
from digest.cli.database.held import print_held, renew_hashes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from store.copying.rows import Progress

Identity = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="The age identity or SSH key that opens an encrypted one."),
]


def backup(
    file: Path,
    recipient: Annotated[
        str | None,
        typer.Option(
            metavar="AGE1...", help="Encrypt it for these, separated by commas; '' for nobody."
        ),
    ] = None,
) -> None:
    """Back up the database while it is in use, and prove the backup by restoring it aside.

    The file is a SQLite database whichever kind this one is. `DIGEST_BACKUP_RECIPIENT` is who it is
    encrypted for, unless --recipient says otherwise.
    """
    from digest.backups.contents import contents_words
    from digest.backups.create import create_backup
    from store.age import parse_recipients
    from subscribers.hash_key import fingerprint_of

    with open_app() as app, _progress() as progress:
        given = app.settings.backup_recipient if recipient is None else recipient
        try:
            recipients = parse_recipients(given) if given else []
        except ValueError as error:
            raise CommandError(f"--recipient: {error}") from None
        found = create_backup(app.store, file, app.clock(), recipients, progress)
        secret = app.settings.secrets[0]
    print(file)
    print(
        f"it was restored aside and has {contents_words(found.contents)}; "
        "the secret is not in it, and without it every link sent so far is dead: keep "
        f"DIGEST_SECRET_KEY, or secret.key, as well (fingerprint {fingerprint_of(secret)})",
        file=sys.stderr,
    )
    if found.wrong:
        raise CommandError(f"{file} was made, but its counts are wrong: {found.wrong[0]}")


def backups(*, as_json: AsJson = False) -> None:
    """List the backups that were made on schedule (`DIGEST_BACKUP_EVERY`), the newest first."""
    from digest.backup_runs.runs import all_runs
    from store.durations import minutes_words

    with open_reader() as reader:
        with reader.store.read() as session:
            runs = all_runs(session)
        every, folder = reader.settings.backup_minutes, reader.settings.backup_folder
    if as_json:
        print_json([one.as_json() for one in runs])
        return
    if every:
        print(f"every {minutes_words(every)} into {folder}")
    else:
        print("none are made on schedule: set DIGEST_BACKUP_EVERY=1d")
    if runs:
        print_rows(
            ("no", "begun", "state", "MB", "file"),
            [
                (
                    one.number,
                    format_time(one.begun_at),
                    one.state,
                    f"{one.size / 1e6:.1f}" if one.size else "-",
                    one.note or one.file,
                )
                for one in runs
            ],
        )


def verify(file: Path, identity: Identity = None, *, as_json: AsJson = False) -> None:
    """Restore a backup aside, migrate it, check its counts, and say what is in it.

    Nothing of this installation is changed. Exit 1 if it can't be restored or its counts are wrong.
    """
    from digest.backups.restore import work_folder
    from digest.backups.verify import verified_lines, verify_backup
    from digest.settings import read_settings
    from store.engine import open_store
    from subscribers.hash_key import fingerprint_of

    settings = read_settings()
    store = open_store(settings.database_url)
    try:
        found = verify_backup(file, work_folder(store), _identities(identity))
    finally:
        store.close()
    ours = {fingerprint_of(secret) for secret in settings.secrets}
    fits = not found.fingerprints or bool(ours & set(found.fingerprints))
    if as_json:
        print_json(found.as_json() | {"fits_secret": fits})
    else:
        for line in verified_lines(found):
            print(line)
        print(
            "the secret of this installation is one of them"
            if fits
            else "the secret of this installation is none of them: links in it would be dead here"
        )
        if not found.wrong:
            print("it is whole, and its counts agree")
    if found.wrong:
        raise CommandError("" if as_json else f"{file}: {len(found.wrong)} counts are wrong")


def restore(file: Path, identity: Identity = None) -> None:
    """Put a backup in the place of the database; everything since then is gone.

    Nothing is sent from it until `digest database release`.
    """
    from digest.backups.restore import restore_backup
    from subscribers.hash_key import check_secrets

    with open_app(migrate=False) as app:
        secrets = app.settings.secrets
        with _progress() as progress:
            restore_backup(
                app.store,
                file,
                app.clock(),
                lambda known: check_secrets(known, secrets),
                identities=_identities(identity),
                progress=progress,
            )
        renew_hashes(app)
        print(f"restored from {file}")
        print_held(app)


def copy(
    to: Annotated[
        str, typer.Argument(metavar="TO", help="postgresql://user@host/name, or sqlite:///FILE.")
    ],
) -> None:
    """Copy the whole database into another, empty one: from SQLite to PostgreSQL, or back.

    The copy is held like a restored backup; this database stays as it is. Give the password by
    PGPASSWORD or ~/.pgpass: arguments are seen by others on the machine.
    """
    from digest.backups.contents import contents_lines
    from digest.backups.copy_to import copy_store
    from store.engine import open_store

    with open_app() as app:
        with _progress() as progress:
            contents = copy_store(app.store, to, app.clock(), progress)
        target = open_store(to)
        name = target.name
        target.close()
        print(f"copied {app.store.name} to {name}; every row is the same in both")
        for line in contents_lines(contents):
            print(line)
        print(
            "go on with it: stop the processes, set DIGEST_DATABASE_URL to it and "
            "DIGEST_SECRET_KEY to this secret (secret.key beside a SQLite database), start, and "
            "let it send with: digest database release"
        )


def _identities(file: Path | None) -> list[Any]:
    from store.age import read_identities

    return read_identities(file) if file else []


@contextmanager
def _progress() -> "Iterator[Progress]":
    """Show which table is being copied, and how far it is."""
    from digest.cli.progress_bar import ProgressBar

    with ProgressBar(0) as bar:

        def show(table: str, rows: int) -> None:
            if bar.is_due():
                bar.show(0, f"{table}: {rows:,} rows")

        yield show
