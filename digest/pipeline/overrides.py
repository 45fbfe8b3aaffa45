"""What an editor lets through the gate, and the record of it."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from digest.gate import Code, Finding, blocking
from digest.gate.findings import FIXED
from digest.issues.lifecycle import IssueError
from digest.issues.tables import Issue, Override

LONGEST_REASON = 500


def overridden(
    number: int, findings: Sequence[Finding], despite: Collection[str], because: str
) -> None:
    """Raises IssueError unless all that blocks is let pass, with a reason, and nothing else is."""
    against = {one.code for one in blocking(findings)}
    for code in despite:
        if code not in set(Code):
            msg = (
                f"{code} is no code of the gate; digest issue check {number} names those there are"
            )
            raise IssueError(msg)
        if code in FIXED:
            msg = f"{code} can't be let pass"
            raise IssueError(msg)
        if code not in against:
            msg = f"{code} does not block issue {number}; leave it out"
            raise IssueError(msg)
    if despite and not 0 < len(because.strip()) <= LONGEST_REASON:
        msg = f'say why in at most {LONGEST_REASON} characters: --because "..."'
        raise IssueError(msg)
    left = blocking(findings, despite)
    if left:
        msg = f"issue {number} can't be approved: " + "; ".join(map(str, left))
        raise IssueError(msg)


def keep_overrides(
    session: Session,
    number: int,
    content_hash: str,
    *,
    despite: Collection[str],
    because: str,
    by: str,
    at: datetime,
) -> None:
    session.add_all(
        Override(
            issue_number=number,
            content_hash=content_hash,
            code=code,
            reason=because.strip(),
            decided_by=by,
            decided_at=at,
        )
        for code in sorted(set(despite))
    )


def overrides_of(session: Session, issue: Issue) -> list[Override]:
    """Those for the bytes that are approved now."""
    return list(
        session.exec(
            select(Override)
            .where(
                Override.issue_number == issue.number,
                Override.content_hash == issue.content_hash,
            )
            .order_by(col(Override.id))
        )
    )


def all_overrides(session: Session, number: int) -> list[Override]:
    """Every one there ever was for the issue, oldest first."""
    return list(
        session.exec(
            select(Override).where(Override.issue_number == number).order_by(col(Override.id))
        )
    )
