"""Queries for pages about issues: the public archive, and the editors' list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from digest.catalog.tables import Comparison
from digest.issues.tables import Issue, IssueState, Link, Pick, Variant

PUBLIC_STATES = (IssueState.SENDING, IssueState.PAUSED, IssueState.FINISHED)


@dataclass(frozen=True, slots=True)
class ArchiveEntry:
    """An issue as the archive lists it; `day` is when it went out."""

    number: int
    subject: str
    preheader: str
    day: datetime


@dataclass(frozen=True, slots=True)
class ArchivedIssue:
    """An issue that went out: the frozen HTML of a variant, and its links' addresses by number."""

    number: int
    subject: str
    preheader: str
    html: str
    links: Mapping[int, str]


def public_issues(session: Session) -> list[ArchiveEntry]:
    """The issues that went out, newest first."""
    rows = session.exec(
        select(Issue).where(col(Issue.state).in_(PUBLIC_STATES)).order_by(col(Issue.number).desc())
    )
    return [
        ArchiveEntry(
            row.number, row.subject, row.preheader, row.send_at or row.approved_at or row.as_of
        )
        for row in rows
        if row.number is not None
    ]


def archived_issue(session: Session, number: int) -> ArchivedIssue | None:
    """Issue `number` as it was mailed; None if it did not go out."""
    row = session.get(Issue, number)
    if row is None or row.state not in PUBLIC_STATES:
        return None
    variant = session.exec(
        select(Variant).where(Variant.issue_number == number).order_by(col(Variant.id))
    ).first()
    if variant is None:
        return None
    links = session.exec(select(Link).where(Link.issue_number == number))
    addresses = {link.number: link.url for link in links}
    return ArchivedIssue(number, row.subject, row.preheader, variant.html, addresses)


def all_issues(session: Session) -> Sequence[Issue]:
    """Every issue, newest first."""
    return session.exec(select(Issue).order_by(col(Issue.number).desc())).all()


def picks_with_comparisons(session: Session, number: int) -> list[tuple[Pick, Comparison]]:
    """The picks of an issue in their order."""
    rows = session.exec(
        select(Pick, Comparison)
        .join(Comparison, col(Comparison.id) == col(Pick.comparison_id))
        .where(Pick.issue_number == number)
        .order_by(col(Pick.position))
    )
    return [(pick, comparison) for pick, comparison in rows]
