"""Replaces row numbers in the claims of old tokens with public ids, many at once."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import BigInteger, select
from sqlmodel import Session, col

from digest.issues.tables import Issue
from store.rows import as_table
from subscribers.tables import Subscriber
from subscribers.tokens import TokenClaims


def with_public_ids(
    session: Session, claims: Sequence[TokenClaims | None]
) -> list[TokenClaims | None]:
    """Returns the claims in order; whatever a number does not name here becomes 0, nobody.

    Asks the database only where there are any of the time before.
    """
    old = [one for one in claims if one is not None and one.legacy]
    if not old:
        return list(claims)
    people = _public_ids(session, Subscriber, {one.subscriber for one in old})
    issues = _public_ids(session, Issue, {one.issue for one in old})
    return [
        one._replace(
            subscriber=people.get(one.subscriber, 0),
            issue=issues.get(one.issue, 0),
            legacy=False,
        )
        if one is not None and one.legacy
        else one
        for one in claims
    ]


def _public_ids(session: Session, table: Any, numbers: Collection[int]) -> dict[int, int]:
    wanted = as_table(session, [(one,) for one in sorted(numbers)], {"id": BigInteger()}).subquery()
    rows = session.execute(
        select(col(table.legacy_number), col(table.public_id)).join(
            wanted, wanted.c.id == col(table.legacy_number)
        )
    )
    return {int(number): int(public_id) for number, public_id in rows}
