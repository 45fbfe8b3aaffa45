"""Finds the edit that undo or redo takes.

Everybody undoes their own changes, the newest first, unless they name another revision. What was
changed again since is not undone underneath: the later change goes first.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from digest.issues.revisions.errors import EditError
from digest.issues.revisions.tables import CHANGING, Revision, RevisionKind


@dataclass(slots=True)
class _Edit:
    """An edit, and the newest revision that put it into effect or took it out."""

    first: Revision
    newest: Revision = field(init=False)

    def __post_init__(self) -> None:
        self.newest = self.first

    @property
    def is_in_effect(self) -> bool:
        return self.newest.kind != RevisionKind.UNDO


@dataclass(frozen=True, slots=True)
class Step:
    """An undo or redo to make: the edit it is about, and the value to set."""

    edit: Revision
    after: Any


def undo_step(revisions: Sequence[Revision], who: str, n: int | None = None) -> Step:
    """Return how to undo revision `n`, or the newest change of `who` that holds."""
    edits = _edits(revisions)
    held = [one for one in edits.values() if one.is_in_effect]
    if n is None:
        own = [one for one in held if one.first.who == who]
        if not own:
            raise EditError(_nothing_to_undo(held, who))
        found = own[-1]
    elif n not in edits or not edits[n].is_in_effect:
        msg = f"revision {n} is no change that could be undone; digest issue log shows them"
        raise EditError(msg)
    else:
        found = edits[n]
    _refuse_if_overwritten(found, held)
    return Step(found.first, found.newest.before)


def redo_step(revisions: Sequence[Revision], who: str) -> Step:
    """Return how to redo what `who` undid last, if they have changed nothing since."""
    edits = _edits(revisions)
    undone = [one for one in edits.values() if not one.is_in_effect and one.newest.who == who]
    last = max(undone, key=lambda one: one.newest.n, default=None)
    newer = (
        one.n
        for one in revisions
        if last and one.kind == RevisionKind.EDIT and one.who == who and one.n > last.newest.n
    )
    if last is None or any(newer):
        msg = f"{who} has nothing to redo"
        raise EditError(msg)
    _refuse_if_changed_since(last, revisions)
    return Step(last.first, last.first.after)


def held_edits(revisions: Sequence[Revision]) -> list[Revision]:
    """Return the edits that hold: those that were not undone, or redone since."""
    return [one.first for one in _edits(revisions).values() if one.is_in_effect]


def latest_of(revisions: Sequence[Revision], name: str) -> Revision | None:
    """Return the newest revision that changed the field `name`."""
    found = [one for one in revisions if one.field == name and one.kind in CHANGING]
    return found[-1] if found else None


def _edits(revisions: Sequence[Revision]) -> dict[int, _Edit]:
    edits: dict[int, _Edit] = {}
    for one in revisions:
        if one.kind == RevisionKind.EDIT:
            edits[one.n] = _Edit(one)
        elif one.kind in CHANGING and one.of is not None:
            edits[one.of].newest = one
    return edits


def _refuse_if_overwritten(found: _Edit, held: Sequence[_Edit]) -> None:
    """Raise EditError if the field was changed again by an edit that holds."""
    for other in held:
        if other.first.field == found.first.field and other.newest.n > found.newest.n:
            msg = (
                f"revision {found.first.n} can't be undone: {other.first.who} changed the same "
                f"since (revision {other.first.n}); undo that first"
            )
            raise EditError(msg)


def _refuse_if_changed_since(found: _Edit, revisions: Sequence[Revision]) -> None:
    """Raise EditError unless the field stands as the undo left it: by the same edits."""
    then = _standing(revisions, found.first.field, until=found.newest.n)
    now = _standing(revisions, found.first.field)
    if [one.n for one in then] == [one.n for one in now]:
        return
    other = next((one for one in now if one not in then), None)
    who = f"{other.who} changed" if other else "somebody undid"
    msg = f"revision {found.first.n} can't be redone: {who} the same since; make the change anew"
    raise EditError(msg)


def _standing(revisions: Sequence[Revision], name: str, until: int | None = None) -> list[Revision]:
    early = [one for one in revisions if one.field == name and (until is None or one.n <= until)]
    return held_edits(early)


def _nothing_to_undo(held: Sequence[_Edit], who: str) -> str:
    msg = f"{who} has changed nothing that could be undone"
    if held:
        last = held[-1].first
        msg += f"; to undo what {last.who} did last: --revision {last.n}"
    return msg
