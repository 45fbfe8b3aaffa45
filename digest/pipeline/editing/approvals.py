"""Ties an approval to the revision that was seen, and tells what changed since the last one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, select

from digest.issues.lifecycle import IssueError
from digest.issues.revisions.records import add_revision, revisions_of
from digest.issues.revisions.sentences import history
from digest.issues.revisions.tables import CHANGING, Revision, RevisionKind
from digest.issues.tables import Issue
from digest.pipeline.editing.editor import MAX_NAME
from digest.pipeline.editing.titled_history import titled_history
from digest.render.rendered import Rendered
from schedules.tables import Schedule

APPROVAL = "approval"


@dataclass(frozen=True, slots=True)
class SinceApproval:
    """The text that was approved last, and the revisions since with their sentences."""

    text: str
    approval: Revision
    revisions: tuple[tuple[Revision, str], ...]


def ensure_seen(issue: Issue, seen: int | None) -> None:
    """Raise IssueError unless `seen` is the issue's revision now; None asks for nothing."""
    if seen is not None and seen != issue.revision:
        msg = (
            f"issue {issue.number} is at revision {issue.revision}, not {seen}; look again: "
            f"digest issue log {issue.number}"
        )
        raise IssueError(msg)


def ensure_four_eyes(session: Session, issue: Issue, by: str) -> None:
    """Raise IssueError if the schedule asks for four eyes, and `by` edited the issue last."""
    asks = session.exec(select(Schedule.four_eyes).where(Schedule.name == issue.series)).first()
    if not asks:
        return
    edits = [one for one in revisions_of(session, issue.number or 0) if one.kind in CHANGING]
    last = edits[-1] if edits else None
    if last is not None and last.who == by[:MAX_NAME]:
        msg = (
            f"issue {issue.number} needs four eyes: {by} edited it last (revision {last.n}), so "
            f"somebody else approves it"
        )
        raise IssueError(msg)


def record_approval(
    session: Session, issue: Issue, rendered: Rendered, *, by: str, at: datetime
) -> None:
    """Add the approval to the history, with the text that later changes are held against."""
    add_revision(
        session,
        issue,
        RevisionKind.APPROVAL,
        who=by,
        at=at,
        field=APPROVAL,
        after={"sha256": rendered.sha256, "subject": rendered.subject, "text": rendered.text},
        of=issue.revision,
    )


def since_approval(session: Session, number: int, *, titled: bool = False) -> SinceApproval | None:
    """Return what changed since the last approval; None if the issue was never approved.

    Its sentences call comparisons by slug, as commands do; `titled` ones by their titles.
    """
    revisions = revisions_of(session, number)
    approval = last_approval(revisions)
    if approval is None:
        return None
    later = tuple(
        (one, said)
        for one, said in (titled_history(session, revisions) if titled else history(revisions))
        if one.n > approval.n and one.kind in CHANGING
    )
    return SinceApproval(approval.after["text"], approval, later)


def last_approval(revisions: Sequence[Revision]) -> Revision | None:
    """Return the newest approval among an issue's revisions."""
    found = [one for one in revisions if one.kind == RevisionKind.APPROVAL]
    return found[-1] if found else None
