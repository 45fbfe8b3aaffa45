"""Says who is to speak for a comparison in two quotes: one who would ship, one who would skip.

A panel of three to one on both tools has two dissenters, and their two quotes alone would tell the
contrary of its verdict. So one speaks who would ship the tool ahead, and one who would skip the one
behind, or the other way round where the source's words allow only that. At a tie both ways are as
good. Where neither can be had, a dissenter of each divided panel speaks, if one is known: the score
says already what the others think.
"""

from collections.abc import Sequence

from digest.catalog.pages import Verdict
from digest.catalog.queries import ComparisonView, ContenderView
from digest.quotes.choice import Chosen

Wanted = tuple[Verdict | None, Verdict | None]
"""The verdicts that the left and the right quote should have; None where any will do."""
Quotes = tuple[Chosen | None, Chosen | None]
_HALF, _WHOLE = 50, 100
_WAYS: tuple[Wanted, Wanted] = ((Verdict.SHIP, Verdict.SKIP), (Verdict.SKIP, Verdict.SHIP))


def ways(view: ComparisonView) -> tuple[Wanted, ...]:
    """Return the verdicts with which two quotes speak for both sides, the better way first."""
    left, right = _scores(view)
    return _WAYS[::-1] if left < right else _WAYS


def speak_for_both(view: ComparisonView, tried: Sequence[tuple[Wanted, Quotes]]) -> Quotes | None:
    """Return of the quotes `tried` those that speak for both sides; None if none do.

    The first that do; at a tie the heavier ones.
    """
    left, right = _scores(view)
    met = [quotes for wanted, quotes in tried if _is_met(wanted, quotes)]
    if left == right:
        return max(met, key=_weight, default=None)
    return met[0] if met else None


def dissents(view: ComparisonView) -> Wanted:
    """Return the minority's verdict of each panel, None where there is none."""
    left, right = view.contenders
    return dissent(left), dissent(right)


def dissent(contender: ContenderView) -> Verdict | None:
    """Return the minority's verdict, where the panel is divided."""
    score = contender.panel_score
    if score is None or not 0 < score < _WHOLE:
        return None
    return Verdict.SHIP if score < _HALF else Verdict.SKIP


def _scores(view: ComparisonView) -> tuple[float, float]:
    """Return both scores; equal ones where one is not known, so that nobody is ahead."""
    left, right = (side.panel_score for side in view.contenders)
    return (0, 0) if left is None or right is None else (left, right)


def _is_met(wanted: Wanted, quotes: Quotes) -> bool:
    """Return whether the two have the verdicts wanted."""
    return wanted == tuple(one and one.quote.verdict for one in quotes)


def _weight(quotes: Quotes) -> tuple[float, ...]:
    """Return what of the ranks does not depend on the verdicts: soundness, then weight."""
    ranks = [one.rank for one in quotes if one]
    return sum(rank[1] for rank in ranks), sum(rank[2] for rank in ranks)
