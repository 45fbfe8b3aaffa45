"""Words our own sentence under each comparison, none of them twice in an issue."""

from collections.abc import Iterator

from digest.compose.statements import messages
from digest.compose.statements.issue_facts import PairFacts, ToolFacts
from digest.compose.statements.statement import share
from digest.language.language import ENGLISH, Language
from digest.language.message import Figure, Message, Percent, Value

LEAST_MOVE = 1
"""Points; a score that moved less did not move."""


class Rows:
    """Words the rows of one issue, and remembers what it said."""

    def __init__(self, language: Language = ENGLISH) -> None:
        self._language = language
        self._said: set[str] = set()
        self._used: list[Message] = []

    def sentence(self, pair: PairFacts) -> str:
        """Return what the panel made of the two; empty rather than what was said before."""
        values = _values(pair)
        # Where all agree, the figures say it; a lead is news each time.
        found = [
            message
            for message in _forms(pair)
            if message in messages.LEAD_ROWS or message not in self._used
        ]
        # The form that was used least, so that leads don't all "lead".
        for message in sorted(found, key=self._used.count):
            text = self._language.say(message, **values)
            if text not in self._said:
                self._used.append(message)
                self._said.add(text)
                return text
        return ""


def since(tool: ToolFacts, language: Language = ENGLISH) -> str:
    """Return how the tool's score moved since an earlier issue printed it; empty if it did not."""
    if tool.earlier is None or tool.moved < LEAST_MOVE:
        return ""
    return language.say(
        messages.SINCE,
        issue=tool.earlier.issue,
        tool=tool.name,
        was=Percent(tool.earlier.score),
        now=share(tool),
    )


def _values(pair: PairFacts) -> dict[str, Value]:
    unscored = pair.left if pair.left.panel.score is None else pair.right
    return {
        "left": pair.left.name,
        "right": pair.right.name,
        "first": pair.left.price,
        "second": pair.right.price,
        "ahead": pair.ahead.name,
        "behind": pair.behind.name,
        "high": share(pair.ahead),
        "low": share(pair.behind),
        "points": Figure(pair.gap),
        "score": share(pair.left),
        "unscored": unscored.name,
    }


def _forms(pair: PairFacts) -> Iterator[Message]:
    left, right = (side.panel for side in pair.sides)
    if not pair.scored:
        none = left.score is None and right.score is None
        yield messages.UNSCORED_ROWS if none else messages.UNSCORED_ROW
    elif not pair.tied:
        # "1 points ahead" is for catalogues to get right; here it is not said.
        one_point = pair.gap == 1
        yield from messages.LEAD_ROWS[:2] if one_point else messages.LEAD_ROWS
    elif left.all_ship:
        yield messages.BOTH_ROWS[0]
        if pair.left.price and pair.right.price and pair.left.price != pair.right.price:
            yield messages.BOTH_PRICES
        yield from messages.BOTH_ROWS[1:]
    else:
        yield from messages.NOBODY_ROWS if left.none_ships else messages.TIE_ROWS
