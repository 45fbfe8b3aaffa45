"""Tells whether a sentence can be understood without the one before it."""

import re

from digest.quotes.backward_words import ANSWER, LONE_REASON, OPENING, UNSPACED

_MARKS = "[\"'“‘„«»‹›(¿¡「『\u200e\u200f ]*"
_STARTS = re.compile(rf"^{_MARKS}(?:{OPENING}|{ANSWER}|{LONE_REASON})", re.IGNORECASE)
_UNSPACED_STARTS = re.compile(f"^{_MARKS}(?:{UNSPACED})")
_WITHIN = re.compile(
    r"\b(?:that|those|these|this) "
    r"(?:scenario|test|claim|trend|bet|problem|question|transition|thesis|argument|role|position|"
    r"lens|point|capability|friction|alone)\b"
    r"|\bthe (?:former|latter|reverse|answer is)\b|\bas (?:above|said)\b|\boutside (?:of )?that\b",
    re.IGNORECASE,
)
_ASKS = re.compile(r"[?؟？⁇⁈⁉][\"'”’“»«›)\]）」』\s]*\Z")


def needs_its_predecessor(sentence: str) -> bool:
    """Return whether `sentence` starts with a word that points back: It, This, But, Yes."""
    straight = sentence.replace("’", "'")
    return bool(_STARTS.match(straight) or _UNSPACED_STARTS.match(sentence))


def leans_back(sentence: str) -> bool:
    """Return whether words within `sentence` point back: "that scenario", "the latter"."""
    return _WITHIN.search(sentence) is not None


def asks(sentence: str) -> bool:
    """Return whether `sentence` is a question, so that what follows may answer it."""
    return _ASKS.search(sentence) is not None
