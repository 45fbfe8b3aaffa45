"""What editors can be told of."""

from enum import StrEnum


class NoticeKind(StrEnum):
    DRAFT = "draft"
    """A schedule's draft waits for its editor."""
    CHANGED = "changed"
    """A page says otherwise than the approved issue that has it."""
    RUN = "run"
    """A run was skipped, held or missed, or its issue did not go out at its time."""
    FINISHED = "finished"
    """An issue is through."""
    HELD = "held"
    """A sending is held, or nothing has gone out for an hour."""
    SOURCE = "source"
    """A source fails again and again, or brings nothing before an issue is due."""
    BACKUP = "backup"
    """A backup on schedule failed."""


SAID = {
    NoticeKind.DRAFT: "a draft waits",
    NoticeKind.CHANGED: "a page changed after approval",
    NoticeKind.RUN: "a run was skipped, held or missed",
    NoticeKind.FINISHED: "a send finished",
    NoticeKind.HELD: "a send hangs",
    NoticeKind.SOURCE: "a source fails or is silent",
    NoticeKind.BACKUP: "a backup failed",
}
