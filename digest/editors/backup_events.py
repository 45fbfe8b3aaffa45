"""Finds backups that did not go well, for editors to be told of."""

from collections.abc import Iterator

from sqlmodel import Session

from digest.backup_runs.runs import first_failure
from digest.editors.event import EditorEvent
from digest.editors.kinds import NoticeKind


def backup_events(session: Session) -> Iterator[EditorEvent]:
    """Yield one event for all failures in a row: it is told once until a backup goes well."""
    streak = first_failure(session)
    if streak is None:
        return
    first, last = streak
    yield EditorEvent(
        f"backup/{first.instance}/{first.number}",
        NoticeKind.BACKUP,
        first.begun_at,
        "A backup failed",
        (
            f"The backup of {last.begun_at:%Y-%m-%d %H:%M} UTC did not go well: {last.note}.",
            "It is tried again, and nothing more is said until one goes well and another fails.",
            "How it stands: digest database backups",
        ),
    )
