"""Overrides findings of the gate on an editor's word, and keeps a record of it."""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlmodel import Session, col, select

from digest.gate import Code, Finding, Gate, SampleMessage, blocking, summary_line
from digest.gate.findings import FIXED
from digest.issues.lifecycle import IssueError
from digest.issues.tables import Issue, Override

MAX_REASON_LENGTH = 500


def refuse_blocked(
    gate: Gate, mail: SampleMessage, number: int, despite: Collection[str], because: str
) -> None:
    """Raise IssueError unless exactly the blocking findings are overridden, and for a reason."""
    _check_override(number, despite, because)
    # Cheap checks first: a schedule tries its draft every minute, and should start no program.
    _refuse_blocking(number, gate.check_quickly(mail), despite)
    findings = gate.check(mail)
    _refuse_blocking(number, findings, despite)
    _check_needed(number, findings, despite)


def _check_override(number: int, despite: Collection[str], because: str) -> None:
    """Raise IssueError for a code that is unknown or fixed, or if the reason is missing."""
    for code in despite:
        if code not in set(Code):
            msg = f"{code} is no code of the gate; see: digest issue check {number}"
            raise IssueError(msg)
        if code in FIXED:
            msg = f"{code} can't be overridden"
            raise IssueError(msg)
    if despite and not 0 < len(because.strip()) <= MAX_REASON_LENGTH:
        msg = f'say why in at most {MAX_REASON_LENGTH} characters: --because "..."'
        raise IssueError(msg)


def _refuse_blocking(number: int, findings: Iterable[Finding], despite: Collection[str]) -> None:
    """Raise IssueError with every blocking finding that is not overridden."""
    against = blocking(findings, despite)
    if against:
        msg = f"issue {number} can't be approved: " + summary_line(against, number)
        raise IssueError(msg)


def _check_needed(number: int, findings: Iterable[Finding], despite: Collection[str]) -> None:
    """Raise IssueError for a code that blocks nothing: the record holds real overrides only."""
    against = {one.code for one in blocking(findings)}
    for code in despite:
        if code not in against:
            msg = f"{code} does not block issue {number}; leave it out"
            raise IssueError(msg)


def record_overrides(
    session: Session,
    number: int,
    content_hash: str,
    *,
    despite: Collection[str],
    because: str,
    by: str,
    at: datetime,
) -> None:
    """Add an override for each code, valid for the bytes of `content_hash` alone."""
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
    """Return the overrides for the bytes that are approved now."""
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
