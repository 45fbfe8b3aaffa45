"""Commands that take an issue from approval to its end, or try deliveries again."""

from typing import Annotated

import typer

from digest.cli.common import (
    CommandError,
    Number,
    format_time,
    open_app,
    parse_moment,
)


def schedule(
    number: Number, at: Annotated[str, typer.Option(metavar="TIME", help="ISO time.")]
) -> None:
    """Send an approved issue at a time; a worker must run then."""
    moment = parse_moment(at, "--at")
    with open_app() as app:
        app.issues.schedule(number, moment)
    print(f"issue {number} goes out at {format_time(moment)}")


def unschedule(number: Number) -> None:
    """Take a scheduled issue's time away; its approval stays."""
    with open_app() as app:
        app.issues.unschedule(number)
    print(f"issue {number} is not scheduled any more; it is still approved")


def pause(number: Number) -> None:
    """Stop sending after the batch in hand."""
    with open_app() as app:
        app.issues.pause(number)
    print(f"issue {number} is paused; go on with: digest issue resume {number}")


def resume(
    number: Number,
    accept_refusals: Annotated[
        bool,
        typer.Option(
            "--accept-refusals", help="Count refusals, and do not hold it for them again."
        ),
    ] = False,
) -> None:
    """Go on sending a paused issue, or one that was held for what the server answered."""
    with open_app() as app:
        app.issues.resume(number, accept_refusals=accept_refusals)
    print(f"issue {number} is sending; a worker, or `digest issue send {number}`, goes on")


def cancel(number: Number) -> None:
    """Stop an issue for good; the account of who got it stays."""
    with open_app() as app:
        app.issues.cancel(number)
    print(f"issue {number} is cancelled")


def send(
    number: Number,
    detach: Annotated[bool, typer.Option(help="Leave it to the workers.")] = False,
) -> None:
    """Send an approved issue to everybody, to the end. Run it again to go on after a crash."""
    from digest.cli.issue.send import send_in_foreground

    with open_app() as app:
        send_in_foreground(app, number, detach=detach)


def resend(
    number: Number,
    uncertain: Annotated[bool, typer.Option("--uncertain", help="The uncertain ones.")] = False,
    failed: Annotated[bool, typer.Option("--failed", help="The failed ones.")] = False,
    to: Annotated[str | None, typer.Option(metavar="EMAIL", help="Only this one.")] = None,
) -> None:
    """Send again to uncertain or failed recipients; an uncertain one may get it twice."""
    from digest.deliver.tables import DeliveryState

    chosen = {DeliveryState.UNCERTAIN: uncertain, DeliveryState.FAILED: failed}
    states = [state for state, wanted in chosen.items() if wanted]
    if not states:
        raise typer.BadParameter("choose recipients: --uncertain, --failed or both")
    with open_app() as app:
        count = app.issues.resend(number, states, _key(to))
    if not count:
        raise CommandError(f"issue {number} has no such recipient")
    print(f"{count} queued again; a worker, or `digest issue send {number}`, sends them")


def give_up(
    number: Number,
    to: Annotated[str | None, typer.Option(metavar="EMAIL", help="Only this one.")] = None,
) -> None:
    """Count uncertain recipients as failed."""
    with open_app() as app:
        count = app.issues.give_up(number, _key(to))
    print(f"{count} given up")


def _key(email: str | None) -> str | None:
    from subscribers.addresses import parse_address

    return parse_address(email).key if email else None
