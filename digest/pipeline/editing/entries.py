"""Turns what an editor asks for into the field it changes and its new value."""

from dataclasses import dataclass
from datetime import datetime
from functools import singledispatch
from typing import Any

from sqlmodel import Session

from digest.catalog.pins import next_pin
from digest.catalog.queries import ComparisonView, comparison_by_slug
from digest.issues.history import used
from digest.issues.revisions import fields
from digest.issues.revisions.errors import EditError
from digest.issues.revisions.state import EditedIssue
from digest.issues.tables import Issue
from digest.pipeline.editing.changes import (
    Add,
    Change,
    ChooseQuote,
    Drop,
    HideBrief,
    Move,
    PinNext,
    QuoteByRule,
    QuoteNobody,
    SetApart,
    TakeProposal,
    Write,
)
from digest.pipeline.wording.chosen import NOBODY, quote_value
from digest.pipeline.wording.proposed import Wording
from digest.pipeline.wording.written import taken_value, written_value

MAX_REASON = 500


@dataclass(frozen=True, slots=True)
class Entry:
    """One field's new value, and the editor's reason where there has to be one."""

    field: str
    after: Any
    because: str = ""


@dataclass(frozen=True, slots=True)
class EditContext:
    """What a change is made in: the issue as it is, and its words."""

    session: Session
    issue: Issue
    state: EditedIssue
    words: Wording
    now: datetime

    @property
    def number(self) -> int:
        return self.issue.number or 0


def entry_of(change: Change, around: EditContext) -> Entry:
    """Return the entry that `change` makes. Raises EditError or IssueError if it can't be made."""
    return _entry(change, around)


@singledispatch
def _entry(change: Any, _around: EditContext) -> Entry:
    raise TypeError(type(change).__name__)


@_entry.register
def _(change: Write, around: EditContext) -> Entry:
    slug = fields.slug_of(change.field)
    if not fields.is_text(change.field):
        msg = f"an issue has no text {change.field!r}"
        raise EditError(msg)
    if slug and around.state.value(fields.picks(slug)) is None:
        # Who writes while a colleague drops the comparison loses no word: it may come back.
        _known(around, slug)
    words = around.words
    value = written_value(change.field, change.text, words.facts, words.picked)
    return Entry(change.field, value)


@_entry.register
def _(change: TakeProposal, around: EditContext) -> Entry:
    return Entry(fields.SUBJECT, taken_value(change.place, around.number, around.words))


@_entry.register
def _(change: Add, around: EditContext) -> Entry:
    field = fields.picks(change.slug)
    if around.state.value(field) is not None:
        msg = f"{change.slug} is in issue {around.number} already; to move it: digest issue move"
        raise EditError(msg)
    view = _known(around, change.slug)
    if view.published_at > around.now:
        msg = f"{change.slug} is not published until {view.published_at.date().isoformat()}"
        raise EditError(msg)
    ensure_unused(around, view)
    last = len(around.state.order) + 1
    return Entry(field, min(max(change.at or last, 1), last))


@_entry.register
def _(change: Drop, around: EditContext) -> Entry:
    because = " ".join(change.because.split())
    if not because:
        msg = f"say why {change.slug} is dropped: it is shown when the comparison comes up again"
        raise EditError(msg)
    _in_issue(around, change.slug)
    if len(around.state.order) == 1:
        msg = (
            f"{change.slug} is all that issue {around.number} has; to stop it: digest issue cancel"
        )
        raise EditError(msg)
    return Entry(fields.picks(change.slug), None, because[:MAX_REASON])


@_entry.register
def _(change: Move, around: EditContext) -> Entry:
    _in_issue(around, change.slug)
    last = len(around.state.order)
    if not 0 < change.to <= last:
        msg = f"issue {around.number} has places 1 to {last}, no {change.to}"
        raise EditError(msg)
    return Entry(fields.picks(change.slug), change.to)


@_entry.register
def _(change: ChooseQuote, around: EditContext) -> Entry:
    view = _side_of(around, change.slug, change.side)
    value = quote_value(view, change.side, change.review, change.sentence)
    return Entry(fields.quote(change.slug, change.side), value)


@_entry.register
def _(change: QuoteNobody, around: EditContext) -> Entry:
    _side_of(around, change.slug, change.side)
    return Entry(fields.quote(change.slug, change.side), NOBODY)


@_entry.register
def _(change: QuoteByRule, around: EditContext) -> Entry:
    _side_of(around, change.slug, change.side)
    return Entry(fields.quote(change.slug, change.side), None)


@_entry.register
def _(change: SetApart, around: EditContext) -> Entry:
    _in_issue(around, change.slug)
    return Entry(fields.apart(change.slug), change.apart or None)


@_entry.register
def _(change: HideBrief, around: EditContext) -> Entry:
    _in_issue(around, change.slug)
    return Entry(fields.hidden(change.slug), change.hidden or None)


@_entry.register
def _(change: PinNext, around: EditContext) -> Entry:
    view = _known(around, change.slug)
    place = view.pin or next_pin(around.session)
    return Entry(fields.pin(change.slug), place if change.pinned else None)


def ensure_unused(around: EditContext, view: ComparisonView) -> None:
    """Raise EditError if another issue of the series has the comparison, or an editor hid it."""
    if view.hidden:
        msg = f"{view.slug} is hidden; to show it again: digest comparisons unhide {view.slug}"
        raise EditError(msg)
    other = used(around.session, around.issue.series).get(view.id)
    if other is not None and other != around.number:
        msg = f"{view.slug} is in issue {other} of the same series; it appears only once"
        raise EditError(msg)


def _known(around: EditContext, slug: str) -> ComparisonView:
    view = comparison_by_slug(around.session, slug)
    if view is None:
        msg = f"there is no comparison {slug}; `digest comparisons list` shows those there are"
        raise EditError(msg)
    return view


def _in_issue(around: EditContext, slug: str) -> None:
    if around.state.value(fields.picks(slug)) is None:
        _known(around, slug)
        msg = f"{slug} is not in issue {around.number}; to add it: digest issue add"
        raise EditError(msg)


def _side_of(around: EditContext, slug: str, side: str) -> ComparisonView:
    if side not in fields.SIDES:
        msg = f"{side!r} is no side; say left or right"
        raise EditError(msg)
    _in_issue(around, slug)
    return next(view for view in around.words.picked if view.slug == slug)
