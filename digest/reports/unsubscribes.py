"""Reads why people unsubscribed from an issue, where they said so."""

from dataclasses import dataclass

from sqlalchemy import func
from sqlmodel import Session, col, select

from subscribers.tables import UnsubscribeFeedback, UnsubscribeReason

MAX_WORDS = 50
REASONS = {
    UnsubscribeReason.TOO_OFTEN: "comes too often",
    UnsubscribeReason.NOT_FOR_ME: "not for me",
    UnsubscribeReason.NEVER_ASKED: "never asked for it",
    UnsubscribeReason.OTHER: "another reason",
}


@dataclass(frozen=True, slots=True)
class UnsubscribeReasons:
    """How many named each reason, frequent first, and what some wrote, newest first, unnamed."""

    counts: tuple[tuple[UnsubscribeReason, int], ...]
    words: tuple[str, ...]


def unsubscribe_reasons(session: Session, number: int) -> UnsubscribeReasons:
    """Return the reasons of those who unsubscribed by a link of this issue and were asked why."""
    of_issue = UnsubscribeFeedback.issue_number == number
    rows = session.exec(
        select(UnsubscribeFeedback.reason, func.count())
        .where(of_issue)
        .group_by(col(UnsubscribeFeedback.reason))
    ).all()
    words = session.exec(
        select(UnsubscribeFeedback.words)
        .where(of_issue, UnsubscribeFeedback.words != "")
        .order_by(col(UnsubscribeFeedback.at).desc(), col(UnsubscribeFeedback.subscriber_id))
        .limit(MAX_WORDS)
    ).all()
    counts = sorted(
        ((UnsubscribeReason(reason), amount) for reason, amount in rows),
        key=lambda one: (-one[1], one[0]),
    )
    return UnsubscribeReasons(tuple(counts), tuple(words))
