"""Saves an issue's edited state to its tables."""

from sqlmodel import Session, col, delete, select, update

from digest.catalog.pins import set_pin
from digest.catalog.tables import Comparison
from digest.issues.lifecycle import transition
from digest.issues.revisions import fields
from digest.issues.revisions.records import lock_issue
from digest.issues.revisions.state import EditedIssue
from digest.issues.tables import Issue, IssueState, Link, Pick, PickRole, Variant
from digest.language.language import Language
from digest.pipeline.wording.proposed import reword


def draft_again(session: Session, number: int) -> Issue:
    """Return the issue, locked, as a draft: its approval is withdrawn if it had one."""
    issue = lock_issue(session, number)
    if issue.state != IssueState.DRAFT:
        _withdraw_approval(session, number)
        session.refresh(issue)
    return issue


def write_state(
    session: Session, issue: Issue, before: EditedIssue, after: EditedIssue, language: Language
) -> None:
    """Bring the issue's picks, fields and words from one state to the next."""
    if before.order != after.order:
        _write_order(session, issue, before, after)
    issue.written = dict(after.values)
    session.add(issue)
    session.flush()
    _write_pins(session, before, after)
    reword(session, issue, language)


def _write_order(session: Session, issue: Issue, before: EditedIssue, after: EditedIssue) -> None:
    rows = session.exec(
        select(Comparison.slug, Comparison.id).where(
            col(Comparison.slug).in_({*before.order, *after.order})
        )
    )
    ids = {slug: one or 0 for slug, one in rows}
    gone = [ids[slug] for slug in before.order if slug not in after.order]
    of_issue = col(Pick.issue_number) == issue.number
    session.exec(delete(Pick).where(of_issue, col(Pick.comparison_id).in_(gone)))
    # Out of the way first: no two picks of an issue may have one position, not even for a moment.
    session.exec(update(Pick).where(of_issue).values(position=-1 - col(Pick.position)))
    for position, slug in enumerate(after.order):
        role = PickRole.LEAD if position == 0 else PickRole.BRIEF
        if slug in before.order:
            session.exec(
                update(Pick)
                .where(of_issue, col(Pick.comparison_id) == ids[slug])
                .values(position=position, role=role)
            )
        else:
            session.add(
                Pick(
                    issue_number=issue.number or 0,
                    comparison_id=ids[slug],
                    position=position,
                    role=role,
                    series=issue.series,
                )
            )
    session.flush()


def _write_pins(session: Session, before: EditedIssue, after: EditedIssue) -> None:
    changed = {
        name
        for name in {*before.values, *after.values}
        if fields.kind_of(name) == fields.PIN and before.value(name) != after.value(name)
    }
    for name in sorted(changed):
        set_pin(session, fields.slug_of(name), after.value(name))
    session.flush()


def _withdraw_approval(session: Session, number: int) -> None:
    transition(
        session,
        number,
        IssueState.DRAFT,
        content_hash=None,
        approved_at=None,
        approved_by="",
        send_at=None,
    )
    session.exec(delete(Variant).where(col(Variant.issue_number) == number))
    session.exec(delete(Link).where(col(Link.issue_number) == number))
