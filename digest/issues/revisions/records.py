"""Reads and adds the revisions of an issue."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, func, select

from digest.issues.history import VOID, picks_of
from digest.issues.lifecycle import find_issue
from digest.issues.revisions import fields
from digest.issues.revisions.stack import held_edits
from digest.issues.revisions.state import EditedIssue
from digest.issues.revisions.tables import CHANGING, Revision, RevisionKind
from digest.issues.tables import Issue


@dataclass(frozen=True, slots=True)
class Dropped:
    """A comparison that an editor took out of an issue, and why."""

    slug: str
    issue: int
    who: str
    because: str
    void: bool = False
    """Whether that issue was cancelled or skipped."""

    @property
    def reason(self) -> str:
        return f'dropped from issue {self.issue} by {self.who}: "{self.because}"'


def revisions_of(session: Session, number: int) -> list[Revision]:
    """Return every revision of the issue, the base (0) first; none before its first change."""
    return list(
        session.exec(
            select(Revision).where(Revision.issue_number == number).order_by(col(Revision.n))
        )
    )


def lock_issue(session: Session, number: int) -> Issue:
    """Return the issue as it is now, locked: no other transaction changes it until this one ends.

    Raises NoSuchIssueError.
    """
    find_issue(session, number)
    return session.exec(
        select(Issue)
        .where(Issue.number == number)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def edited(session: Session, issue: Issue) -> EditedIssue:
    """Return the state of the issue as its rows have it."""
    order = tuple(row.slug for _, row in picks_of(session, issue.number or 0))
    values = {name: _complete(issue, name, value) for name, value in issue.written.items()}
    return EditedIssue(order, values)


def add_revision(
    session: Session,
    issue: Issue,
    kind: RevisionKind,
    *,
    who: str,
    at: datetime,
    field: str,
    before: Any = None,
    after: Any = None,
    of: int | None = None,
    because: str = "",
) -> Revision:
    """Add a revision to the issue, which must be locked; before the first, its base."""
    last = session.exec(
        select(func.max(Revision.n)).where(Revision.issue_number == issue.number)
    ).one()
    if last is None:
        last = 0
        session.add(
            Revision(
                issue_number=issue.number or 0,
                n=0,
                kind=RevisionKind.BASE,
                who="",
                at=at,
                field="",
                after=edited(session, issue).as_json(),
            )
        )
    revision = Revision(
        issue_number=issue.number or 0,
        n=last + 1,
        kind=kind,
        of=of,
        who=who,
        at=at,
        field=field,
        before=before,
        after=after,
        because=because,
    )
    session.add(revision)
    if kind in CHANGING:
        issue.revision = revision.n
        session.add(issue)
    session.flush()
    return revision


def drops(session: Session, slugs: Sequence[str]) -> dict[str, Dropped]:
    """Return for each comparison that an editor dropped the last time that it happened."""
    names = [fields.picks(slug) for slug in slugs]
    dropped = select(Revision.issue_number).where(
        col(Revision.field).in_(names), Revision.because != ""
    )
    rows = session.exec(
        select(Revision, Issue.state)
        .join(Issue, col(Issue.number) == col(Revision.issue_number))
        .where(col(Revision.issue_number).in_(dropped))
        .order_by(col(Revision.issue_number), col(Revision.n))
    ).all()
    by_issue: dict[int, list[Revision]] = {}
    states = {}
    for revision, state in rows:
        by_issue.setdefault(revision.issue_number, []).append(revision)
        states[revision.issue_number] = state
    found: dict[str, Dropped] = {}
    for number, revisions in by_issue.items():
        for one in held_edits(revisions):
            if one.field in names and fields.kind_of(one.field) == fields.PICKS:
                slug = fields.slug_of(one.field)
                if one.because:
                    void = states[number] in VOID
                    found[slug] = Dropped(slug, number, one.who, one.because, void)
                elif slug in found and found[slug].issue == number:
                    del found[slug]  # it was added again
    return found


def _complete(issue: Issue, name: str, value: Any) -> Any:
    """Return a value with its text, which older stores keep in the issue's columns alone."""
    if isinstance(value, dict) and "scores" in value and "text" not in value:
        return {"text": getattr(issue, name), "plain": True, **value}
    return value
