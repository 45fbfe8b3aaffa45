"""Finds what an editor's own words say and the pages contradict.

It knows the usual English ways to say these things, and passes over what it does not know: a
finding blocks an issue, so each must be certain. Where the words and the score are a matter of
taste ("splits the panel" at 75%), the editor's words stand.
"""

import re
from collections.abc import Callable, Iterator, Sequence

from digest.compose.statements.issue_facts import IssueFacts, ToolFacts
from digest.compose.statements.statement import score
from digest.number_words import count_of, number_word, printed

_BRACKETED = re.compile(r"\s*[(\[（][^()\[\]（）]*[)\]）]\s*$")
_NAME = "\x01(\\d+)\x02"
_SPLITS = r"(?:splits|split|divides|divided) (?:the|our) panel"
_BEATS = (
    r"(?:beats|beat|defeats|crushes|tops|outscores|outranks|leads|edges out|edges|"
    r"wins (?:over|against)|is ahead of)"
)
_TRAILS = r"(?:loses to|lost to|trails|trailed|falls behind|is behind)"
_WOULD_SHIP, _WOULD_SKIP = r"(?:would ship|ships|ship)", r"(?:would skip|skips|skip)"
_ON_PANEL = r"(?: on (?:the|our) panel)?"
_EVERYONE = (
    r"(?:(?:the whole|the entire|all of the) panel|every (?:reviewer|one of the panel)|"
    rf"all (?:\w+ )?reviewers|(?:everyone|everybody){_ON_PANEL})"
)
_NOBODY = (
    r"(?:(?:no|not one|not a single) reviewer|none of the (?:panel|reviewers)|"
    rf"(?:nobody|no one){_ON_PANEL})"
)
_MOST = r"(?<!on )(?<!whole )(?<!entire )(?:the|most of the) panel"
_POINTS = r"(\d{1,3}) points"
_COUNTS = r"(\d{1,2}) ?(?:to|[-–:]) ?(\d{1,2})(?![\d.%])"
_PERCENT = r"(\d{1,3}(?:\.\d)?) ?%"
_ROUNDED = 0.5

Named = Sequence[Sequence[ToolFacts]]
"""What each page says of each tool that a text names, in the order of its marks."""


def contradictions(text: str, issue: IssueFacts) -> list[str]:
    """Return, for each claim in `text` that is false for `issue`, what the pages say instead."""
    marked, named = _marked(text, issue)
    found = [
        *_of_tools(marked, named),
        *_of_pairs(marked, named, issue),
        *_of_gaps(marked, named, issue),
        *_of_counts(text, issue),
    ]
    return list(dict.fromkeys(found))


def _marked(text: str, issue: IssueFacts) -> tuple[str, Named]:
    """Put a mark for every name, the longest first: "Mini" says nothing of "Mini API".

    As they are spelt, small letters and capitals: "neither" is no tool called Neither.
    """
    pages: dict[str, list[ToolFacts]] = {}
    for side in issue.sides:
        for name in {side.name, _BRACKETED.sub("", side.name) or side.name}:
            pages.setdefault(name, []).append(side)
    named: list[list[ToolFacts]] = []
    for name in sorted(pages, key=len, reverse=True):
        pattern = re.compile(rf"(?<![\w\x01]){re.escape(name)}(?![\w\x02])")
        if pattern.search(text):
            text = pattern.sub(f"\x01{len(named)}\x02", text)
            named.append(pages[name])
    return text, named


def _of_tools(text: str, named: Named) -> Iterator[str]:
    """Claims about one tool: it is enough that one of its pages bears them out."""
    for said, holds in _CLAIMS:
        for match in re.finditer(said, text, re.IGNORECASE):
            place, *rest = match.groups()
            pages = named[int(place)]
            if not any(holds(page, *rest) for page in pages):
                words = re.sub(_NAME, pages[0].name.replace("\\", r"\\"), match[0])
                now = " and ".join(dict.fromkeys(score(page) for page in pages))
                yield f'it says "{words}", but the page says {now}'


def _of_pairs(text: str, named: Named, issue: IssueFacts) -> Iterator[str]:
    for said, order in ((_BEATS, 1), (_TRAILS, -1)):
        for match in re.finditer(rf"{_NAME} {said} {_NAME}", text, re.IGNORECASE):
            first, second = [named[int(place)] for place in match.groups()][::order]
            ahead = _ahead(issue, {page.tool_id for page in first}, second)
            if ahead and not any(ahead):
                yield f"it puts {first[0].name} ahead of {second[0].name}, and no page does"


