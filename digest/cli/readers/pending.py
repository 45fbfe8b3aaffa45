"""Runs `digest subscribers confirm` and `import --undo`: pending people, and imports taken back."""

from digest.cli.common import CommandError, open_app


def confirm_pending(rate: int, run: int | None, who: str, why: str) -> None:
    """Ask pending subscribers by mail, or make them active for a reason that is kept."""
    from digest.readers.pending import confirm_by_word, invite_pending

    if bool(who) != bool(why):
        raise CommandError("a word is somebody's and has a reason: --who and --why")
    with open_app() as app:
        now = app.clock()
        if why:
            count = confirm_by_word(app.store, who=who, why=why, now=now, run=run)
            print(f"{count} are active")
            return
        count = invite_pending(app.store, rate, now, run)
    hours = count / rate
    print(f"{count} are asked by mail, {rate} an hour: the last in {hours:.1f} hours")


def undo_run(number: int) -> None:
    """Undo an import. Raises CommandError if there is none, or it was undone."""
    from digest.readers.pending import never_mailed
    from subscribers.transfer.undo import UndoError, undo_import

    with open_app() as app:
        try:
            done = undo_import(app.store, number, never_mailed(), app.clock())
        except UndoError as error:
            raise CommandError(str(error)) from None
    print(
        f"{done.people} removed, {done.suppressions} suppressions removed, "
        f"{done.kept} kept who were mailed or acted since"
    )
