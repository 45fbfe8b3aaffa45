"""Tells whether a sentence can be understood without the one before it."""

import re

_BACKWARD_STARTS = (
    "It|Its|It's|It'd|It'll|This|That|That's|These|Those|They|They're|Their|Them|"
    "He|She|His|Her|Him|But|And|So|Or|Nor|Yet|Still|Also|However|Though|Then|Thus|Hence|"
    "Therefore|Instead|Otherwise|Besides|Moreover|Which|Such|Neither|Both|Either|Same|"
    "The same|Having said|Even so|Beyond that|In that case|As a result|Until then|Again|"
    "Nevertheless|Nonetheless|Meanwhile|Another|Others?|Too|Only then|"
    "(?:For|Because of|With|Given) (?:this|that)|For (?:example|instance)|One (?:of them|more)|"
    r"E\.g\.|I\.e\."
)
_STARTS = re.compile(rf"^[\"'“‘(]*(?:{_BACKWARD_STARTS})(?!\w)", re.IGNORECASE)
_UNSPACED_STARTS = re.compile(
    "^[“「『]*(?:它|他|她|这|這|那|其|但|而|因此|所以|不过|それ|これ|そして|しかし|だから|でも)"
)
_WITHIN = re.compile(
    r"\b(?:that|those|these|this) "
    r"(?:scenario|test|claim|trend|bet|problem|question|transition|thesis|argument|role|position|"
    r"lens|point|capability|friction|alone)\b"
    r"|\bthe (?:former|latter|reverse|answer is)\b|\bas (?:above|said)\b|\boutside (?:of )?that\b",
    re.IGNORECASE,
)


def needs_its_predecessor(sentence: str) -> bool:
    """Return whether `sentence` starts with a word that points back: It, This, But, That said."""
    straight = sentence.replace("’", "'")
    return bool(_STARTS.match(straight) or _UNSPACED_STARTS.match(sentence))


def leans_back(sentence: str) -> bool:
    """Return whether words within `sentence` point back: "that scenario", "the latter"."""
    return _WITHIN.search(sentence) is not None
