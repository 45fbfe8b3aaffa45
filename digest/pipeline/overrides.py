"""What an editor lets through the gate, and the record of it."""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlmodel import Session, col, select

from digest.gate import Code, Finding, Gate, SampleMessage, blocking, summary_line
from digest.gate.findings import FIXED
from digest.issues.lifecycle import IssueError
from digest.issues.tables import Issue, Override

LONGEST_REASON = 500


def refuse_blocked(
    gate: Gate, mail: SampleMessage, number: int, despite: Collection[str], because: str
) -> None:
    """Raises IssueError unless all that blocks is let pass, with a reason, and nothing else is."""
    _check_override(number, despite, because)
    # First what costs little: a draft that a schedule tries every minute wakes no program.
    _check_passes(number, gate.check_quickly(mail), despite)
    findings = gate.check(mail)
    _check_passes(number, findings, despite)
    _check_needed(number, findings, despite)


def _check_override(number: int, despite: Collection[str], because: str) -> None:
    """Raises IssueError for a code that is none or can't be let pass, and for want of a reason."""
    for code in despite:
        if code not in set(Code):
            msg = f"{code} is no code of the gate; see: digest issue check {number}"
            raise IssueError(msg)
        if code in FIXED:
            msg = f"{code} can't be let pass"
            raise IssueError(msg)
    if despite and not 0 < len(because.strip()) <= LONGEST_REASON:
        msg = f'say why in at most {LONGEST_REASON} characters: --because "..."'
        raise IssueError(msg)


def _check_passes(number: int, findings: Iterable[Finding], despite: Collection[str]) -> None:
    """Raises IssueError with all that blocks and is not let pass."""
    against = blocking(findings, despite)
    if against:
        msg = f"issue {number} can't be approved: " + summary_line(against, number)
        raise IssueError(msg)


def _check_needed(number: int, findings: Iterable[Finding], despite: Collection[str]) -> None:
    """Raises IssueError for a code that blocks nothing: the record shall say what was let pass."""
    against = {one.code for one in blocking(findings)}
    for code in despite:
        if code not in against:
            msg = f"{code} does not block issue {number}; leave it out"
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
