"""The group `digest schedule`, and those of its commands that read or switch."""

from typing import Annotated

import typer

from digest.cli.common import (
    AsJson,
    CommandError,
    format_time,
    open_app,
    open_reader,
    parse_moment,
    print_json,
    print_rows,
)
from digest.cli.schedule.change import add, edit

app = typer.Typer(help="When issues are drafted.", no_args_is_help=True)

app.command("add", epilog='Example: digest schedule add weekly --cron "0 8 * * mon" --zone UTC')(
    add
)
app.command(
    "edit",
    epilog='Example: digest schedule edit weekly --cron "0 12 * * fri" --send-cron "0 8 * * mon"',
)(edit)


@app.command("list", epilog="Example: digest schedule list")
def list_(as_json: AsJson = False) -> None:
    """Every schedule: when it comes due next, and what came of its last run."""
    from digest.cli.schedule.as_json import schedule_json
    from digest.pipeline.run_history import last_run
    from schedules.recurrence import parse_zone
    from schedules.registry import all_schedules
    from schedules.timetable import next_words, schedule_words
    from schedules.words import moment_words

    with open_reader() as reader, reader.store.read() as session:
        now = reader.clock()
        rows = [(one, last_run(session, one.name)) for one in all_schedules(session)]
        if as_json:
            print_json([schedule_json(one, last, now) for one, last in rows])
            return
    if not rows:
        print('no schedules yet; digest schedule add weekly --cron "0 8 * * mon"')
        return
    for one, last in rows:
        zone = parse_zone(one.zone)
        eyes = ", four eyes" if one.four_eyes else ""
        print(f"{one.name}: {schedule_words(one)}")
        print(f"  {next_words(one, now)}; approval: {one.approval}{eyes}")
        if last:
            print(f"  last: {moment_words(last.due_at, zone)}, {last.words}")


@app.command("pause", epilog="Example: digest schedule pause weekly --until 2027-01-07")
def pause(
    name: str,
    until: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="Resume by itself then: a date, or a time, of its zone."),
    ] = None,
) -> None:
    """Draft nothing, and send nothing by itself, until the schedule is resumed."""
    from digest.cli.schedule.change import print_open_sends
    from digest.cli.schedule.moments import parse_in_zone
    from schedules.registry import find_schedule, pause_schedule
    from schedules.timetable import next_words

    with open_app() as app, app.store.write() as session:
        zone = find_schedule(session, name).zone
        end = parse_in_zone(until, zone, "--until") if until else None
        schedule = pause_schedule(session, name, app.clock(), end)
        print(f"{name}: {next_words(schedule, app.clock())}")
        print_open_sends(session, name, "is held at its send time while the schedule is paused")
    if end is None:
        print(f"go on with: digest schedule resume {name}")


@app.command("resume", epilog="Example: digest schedule resume weekly")
def resume(name: str) -> None:
    """Go on with a paused schedule; what came due meanwhile is not made up for."""
    from schedules.registry import find_schedule, resume_schedule
    from schedules.timetable import next_words, schedule_words

    with open_app() as app, app.store.write() as session:
        now = app.clock()
        was_paused = resume_schedule(session, name, now)
        schedule = find_schedule(session, name)
        said = f"{name}: {schedule_words(schedule)}; {next_words(schedule, now)}"
    print(said if was_paused else f"{said} (it was not paused)")


@app.command("remove", epilog="Example: digest schedule remove weekly")
def remove(name: str) -> None:
    """Remove a schedule. Its runs and issues stay: digest schedule runs NAME."""
    from digest.cli.schedule.change import print_open_sends
    from schedules.registry import remove_schedule

    with open_app() as app, app.store.write() as session:
        remove_schedule(session, name, app.clock())
        print(f"{name} is removed; its issues stay, and its runs: digest schedule runs {name}")
        print_open_sends(session, name, "does not go out by itself any more")


@app.command("runs", epilog="Example: digest schedule runs weekly")
def runs(
    name: str,
    as_json: AsJson = False,
    count: Annotated[int, typer.Option(min=1, max=100_000, help="How many, newest first.")] = 20,
) -> None:
    """Every run, what came of it, and how to go on; of a removed schedule too."""
    from digest.cli.schedule.as_json import run_json
    from digest.pipeline.run_history import run_history
    from schedules.recurrence import parse_zone
    from schedules.registry import find_past_schedule
    from schedules.words import moment_words

    with open_reader() as reader, reader.store.read() as session:
        zone = parse_zone(find_past_schedule(session, name).zone)
        found = run_history(session, name, count)
    if as_json:
        print_json([run_json(one) for one in found])
        return
    if not found:
        print(f"{name} has not run yet")
        return
    print_rows(
        ("due", "what came of it", "go on with"),
        [(moment_words(one.due_at, zone), one.words, one.go_on) for one in found],
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
def next_(
    name: str,
    count: Annotated[int, typer.Option(min=1, max=100)] = 1,
    as_json: AsJson = False,
) -> None:
    """The next due times, each with its send time where there is one."""
    from schedules.registry import find_schedule
    from schedules.timetable import next_due_times, recurrence_of
    from schedules.words import moment_words

    with open_reader() as reader, reader.store.read() as session:
        schedule = find_schedule(session, name)
        following = next_due_times(schedule, reader.clock(), count)
        recurrence = recurrence_of(schedule)
    times = [(due, recurrence.send_time(due)) for due in following]
    if as_json:
        print_json([{"due_at": due, "send_at": sent} for due, sent in times])
        return
    if not times:
        raise CommandError(f"{name} is paused; go on with: digest schedule resume {name}")
    for due, sent in times:
        said = moment_words(due, recurrence.zone)
        sends = f", sends {moment_words(sent, recurrence.zone)}" if sent else ""
        print(f"{due.astimezone(recurrence.zone).isoformat()}  {said}{sends}")
