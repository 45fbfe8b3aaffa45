"""Counts by state for monitoring; each query reads little."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session, col

from digest.deliver.ledger.state_counts import kept_counts
from digest.deliver.tables import Batch, BatchState
from digest.issues.tables import Issue, IssueState
from schedules.tables import Run
from subscribers.tables import Subscriber

IN_PROGRESS = (IssueState.SENDING, IssueState.PAUSED)
UNFINISHED_BATCHES = (BatchState.QUEUED, BatchState.SUBMITTING)


@dataclass(frozen=True, slots=True)
class Counts:
    """Counts by state. `deliveries` and `batches` are those of issues in progress."""

    subscribers: dict[str, int]
    issues: dict[str, int]
    runs: dict[str, int]
    batches: dict[str, int]
    deliveries: dict[int, dict[str, int]]


def read_counts(session: Session) -> Counts:
    """Return how many there are of everything now."""
    state = col(Issue.state)
    numbers = session.scalars(select(col(Issue.number)).where(state.in_(IN_PROGRESS))).all()
    of_those = col(Batch.issue_number).in_(numbers), col(Batch.state).in_(UNFINISHED_BATCHES)
    return Counts(
        subscribers=_count_by(session, col(Subscriber.status)),
        issues=_count_by(session, state),
        runs=_count_by(session, col(Run.state)),
        batches=dict.fromkeys(map(str, UNFINISHED_BATCHES), 0)
        | _count_by(session, col(Batch.state), *of_those),
        deliveries=kept_counts(session, [one for one in numbers if one is not None]),
    )


def _count_by(session: Session, column: Any, *conditions: Any) -> dict[str, int]:
    rows = session.execute(select(column, func.count()).where(*conditions).group_by(column))
    return {str(value): int(many) for value, many in rows}
