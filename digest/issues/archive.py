"""Reads the issues that went out, for the public archive."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, select

from digest.issues.days import sending_day, sending_moment
from digest.issues.tables import Issue, IssueState, Link, Variant

PUBLIC_STATES = (IssueState.SENDING, IssueState.PAUSED, IssueState.FINISHED)
"""What the archive lists. An issue that was cancelled in mid-send has a page and is not listed:
who got it can still read it."""


@dataclass(frozen=True, slots=True)
class ArchiveEntry:
    """An issue in the archive's list; `day` is when, in its zone."""

    number: int
    subject: str
    preheader: str
    day: datetime


@dataclass(frozen=True, slots=True)
class ArchivedIssue:
    """An issue that went out: the frozen HTML of a variant, and link targets by number."""

    number: int
    subject: str
    preheader: str
    html: str
    links: Mapping[int, str]
    day: date
    public_id: int


@dataclass(frozen=True, slots=True)
class IssueVersion:
    """What an archived page is made of, short: while it is equal, so is the page."""

    number: int
    public_id: int
    content_hash: str | None
    """Of the frozen bytes; links are frozen with them, and `public_id` is drawn anew then."""
    state: str
    subject: str
    preheader: str
    day: date


def page_query(public_id: int) -> str:
    """Return what stands behind an issue's address in mail: it tells the issue from another one."""
    return f"issue={public_id:x}"


def moment_claim(issue: Issue) -> int:
    """Return what a test message's link calls an issue, beside its number: when it was made."""
    return int(issue.as_of.timestamp() * 1_000_000)


def public_issues(session: Session, limit: int | None = None) -> list[ArchiveEntry]:
    """Return the issues that went out, the newest first; at most `limit`."""
    rows = session.exec(
        select(Issue)
        .where(col(Issue.state).in_(PUBLIC_STATES))
        .order_by(col(Issue.number).desc())
        .limit(limit)
    )
    return [
        ArchiveEntry(row.number, row.subject, row.preheader, sending_moment(session, row))
        for row in rows
        if row.number is not None
    ]


def archived_issue(session: Session, number: int) -> ArchivedIssue | None:
    """Return issue `number` as it was mailed; None if it did not go out."""
    row = session.get(Issue, number)
    if row is None or not _was_mailed(row):
        return None
    variant = session.exec(
        select(Variant).where(Variant.issue_number == number).order_by(col(Variant.id))
    ).first()
    if variant is None:
        return None
    links = session.exec(select(Link).where(Link.issue_number == number))
    addresses = {link.number: link.url for link in links}
    return ArchivedIssue(
        number,
        row.subject,
        row.preheader,
        variant.html,
        addresses,
        sending_day(session, row),
        row.public_id,
    )


def archived_version(session: Session, number: int) -> IssueVersion | None:
    """Return what tells whether a page made of `archived_issue` is still right; None as there."""
    row = session.get(Issue, number)
    if row is None or not _was_mailed(row):
        return None
    return IssueVersion(
        number,
        row.public_id,
        row.content_hash,
        row.state,
        row.subject,
        row.preheader,
        sending_day(session, row),
    )


def _was_mailed(issue: Issue) -> bool:
    """Return whether somebody may have the issue: its sending began, however it ended."""
    cancelled = issue.state == IssueState.CANCELLED and issue.audience is not None
    return cancelled or issue.state in PUBLIC_STATES
