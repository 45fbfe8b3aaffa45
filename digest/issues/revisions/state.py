"""Replays revisions into the state of an issue."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from digest.issues.revisions import fields
from digest.issues.revisions.tables import CHANGING, Revision, RevisionKind


@dataclass(frozen=True, slots=True)
class EditedIssue:
    """An issue as editors have made it: its comparisons in order, and the values of its fields.

    A field without a value is left to be proposed.
    """

    order: tuple[str, ...]
    values: Mapping[str, Any]

    def value(self, field: str) -> Any:
        """Return the value of a field; of `picks/SLUG`, the place from 1, or None outside."""
        if fields.kind_of(field) == fields.PICKS:
            slug = fields.slug_of(field)
            return self.order.index(slug) + 1 if slug in self.order else None
        return self.values.get(field)

    def changed(self, field: str, after: Any) -> "EditedIssue":
        """Return the state after one change. A place beyond the end is the end."""
        if fields.kind_of(field) != fields.PICKS:
            values = {key: value for key, value in self.values.items() if key != field}
            return EditedIssue(self.order, values | ({} if after is None else {field: after}))
        slug = fields.slug_of(field)
        order = [one for one in self.order if one != slug]
        if after is not None:
            order.insert(max(after, 1) - 1, slug)
        return EditedIssue(tuple(order), self.values)

    def as_json(self) -> dict[str, Any]:
        return {"order": list(self.order), "values": dict(self.values)}


def replay(revisions: Iterable[Revision]) -> EditedIssue:
    """Return the state that the revisions of one issue tell, the base first."""
    state = EditedIssue((), {})
    for one in revisions:
        if one.kind == RevisionKind.BASE:
            state = EditedIssue(tuple(one.after["order"]), dict(one.after["values"]))
        elif one.kind in CHANGING:
            state = state.changed(one.field, one.after)
    return state
