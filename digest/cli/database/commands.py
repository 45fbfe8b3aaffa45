"""digest database: the group of commands; hold, release, correct times, another secret."""

from typing import Annotated

import typer

from digest.cli.common import format_time, open_app
from digest.cli.database import backups, upgrades
from digest.cli.database.held import print_held
from digest.cli.database.recount import recount

app = typer.Typer(help="The database itself.", no_args_is_help=True)
app.command("upgrade", epilog="Example: digest database upgrade --dry-run")(upgrades.upgrade)
app.command("backup", epilog="Example: digest database backup monday.db")(backups.backup)
app.command("backups", epilog="Example: digest database backups --json")(backups.backups)
app.command("verify", epilog="Example: digest database verify monday.db")(backups.verify)
app.command("restore", epilog="Example: digest database restore monday.db")(backups.restore)
app.command("copy", epilog="Example: digest database copy postgresql://digest@localhost/digest")(
    backups.copy
)
app.command("recount", epilog="Example: digest database recount")(recount)


@app.command("hold", epilog="Example: digest database hold")
def hold() -> None:
    """Let no mail out of this database: before it is copied, or on a copy for testing."""
    from digest.deliver.instance import BY_HAND
    from digest.pipeline.hold import hold

    with open_app() as app:
        with app.store.write() as session:
            hold(session, BY_HAND, app.clock())
        print_held(app)


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
