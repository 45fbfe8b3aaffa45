"""Queries issues: what a series has had, what is unfinished, what an issue holds."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from digest.catalog.tables import Comparison
from digest.issues.tables import Issue, IssueState, Override, Pick

VOID = (IssueState.CANCELLED, IssueState.SKIPPED)


def last_issue(session: Session, series: str, until: datetime) -> Issue | None:
    """Return the newest issue of the series, up to `until`, that was not cancelled or skipped.

    One that was drafted while a clock was ahead says nothing until that time has come: it would
    silence the series till then.
    """
    return session.exec(
        select(Issue)
        .where(Issue.series == series, col(Issue.state).not_in(VOID), Issue.as_of <= until)
        .order_by(col(Issue.number).desc())
        .limit(1)
    ).first()


def earlier_issues(session: Session, issue: Issue, count: int) -> Sequence[Issue]:
    """Return up to `count` issues of the same series before this one, the newest first.

    Void ones are left out.
    """
    return session.exec(
        select(Issue)
        .where(
            Issue.series == issue.series,
            col(Issue.number) < issue.number,
            col(Issue.state).not_in(VOID),
        )
        .order_by(col(Issue.number).desc())
        .limit(count)
    ).all()


def used(session: Session, series: str) -> dict[int, int]:
    """Return the comparison ids that the series has used, each with its issue number."""
    rows = session.exec(select(Pick.comparison_id, Pick.issue_number).where(Pick.series == series))
    return dict(rows.all())


def open_draft(session: Session, series: str) -> Issue | None:
    """Return the newest draft of the series, if any."""
    return session.exec(
        select(Issue)
        .where(Issue.series == series, Issue.state == IssueState.DRAFT)
        .order_by(col(Issue.number).desc())
    ).first()


def unfinished(session: Session, now: datetime) -> list[Issue]:
    """Return issues that are sending, or scheduled and due, the oldest first."""
    due = (col(Issue.state) == IssueState.SCHEDULED) & (col(Issue.send_at) <= now)
    return list(
        session.exec(
            select(Issue)
            .where((col(Issue.state) == IssueState.SENDING) | due)
            .order_by(col(Issue.number))
        )
    )


def issues_with(session: Session, slug: str) -> list[tuple[int, str]]:
    """Return the issues that are not sent yet and have this comparison: number and state."""
    waiting = (IssueState.DRAFT, IssueState.APPROVED, IssueState.SCHEDULED)
    rows = session.exec(
        select(Issue.number, Issue.state)
        .join(Pick, col(Pick.issue_number) == col(Issue.number))
        .join(Comparison, col(Comparison.id) == col(Pick.comparison_id))
        .where(Comparison.slug == slug, col(Issue.state).in_(waiting))
        .order_by(col(Issue.number))
    )
    return [(number, state) for number, state in rows if number is not None]


def issues_of(session: Session, slug: str) -> list[tuple[int, str]]:
    """Return every issue that has this comparison, whatever became of it: number and state."""
    rows = session.exec(
        select(Issue.number, Issue.state)
        .join(Pick, col(Pick.issue_number) == col(Issue.number))
        .join(Comparison, col(Comparison.id) == col(Pick.comparison_id))
        .where(Comparison.slug == slug)
        .order_by(col(Issue.number))
    )
    return [(number, state) for number, state in rows if number is not None]


def all_issues(session: Session) -> Sequence[Issue]:
    """Return every issue, newest first."""
    return session.exec(select(Issue).order_by(col(Issue.number).desc())).all()


def picks_of(session: Session, number: int) -> Sequence[tuple[Pick, Comparison]]:
    """Return what is in an issue, each pick with its comparison, in order."""
    return session.exec(
        select(Pick, Comparison)
        .join(Comparison, col(Comparison.id) == col(Pick.comparison_id))
        .where(Pick.issue_number == number)
        .order_by(col(Pick.position))
    ).all()


def all_overrides(session: Session, number: int) -> list[Override]:
    """Return every override there ever was for the issue, oldest first."""
    return list(
        session.exec(
            select(Override).where(Override.issue_number == number).order_by(col(Override.id))
        )
    )
