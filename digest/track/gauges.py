"""How the whole stands, in numbers for a machine that watches; each query reads little."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session, col

from digest.deliver.ledger.finish import count_deliveries
from digest.deliver.tables import Batch, BatchState
from digest.issues.tables import Issue, IssueState
from schedules.tables import Run
from subscribers.tables import Subscriber

UNDER_WAY = (IssueState.SENDING, IssueState.PAUSED)
IN_WORK = (BatchState.QUEUED, BatchState.SUBMITTING)


@dataclass(frozen=True, slots=True)
class Gauges:
    """Counts by state. `deliveries` and `batches` are those of issues under way."""

    subscribers: dict[str, int]
    issues: dict[str, int]
    runs: dict[str, int]
    batches: dict[str, int]
    deliveries: dict[int, dict[str, int]]


def gauges(session: Session) -> Gauges:
    state = col(Issue.state)
    numbers = session.scalars(select(col(Issue.number)).where(state.in_(UNDER_WAY))).all()
    of_those = col(Batch.issue_number).in_(numbers), col(Batch.state).in_(IN_WORK)
    return Gauges(
        subscribers=_by(session, col(Subscriber.status)),
        issues=_by(session, state),
        runs=_by(session, col(Run.state)),
        batches=dict.fromkeys(map(str, IN_WORK), 0) | _by(session, col(Batch.state), *of_those),
        deliveries={
            number: count_deliveries(session, number) for number in numbers if number is not None
        },
    )


def _by(session: Session, column: Any, *conditions: Any) -> dict[str, int]:
    rows = session.execute(select(column, func.count()).where(*conditions).group_by(column))
    return {str(value): int(many) for value, many in rows}
