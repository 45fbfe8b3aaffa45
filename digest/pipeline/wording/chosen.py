"""Checks what editors made of single comparisons against their pages as they are now."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from digest.catalog.queries import ComparisonView
from digest.compose.content import PullQuote
from digest.compose.edits import NO_QUOTE, PickEdits, QuoteChoice
from digest.issues.lifecycle import IssueError
from digest.issues.revisions import fields
from digest.quotes.choosable import quotable, quoted

NOBODY = {"none": True}
"""The value of a side that is to have no quote."""


def pick_edits(values: Mapping[str, Any], views: Sequence[ComparisonView]) -> dict[str, PickEdits]:
    """Return the edits of each comparison, by slug."""
    return {view.slug: _edits(values, view) for view in views}


def quote_value(view: ComparisonView, side: str, review: int, sentence: int) -> dict[str, Any]:
    """Return the value of a chosen quote: review and sentence are counted from 1, as on the page.

    Raises IssueError if there is no such review or sentence.
    """
    contender = view.contenders[fields.SIDES.index(side)]
    if not 0 < review <= len(contender.reviews):
        msg = f"{contender.name} has {len(contender.reviews)} reviews in {view.slug}, no {review}"
        raise IssueError(msg)
    found = contender.reviews[review - 1]
    said = quotable(found)
    if not 0 < sentence <= len(said):
        msg = (
            f"review {review} of {contender.name} in {view.slug} has {len(said)} sentences, "
            f"no {sentence}"
        )
        raise IssueError(msg)
    return {"lens": found.lens.value, "text": said[sentence - 1]}


def lost_quotes(values: Mapping[str, Any], views: Sequence[ComparisonView]) -> Iterator[str]:
    """Yield the fields of chosen quotes that their pages no longer have: the rules choose again."""
    for view in views:
        for side in fields.SIDES:
            field = fields.quote(view.slug, side)
            value = values.get(field)
            if value is not None and _choice(value, view, side) is None:
                yield field


def _edits(values: Mapping[str, Any], view: ComparisonView) -> PickEdits:
    left, right = (
        _choice(values.get(fields.quote(view.slug, side)), view, side) for side in fields.SIDES
    )
    return PickEdits(
        headline=fields.text_of(values.get(fields.headline(view.slug))),
        summary=fields.text_of(values.get(fields.summary(view.slug))),
        left=left,
        right=right,
        apart=bool(values.get(fields.apart(view.slug))),
        hidden=bool(values.get(fields.hidden(view.slug))),
    )


def _choice(value: Any, view: ComparisonView, side: str) -> QuoteChoice:
    if value is None:
        return None
    if value == NOBODY:
        return NO_QUOTE
    found = quoted(view, fields.SIDES.index(side), value["lens"], value["text"])
    return PullQuote(found.lens, found.text, found.verdict) if found else None
