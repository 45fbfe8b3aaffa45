"""Defines why an edit is refused."""

from typing import Any

from digest.issues.lifecycle import IssueError


class EditError(IssueError):
    """The edit can't be made; the text says why, and what to do instead."""


class EditConflictError(EditError):
    """Somebody changed the same field since the revision that the edit was made on.

    Both texts are here, and the one that came later is kept as a revision, `aside`.
    """

    http_status = 409

    def __init__(
        self, message: str, *, field: str, theirs: Any, yours: Any, by: str, revision: int
    ) -> None:
        super().__init__(message)
        self.field = field
        self.theirs = theirs
        """The value that the issue has now, and who gave it in which revision."""
        self.by = by
        self.revision = revision
        self.yours = yours
        self.aside: int | None = None
        """The number of the revision that keeps `yours`, where it is a text."""
