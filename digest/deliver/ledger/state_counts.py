"""Keep how many deliveries of an issue are in each state, as changes that add up (decision 44).

Whoever moves deliveries to another state says here, in the same transaction, how many have left
which state; what is being submitted is among the queued there, and is told apart when it is read
(`submitting`). Nobody waits for a row of another: changes are only added, and later folded into one
row a state. Counts that don't add up to the audience are not believed; then deliveries are counted.
"""

from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple, cast

from sqlalchemy import CursorResult, TextClause, Update, func, select, text
from sqlmodel import Session, col

from digest.deliver.ledger.submitting import split_queued
from digest.deliver.tables import Delivery, DeliveryCount, DeliveryState
from digest.issues.tables import Issue
from store.engine import Store

FOLDED_ABOVE = 50
"""Rows of one issue that are worth folding into one a state."""


class Move(NamedTuple):
    """How many deliveries went from one state to another."""

    before: DeliveryState
    after: DeliveryState
    deliveries: int


def move(
    session: Session,
    number: int,
    before: DeliveryState,
    after: DeliveryState,
    statement: Update,
    **values: Any,
) -> int:
    """Move the deliveries that `statement` selects from one state to another; return how many.

    Only those of issue `number` that are in the state `before` at the moment of the write.
    """
    moved = cast(
        "CursorResult[Any]",
        session.execute(
            statement.where(col(Delivery.state) == before)
            .values(state=after, **values)
            .execution_options(synchronize_session=False)
        ),
    )
    count_moves(session, number, [Move(before, after, moved.rowcount)])
    return int(moved.rowcount)


def count_moves(session: Session, number: int, moves: Iterable[Move]) -> None:
    """Keep that deliveries of the issue have been moved, with one statement."""
    changes: dict[str, int] = {}
    for before, after, deliveries in moves:
        changes[before] = changes.get(before, 0) - deliveries
        changes[after] = changes.get(after, 0) + deliveries
    _add(session, number, {state: amount for state, amount in changes.items() if amount})


def count_frozen(session: Session, number: int, deliveries: int) -> None:
    """Keep that the issue has got its deliveries, which are queued."""
    _add(session, number, {DeliveryState.QUEUED: deliveries})


def _add(session: Session, number: int, changes: Mapping[str, int]) -> None:
    if not changes:
        return
    given: dict[str, object] = {"number": number}
    for place, (state, amount) in enumerate(changes.items()):
        given |= {f"state_{place}": str(state), f"amount_{place}": amount}
    session.connection().execute(_insert(len(changes)), given)


@lru_cache(maxsize=16)
def _insert(rows: int) -> TextClause:
    values = ", ".join(f"(:number, :state_{place}, :amount_{place})" for place in range(rows))
    return text(f"INSERT INTO delivery_count (issue_number, state, amount) VALUES {values}")  # noqa: S608 - numbers of parameters


def kept_counts(session: Session, numbers: Collection[int]) -> dict[int, dict[str, int]]:
    """Return how many deliveries of each issue are in each state, every state named.

    Takes no longer for a million deliveries than for one, if the counts add up.
    """
    found = {number: dict.fromkeys(map(str, DeliveryState), 0) for number in numbers}
    audiences = dict(
        session.execute(
            select(col(Issue.number), col(Issue.audience)).where(col(Issue.number).in_(numbers))
        ).all()
    )
    for number, state, amount in session.execute(_kept(numbers)):
        found[number][state] = int(amount)
    doubtful = [
        number
        for number, counts in found.items()
        if sum(counts.values()) != audiences.get(number) or min(counts.values()) < 0
    ]
    if doubtful:
        found |= _looked_at(session, doubtful)
    split_queued(session, found)
    return found


def _kept(numbers: Collection[int]) -> Any:
    return (
        select(
            col(DeliveryCount.issue_number),
            col(DeliveryCount.state),
            func.sum(col(DeliveryCount.amount)),
        )
        .where(col(DeliveryCount.issue_number).in_(numbers))
        .group_by(col(DeliveryCount.issue_number), col(DeliveryCount.state))
    )


def counted(session: Session, numbers: Collection[int]) -> dict[int, dict[str, int]]:
    """Return the same by looking at every delivery."""
    found = _looked_at(session, numbers)
    split_queued(session, found)
    return found


def _looked_at(session: Session, numbers: Collection[int]) -> dict[int, dict[str, int]]:
    found = {number: dict.fromkeys(map(str, DeliveryState), 0) for number in numbers}
    rows = session.execute(
        select(col(Delivery.issue_number), col(Delivery.state), func.count())
        .where(col(Delivery.issue_number).in_(numbers))
        .group_by(col(Delivery.issue_number), col(Delivery.state))
    )
    for number, state, amount in rows:
        found[number][state] = int(amount)
    return found


def fold_changes(store: Store) -> int:
    """Fold the changes of issues that have many into a row a state; return how many issues."""
    with store.read() as session:
        many = session.scalars(
            select(col(DeliveryCount.issue_number))
            .group_by(col(DeliveryCount.issue_number))
            .having(func.count() > FOLDED_ABOVE)
        ).all()
    for number in many:
        with store.write() as session:
            _fold(session, number)
    return len(many)


def _fold(session: Session, number: int) -> None:
    """Replace the issue's rows by their sums; what others add meanwhile stays beside them."""
    if session.get_bind().dialect.name != "sqlite":
        session.execute(text(_FOLD), {"number": number})
        return
    last = session.scalar(select(func.max(col(DeliveryCount.id))))
    sums = session.execute(_kept([number])).all()
    # Added first, so that no id is used twice: by its ids a change is known (`reports.kept`).
    _add(session, number, {str(state): int(amount) for _, state, amount in sums if amount})
    session.execute(
        text("DELETE FROM delivery_count WHERE issue_number = :number AND id <= :last"),
        {"number": number, "last": last},
    )


_FOLD = """
    WITH gone AS (DELETE FROM delivery_count WHERE issue_number = :number RETURNING state, amount)
    INSERT INTO delivery_count (issue_number, state, amount)
    SELECT :number, state, sum(amount) FROM gone GROUP BY state HAVING sum(amount) <> 0
"""


def recount(store: Store) -> dict[int, dict[str, int]]:
    """Count the deliveries of all issues anew; return what was kept wrongly, by issue and state.

    The amounts are what had to be added. An issue is one transaction.
    """
    with store.read() as session:
        numbers = session.scalars(
            select(col(Issue.number)).where(col(Issue.audience).is_not(None)).order_by("number")
        ).all()
    found = {}
    for number in filter(None, numbers):
        with store.write() as session:
            if wrong := _correct(session, number):
                found[number] = wrong
    return found


def _correct(session: Session, number: int) -> dict[str, int]:
    """Add what is missing, as one statement finds it, whatever others add meanwhile."""
    if session.get_bind().dialect.name != "sqlite":
        # Of two at once the second looks once the first is done.
        session.execute(text("SELECT pg_advisory_xact_lock(7301, 2)"))
    rows = session.execute(text(_MISSING), {"number": number})
    wrong = {str(state): int(amount) for state, amount in rows}
    _add(session, number, wrong)
    return wrong


_MISSING = """
    SELECT state, sum(amount) FROM (
        SELECT state, count(*) AS amount FROM delivery WHERE issue_number = :number GROUP BY state
        UNION ALL
        SELECT state, -amount FROM delivery_count WHERE issue_number = :number
    ) AS both_of_them GROUP BY state HAVING sum(amount) <> 0 ORDER BY state
"""
