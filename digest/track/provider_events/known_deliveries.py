"""Looks up the deliveries that events name, all of a group at once."""

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from sqlalchemy import select
from sqlmodel import Session, col

from digest.issues.tables import Issue
from subscribers.tokens import TokenClaims


class KnownIssue(NamedTuple):
    """An issue with those of its deliveries that are asked for: their ids, by the reader's public
    id. `untracked` are the deliveries to readers who do not want to be tracked.
    """

    number: int
    deliveries: Mapping[int, int]
    untracked: Collection[int]


# SQLite joins in the order written here. It would otherwise look at each delivery of the issue for
# each reader.
_FOUND = """
FROM {given} CROSS JOIN subscriber CROSS JOIN delivery
WHERE subscriber.public_id = given.reader AND delivery.subscriber_id = subscriber.id
    AND delivery.issue_number = {number}
"""
_SQLITE = """
SELECT group_concat(given.reader), group_concat(delivery.id),
    group_concat(CASE WHEN NOT subscriber.tracking THEN delivery.id END)
""" + _FOUND.format(given="(SELECT value AS reader FROM json_each(?)) AS given", number="?")  # noqa: S608 - fixed words
_POSTGRESQL = """
SELECT string_agg(given.reader::text, ','), string_agg(delivery.id::text, ','),
    string_agg(CASE WHEN NOT subscriber.tracking THEN delivery.id::text END, ',')
""" + _FOUND.format(given="unnest(%s::bigint[]) AS given(reader)", number="%s")
"""One row of texts is read faster than so many rows."""


def find_deliveries(
    session: Session, claims: Iterable[TokenClaims | None]
) -> dict[int, KnownIssue]:
    """Returns the issues that exist, by public id; `claims` are without legacy ones."""
    readers: dict[int, set[int]] = {}
    for one in claims:
        if one is not None:
            readers.setdefault(one.issue, set()).add(one.subscriber)
    if not readers:
        return {}
    rows = session.execute(
        select(col(Issue.public_id), col(Issue.number)).where(col(Issue.public_id).in_(readers))
    )
    return {issue: _known_issue(session, number, readers[issue]) for issue, number in rows}


def _known_issue(session: Session, number: int, readers: Collection[int]) -> KnownIssue:
    listed = ",".join(map(str, readers))
    sqlite = session.get_bind().dialect.name == "sqlite"
    statement, given = (_SQLITE, f"[{listed}]") if sqlite else (_POSTGRESQL, f"{{{listed}}}")
    row = session.connection().exec_driver_sql(statement, (given, number)).one()
    found, ids, untracked = [map(int, text.split(",")) if text else () for text in row]
    return KnownIssue(number, dict(zip(found, ids, strict=True)), frozenset(untracked))
