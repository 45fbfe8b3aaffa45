"""digest bounces: read, list."""

from typing import Annotated

import typer

from digest.cli.common import (
    CommandError,
    format_time,
    open_app,
    open_reader,
    print_json,
    print_rows,
)

app = typer.Typer(help="What comes back by mail.", no_args_is_help=True)


@app.callback()
def bounces() -> None:
    """What comes back by mail."""


@app.command("read", epilog="Example: digest bounces read")
def read() -> None:
    """Read the bounce mailbox now; the worker does so every minute by itself."""
    with open_app() as app:
        if app.bounces is None:
            raise CommandError(
                "DIGEST_BOUNCE_MAILBOX is not set; it should look like "
                "maildir:///var/mail/bounces or imaps://user:password@host/INBOX"
            )
        tally = app.bounces.read()
    print(tally)


@app.command("list", epilog="Example: digest bounces list --undecided")
def list_(
    most: Annotated[int, typer.Option(min=1, help="At most so many, the newest.")] = 100,
    undecided: Annotated[
        bool,
        typer.Option(
            "--undecided",
            help="Only what was not understood, and who asks in words to unsubscribe.",
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON alone.")] = False,
) -> None:
    """What came to the bounce mailbox and what it meant, newest first."""
    from digest.track.bounces.listing import UNDECIDED, inbound_messages

    with open_reader() as reader, reader.store.read() as session:
        found = inbound_messages(session, most, meanings=UNDECIDED if undecided else ())
    if as_json:
        print_json([one._asdict() for one in found])
        return
    print_rows(
        ("read", "message", "meaning", "subscriber", "note"),
        [
            (format_time(one.read_at), one.name, one.meaning, one.email or "", one.note)
            for one in found
        ],
    )
