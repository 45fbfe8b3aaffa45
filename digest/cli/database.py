"""digest database: upgrade, backup, restore, hold, release, correct times."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli.common import format_time, open_app

if TYPE_CHECKING:
    from digest.bootstrap import App

app = typer.Typer(help="The database itself.", no_args_is_help=True)


@app.command("upgrade", epilog="Example: digest database upgrade")
def upgrade() -> None:
    """Bring the schema up to date."""
    from digest.database import upgrade

    with open_app(migrate=False) as app:
        upgrade(app.store)
        _renew_hashes(app)
    print("the database is up to date")


@app.command("backup", epilog="Example: digest database backup monday.db")
def backup(file: Path) -> None:
    """Copy a SQLite database while it is in use."""
    from digest.backup import backup
    from subscribers.hash_key import fingerprint_of

    with open_app() as app:
        backup(app.store, file)
        secret = app.settings.secrets[0]
    print(file)
    print(
        "the secret is not in it, and without it every link sent so far is dead: keep "
        f"DIGEST_SECRET_KEY, or secret.key, as well (fingerprint {fingerprint_of(secret)})",
        file=sys.stderr,
    )


@app.command("restore", epilog="Example: digest database restore monday.db")
def restore(file: Path) -> None:
    """Put a backup in the place of the database; everything since then is gone.

    Nothing is sent from it until `digest database release`.
    """
    from digest.backup import restore
    from subscribers.hash_key import check_secrets

    with open_app(migrate=False) as app:
        secrets = app.settings.secrets
        restore(app.store, file, app.clock(), lambda known: check_secrets(known, secrets))
        _renew_hashes(app)
        print(f"restored from {file}")
        _print_held(app)


@app.command("hold", epilog="Example: digest database hold")
def hold() -> None:
    """Let no mail out of this database: before it is copied, or on a copy for testing."""
    from digest.deliver.instance import BY_HAND
    from digest.pipeline.hold import hold

    with open_app() as app:
        with app.store.write() as session:
            hold(session, BY_HAND, app.clock())
        _print_held(app)


@app.command("release", epilog="Example: digest database release")
def release() -> None:
    """Let a database send again that was restored, copied or held; paused issues stay paused."""
    from digest.pipeline.hold import release

    with open_app() as app:
        with app.store.write() as session:
            held = release(session, app.clock())
        print("mail may be sent again" if held else "mail may be sent: nothing was held")


@app.command("correct-times", epilog="Example: digest database correct-times --apply")
def correct_times(
    *,
    apply: Annotated[
        bool, typer.Option("--apply", help="Correct them; else they are listed.")
    ] = False,
) -> None:
    """List moments later than now, which a clock that was once ahead has left; or make them now.

    See first that this machine's clock is right.
    """
    from digest.pipeline.later_moments import correct_later, find_later
    from digest.tables import metadata

    with open_app() as app:
        now = app.clock()
        with app.store.read() as session:
            found = find_later(session, metadata, now)
        if apply:
            with app.store.write() as session:
                correct_later(session, metadata, now)
    print(f"it is {format_time(now)} by this machine's clock")
    for one in found:
        print(f"{one.column}: {one.rows} later, up to {format_time(one.latest)}")
    if not found:
        print("no moment is later")
    elif apply:
        print("they are now")
    else:
        print("if the clock is right: digest database correct-times --apply")


def _renew_hashes(app: "App") -> None:
    """Remember the secrets, and write keys and hashes anew that were made by another rule."""
    from subscribers.hash_key import ensure_secrets
    from subscribers.rekey import rekey_addresses

    ensure_secrets(app.store, app.settings.secrets, app.clock())
    with app.store.write() as session:
        rekey_addresses(session, app.hasher)


def _print_held(app: "App") -> None:
    """Say what is held, and what an editor has to decide about each open issue."""
    from digest.issues.tables import IssueState
    from digest.pipeline.hold import open_issues

    with app.store.read() as session:
        issues = open_issues(session)
    print("nothing is sent from it until: digest database release")
    for number, state in issues:
        go_on = "resume" if state == IssueState.PAUSED else "send"
        print(
            f"issue {number} is {state}; if it went out meanwhile: digest issue cancel {number}, "
            f"else: digest issue {go_on} {number}"
        )


@app.command("accept-secret", epilog="Example: digest database accept-secret")
def accept_secret() -> None:
    """Go on with another secret after the one before is lost; every link sent so far is dead."""
    from digest.database import ensure_current
    from subscribers.hash_key import accept_secrets

    with open_app(migrate=False) as app:
        ensure_current(app.store)
        with app.store.write() as session:
            accept_secrets(session, app.settings.secrets, app.clock())
    print("links are made with this secret from now on; those sent before are dead")
