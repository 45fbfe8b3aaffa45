"""Weighs what a sentence says: a verdict, a reason, a condition, a comparison, a figure.

The weights rank sentences against each other. They never become a claim: which way a reviewer voted
is known from the source alone. The words are English, as the reviews are; in another language
figures, the rival's name and length decide.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache


class Signal(StrEnum):
    """What makes a sentence worth quoting."""

    VERDICT = "verdict"
    REASON = "reason"
    CONDITION = "condition"
    COMPARISON = "comparison"
    FIGURE = "figure"


class Lean(StrEnum):
    """Which way the words of a sentence point, for ranking only."""

    FOR = "for"
    AGAINST = "against"
    BOTH = "both"
    NEITHER = "neither"


@dataclass(frozen=True, slots=True)
class Stance:
    """What a sentence carries: the heaviest signal of each kind, and which way it points."""

    signals: dict[Signal, float]
    lean: Lean

    @property
    def weight(self) -> float:
        return sum(self.signals.values())


@lru_cache(maxsize=4096)
def stance(sentence: str, rivals: tuple[str, ...] = ()) -> Stance:
    """Return the signals of `sentence`; naming one of `rivals` is a comparison."""
    straight = sentence.replace("’", "'")
    signals: dict[Signal, float] = {}
    for kind, weight, rule in _RULES:
        if rule.search(straight):
            signals[kind] = max(signals.get(kind, 0.0), weight)
    folded = sentence.casefold()
    if any(rival and rival.casefold() in folded for rival in rivals):
        signals[Signal.COMPARISON] = signals.get(Signal.COMPARISON, 0.0) + _RIVAL
    return Stance(signals, _lean(straight))


def _lean(sentence: str) -> Lean:
    speaks_for, against = _FOR.search(sentence), _AGAINST.search(sentence)
    if speaks_for and against:
        return Lean.BOTH
    if speaks_for:
        return Lean.FOR
    return Lean.AGAINST if against else Lean.NEITHER


def _any(*phrases: str) -> re.Pattern[str]:
    """Return a pattern for any of `phrases` as whole words, in any case."""
    return re.compile(rf"\b(?:{'|'.join(phrases)})(?!\w)", re.IGNORECASE)


_DECIDE = "(?:ship|skip|keep|buy|use|pick|choose|pass|avoid|wait|switch|pay|recommend|adopt)"
_RIVAL = 2.0
_RULES: tuple[tuple[Signal, float, re.Pattern[str]], ...] = (
    # "Skip if", "Ships because": the sentence opens with the verdict.
    (
        Signal.VERDICT,
        5.0,
        re.compile(
            r"^(?:(?:do not|don't|hard|easy|still) )?(?:ship|skip|buy|avoid|wait|pick)s?\b",
            re.IGNORECASE,
        ),
    ),
    (
        Signal.VERDICT,
        5.0,
        _any(
            r"I(?:'m| am) (?:still |not |happily )*(?:shipping|skipping|buying|paying)",
            rf"I(?:'d| would|'ll| will)? (?:still |not |never |happily )*{_DECIDE}",
            "(?:earns?|deserves?|is|gets?) (?:the|a|my|its|an easy|a clear) (?:ship|skip)",
            "the (?:ship|skip) is",
        ),
    ),
    (Signal.VERDICT, 4.0, _any("(?:so|and) I (?:ship|skip)", "(?:this|it) (?:ships|skips)")),
    (
        Signal.VERDICT,
        3.5,
        _any(f"(?:would|wouldn't|won't|should|shouldn't|don't|never|nobody) {_DECIDE}"),
    ),
    (
        Signal.VERDICT,
        2.5,
        _any(
            "worth (?:it|the|a|paying|every|solving)",
            "(?:right|wrong) (?:call|answer|choice|bet)",
            "makes this viable",
            "(?:real|genuine|legitimate|credible) (?:differentiator|moat|wedge)",
        ),
    ),
    (
        Signal.REASON,
        3.5,
        _any(
            "what kills",
            "kills? (?:this|it)",
            "deal-?breaker",
            "the (?:catch|risk|trouble|weakness|problem) (?:is|here)",
        ),
    ),
    (
        Signal.REASON,
        2.5,
        _any(
            "because",
            "the reason",
            "which means",
            "means (?:that|you|anyone|adoption|no)",
            "breaks?|fails?|collapses?|lag(?:s|ged)|evaporates?|survives?",
            "falls? (?:over|apart|short)",
            "ceiling|irrelevant|obsoleted?|no defensibility",
        ),
    ),
    (
        Signal.CONDITION,
        3.0,
        _any(
            "only (?:if|when|until)",
            "unless",
            "(?:ship|skip|worth|wins?|use|buy|fine|good) (?:it )?(?:if|when)",
        ),
    ),
    (
        Signal.CONDITION,
        1.5,
        _any(
            "if (?:you|your|the|a|an|it|they|all|any|what)",
            "as long as|until|the moment|depends on|without",
        ),
    ),
    (
        Signal.COMPARISON,
        2.5,
        _any("wins?|beats?|trails?|outperforms?|undercuts?|replaces?|loses?(?! points)"),
    ),
    (
        Signal.COMPARISON,
        1.5,
        _any(
            "(?:cheaper|faster|slower|smaller|better|worse|simpler|more|less|fewer|rather) than",
            r"instead of|versus|vs\.|compared (?:to|with)",
            "not an? (?:compromise|platform|claim|vibe|monopoly)",
            r"where [\w-]+ models don't",
        ),
    ),
    (Signal.FIGURE, 1.5, re.compile(r"[$€£¥]\s?\d|\b\d+(?:[.,]\d+)*\s?%|\b\d+(?:\.\d+)?x\b")),
    (
        Signal.FIGURE,
        1.0,
        _any(
            r"\d+ (?:ms|seconds?|minutes?|hours?|days?|weeks?|months?|years?)",
            r"\d+ (?:tokens?|calls?|seats?|users?)",
        ),
    ),
)
_FOR = _any(
    "earns? the ship|deserves? the ship|the ship is",
    "ships? (?:it|on|because|as|if|when)",
    "I'm shipping|I'd ship|would ship",
    "wins?|beats?|outperforms?|easy ship",
    "right (?:call|answer|choice|bet)",
    "worth (?:it|the|solving|paying)",
    "genuine|legitimate|credible|honest|near-zero|makes this viable",
    "real (?:moat|wedge|problem)",
    "(?:just|actually) works?",
)
_AGAINST = _any(
    "kills?|breaks?|fails?|collapses?|evaporates?|weakens?|lag(?:s|ged)|loses|trails",
    "falls? (?:over|apart|short)",
    "skips?|avoid|don't build|not worth|wouldn't|wrong (?:call|answer|choice|bet)",
    "risk|catch|ceiling|deal-?breaker|irrelevant|obsoleted?|no defensibility|friction is",
)
