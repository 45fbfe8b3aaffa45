"""The values of the edit page, read together."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from digest.catalog.published import FoundComparison
from digest.gate import Finding
from digest.pipeline.editing.edit_view import EditView

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
    pinned: frozenset[str]
    links: Mapping[str, str]
    """Where the mail leads for each comparison."""
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

    def at(self, place: str) -> Placed:
        """Return what the gate found at one place."""
        return (self.findings or {}).get(place, ())
