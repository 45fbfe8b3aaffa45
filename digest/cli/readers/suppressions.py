"""digest suppressions: list, lift."""

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

app = typer.Typer(help="Addresses that must not be mailed.", no_args_is_help=True)


@app.command("list", epilog="Example: digest suppressions list --most 20")
def list_(
    most: Annotated[int, typer.Option(min=1, help="At most so many, the newest.")] = 100,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON alone.")] = False,
) -> None:
    """List suppressed addresses and the reasons, newest first."""
    from subscribers.suppression_removal import newest_suppressions

    with open_reader() as reader, reader.store.read() as session:
        found = newest_suppressions(session, most)
    if as_json:
        print_json(
            [
                {"email": one.email, "reason": one.reason, "note": one.note, "at": one.at}
                for one in found
            ]
        )
        return
    print_rows(
        ("since", "reason", "address", "note"),
        [(format_time(one.at), one.reason, one.email or "(erased)", one.note) for one in found],
    )


@app.command(
    "lift", epilog='Example: digest suppressions lift --issue 12 --who Ed --because "wrong relay"'
)
def lift(
    email: Annotated[str | None, typer.Argument(help="One address; or else --issue, --reason.")] = (
        None
    ),
    issue: Annotated[
        int | None, typer.Option(metavar="N", help="All that bounced with this issue.")
    ] = None,
    reason: Annotated[
        str | None, typer.Option(help="All for this reason: bounced or complained.")
    ] = None,
    who: Annotated[str | None, typer.Option(help="Who decides it.")] = None,
    why: Annotated[str | None, typer.Option("--why", "--because", help="For what reason.")] = None,
) -> None:
    """Remove a suppression, or many; keeps who did it and why. An unsubscribed reader stays so."""
    if sum(one is not None for one in (email, issue, reason)) != 1:
        raise typer.BadParameter("say which: an address, --issue N or --reason bounced")
    if who is None or why is None:
        raise typer.BadParameter("say who decides it and for what reason: --who and --because")
    if reason not in {None, "bounced", "complained"}:
        raise typer.BadParameter("--reason is bounced or complained")
    if email is None:
        _lift_many(issue, reason, who, why)
    else:
        _lift_one(email, who, why)


def _lift_many(issue: int | None, reason: str | None, who: str, why: str) -> None:
    from digest.deliver.ledger.queries import suppressed_by
    from digest.issues.lifecycle import find_issue
    from subscribers.suppression_removal import remove_suppressions, suppressed_for

    with open_app() as app, app.store.write() as session:
        if issue is not None:
            find_issue(session, issue)
            found = suppressed_by(session, issue)
        else:
            found = list(suppressed_for(session, reason or ""))
        count = remove_suppressions(session, found, who=who, why=why, now=app.clock())
    if not count:
        raise CommandError("nobody is suppressed so")
    print(f"{count:,} are no longer suppressed")


def _lift_one(email: str, who: str, why: str) -> None:
    from subscribers.addresses import parse_address
    from subscribers.service import find_subscriber
    from subscribers.suppression_removal import remove_suppression

    with open_app() as app, app.store.write() as session:
        person = find_subscriber(session, email)
        key = app.hasher.hash(parse_address(email).key)
        # The stored hash differs from the current one if the secret was changed since.
        hashes = {key, person.address_hash} if person else {key}
        removed = [
            remove_suppression(session, one, who=who, why=why, now=app.clock())
            for one in sorted(hashes)
        ]
        status = person.status if person else None
    if not any(removed):
        raise CommandError(f"{email} is not suppressed")
    print(
        f"{email} is no longer suppressed; "
        + (f"the subscriber is {status}" if status else "not on the list")
    )
