"""Commands that make a draft, or show it as one recipient would get it."""

from pathlib import Path
from typing import Annotated, Any

import typer

from digest.cli.common import (
    CommandError,
    Number,
    open_app,
    parse_moment,
)


def draft(
    schedule: Annotated[str | None, typer.Option(help="The series it belongs to.")] = None,
    as_of: Annotated[
        str | None, typer.Option(help="Pick as things stood then (a date means its end).")
    ] = None,
    first_days: Annotated[
        int | None,
        typer.Option(
            min=1, max=36500, help="How many days back the first issue of a series reaches."
        ),
    ] = None,
) -> None:
    """Pick the new comparisons and write a draft; prints its number."""
    from digest.issues.tables import MANUAL_SERIES
    from schedules.registry import find_schedule

    moment = parse_moment(as_of, "--as-of", end_of_day=True) if as_of else None
    with open_app() as app:
        if schedule is not None:
            with app.store.read() as session:
                find_schedule(session, schedule)
        # A moment to come would hide what is imported until then from the next issue.
        now = app.clock()
        number = app.issues.draft(
            schedule or MANUAL_SERIES, min(moment, now) if moment else now, first_days
        )
    print(number)


def render(
    number: Number,
    out: Annotated[Path, typer.Option(help="The folder for issue.html, .txt and .eml.")],
    recipient: Annotated[
        str | None, typer.Option("--for", metavar="EMAIL", help="As this subscriber gets it.")
    ] = None,
) -> None:
    """Write the issue as one recipient would get it."""
    from digest.message.personalization import slot_text
    from digest.message.template import MessageTemplate
    from store.files import write_private

    with open_app() as app:
        with app.store.read() as session:
            edition = app.renderer.edition(session, number)
            personalization = _personalization(app, session, edition, recipient)
        out.mkdir(parents=True, exist_ok=True)
        html = slot_text(edition.html, personalization, as_html=True)
        write_private(out / "issue.html", html.encode())
        text = slot_text(edition.text, personalization, as_html=False)
        write_private(out / "issue.txt", text.encode())
        message = MessageTemplate(edition).message(personalization, app.clock())
        write_private(out / "issue.eml", message)
    for name in ("issue.html", "issue.txt", "issue.eml"):
        print(out / name)


def test(
    number: Number, to: Annotated[str, typer.Option(metavar="EMAIL", help="Where to.")]
) -> None:
    """Send the issue to one address through the provider; its links change nothing."""
    from digest.pipeline.test_send import send_test

    with open_app() as app:
        email = send_test(app.store, app.renderer, app.provider, number, to)
    print(f"submitted to {email} through {app.provider.name}")


def preview(
    number: Annotated[int | None, typer.Argument(metavar="[N]")] = None,
    port: Annotated[int, typer.Option(help="0 takes any free one.")] = 8026,
) -> None:
    """Open the studio on an issue, on this machine only."""
    from digest.cli.processes import run_studio

    with open_app() as app:
        run_studio(app, number, port)


def _personalization(app: Any, session: Any, edition: Any, email: str | None) -> Any:
    from digest.message.personalization import Recipient
    from subscribers.service import find_subscriber

    if email is None:
        return app.renderer.sample_personalization(edition)
    person = find_subscriber(session, email)
    if person is None or person.id is None:
        raise CommandError(f"{email} is not on the list")
    recipient = Recipient(
        0,
        person.public_id,
        person.link_epoch,
        person.legacy_number,
        person.email,
        person.first_name,
        person.tracking,
    )
    return app.renderer.personalize([recipient], edition)[0]
