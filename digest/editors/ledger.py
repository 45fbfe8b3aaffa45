"""Keeps what was told to whom: noted once, committed before it is handed over, never repeated."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select, update

from digest.editors.event import EditorEvent
from digest.editors.tables import Editor, EditorNotice, NoticeState

if TYPE_CHECKING:
    from sqlalchemy import CursorResult

WEBHOOK = "webhook"
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=1)
KEEP_TRYING = timedelta(days=5)
"""As long as mail servers do (RFC 5321 section 4.5.4.1): a relay may be away over a weekend."""


def note(
    session: Session,
    found: Iterable[EditorEvent],
    editors: Iterable[Editor],
    now: datetime,
    *,
    webhook: bool,
) -> int:
    """Add a row for each event and recipient; return how many are new."""
    every = list(editors)
    wanted: dict[str, tuple[EditorEvent, int | None]] = {}
    for one in found:
        for editor in every:
            if one.at >= editor.since and (not editor.about or one.kind in editor.about):
                wanted[f"{one.key}/{editor.id}"] = one, editor.id
        if webhook:
            wanted[f"{one.key}/{WEBHOOK}"] = one, None
    if not wanted:
        return 0
    known = set(
        session.exec(select(EditorNotice.key).where(col(EditorNotice.key).in_(list(wanted))))
    )
    return sum(_add(session, key, *told, now) for key, told in wanted.items() if key not in known)


def _add(
    session: Session, key: str, one: EditorEvent, editor_id: int | None, now: datetime
) -> bool:
    """Add the row unless another worker did."""
    row = EditorNotice(
        key=key,
        kind=one.kind,
        editor_id=editor_id,
        content={
            "subject": one.subject,
            "paragraphs": list(one.paragraphs),
            "issue": one.issue,
            "key": one.key,
        },
        not_before=now,
        created_at=now,
        changed_at=now,
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        return False
    return True


def next_due(session: Session, now: datetime) -> EditorNotice | None:
    """Return the oldest notice that is due, if any."""
    return session.exec(
        select(EditorNotice)
        .where(EditorNotice.state == NoticeState.QUEUED, EditorNotice.not_before <= now)
        .order_by(col(EditorNotice.id))
        .limit(1)
    ).first()


def claim(session: Session, notice_id: int, now: datetime) -> bool:
    """Take the notice, to be committed before it is handed over; False if another worker did."""
    return _move(
        session, notice_id, NoticeState.QUEUED, state=NoticeState.SUBMITTING, changed_at=now
    )


def settle(session: Session, notice_id: int, *, accepted: bool, now: datetime) -> None:
    """Write what came of it."""
    state = NoticeState.SUBMITTED if accepted else NoticeState.FAILED
    _move(session, notice_id, NoticeState.SUBMITTING, state=state, changed_at=now)


def release(session: Session, notice: EditorNotice, now: datetime) -> None:
    """Try it again later, since it was not handed over; after five days it fails."""
    attempts = notice.attempts + 1
    last = now - notice.created_at >= KEEP_TRYING
    wait = min(FIRST_WAIT * 2 ** min(attempts - 1, 10), LONGEST_WAIT)
    _move(
        session,
        notice.id or 0,
        NoticeState.SUBMITTING,
        state=NoticeState.FAILED if last else NoticeState.QUEUED,
        attempts=attempts,
        not_before=now + wait,
        changed_at=now,
    )


def _move(session: Session, notice_id: int, before: NoticeState, **values: Any) -> bool:
    statement = (
        update(EditorNotice)
        .where(col(EditorNotice.id) == notice_id, col(EditorNotice.state) == before)
        .values(**values)
    )
    result = cast("CursorResult[Any]", session.execute(statement))
    return result.rowcount == 1
