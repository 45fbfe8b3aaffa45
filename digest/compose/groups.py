"""Groups the comparisons that share a tool."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from digest.catalog.queries import ComparisonView
from digest.compose.content import Group, Matchup
from digest.number_words import count_of, number_word

MIN_GROUP_SIZE = 2


def group_by_tool(
    views: Sequence[ComparisonView], matchups: Sequence[Matchup]
) -> tuple[list[Group], list[Matchup]]:
    """Return the groups, the largest first, and the matchups that are in none.

    A comparison is in one group at most.
    """
    left = list(zip(views, matchups, strict=True))
    groups: list[Group] = []
    while True:
        tools = Counter(side.tool_id for view, _ in left for side in view.contenders)
        best = max(tools.items(), key=lambda item: (item[1], -item[0]), default=(0, 0))
        if best[1] < MIN_GROUP_SIZE:
            return groups, [matchup for _, matchup in left]
        members = [pair for pair in left if _has(pair[0], best[0])]
        left = [pair for pair in left if not _has(pair[0], best[0])]
        groups.append(
            _group([_with_tool_left(view, matchup, best[0]) for view, matchup in members])
        )


def _has(view: ComparisonView, tool_id: int) -> bool:
    return any(side.tool_id == tool_id for side in view.contenders)


def _with_tool_left(view: ComparisonView, matchup: Matchup, tool_id: int) -> Matchup:
    """Return `matchup` with its sides swapped if the tool is on the right."""
    if view.contenders[0].tool_id == tool_id:
        return matchup
    return replace(matchup, left=matchup.right, right=matchup.left)


def _group(matchups: Sequence[Matchup]) -> Group:
    tool = matchups[0].left
    rivals = count_of(len(matchups), "rival").replace(
        str(len(matchups)), number_word(len(matchups)).capitalize(), 1
    )
    return Group(f"{rivals} took on {tool.name} this week", tool, tuple(matchups))
