"""Picks the comparisons of an issue, with the reasons in words.

The rules, in order:

1. Only what was never in an issue of the series, and is new since the last one: published after
   it, or imported after it with a date no more than a week older, or left out of it because it
   was full. A first issue reaches back one span of its schedule (a week where there is none).
2. An editor's pin stands first (1 before 2) and lifts the age rule, never the other.
3. Then points: a divided panel up to 50, a gap between the two scores up to 20, freshness up to
   20 (a day costs a seventh), readers' votes up to 10.
4. Equal points: the newer, then the slug, so that the same input gives the same issue.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.catalog.queries import ComparisonView, ContenderView
from digest.compose.statements.panel import Panel
from digest.issues.tables import PickRole
from digest.number_words import count_of, figure, percent

GRACE = timedelta(days=7)
FRESH_DAYS = 7
DIVIDED_POINTS = 50
GAP_POINTS = 20
FRESH_POINTS = 20
VOTED_POINTS = 10
CLEAR_GAP = 25


@dataclass(frozen=True, slots=True)
class History:
    """What a series has had: when its last issue was made, and the issue of each comparison."""

    since: datetime | None = None
    drafted_at: datetime | None = None
    used: Mapping[int, int] | None = None
    """Comparison id to issue number."""
    first_span: timedelta | None = None
    """How far a first issue reaches back; None: as far as there is anything."""
    waiting: AbstractSet[str] = frozenset()
    """Slugs that were left out of the last issue because it was full: they count as new."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How many comparisons an issue takes at most."""

    max_picks: int = 10


@dataclass(frozen=True, slots=True)
class Picked:
    """A picked comparison, and why."""

    comparison_id: int
    role: PickRole
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A comparison that was not picked; `waits` if only because the issue is full."""

    slug: str
    reason: str
    waits: bool = False


@dataclass(frozen=True, slots=True)
class Selection:
    """Picks in the issue's order (the lead first), and what was left out."""

    picks: tuple[Picked, ...]
    left_out: tuple[LeftOut, ...]


def pick(
    candidates: Sequence[ComparisonView], history: History, rules: Rules, as_of: datetime
) -> Selection:
    """Pick from `candidates`, as things stood at `as_of`."""
    fit: list[ComparisonView] = []
    left_out: list[LeftOut] = []
    for candidate in candidates:
        reason = _exclusion(candidate, history, as_of)
        if reason is None:
            fit.append(candidate)
        else:
            left_out.append(LeftOut(candidate.slug, reason))
    ranked = sorted(fit, key=lambda candidate: _rank(candidate, as_of))
    left_out += [
        LeftOut(late.slug, _full(place, len(ranked), rules.max_picks), waits=True)
        for place, late in enumerate(ranked[rules.max_picks :], start=rules.max_picks + 1)
    ]
    picks = tuple(
        Picked(
            chosen.id,
            PickRole.LEAD if place == 0 else PickRole.BRIEF,
            tuple(reasons(chosen, as_of)),
        )
        for place, chosen in enumerate(ranked[: rules.max_picks])
    )
    return Selection(picks, tuple(left_out))


def _full(place: int, ranked: int, most: int) -> str:
    return f"ranked {place} of {ranked}; an issue takes {most}, so it waits for the next"


def _exclusion(candidate: ComparisonView, history: History, as_of: datetime) -> str | None:
    used = (history.used or {}).get(candidate.id)
    if used is not None:
        return f"already in issue {used}"
    if candidate.published_at > as_of:
        return f"published {_day(candidate.published_at)}, after this issue's {_day(as_of)}"
    if candidate.pin is not None or candidate.slug in history.waiting:
        return None
    if history.since is None or history.drafted_at is None:
        return _too_old_for_a_first(candidate, history, as_of)
    came_late = (
        candidate.imported_at > history.drafted_at
        and candidate.published_at > history.since - GRACE
    )
    if candidate.published_at > history.since or came_late:
        return None
    return (
        f"published {_day(candidate.published_at)}, before the last issue ({_day(history.since)})"
    )


def _too_old_for_a_first(
    candidate: ComparisonView, history: History, as_of: datetime
) -> str | None:
    if history.first_span is None or candidate.published_at >= as_of - history.first_span:
        return None
    days = count_of(history.first_span.days, "day")
    return (
        f"published {_day(candidate.published_at)}; the first issue reaches back {days}, "
        f"--first-days takes more"
    )


def _rank(candidate: ComparisonView, as_of: datetime) -> tuple[int, float, float, str]:
    pinned = candidate.pin if candidate.pin is not None else 10**9
    newest = -candidate.published_at.timestamp()
    return (pinned, -_points(candidate, as_of), newest, candidate.slug)


def _points(candidate: ComparisonView, as_of: datetime) -> float:
    left, right = candidate.contenders
    divided = max(dividedness(left), dividedness(right)) * DIVIDED_POINTS
    gap = abs((left.panel_score or 0) - (right.panel_score or 0)) / 100 * GAP_POINTS
    if left.panel_score is None or right.panel_score is None:
        gap = 0
    age = max(0.0, (as_of - candidate.published_at).total_seconds() / 86_400)
    fresh = max(0.0, 1 - age / FRESH_DAYS) * FRESH_POINTS
    voted = sum(side.community_score is not None for side in candidate.contenders) / 2
    return divided + gap + fresh + voted * VOTED_POINTS


def dividedness(contender: ContenderView) -> float:
    """Return 0 for a unanimous panel, up to 1 for one split down the middle."""
    score = contender.panel_score
    return 0.0 if score is None else min(score, 100 - score) / 50


def reasons(chosen: ComparisonView, as_of: datetime) -> list[str]:
    """Say in words why a comparison is picked."""
    left, right = chosen.contenders
    said = []
    if chosen.pin is not None:
        said.append(f"pinned by an editor (place {chosen.pin})")
    said += [
        f"the panel is divided on {side.name} ({percent(side.panel_score)} ship)"
        for side in (left, right)
        if Panel(side.panel_score, len(side.reviews)).is_divided and side.panel_score is not None
    ]
    if left.panel_score is not None and right.panel_score is not None:
        gap = abs(left.panel_score - right.panel_score)
        if gap >= CLEAR_GAP:
            said.append(f"a gap of {figure(gap)} points between the two")
    said += [
        f"readers have voted on {side.name} ({percent(side.community_score)} ship)"
        for side in (left, right)
        if side.community_score is not None
    ]
    days = int((as_of - chosen.published_at).total_seconds() // 86_400)
    said.append("published today" if days < 1 else f"published {count_of(days, 'day')} ago")
    return said


def _day(moment: datetime) -> str:
    return moment.date().isoformat()
