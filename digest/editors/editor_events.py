"""Finds the events that editors are notified of, each with a key that never changes."""

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlmodel import Session, col, func, select

from digest.deliver.ledger.state_counts import kept_counts
from digest.deliver.tables import OPEN_STATES, Delivery
from digest.editors.backup_events import backup_events
from digest.editors.event import LOOK_BACK, MAX_NAMED, EditorEvent, and_more, in_zone, named
from digest.editors.kinds import NoticeKind
from digest.editors.run_events import run_events, send_events
from digest.editors.source_events import source_events
from digest.issues.history import picks_of
from digest.issues.tables import Issue, IssueState
from digest.number_words import count_of
from digest.pipeline.scheduled_sends import if_unapproved
from digest.pipeline.wording.page_snapshots import page_changes
from schedules.tables import Approval, Run, Schedule, SendState, Unapproved
from schedules.timetable import next_due_times

STALLED_AFTER = timedelta(hours=1)


def editor_events(session: Session, now: datetime) -> list[EditorEvent]:
    """Return the events since LOOK_BACK, notified or not. Reads only."""
    since = now - LOOK_BACK
    return [
        *_drafts(session, since, now),
        *_changed(session, now),
        *run_events(session, since),
        *send_events(session, since),
        *source_events(session, now),
        *_finished(session, since),
        *_held(session, now),
        *backup_events(session),
    ]


def _drafts(session: Session, since: datetime, now: datetime) -> Iterator[EditorEvent]:
    rows = session.exec(
        select(Issue, Run, Schedule)
        .join(Run, col(Run.id) == col(Issue.run_id))
        .join(Schedule, col(Schedule.id) == col(Run.schedule_id))
        .where(
            Issue.state == IssueState.DRAFT,
            col(Issue.approved_at).is_(None),
            Issue.created_at >= since,
        )
        .order_by(col(Issue.number))
    ).all()
    for issue, run, schedule in rows:
        if schedule.approval == Approval.AUTOMATIC and (
            run.send_state == SendState.HELD  # which is told by itself
            or not _lay_too_long(issue, schedule, now)
        ):
            continue
        number = issue.number or 0
        picks = [row.title for _, row in picks_of(session, number)]
        yield EditorEvent(
            f"draft/{number}",
            NoticeKind.DRAFT,
            issue.created_at,
            f"Issue {number} waits for you: {issue.subject}",
            (
                _waits(schedule, run.due_at),
                f"It has {count_of(len(picks), 'comparison')}: {named(picks)}.",
                _deadline(run, schedule, now),
            ),
            number,
        )


def _lay_too_long(issue: Issue, schedule: Schedule, now: datetime) -> bool:
    """Return whether a draft that approves itself lay beyond its limit, since no worker ran."""
    return now - issue.created_at > timedelta(minutes=schedule.late_limit_minutes)


def _waits(schedule: Schedule, due_at: datetime) -> str:
    due = in_zone(due_at, schedule)
    return f"The draft of {schedule.name} that was due {due} waits for an editor."


def _deadline(run: Run, schedule: Schedule, now: datetime) -> str:
    if run.send_at is not None:
        return _send_time(run, schedule)
    following = next_due_times(schedule, now)
    said = "Nothing goes out until it is approved."
    if not following:
        return said
    return f"{said} The next issue comes due {in_zone(following[0], schedule)}."


def _send_time(run: Run, schedule: Schedule) -> str:
    assert run.send_at is not None  # noqa: S101 - the caller looked
    when = in_zone(run.send_at, schedule)
    return {
        Unapproved.HOLD: f"Approved by then, it goes out {when}; else it is held.",
        Unapproved.SEND: f"It goes out {when}, approved or not.",
        Unapproved.SKIP: f"Approved by then, it goes out {when}; else there is no issue.",
    }[if_unapproved(run, schedule)]


def _changed(session: Session, now: datetime) -> Iterator[EditorEvent]:
    waiting = session.exec(
        select(Issue)
        .where(col(Issue.state).in_((IssueState.APPROVED, IssueState.SCHEDULED)))
        .order_by(col(Issue.number))
    ).all()
    for issue in waiting:
        changes = [str(one) for one in page_changes(session, issue)]
        if not changes:
            continue
        told = hashlib.sha256("\n".join(changes).encode()).hexdigest()[:16]
        yield EditorEvent(
            f"changed/{issue.number}/{(issue.content_hash or '')[:16]}/{told}",
            NoticeKind.CHANGED,
            now,
            f"Issue {issue.number} is approved, and its pages changed",
            (
                f"The pages of “{issue.subject}” say otherwise than they did when it was approved.",
                f"{'; '.join(changes[:MAX_NAMED])}{and_more(changes)}.",
                f"What is approved goes out as it is. All of it: digest issue diff {issue.number}",
            ),
            issue.number,
        )


def _finished(session: Session, since: datetime) -> Iterator[EditorEvent]:
    rows = session.exec(
        select(Issue)
        .where(Issue.state == IssueState.FINISHED, col(Issue.finished_at) >= since)
        .order_by(col(Issue.number))
    ).all()
    for issue in rows:
        number = issue.number or 0
        counts = kept_counts(session, [number])[number]
        yield EditorEvent(
            f"finished/{number}",
            NoticeKind.FINISHED,
            issue.finished_at or since,
            f"Issue {number} is through: {issue.subject}",
            (
                f"Issue {number} went to {count_of(issue.audience or 0, 'recipient')}.",
                f"{', '.join(f'{amount} {name}' for name, amount in counts.items() if amount)}.",
            ),
            number,
        )


def _held(session: Session, now: datetime) -> Iterator[EditorEvent]:
    rows = session.exec(
        select(Issue)
        .where(col(Issue.state).in_((IssueState.SENDING, IssueState.PAUSED)))
        .order_by(col(Issue.number))
    ).all()
    for issue in rows:
        number = issue.number or 0
        if issue.state == IssueState.PAUSED and issue.held_because and issue.held_at:
            yield _stalled(
                issue,
                f"held/{number}/{issue.held_at.isoformat()}",
                issue.held_at,
                issue.held_because,
            )
        elif issue.state == IssueState.SENDING and (last := _stands_still(session, issue, now)):
            why = f"nothing has gone out since {last:%Y-%m-%d %H:%M} UTC"
            yield _stalled(issue, f"still/{number}/{last.isoformat()}", now, why)


def _stands_still(session: Session, issue: Issue, now: datetime) -> datetime | None:
    """Return when mail last went out if that is long ago, and some deliveries are still open.

    A provider that is away is tried again and again, which changes what is open, but is no news.
    """
    open_ones = session.exec(
        select(func.count())
        .select_from(Delivery)
        .where(Delivery.issue_number == issue.number, col(Delivery.state).in_(OPEN_STATES))
    ).one()
    if not open_ones:
        return None
    closed = session.exec(
        select(func.max(Delivery.changed_at)).where(
            Delivery.issue_number == issue.number, col(Delivery.state).not_in(OPEN_STATES)
        )
    ).one()
    last = max(filter(None, (closed, issue.started_at, issue.created_at)))
    return last if now - last > STALLED_AFTER else None


def _stalled(issue: Issue, key: str, at: datetime, why: str) -> EditorEvent:
    return EditorEvent(
        key,
        NoticeKind.HELD,
        at,
        f"Issue {issue.number} hangs",
        (
            f"The sending of “{issue.subject}” hangs: {why}",
            f"How far it is: digest issue status {issue.number}",
        ),
        issue.number,
    )
