"""digest bounces: read."""

import typer

from digest.cli.common import CommandError, open_app

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
