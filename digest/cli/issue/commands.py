"""digest issue: from draft to finished."""

from pathlib import Path
from typing import Annotated, Any

import typer

from digest.cli.common import (
    AsJson,
    CommandError,
    Number,
    format_time,
    open_app,
    parse_moment,
    print_json,
    print_rows,
)
from digest.cli.issue.approval import approve, check

app = typer.Typer(help="Issues: drafted, checked, approved, sent.", no_args_is_help=True)


@app.command("draft", epilog="Example: digest issue draft --schedule weekly")
def draft(
    schedule: Annotated[str | None, typer.Option(help="The series it belongs to.")] = None,
    as_of: Annotated[
        str | None, typer.Option(help="Pick as things stood then (a date means its end).")
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
        number = app.issues.draft(schedule or MANUAL_SERIES, min(moment, now) if moment else now)
    print(number)


@app.command("list", epilog="Example: digest issue list --json")
def list_(as_json: AsJson = False) -> None:
    """Every issue, newest first."""
    from sqlmodel import col, select

    from digest.issues.tables import Issue

    with open_app() as app, app.store.read() as session:
        issues = list(session.exec(select(Issue).order_by(col(Issue.number).desc())))
    if as_json:
        print_json([_brief(one) for one in issues])
        return
    if not issues:
        print("no issues yet; digest issue draft")
        return
    rows = [
        (one.number, one.state, one.series, format_time(one.as_of), one.subject) for one in issues
    ]
    print_rows(("no", "state", "series", "as of", "subject"), rows)


@app.command("show", epilog="Example: digest issue show 3")
def show(number: Number, as_json: AsJson = False) -> None:
    """What is in an issue, why, and what was left out and why."""
    from sqlmodel import col, select

    from digest.catalog.tables import Comparison
    from digest.issues.lifecycle import find_issue
    from digest.issues.tables import Pick
    from digest.pipeline.overrides import all_overrides

    with open_app() as app, app.store.read() as session:
        issue = find_issue(session, number)
        picks = session.exec(
            select(Pick, Comparison)
            .join(Comparison, col(Comparison.id) == col(Pick.comparison_id))
            .where(Pick.issue_number == number)
            .order_by(col(Pick.position))
        ).all()
        overrides = all_overrides(session, number)
    chosen = [
        {"slug": row.slug, "title": row.title, "role": one.role, "reasons": one.reasons}
        for one, row in picks
    ]
    if as_json:
        print_json(
            _brief(issue)
            | {
                "picks": chosen,
                "left_out": issue.left_out,
                "overrides": [_passed(one) for one in overrides],
            }
        )
        return
    print(f"issue {number} ({issue.series}), {issue.state}")
    print(f"subject    {issue.subject}")
    print(f"preheader  {issue.preheader}")
    for one in chosen:
        print(f"\n{one['role']:5}  {one['title']}")
        for reason in one["reasons"]:
            print(f"       - {reason}")
    for passed in overrides:
        print(
            f"\nlet pass by {passed.decided_by}, {format_time(passed.decided_at)}: {passed.code}, "
            f"because {passed.reason}"
        )
    if issue.left_out:
        print("\nleft out")
    for left in issue.left_out:
        print(f"       {left['slug']}: {left['reason']}")


@app.command("edit", epilog='Example: digest issue edit 3 --subject "SmolLM3 splits the panel"')
def edit(
    number: Number,
    subject: Annotated[str | None, typer.Option(help="The new subject.")] = None,
    preheader: Annotated[str | None, typer.Option(help="The new preheader.")] = None,
) -> None:
    """Change subject or preheader. An approved issue becomes a draft again."""
    if subject is None and preheader is None:
        raise typer.BadParameter("nothing to change: give --subject, --preheader or both")
    with open_app() as app:
        app.issues.edit(number, subject, preheader)
    print(f"issue {number} is a draft; look at it with: digest issue preview {number}")


@app.command("render", epilog="Example: digest issue render 3 --out build/")
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

    with open_app() as app:
        with app.store.read() as session:
            edition = app.renderer.edition(session, number)
            personalization = _personalization(app, session, edition, recipient)
        out.mkdir(parents=True, exist_ok=True)
        html = slot_text(edition.html, personalization, as_html=True)
        (out / "issue.html").write_text(html, encoding="utf-8")
        text = slot_text(edition.text, personalization, as_html=False)
        (out / "issue.txt").write_text(text, encoding="utf-8")
        (out / "issue.eml").write_bytes(
            MessageTemplate(edition).message(personalization, app.clock())
        )
    for name in ("issue.html", "issue.txt", "issue.eml"):
        print(out / name)


@app.command("test", epilog="Example: digest issue test 3 --to me@example.org")
def test(
    number: Number, to: Annotated[str, typer.Option(metavar="EMAIL", help="Where to.")]
) -> None:
    """Send the issue to one address through the provider; its links change nothing."""
    from digest.deliver.providers.base import Accepted
    from subscribers.addresses import parse_address

    email = parse_address(to).email
    with open_app() as app:
        with app.store.read() as session:
            edition = app.renderer.edition(session, number)
        personalization = app.renderer.sample_personalization(edition, email)
        outcomes = [
            one for some in app.provider.submit(edition, [[personalization]]) for one in some
        ]
    if not outcomes or not isinstance(outcomes[0], Accepted):
        detail = getattr(outcomes[0], "detail", "") if outcomes else "no answer"
        raise CommandError(f"{email} did not get it: {detail}")
    print(f"submitted to {email} through {app.provider.name}")


app.command("check", epilog="Example: digest issue check 3")(check)
app.command("approve", epilog="Example: digest issue approve 3")(approve)


@app.command("schedule", epilog="Example: digest issue schedule 3 --at 2026-11-23T08:00+01:00")
def schedule(
    number: Number, at: Annotated[str, typer.Option(metavar="TIME", help="ISO time.")]
) -> None:
    """Send an approved issue at a time; a worker must run then."""
    moment = parse_moment(at, "--at")
    with open_app() as app:
        app.issues.schedule(number, moment)
    print(f"issue {number} goes out at {format_time(moment)}")


@app.command("pause", epilog="Example: digest issue pause 3")
def pause(number: Number) -> None:
    """Stop sending after the batch in hand."""
    with open_app() as app:
        app.issues.pause(number)
    print(f"issue {number} is paused; go on with: digest issue resume {number}")


@app.command("resume", epilog="Example: digest issue resume 3")
def resume(number: Number) -> None:
    """Go on sending a paused issue."""
    with open_app() as app:
        app.issues.resume(number)
    print(f"issue {number} is sending; a worker, or `digest issue send {number}`, goes on")


@app.command("cancel", epilog="Example: digest issue cancel 3")
def cancel(number: Number) -> None:
    """Stop an issue for good; the account of who got it stays."""
    with open_app() as app:
        app.issues.cancel(number)
    print(f"issue {number} is cancelled")


@app.command("send", epilog="Example: digest issue send 3")
def send(
    number: Number,
    detach: Annotated[bool, typer.Option(help="Leave it to the workers.")] = False,
) -> None:
    """Send an approved issue to everybody, to the end. Run it again to go on after a crash."""
    from digest.cli.issue.send import send_in_foreground

    with open_app() as app:
        send_in_foreground(app, number, detach=detach)


@app.command("status", epilog="Example: digest issue status 3 --json")
def status(number: Number, as_json: AsJson = False) -> None:
    """How many recipients are in which state; the counts add up to the audience."""
    from digest.cli.issue.status import status_lines
    from digest.deliver.ledger.finish import count_deliveries
    from digest.issues.lifecycle import find_issue

    with open_app() as app, app.store.read() as session:
        issue = find_issue(session, number)
        counts = count_deliveries(session, number)
        lines = [] if as_json else list(status_lines(app, session, issue, counts))
    if as_json:
        print_json(
            {"number": number, "state": issue.state, "audience": issue.audience or 0} | counts
        )
        return
    print(f"issue {number}, {issue.state}, audience {issue.audience or 0}")
    for words in lines:
        print(f"  {words}")


@app.command("resend", epilog="Example: digest issue resend 3 --failed")
def resend(
    number: Number,
    uncertain: Annotated[bool, typer.Option("--uncertain", help="Those in doubt.")] = False,
    failed: Annotated[bool, typer.Option("--failed", help="Those that were refused.")] = False,
    to: Annotated[str | None, typer.Option(metavar="EMAIL", help="Only this one.")] = None,
) -> None:
    """Send again to those in doubt or refused; somebody in doubt may then have it twice."""
    from digest.deliver.tables import DeliveryState

    chosen = {DeliveryState.UNCERTAIN: uncertain, DeliveryState.FAILED: failed}
    states = [state for state, wanted in chosen.items() if wanted]
    if not states:
        raise typer.BadParameter("say whom: --uncertain, --failed or both")
    with open_app() as app:
        count = app.issues.resend(number, states, _key(to))
    if not count:
        raise CommandError(f"issue {number} has nobody like that")
    print(f"{count} queued again; a worker, or `digest issue send {number}`, sends them")


@app.command("give-up", epilog="Example: digest issue give-up 3")
def give_up(
    number: Number,
    to: Annotated[str | None, typer.Option(metavar="EMAIL", help="Only this one.")] = None,
) -> None:
    """Count those in doubt as failed."""
    with open_app() as app:
        count = app.issues.give_up(number, _key(to))
    print(f"{count} given up")


@app.command("preview", epilog="Example: digest issue preview 3")
def preview(
    number: Annotated[int | None, typer.Argument(metavar="[N]")] = None,
    port: Annotated[int, typer.Option(help="0 takes any free one.")] = 8026,
) -> None:
    """Open the studio on an issue, on this machine only."""
    from digest.cli.processes import run_studio

    with open_app() as app:
        run_studio(app, number, port)


def _key(email: str | None) -> str | None:
    from subscribers.addresses import parse_address

    return parse_address(email).key if email else None


def _brief(issue: Any) -> dict[str, Any]:
    return {
        "number": issue.number,
        "state": issue.state,
        "series": issue.series,
        "subject": issue.subject,
        "preheader": issue.preheader,
        "as_of": issue.as_of,
        "content_hash": issue.content_hash,
        "audience": issue.audience or 0,
    }


def _passed(override: Any) -> dict[str, Any]:
    return {
        "code": override.code,
        "reason": override.reason,
        "by": override.decided_by,
        "at": override.decided_at,
    }


def _personalization(app: Any, session: Any, edition: Any, email: str | None) -> Any:
    from digest.message.personalization import Recipient
    from subscribers.service import find_subscriber

    if email is None:
        return app.renderer.sample_personalization(edition)
    person = find_subscriber(session, email)
    if person is None or person.id is None:
        raise CommandError(f"{email} is not on the list")
    recipient = Recipient(0, person.id, person.email, person.first_name, person.tracking)
    return app.renderer.personalize([recipient], edition.number)[0]
