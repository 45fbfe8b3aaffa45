"""Proposes an issue's subject, preheader and first sentence from its picks."""

from collections.abc import Sequence

from digest.catalog.queries import ComparisonView
from digest.compose.content import Headline
from digest.compose.matchup import is_divided, summary_of
from digest.number_words import listed, number_word

MAX_SUBJECT_LENGTH = 70
MAX_PREHEADER_LENGTH = 110


def headline(picked: Sequence[ComparisonView]) -> Headline:
    """Return the subject and preheader proposed for `picked`, the lead first."""
    lead, *others = picked
    subject = _subject(lead)
    if others:
        tail = f", and {number_word(len(others))} more {_verdicts(len(others))}"
        if len(subject) + len(tail) <= MAX_SUBJECT_LENGTH:
            subject += tail
    return Headline(subject, _preheader(lead, others))


def _verdicts(count: int) -> str:
    return "verdict" if count == 1 else "verdicts"


def _subject(lead: ComparisonView) -> str:
    left, right = lead.contenders
    divided = [side for side in lead.contenders if is_divided(side)]
    if divided:
        most = min(divided, key=lambda side: abs((side.panel_score or 0) - 50))
        subject = f"{most.name} splits the panel"
    elif left.panel_score != right.panel_score and None not in (
        left.panel_score,
        right.panel_score,
    ):
        first, second = sorted(lead.contenders, key=lambda side: -(side.panel_score or 0))
        subject = f"{first.name} beats {second.name}"
    else:
        subject = f"{left.name} or {right.name}?"
    return (
        subject
        if len(subject) <= MAX_SUBJECT_LENGTH
        else f"{_shorten(subject, MAX_SUBJECT_LENGTH)}"
    )


def _preheader(lead: ComparisonView, others: Sequence[ComparisonView]) -> str:
    if not others:
        return _shorten(summary_of(*lead.contenders), MAX_PREHEADER_LENGTH)
    names = listed([view.title for view in others[:2]])
    more = len(others) - 2
    tail = f", plus {more} more" if more > 0 else ""
    return _shorten(f"Also this week: {names}{tail}.", MAX_PREHEADER_LENGTH)


def introduction(picked: Sequence[ComparisonView]) -> str:
    tools = {side.tool_id for view in picked for side in view.contenders}
    count = len(picked)
    if count == 1:
        # Not "this week": an issue can also be drafted as soon as a comparison comes in.
        return "One new comparison, two tools, one panel."
    comparisons = f"{number_word(count)} comparisons".capitalize()
    return f"{comparisons} this week, {number_word(len(tools))} tools, one panel."


def _shorten(text: str, length: int) -> str:
    """Return `text`, cut at a word with an ellipsis if it is longer than `length` characters."""
    if len(text) <= length:
        return text
    return text[: length - 1].rsplit(" ", 1)[0].rstrip(",;: ") + "…"
