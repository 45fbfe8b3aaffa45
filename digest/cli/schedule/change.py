"""digest schedule add and edit: what a schedule can be given, as options."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from digest.cli.common import CommandError, open_app

if TYPE_CHECKING:
    from sqlmodel import Session

    from schedules.properties import Changes
    from schedules.tables import Approval, Unapproved

NONE = "none"
"""Takes a send time away."""

Name = Annotated[str, typer.Argument(help="Lower-case letters, digits and dashes.")]
SendCron = Annotated[
    str | None,
    typer.Option(
        metavar="CRON",
        help="When what was drafted goes out: the first time of this rule after it; or none.",
    ),
]
IfUnapproved = Annotated[
    str | None,
    typer.Option(
        metavar="hold|send|skip",
        help="What becomes of an issue that nobody approved by its send time.",
    ),
]
Skip = Annotated[
    list[str] | None,
    typer.Option(
        metavar="DATE",
        help="Rest on it: 2026-12-25, 2026-12-24..2027-01-06, or 12-25 for every year.",
    ),
]
SkipFile = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Rest on the dates in a file, one a line.")
]
CRON = typer.Option(help="minute hour day month weekday; L, mon#1, friL and @weekly too.")
ZONE = typer.Option(help="IANA time zone.")
AUTOMATIC = "Send without an editor's approval."
FOUR_EYES = "Who edited an issue last can't approve it."
LATE_LIMIT = typer.Option(help="Minutes after which a run is held.")
FREQUENCY = typer.Option(
    metavar="every|weekly|monthly", help="For readers who chose this frequency."
)
MIN_PICKS = typer.Option(help="With fewer new comparisons there is no issue.")
MAX_DAYS = 36_500


def add(
    name: Name,
    cron: Annotated[str, CRON] = "0 8 * * mon",
    zone: Annotated[str, ZONE] = "UTC",
    *,
    automatic: Annotated[bool, typer.Option("--automatic", help=AUTOMATIC)] = False,
    four_eyes: Annotated[bool, typer.Option("--four-eyes", help=FOUR_EYES)] = False,
    late_limit: Annotated[int, LATE_LIMIT] = 180,
    frequency: Annotated[str, FREQUENCY] = "weekly",
    first_days: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=MAX_DAYS,
            help="How many days back its first issue reaches; by default as far as one issue does.",
        ),
    ] = None,
    send_cron: SendCron = None,
    if_unapproved: IfUnapproved = None,
    min_picks: Annotated[int, MIN_PICKS] = 1,
    max_picks: Annotated[
        int | None, typer.Option(help="How many an issue takes; by default 10.")
    ] = None,
    skip: Skip = None,
    skip_file: SkipFile = None,
) -> None:
    """Add a schedule. Its issues wait for approval unless --automatic is given."""
    from digest.issues.series import check_series_name
    from schedules.registry import add_schedule
    from schedules.tables import Approval, Unapproved
    from schedules.timetable import next_words, schedule_words

    check_series_name(name)
    with open_app() as app, app.store.write() as session:
        schedule = add_schedule(
            session,
            name,
            cron,
            zone,
            now=app.clock(),
            approval=Approval.AUTOMATIC if automatic else Approval.WAIT,
            late_limit_minutes=late_limit,
            frequency=frequency,
            first_days=first_days,
            four_eyes=four_eyes,
            send_cron=_send_rule(send_cron),
            if_unapproved=_policy(if_unapproved) or Unapproved.HOLD,
            min_picks=min_picks,
            max_picks=max_picks,
            skipped_dates=_dates(skip, skip_file),
        )
        said = f"{name}: {schedule_words(schedule)}; {next_words(schedule, app.clock())}"
    print(said)


def edit(
    name: Name,
    cron: Annotated[str | None, CRON] = None,
    zone: Annotated[str | None, ZONE] = None,
    *,
    automatic: Annotated[
        bool | None, typer.Option("--automatic/--no-automatic", help=AUTOMATIC)
    ] = None,
    four_eyes: Annotated[
        bool | None, typer.Option("--four-eyes/--no-four-eyes", help=FOUR_EYES)
    ] = None,
    late_limit: Annotated[int | None, LATE_LIMIT] = None,
    frequency: Annotated[str | None, FREQUENCY] = None,
    first_days: Annotated[
        int | None,
        typer.Option(
            min=0, max=MAX_DAYS, help="How many days back its first issue reaches; 0 as by default."
        ),
    ] = None,
    send_cron: SendCron = None,
    if_unapproved: IfUnapproved = None,
    min_picks: Annotated[int | None, MIN_PICKS] = None,
    max_picks: Annotated[
        int | None, typer.Option(min=0, help="How many an issue takes; 0 as by default.")
    ] = None,
    skip: Skip = None,
    skip_file: SkipFile = None,
    unskip: Annotated[
        list[str] | None,
        typer.Option(metavar="DATE", help="Rest on it no more, as it was written; or all."),
    ] = None,
) -> None:
    """Change a schedule, beside a running scheduler. What is not given stays as it is.

    An issue that is drafted already keeps its send time, and goes out unapproved only if the
    schedule said so then and says so now.
    """
    from schedules.registry import find_schedule, update_schedule
    from schedules.timetable import next_words, schedule_words

    given = _given(
        cron=cron,
        zone=zone,
        approval=_approval(automatic),
        four_eyes=four_eyes,
        late_limit_minutes=late_limit,
        frequency=frequency,
        min_picks=min_picks,
        if_unapproved=_policy(if_unapproved),
    )
    _give_by_default(given, first_days, max_picks)
    if send_cron is not None:
        _give_send_rule(given, send_cron)
    added = _dates(skip, skip_file)
    if not given and not added and not unskip:
        raise typer.BadParameter("say what to change, such as --cron or --zone")
    with open_app() as app, app.store.write() as session:
        if added or unskip:
            was = find_schedule(session, name, lock=True).skipped_dates
            given["skipped_dates"] = _without(was, unskip or [], name) + added
        schedule = update_schedule(session, name, app.clock(), **given)
        print(f"{name}: {schedule_words(schedule)}; {next_words(schedule, app.clock())}")
        if given.keys() & {"cron", "zone", "send_cron", "if_unapproved", "skipped_dates"}:
            print_open_sends(session, name, "was drafted before and keeps its send time")


def _give_by_default(given: "Changes", first_days: int | None, max_picks: int | None) -> None:
    """Add the two whose 0 means: as by default."""
    if first_days is not None:
        given["first_days"] = first_days or None
    if max_picks is not None:
        given["max_picks"] = max_picks or None


def print_open_sends(session: "Session", name: str, what: str) -> None:
    """Say of each issue of the schedule that is on its way to its send time what becomes of it."""
    from digest.pipeline.run_history import run_history
    from schedules.recurrence import parse_zone
    from schedules.registry import find_past_schedule
    from schedules.tables import SendState
    from schedules.words import moment_words

    zone = parse_zone(find_past_schedule(session, name).zone)
    for run in run_history(session, name):
        if run.issue and run.send_at and run.send_state in (SendState.WAITING, SendState.SCHEDULED):
            when = moment_words(run.send_at, zone)
            print(f"issue {run.issue} ({run.issue_state}, send time {when}) {what}")


def _given(**options: object) -> "Changes":
    """Return the options that were given."""
    return cast("Changes", {name: value for name, value in options.items() if value is not None})


def _approval(automatic: bool | None) -> "Approval | None":
    from schedules.tables import Approval

    if automatic is None:
        return None
    return Approval.AUTOMATIC if automatic else Approval.WAIT


def _give_send_rule(given: "Changes", send_cron: str) -> None:
    """Without a send time nothing is to be said of the unapproved."""
    from schedules.tables import Unapproved

    given["send_cron"] = _send_rule(send_cron)
    if given["send_cron"] is None:
        given.setdefault("if_unapproved", Unapproved.HOLD)


def _send_rule(text: str | None) -> str | None:
    return None if text is None or text.strip().lower() == NONE else text


def _policy(text: str | None) -> "Unapproved | None":
    from schedules.tables import Unapproved

    try:
        return Unapproved(text) if text is not None else None
    except ValueError:
        msg = f"if unapproved: found {text!r}, expected one of {', '.join(Unapproved)}"
        raise CommandError(msg) from None


def _dates(given: list[str] | None, file: Path | None) -> list[str]:
    from schedules.cron import ScheduleError
    from schedules.skipped_dates import read_skipped

    dates = list(given or [])
    if file is None:
        return dates
    try:
        return [*dates, *read_skipped(file.read_text(encoding="utf-8-sig"))]
    except (ScheduleError, UnicodeDecodeError) as error:
        why = "it is no text in UTF-8" if isinstance(error, UnicodeDecodeError) else error
        raise CommandError(f"{file}: {why}") from None


def _without(dates: list[str], gone: list[str], name: str) -> list[str]:
    if "all" in gone:
        return []
    for one in gone:
        if one not in dates:
            msg = f"{name} does not rest on {one!r}; it rests on {', '.join(dates) or 'no date'}"
            raise CommandError(msg)
    return [one for one in dates if one not in gone]
