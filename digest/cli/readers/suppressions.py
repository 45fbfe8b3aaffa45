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
    "lift", epilog='Example: digest suppressions lift ana@example.org --who Ed --why "she wrote"'
)
def lift(
    email: str,
    who: Annotated[str, typer.Option(help="Who decides it.")],
    why: Annotated[str, typer.Option(help="For what reason.")],
) -> None:
    """Remove a suppression; keeps who did it and why. An unsubscribed reader stays so."""
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
