"""Groups the comparisons that share a tool, if their pages agree on its score."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from digest.catalog.queries import ComparisonView, ContenderView
from digest.compose.content import Group, Matchup
from digest.compose.span import Span
from digest.compose.statements import messages
from digest.language.language import ENGLISH, Language
from digest.language.message import Count, Percent, Value

MIN_GROUP_SIZE = 2
Pair = tuple[ComparisonView, Matchup]
Key = tuple[int, float | None]
"""A tool and the score that a page gives it: pages that differ on it share no group."""


@dataclass(frozen=True, slots=True)
class _Members:
    """The comparisons of a group, each with the shared tool on the left."""

    key: Key
    pairs: tuple[Pair, ...]


def group_by_tool(
    views: Sequence[ComparisonView],
    matchups: Sequence[Matchup],
    span: Span = Span.OPEN,
    language: Language = ENGLISH,
    apart: Collection[str] = (),
) -> tuple[list[Group], list[Matchup]]:
    """Return the groups, the largest first, and the matchups that are in none.

    A comparison is in one group at most, and a rival in a group once: a second comparison of the
    same two stays outside, and so do those with a slug in `apart`.
    """
    every = list(zip(views, matchups, strict=True))
    left = [pair for pair in every if pair[0].slug not in apart]
    found: list[_Members] = []
    while True:
        members = _largest(left)
        if members is None:
            tools = Counter(one.key[0] for one in found)
            groups = [_group(one, span, language, alone=tools[one.key[0]] == 1) for one in found]
            grouped = {view.id for one in found for view, _ in one.pairs}
            return groups, [matchup for view, matchup in every if view.id not in grouped]
        found.append(members)
        taken = {view.id for view, _ in members.pairs}
        left = [pair for pair in left if pair[0].id not in taken]


def _largest(pairs: Sequence[Pair]) -> _Members | None:
    having: dict[Key, list[Pair]] = {}
    for pair in pairs:
        for key in dict.fromkeys(map(_key, pair[0].contenders)):
            having.setdefault(key, []).append(pair)
    found = [_Members(key, tuple(_members(own, key))) for key, own in having.items()]
    best = max(found, key=lambda one: (len(one.pairs), -one.key[0]), default=None)
    return best if best is not None and len(best.pairs) >= MIN_GROUP_SIZE else None


def _key(side: ContenderView) -> Key:
    return side.tool_id, side.panel_score


def _members(pairs: Sequence[Pair], key: Key) -> list[Pair]:
    """Return the comparisons that a group of `key` has, of `pairs`, which all have that key."""
    rivals: set[int] = set()
    members = []
    for view, matchup in pairs:
        swapped = _key(view.contenders[0]) != key
        rival = view.contenders[0 if swapped else 1]
        if rival.tool_id not in rivals:
            rivals.add(rival.tool_id)
            turned = replace(matchup, left=matchup.right, right=matchup.left)
            members.append((view, turned if swapped else matchup))
    return members


def _group(members: _Members, span: Span, language: Language, *, alone: bool) -> Group:
    """Return the group; `alone` if no other group is about the same tool."""
    matchups = tuple(matchup for _, matchup in members.pairs)
    tool = matchups[0].left
    if any(one.left.tagline != tool.tagline for one in matchups):
        tool = replace(tool, tagline="")
    values: dict[str, Value] = {"rivals": Count(len(matchups)), "tool": tool.name}
    score = members.key[1]
    if alone:
        heading = language.say(messages.TOOK_ON[span], **values)
    elif score is None:
        heading = language.say(messages.TOOK_ON_UNSCORED, **values)
    else:
        heading = language.say(messages.TOOK_ON_AT, **values, score=Percent(score))
    return Group(heading, tool, matchups)