def _of_gaps(text: str, named: Named, issue: IssueFacts) -> Iterator[str]:
    """Claims of a lead in points: it is enough that one page of the tool has it."""
    for said in (
        rf"{_NAME} (?:wins|leads|is ahead) by {_POINTS}",
        rf"{_NAME} is {_POINTS} ahead",
    ):
        for match in re.finditer(said, text, re.IGNORECASE):
            pages, points = named[int(match[1])], float(match[2])
            ids = {page.tool_id for page in pages}
            pairs = [one for one in issue.pairs if {side.tool_id for side in one.sides} & ids]
            if not any(
                one.ahead.tool_id in ids and abs(printed(one.gap) - points) <= _ROUNDED
                for one in pairs
                if one.gap
            ):
                now = " and ".join(f"{one.gap:g} points" for one in pairs)
                yield f"it puts {pages[0].name} ahead by {match[2]} points; its pages have {now}"


def _ahead(issue: IssueFacts, first: set[int], others: Sequence[ToolFacts]) -> list[bool]:
    """Return for each page with both tools whether the first is ahead."""
    ids = {one.tool_id for one in others}
    pairs = [
        pair
        for pair in issue.pairs
        if {side.tool_id for side in pair.sides} & first and {s.tool_id for s in pair.sides} & ids
    ]
    return [pair.gap > 0 and pair.ahead.tool_id in first for pair in pairs]


def _of_counts(text: str, issue: IssueFacts) -> Iterator[str]:
    comparisons = len(issue.pairs)
    for word, count, noun in (
        (r"more (?:comparisons?|verdicts?)", comparisons - 1, "more comparison"),
        (r"comparisons?", comparisons, "comparison"),
        (r"tools?", len(issue.tools), "tool"),
    ):
        for match in re.finditer(rf"(?<![\w.%])(\d+|[a-z]+) {word}(?!\w)", text, re.IGNORECASE):
            said = _number(match[1])
            # "Two tools" may be said of some; more than there are is said of none.
            if said is not None and said > count:
                yield f'it says "{match[0]}", but the issue has {count_of(count, noun)}'


def _number(word: str) -> int | None:
    if word.isdigit():
        return int(word)
    words = {number_word(count): count for count in range(1, 13)}
    return words.get(word.casefold())


def _is_count(page: ToolFacts, one: str, other: str) -> bool:
    """Return whether so many ship and skip, in either order; a page without a head count may."""
    known = {page.panel.ships, page.panel.skips}
    return None in known or known == {int(one), int(other)}


def _is_score(page: ToolFacts, said: str) -> bool:
    known = [page.panel.score, page.community, page.earlier.score if page.earlier else None]
    return any(one is not None and abs(printed(one) - float(said)) <= _ROUNDED for one in known)


_CLAIMS: tuple[tuple[str, Callable[..., bool]], ...] = (
    (rf"{_NAME} {_SPLITS}", lambda page: page.panel.is_divided),
    (rf"{_NAME} (?:splits|split|divides|divided)(?: (?:the|our) panel)? {_COUNTS}", _is_count),
    (rf"{_EVERYONE} {_WOULD_SHIP} {_NAME}", lambda page: page.panel.all_ship),
    (rf"{_NOBODY} {_WOULD_SKIP} {_NAME}", lambda page: page.panel.all_ship),
    (rf"{_NOBODY} {_WOULD_SHIP} {_NAME}", lambda page: page.panel.none_ships),
    (rf"{_EVERYONE} {_WOULD_SKIP} {_NAME}", lambda page: page.panel.none_ships),
    (rf"{_NAME},? (?:at|with|has|gets|got|scores|scored|earns|earned) {_PERCENT}", _is_score),
    (rf"{_NAME} (?:is|starts) free", lambda page: "free" in page.price.casefold()),
    (rf"{_MOST} (?:would ship|ships) {_NAME}", lambda page: page.panel.would_ship),
    (rf"{_MOST} (?:would skip|skips) {_NAME}", lambda page: page.panel.would_skip),
)
