"""digest subscribers: import, export, add, show, erase, unsubscribe."""

from typing import Annotated, Any

import typer

from digest.cli.common import CommandError, format_time, open_app, print_json
from digest.cli.readers.transfer import export, import_, initial_status

app = typer.Typer(help="The subscriber list.", no_args_is_help=True)

ADDED_WORDING = "Added by an operator on the command line."

Status = Annotated[str, typer.Option(metavar="active|pending", help="Their status.")]


app.command("import", epilog="Example: digest subscribers import list.csv --status active")(import_)
app.command("export", epilog="Example: digest subscribers export list.csv")(export)


@app.command("add", epilog="Example: digest subscribers add ana@example.org --name Ana")
def add(
    email: str,
    name: Annotated[str, typer.Option(help="First name.")] = "",
    status: Status = "active",
) -> None:
    """Add one subscriber."""
    from subscribers.service import Added, AlreadySubscribed, add_subscriber

    with open_app() as app, app.store.write() as session:
        result = add_subscriber(
            session,
            app.hasher,
            email,
            first_name=name,
            status=initial_status(status),
            source="command line",
            wording=ADDED_WORDING,
            now=app.clock(),
        )
    if isinstance(result, AlreadySubscribed):
        raise CommandError(f"{email} is already on the list: {result.status}")
    if not isinstance(result, Added):
        raise CommandError(f"{email} can't be added: {result.reason}")
    print(f"{email} is {status}")


@app.command("show", epilog="Example: digest subscribers show ana@example.org --json")
def show(
    email: str,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON alone.")] = False,
) -> None:
    """Show everything that is stored about a subscriber."""
    with open_app() as app, app.store.read() as session:
        found = _everything(app, session, email)
    if as_json:
        print_json(found)
        return
    print(f"{found['email']}  {found['status']}")
    if found["suppression"]:
        print(f"  suppressed: {found['suppression']['reason']}")
    for lift in found["lifts"]:
        print(f"  {format_time(lift['at'])}  suppression removed by {lift['who']}: {lift['why']}")
    for consent in found["consents"]:
        print(f"  {format_time(consent['at'])}  {consent['kind']}: {consent['wording']}")
    for delivery in found["deliveries"]:
        print(f"  {format_time(delivery['at'])}  issue {delivery['issue']}: {delivery['state']}")


@app.command("confirm", epilog="Example: digest subscribers confirm --rate 200")
def confirm(
    *,
    rate: Annotated[
        int, typer.Option(min=1, help="How many confirmations an hour are sent.")
    ] = 100,
    run: Annotated[
        int | None, typer.Option(metavar="RUN", help="Only those added by that import.")
    ] = None,
    why: Annotated[
        str,
        typer.Option(help="Send nothing: make them active on your word, for this reason."),
    ] = "",
    who: Annotated[str, typer.Option(help="Who gives that word.")] = "",
) -> None:
    """Ask pending subscribers by mail, or take an operator's word for them; the reason is kept."""
    from digest.cli.readers.pending import confirm_pending

    confirm_pending(rate, run, " ".join(who.split()), " ".join(why.split()))


@app.command("erase", epilog="Example: digest subscribers erase ana@example.org")
def erase(email: str) -> None:
    """Forget a subscriber; only a keyed hash stays, so that no import brings them back."""
    from digest.readers.erasure import erase_email

    with open_app() as app:
        with app.store.write() as session:
            known = erase_email(session, app.hasher, email, app.clock())
        app.store.truncate_log()
    print(
        f"{email} is erased"
        if known
        else f"{email} was not on the list; no import brings it there from now on"
    )


@app.command(
    "void-links",
    epilog='Example: digest subscribers void-links ana@example.org --because "asked by mail"',
)
def void_links(
    email: Annotated[str | None, typer.Argument(metavar="[EMAIL]")] = None,
    all_: Annotated[bool, typer.Option("--all", help="Of everybody.")] = False,
    because: Annotated[str, typer.Option(help="Why; it is kept.")] = "",
) -> None:
    """Make the links sent so far void, but for unsubscribing. The next mail brings new ones."""
    import getpass

    from subscribers.links import void_all_links
    from subscribers.links import void_links as void_links_of
    from subscribers.service import find_subscriber

    if (email is None) is not all_:
        raise typer.BadParameter("name one EMAIL, or everybody with --all")
    if not because.strip():
        raise typer.BadParameter("--because is missing: say why, it is kept")
    with open_app() as app, app.store.write() as session:
        values: Any = {"who": getpass.getuser(), "because": because, "now": app.clock()}
        if email is None:
            print(f"the links of {void_all_links(session, **values)} subscribers are void")
            return
        person = find_subscriber(session, email)
        if person is None or person.id is None:
            raise CommandError(f"{email} is not on the list")
        void_links_of(session, person.id, **values)
    print(f"the links sent to {email} so far are void; unsubscribing by them still works")


@app.command("unsubscribe", epilog="Example: digest subscribers unsubscribe ana@example.org")
def unsubscribe(email: str) -> None:
    """Unsubscribe somebody who asked for it in another way."""
    from subscribers.service import find_subscriber
    from subscribers.service import unsubscribe as leave

    with open_app() as app, app.store.write() as session:
        person = find_subscriber(session, email)
        if person is None or person.id is None:
            raise CommandError(f"{email} is not on the list")
        leave(session, app.hasher, person.id, source="command line", now=app.clock())
    print(f"{email} is unsubscribed")


def _everything(app: Any, session: Any, email: str) -> dict[str, Any]:
    from digest.deliver.ledger.queries import deliveries_to
    from subscribers.addresses import parse_address
    from subscribers.consent import consents_of
    from subscribers.preferences import preferences_of
    from subscribers.service import find_subscriber
    from subscribers.suppression import find_suppression
    from subscribers.suppression_removal import removals_of

    person = find_subscriber(session, email)
    if person is None or person.id is None:
        raise CommandError(f"{email} is not on the list")
    hashed = app.hasher.hash(parse_address(email).key)
    suppression = find_suppression(session, hashed)
    consents = consents_of(session, person.id)
    deliveries = deliveries_to(session, person.id)
    chosen = preferences_of(session, person)
    return {
        "email": person.email,
        "first_name": person.first_name,
        "status": person.status,
        "preferences": {
            "frequency": chosen.frequency,
            "time_zone": chosen.zone,
            "categories": sorted(chosen.categories),
            "tools": sorted(chosen.tools),
            "paused_until": person.paused_until,
            "tracking": person.tracking,
        },
        "consents": [one.model_dump(exclude={"id", "subscriber_id"}) for one in consents],
        "suppression": (
            {"reason": suppression.reason, "note": suppression.note, "at": suppression.at}
            if suppression
            else None
        ),
        "lifts": [
            one.model_dump(exclude={"id", "address_hash"})
            for one in removals_of(session, person.address_hash)
        ],
        "deliveries": [
            {"issue": one.issue_number, "state": one.state, "code": one.code, "at": one.changed_at}
            for one in deliveries
        ],
    }
