"""The values of the edit page, read together."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from digest.catalog.published import FoundComparison
from digest.gate import Finding
from digest.issues.revisions.stack import held_edits
from digest.issues.revisions.tables import CHANGING, Revision, RevisionKind
from digest.pipeline.editing.approvals import last_approval
from digest.pipeline.editing.edit_view import EditView, PickView
from digest.web.studio.edit.contents import Block, Row, rows_of
from digest.web.studio.times import clock_words

Placed = tuple[Finding, ...]
"""The findings of one place on the page."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """A text that came too late: the editor's own stands in the field, the other's beside it."""

    field: str
    yours: str
    theirs: str
    by: str


@dataclass(frozen=True, slots=True)
class EditPage:
    """What the page shows of one issue. `findings` is None until they are asked for."""

    issue: EditView
    key: str
    """What drafts in the browser are kept under: another store's issue has another."""
    saved_at: str
    """When it was changed last, as hours and minutes in the schedule's zone; empty if never."""
    zone: ZoneInfo
    """Where its schedule tells the time."""
    pinned: frozenset[str]
    links: Mapping[str, str]
    """Where the mail leads for each comparison."""
    blocks: tuple[Block, ...]
    found: tuple[FoundComparison, ...] = ()
    search: str = ""
    findings: Mapping[str, Placed] | None = None
    html_size: int | None = None
    conflicts: Mapping[str, Conflict] = field(default_factory=dict)
    interest: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    """What readers made of the tools and categories of each pick, a line each, by its id."""
    has_interest: bool = False
    """Whether there may be any: then the page keeps room for it, so that nothing moves later."""

    @property
    def is_draft(self) -> bool:
        return self.issue.state == "draft"

    @property
    def can_be_reopened(self) -> bool:
        """Return whether taking its approval back makes it a draft again."""
        return self.issue.state in {"approved", "scheduled"}

    @property
    def contents(self) -> list[tuple[Block, list[Row]]]:
        """Return the comparisons as they stand in the mail, under its headings."""
        return rows_of(self.blocks, self.issue.picks)

    @property
    def revision_before(self) -> int:
        """Return the revision that the newest change was made on; 0 before the second one."""
        changes = [one.n for one in self._revisions if one.kind in CHANGING]
        return changes[-2] if len(changes) > 1 else 0

    @property
    def is_taken_back(self) -> bool:
        """Return whether it was approved before, and is a draft: it goes out if approved again."""
        return self.is_draft and last_approval(self._revisions) is not None

    def when(self, revision: Revision) -> str:
        """Return when a revision was made, as `23 November 2026, 08:00`."""
        return clock_words(revision.at, self.zone)

    @property
    def held(self) -> frozenset[int]:
        """Return the edits that were not undone."""
        return frozenset(one.n for one in held_edits(self._revisions))

    def is_written(self, pick: PickView) -> bool:
        """Return whether an editor wrote or chose something of a comparison."""
        texts = (pick.headline, pick.summary)
        return any(one.is_theirs for one in texts) or any(one.choice for one in pick.sides)

    def can_undo(self, editor: str) -> bool:
        """Return whether a change of the editor's holds."""
        return any(one.who == editor for one in held_edits(self._revisions))

    def can_redo(self, editor: str) -> bool:
        """Return whether the editor has undone a change, and made none since."""
        own = [one for one in self._revisions if one.who == editor and one.kind in CHANGING]
        undone = {one.of for one in own if one.kind == RevisionKind.UNDO} - self.held
        return bool(undone) and own[-1].kind != RevisionKind.EDIT

    @property
    def _revisions(self) -> list[Revision]:
        return [one for one, _ in self.issue.history]

    def at(self, place: str) -> Placed:
        """Return what the gate found at one place."""
        return (self.findings or {}).get(place, ())
