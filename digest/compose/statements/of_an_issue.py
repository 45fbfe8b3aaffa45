"""Lists what a subject may say of a whole issue: rivals of one tool, counts, firsts."""

from collections.abc import Iterator

from digest.compose.statements import messages
from digest.compose.statements.issue_facts import IssueFacts, PairFacts, ToolFacts
from digest.compose.statements.statement import IssueStatement, Said
from digest.language.message import Count, Value

MIN_RIVALS = 3
MIN_TOOLS = 6
MIN_ISSUES = 4
"""A "first" wants at least so many issues, this one among them."""


def _matches(issue: IssueFacts) -> Iterator[tuple[ToolFacts, list[tuple[ToolFacts, ToolFacts]]]]:
    """Yield each tool with three rivals or more: itself and its rival, page by page."""
    for tool_id, pages in issue.tools.items():
        if len(pages) < MIN_RIVALS:
            continue
        pairs = [_own_first(pair, tool_id) for pair in issue.pairs if _has(pair, tool_id)]
        if len({rival.tool_id for _, rival in pairs}) == len(pairs) >= MIN_RIVALS:
            yield pages[0], pairs


def _has(pair: PairFacts, tool_id: int) -> bool:
    return any(side.tool_id == tool_id for side in pair.sides)


def _own_first(pair: PairFacts, tool_id: int) -> tuple[ToolFacts, ToolFacts]:
    return pair.sides if pair.left.tool_id == tool_id else (pair.right, pair.left)


def _rivals(issue: IssueFacts) -> Iterator[Said]:
    for tool, pairs in _matches(issue):
        words = {"count": Count(len(pairs))}
        yield Said({"tool": tool}, words, 0.5, f"{len(pairs)} comparisons have {tool.name}")


def _known(pairs: list[tuple[ToolFacts, ToolFacts]]) -> list[tuple[float, float]]:
    """Return each page's two scores; empty if one is not known."""
    found = [
        (own.panel.score, rival.panel.score)
        for own, rival in pairs
        if own.panel.score is not None and rival.panel.score is not None
    ]
    return found if len(found) == len(pairs) else []


def _beats_all(issue: IssueFacts) -> Iterator[Said]:
    for tool, pairs in _matches(issue):
        found = _known(pairs)
        if found and all(own > rival for own, rival in found):
            words = {"count": Count(len(pairs))}
            yield Said({"tool": tool}, words, 1.0, f"{tool.name} is ahead on every page")


def _beaten_by_all(issue: IssueFacts) -> Iterator[Said]:
    for tool, pairs in _matches(issue):
        found = _known(pairs)
        if found and all(own < rival for own, rival in found):
            words = {"count": Count(len(pairs))}
            yield Said({"tool": tool}, words, 1.0, f"{tool.name} is behind on every page")


def shipped(issue: IssueFacts) -> tuple[int, int] | None:
    """Return how many tools most of the panel would ship, and of how many.

    None if one has no score, or pages that differ on it.
    """
    verdicts = [{page.panel.would_ship for page in pages} for pages in issue.tools.values()]
    scored = all(side.panel.score is not None for side in issue.sides)
    if not scored or any(len(one) > 1 for one in verdicts):
        return None
    return sum(True in one for one in verdicts), len(verdicts)


def _counted(issue: IssueFacts, *, ships_all: bool | None) -> Iterator[Said]:
    found = shipped(issue)
    if found is None or found[1] < MIN_TOOLS:
        return
    ships, count = found
    if (ships == count, ships == 0) == (ships_all is True, ships_all is False):
        words = {"ships": Count(ships), "count": Count(count)}
        why = f"more than half of the panel would ship {ships} of the {count} tools"
        yield Said({}, words, 0.3 if ships_all is None else 0.8, why)


def _ships_some(issue: IssueFacts) -> Iterator[Said]:
    return _counted(issue, ships_all=None)


def _ships_all(issue: IssueFacts) -> Iterator[Said]:
    return _counted(issue, ships_all=True)


def _ships_none(issue: IssueFacts) -> Iterator[Said]:
    return _counted(issue, ships_all=False)


def _first(issue: IssueFacts, score: int) -> Iterator[Said]:
    """Yield the one tool with this score, if no tool of the issues before had it."""
    past = [one.scores for one in issue.past]
    printed = [scores for scores in past if scores is not None]
    if len(printed) < len(past) or len(past) + 1 < MIN_ISSUES:
        return
    here = {side.tool_id: side for side in issue.sides if side.panel.score == score}
    before = {one for scores in printed for many in scores.values() for one in many}
    if len(here) == 1 and score not in before:
        issues = Count(len(past) + 1)
        why = f"no tool of the last {len(past)} issues had {score}%"
        yield Said({"tool": next(iter(here.values()))}, {"issues": issues}, 1.1, why)


def _first_none(issue: IssueFacts) -> Iterator[Said]:
    return _first(issue, 0)


def _first_all(issue: IssueFacts) -> Iterator[Said]:
    return _first(issue, 100)


def _numbered(issue: IssueFacts) -> Iterator[Said]:
    count = len(issue.pairs)
    words: dict[str, Value] = {"number": issue.number, "count": Count(count)}
    yield Said({}, words, -1.0, "says no more than how much there is")


ISSUE_STATEMENTS = (
    IssueStatement("rivals-beaten", messages.BEATS_ALL_RIVALS, _beats_all),
    IssueStatement("rivals-ahead", messages.BEATEN_BY_ALL, _beaten_by_all),
    IssueStatement("rivals", messages.RIVALS, _rivals),
    IssueStatement("ships-some", messages.SHIPS_SOME, _ships_some),
    IssueStatement("ships-all", messages.SHIPS_ALL, _ships_all),
    IssueStatement("ships-none", messages.SHIPS_NONE, _ships_none),
    IssueStatement("first-none", messages.FIRST_NONE, _first_none),
    IssueStatement("first-all", messages.FIRST_ALL, _first_all),
    IssueStatement("numbered", messages.NUMBERED, _numbered),
)
