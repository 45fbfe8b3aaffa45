"""Words the kicker: the word or two above the lead's headline."""

from collections.abc import Callable

from digest.compose.statements import messages
from digest.compose.statements.issue_facts import IssueFacts, PairFacts
from digest.compose.statements.of_a_comparison import CLEAR_GAP, WIDE_GAP, one_ships
from digest.language.language import ENGLISH, Language
from digest.language.message import Message


def _panels(pair: PairFacts, holds: Callable[..., bool]) -> bool:
    return any(holds(side.panel) for side in pair.sides)


KICKERS: tuple[tuple[str, Message, Callable[[PairFacts], bool]], ...] = (
    ("kicker-open", messages.KICKER_OPEN, lambda pair: not pair.scored),
    (
        "kicker-both",
        messages.KICKER_BOTH,
        lambda pair: all(side.panel.all_ship for side in pair.sides),
    ),
    (
        "kicker-neither",
        messages.KICKER_NEITHER,
        lambda pair: all(side.panel.none_ships for side in pair.sides),
    ),
    ("kicker-tie", messages.KICKER_TIE, lambda pair: pair.tied),
    (
        "kicker-clear",
        messages.KICKER_CLEAR,
        lambda pair: one_ships(pair) and pair.gap >= WIDE_GAP,
    ),
    ("kicker-split", messages.KICKER_SPLIT, lambda pair: _panels(pair, lambda one: one.is_split)),
    (
        "kicker-only-one",
        messages.KICKER_ONLY_ONE,
        lambda pair: _panels(pair, lambda one: one.only_one_ships),
    ),
    (
        "kicker-all-but-one",
        messages.KICKER_ALL_BUT_ONE,
        lambda pair: _panels(pair, lambda one: one.all_but_one_ship),
    ),
    (
        "kicker-divided",
        messages.KICKER_DIVIDED,
        lambda pair: _panels(pair, lambda one: one.is_divided),
    ),
    ("kicker-close", messages.KICKER_CLOSE, lambda pair: 0 < pair.gap < CLEAR_GAP),
    ("kicker-lead", messages.KICKER_LEAD, lambda pair: pair.gap > 0),
)


def kicker(issue: IssueFacts, language: Language = ENGLISH) -> tuple[str, str]:
    """Return the pattern and the words: the first that holds, if possible not the last issue's."""
    held = [(name, message) for name, message, holds in KICKERS if holds(issue.lead)]
    last = issue.past[0].patterns if issue.past else frozenset()
    name, message = next((one for one in held if one[0] not in last), held[0])
    return name, language.say(message)
