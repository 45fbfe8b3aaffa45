"""digest schedule: rules in time."""

from typing import Annotated, Any

import typer

from digest.cli.common import (
    CommandError,
    format_time,
    open_app,
    open_reader,
    parse_moment,
    print_json,
    print_rows,
)

app = typer.Typer(help="When issues are drafted.", no_args_is_help=True)


@app.command("add", epilog='Example: digest schedule add weekly --cron "0 8 * * mon" --zone UTC')
def add(
    name: Annotated[str, typer.Argument(help="Lower-case letters, digits and dashes.")],
    cron: Annotated[str, typer.Option(help="minute hour day month weekday")] = "0 8 * * mon",
    zone: Annotated[str, typer.Option(help="IANA time zone.")] = "UTC",
    *,
    automatic: Annotated[
        bool, typer.Option("--automatic", help="Send without an editor's approval.")
    ] = False,
    four_eyes: Annotated[
        bool, typer.Option("--four-eyes", help="Who edited an issue last can't approve it.")
    ] = False,
    late_limit: Annotated[int, typer.Option(help="Minutes after which a run is held.")] = 180,
    frequency: Annotated[
        str,
        typer.Option(metavar="every|weekly|monthly", help="For readers who chose this frequency."),
    ] = "weekly",
    first_days: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=36500,
            help="How many days back its first issue reaches; by default as far as one issue does.",
        ),
    ] = None,
) -> None:
    """Add a schedule. Its issues wait for approval unless --automatic is given."""
    from digest.issues.tables import MANUAL_SERIES
    from schedules.recurrence import Recurrence
    from schedules.registry import add_schedule
    from schedules.tables import Approval

    if name == MANUAL_SERIES:
        raise CommandError(f"{name} is the series of issues drafted manually; take another name")
    with open_app() as app, app.store.write() as session:
        add_schedule(
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
        )
        recurrence = Recurrence.parse(cron, zone)
        following = recurrence.next(app.clock())
    print(f"{name}: {recurrence.describe()}, next {format_time(following[0])}")


@app.command("list", epilog="Example: digest schedule list")
def list_(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON alone.")] = False,
) -> None:
    """Every schedule and when it comes due next."""
    from schedules.recurrence import Recurrence
    from schedules.registry import all_schedules

    with open_reader() as reader, reader.store.read() as session:
        rows: list[dict[str, Any]] = [
            {
                "name": one.name,
                "cron": one.cron,
                "zone": one.zone,
                "approval": one.approval,
                "four_eyes": one.four_eyes,
                "frequency": one.frequency,
                "active": one.active,
                "next": Recurrence.parse(one.cron, one.zone).next(reader.clock())[0],
            }
            for one in all_schedules(session)
        ]
    if as_json:
        print_json(rows)
        return
    if not rows:
        print('no schedules yet; digest schedule add weekly --cron "0 8 * * mon"')
        return
    print_rows(
        ("name", "rule", "zone", "approval", "next"),
        [
            (
                r["name"],
                r["cron"],
                r["zone"],
                f"{r['approval']}{', four eyes' if r['four_eyes'] else ''}",
                format_time(r["next"]),
            )
            for r in rows
        ],
    )


@app.command("run", epilog="Example: digest schedule run weekly --as-of 2026-11-23T08:00Z")
def run(
    name: str,
    as_of: Annotated[str | None, typer.Option(help="The newest due time up to then.")] = None,
) -> None:
    """Do now what the schedule would do: for a run that was held or missed."""
    from digest.worker import maintenance_of
    from schedules.manual_run import run_now

    with open_app() as app:
        now = app.clock()
        moment = parse_moment(as_of, "--as-of") if as_of else now
        draft_due = maintenance_of(app).draft_due
        done = run_now(
            app.store,
            name,
            moment,
            now,
            lambda session, due, due_at: draft_due(session, due, due_at, min(moment, now)),
        )
        if not done.acted:
            raise CommandError(f"{name}: {done.note}")
        print(f"{name}, due {format_time(done.due_at)}: {done.state}, {done.note}")
        for number in maintenance_of(app).approve_automatic():
            print(f"issue {number} is approved by its schedule and sending")


@app.command("next", epilog="Example: digest schedule next weekly --count 4")
def next_(name: str, count: Annotated[int, typer.Option(min=1, max=100)] = 1) -> None:
    """The next due times."""
    from zoneinfo import ZoneInfo

    from schedules.recurrence import Recurrence
    from schedules.registry import find_schedule

    with open_reader() as reader, reader.store.read() as session:
        schedule = find_schedule(session, name)
        following = Recurrence.parse(schedule.cron, schedule.zone).next(reader.clock(), count)
        zone = ZoneInfo(schedule.zone)
    for moment in following:
        print(moment.astimezone(zone).isoformat())
