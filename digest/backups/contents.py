"""Counts what is in a database of this version, and says where its counts don't agree."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

Query = Callable[[str], Sequence[Sequence[Any]]]
"""Runs a SELECT without parameters on either kind of database; returns its rows."""

_LOST = """
    SELECT number, audience, (SELECT count(*) FROM delivery WHERE issue_number = number)
    FROM issue WHERE audience IS NOT NULL ORDER BY number
"""
_LEFT_OPEN = """
    SELECT issue_number, count(*) FROM delivery JOIN issue ON number = issue_number
    WHERE issue.state = 'finished' AND delivery.state = 'queued'
    GROUP BY issue_number ORDER BY issue_number
"""
_IN_DOUBT = """
    SELECT count(*) FROM delivery JOIN batch ON batch.issue_number = delivery.issue_number
    AND position = batch_position
    WHERE delivery.state = 'queued' AND batch.state = 'done'
"""
_LATEST = """
    SELECT max(at) FROM (SELECT max(changed_at) AS at FROM subscriber
    UNION ALL SELECT max(changed_at) FROM delivery UNION ALL SELECT max(at) FROM event) AS moments
"""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a database holds: people by status, issues and deliveries by state, and more."""

    people: dict[str, int]
    suppressions: int
    consents: int
    comparisons: int
    issues: dict[str, int]
    deliveries: dict[str, int]
    events: int
    latest: str
    """The newest moment in it, as SQLite stores it; empty if it has none."""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def count_contents(query: Query) -> Contents:
    """Count what is in the database."""
    return Contents(
        people=_by(query, "subscriber", "status"),
        suppressions=_number(query, "suppression"),
        consents=_number(query, "consent"),
        comparisons=_number(query, "comparison"),
        issues=_by(query, "issue", "state"),
        deliveries=_by(query, "delivery", "state"),
        events=_number(query, "event"),
        latest=str(query(_LATEST)[0][0] or ""),
    )


def wrong_counts(query: Query) -> list[str]:
    """Return a line for each count that breaks the first invariant (docs/invariants.md)."""
    lines = [
        f"issue {number}: {found} deliveries of an audience of {audience}"
        for number, audience, found in query(_LOST)
        if found != audience
    ]
    lines += [
        f"issue {number} is finished, but {found} of its deliveries are open"
        for number, found in query(_LEFT_OPEN)
    ]
    in_doubt = int(query(_IN_DOUBT)[0][0])
    if in_doubt:
        lines.append(f"{in_doubt} deliveries are queued in batches that are done")
    return lines


def contents_lines(contents: Contents) -> list[str]:
    """Return the counts in words, a line each."""
    return [
        f"people: {_in_words(contents.people)}",
        f"consents: {contents.consents:,}; suppressed addresses: {contents.suppressions:,}",
        f"comparisons: {contents.comparisons:,}",
        f"issues: {_in_words(contents.issues)}",
        f"deliveries: {_in_words(contents.deliveries)}",
        f"events: {contents.events:,}",
    ]


def contents_words(contents: Contents) -> str:
    """Return the largest counts in a line."""
    people, issues, sent = (
        sum(counts.values()) for counts in (contents.people, contents.issues, contents.deliveries)
    )
    return f"people: {people:,}, issues: {issues:,}, deliveries: {sent:,}"


def _by(query: Query, table: str, column: str) -> dict[str, int]:
    statement = f"SELECT {column}, count(*) FROM {table} GROUP BY {column} ORDER BY {column}"  # noqa: S608 - fixed names
    return {str(name): int(rows) for name, rows in query(statement)}


def _number(query: Query, table: str) -> int:
    return int(query(f"SELECT count(*) FROM {table}")[0][0])  # noqa: S608 - a fixed name


def _in_words(counts: dict[str, int]) -> str:
    if not counts:
        return "none"
    parts = ", ".join(f"{number:,} {name}" for name, number in counts.items())
    return f"{sum(counts.values()):,} ({parts})"
