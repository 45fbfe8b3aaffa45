"""digest status: one page on the whole installation; exit 1 if something needs a person."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from digest.cli.common import AsJson, CommandError, format_time, open_reader, print_json

if TYPE_CHECKING:
    from digest.monitoring.problems import Problem
    from digest.monitoring.status import IssueStatus, Status

GIGABYTE = 1024**3
KEY_WIDTH = 12


def status(as_json: AsJson = False) -> None:
    """How everything does: schedules, sources, sending, mail, disk, versions.

    Ends with 1 if something needs a person, and says what.

    Example: digest status
    """
    from digest.monitoring.problems import problems_of
    from digest.monitoring.status import read_status

    with open_reader() as reader, reader.store.read() as session:
        found = read_status(reader.store, session, reader.clock())
    problems = problems_of(found)
    if as_json:
        print_json(status_json(found, problems))
    else:
        for line in status_lines(found, problems):
            print(line)
    if problems:
        raise CommandError


def status_json(found: "Status", problems: "list[Problem]") -> dict[str, Any]:
    """Return all of it as JSON has it."""
    processes = [
        {"kind": one.kind, "host": one.host, "version": one.version, "seen_at": one.seen_at}
        for one in found.processes
    ]
    return {
        **asdict(found),
        "processes": processes,
        "problems": [asdict(one) for one in problems],
    }


def status_lines(found: "Status", problems: "list[Problem]") -> Iterator[str]:
    """Yield the page's lines, what needs a person first."""
    if problems:
        many = len(problems)
        yield f"{many} {'thing needs' if many == 1 else 'things need'} a person:"
        for problem in problems:
            yield f"  {problem.text}"
            yield f"    -> {problem.action}"
    else:
        yield "all is well"
    yield ""
    yield from _section("schedules", _schedules(found))
    yield from _section("issues", [_issue(one) for one in found.issues])
    yield from _section("sources", _sources(found))
    yield from _section("mail", _mail(found))
    yield from _section("machine", _machine(found))


def _section(name: str, lines: list[str]) -> Iterator[str]:
    for place, line in enumerate(lines or ["none"]):
        yield f"{name if place == 0 else '':{KEY_WIDTH}}{line}"


def _schedules(found: "Status") -> list[str]:
    lines = []
    for one in found.schedules:
        due = f"next {format_time(one.next_due)}" if one.next_due else "paused"
        lines.append(f"{one.name}: {one.words}; {due}")
        if one.last:
            lines.append(f"  last {format_time(one.last.due_at)}: {one.last.words}")
    return lines


def _issue(one: "IssueStatus") -> str:
    line = f"{one.number} {one.state}: {one.subject}"
    if one.state == "scheduled":
        return f"{line} (goes out {format_time(one.send_at)})"
    counts = ", ".join(f"{many:,} {state}" for state, many in one.counts.items() if many)
    return f"{line} ({counts})" if counts else line


def _sources(found: "Status") -> list[str]:
    return [
        f"{one.name}: read {_ago(found.at, one.read_at)}, "
        f"new comparison {_ago(found.at, one.brought_at)}" + ("" if one.active else "; paused")
        for one in found.sources
    ]


def _mail(found: "Status") -> list[str]:
    people = ", ".join(f"{many:,} {state}" for state, many in sorted(found.subscribers.items()))
    gone = ", ".join(f"{many:,} {reason}" for reason, many in sorted(found.suppressed.items()))
    doubt = sum(found.uncertain.values())
    return [
        f"subscribers: {people or 'none'}",
        f"suppressed in the last 7 days: {gone or 'none'}",
        f"may not have arrived, of the last 30 days: {doubt:,}",
        f"messages to single readers that wait: {found.queue:,}",
    ]


def _machine(found: "Status") -> list[str]:
    seen = [
        f"{one.kind} on {one.host}, version {one.version}: seen {_ago(found.at, one.seen_at)}"
        for one in found.processes
    ]
    disk = found.disk
    room = (
        [f"disk: {disk.free / GIGABYTE:.1f} of {disk.total / GIGABYTE:.1f} GB free"] if disk else []
    )
    return [
        *(seen or ["no process was seen within a week"]),
        *room,
        f"backup: {_backup(found)}",
        f"digest {found.version}, Python {found.python}, {found.database_version}",
        found.database,
    ]


def _backup(found: "Status") -> str:
    made = found.backup and found.backup.made_at
    if not found.backup or not made:
        return "none on schedule yet"
    size = f", {found.backup.size / 1_000_000:.1f} MB" if found.backup.size else ""
    return f"{found.backup.file}, {_ago(found.at, made)}{size}"


def _ago(now: datetime, then: datetime | None) -> str:
    if then is None:
        return "never"
    minutes = max(int((now - then).total_seconds() // 60), 0)
    if minutes < 1:
        return "just now"
    for size, name in ((24 * 60, "day"), (60, "hour"), (1, "minute")):
        if minutes >= size:
            many = minutes // size
            return f"{many} {name}{'' if many == 1 else 's'} ago"
    return "just now"
