"""Defines what the gate can find: codes, their default levels, and policies over them."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum


class Level(StrEnum):
    BLOCKS = "blocks"
    WARNS = "warns"
    INFORMS = "informs"


class Code(StrEnum):
    """Stable names, which settings and recorded overrides hold. docs/gate.md explains each."""

    SIZE = "size"
    SIZE_BUDGET = "size-budget"
    SIZE_CLIPPED = "size-clipped"
    TEXT_MISSING = "text-missing"
    TEXT_THIN = "text-thin"
    TITLE_MISSING = "title-missing"
    LANGUAGE_MISSING = "language-missing"
    DIRECTION_MISSING = "direction-missing"
    ACTIVE_CONTENT = "active-content"
    ALT_MISSING = "alt-missing"
    IMAGE_SVG = "image-svg"
    HEADING_MISSING = "heading-missing"
    HEADING_ORDER = "heading-order"
    STYLE_LARGE = "style-large"
    STYLE_NESTED = "style-nested"
    STYLE_BROKEN = "style-broken"
    CONTRAST_LIGHT = "contrast-light"
    CONTRAST_DARK = "contrast-dark"
    COLOR_UNKNOWN = "color-unknown"
    UNSUBSCRIBE_MISSING = "unsubscribe-missing"
    UNSUBSCRIBE_LOW = "unsubscribe-low"
    ONE_CLICK_MISSING = "one-click-missing"
    HEADER_BROKEN = "header-broken"
    SLOT_OPEN = "slot-open"
    SLOT_UNKNOWN = "slot-unknown"
    TEMPLATE_LEFT = "template-left"
    TEMPLATE_BROKEN = "template-broken"
    MJML_LEFT = "mjml-left"
    CHARACTERS_GARBLED = "characters-garbled"
    LINK_DEAD = "link-dead"
    LINK_DUPLICATE = "link-duplicate"
    LINK_INSECURE = "link-insecure"
    LINK_LOCAL = "link-local"
    LINK_SHORTENED = "link-shortened"
    LINK_UNNAMED = "link-unnamed"
    SUBJECT_EMPTY = "subject-empty"
    SUBJECT_REPEATED = "subject-repeated"
    SUBJECT_LONG = "subject-long"
    PREHEADER_EMPTY = "preheader-empty"
    PREHEADER_LONG = "preheader-long"
    PREHEADER_REPEATS = "preheader-repeats"
    WORDS_SHOUT = "words-shout"
    WORDS_PUNCTUATION = "words-punctuation"
    WORDS_FAKE_REPLY = "words-fake-reply"
    WORDS_EMOJI = "words-emoji"
    WORDS_PADDED = "words-padded"
    WORDS_FALSE = "words-false"
    WORDS_STALE = "words-stale"
    WORDS_UNFINISHED = "words-unfinished"
    PAGE_CHANGED = "page-changed"
    POSTAL_ADDRESS = "postal-address"
    CLIENT_UNSUPPORTED = "client-unsupported"
    CLIENTS_UNCHECKED = "clients-unchecked"
    CLIENTS_VERSION = "clients-version"
    SPAM_FLAGGED = "spam-flagged"
    SPAM_SCORE = "spam-score"
    SPAM = "spam"
    SPAM_UNCHECKED = "spam-unchecked"


_BLOCK = frozenset({
    Code.SIZE_CLIPPED, Code.TEXT_MISSING, Code.ALT_MISSING, Code.CONTRAST_LIGHT,
    Code.CONTRAST_DARK, Code.COLOR_UNKNOWN,
    Code.UNSUBSCRIBE_MISSING, Code.UNSUBSCRIBE_LOW, Code.ONE_CLICK_MISSING,
    Code.HEADER_BROKEN, Code.SLOT_OPEN, Code.TEMPLATE_BROKEN, Code.MJML_LEFT,
    Code.CHARACTERS_GARBLED, Code.LINK_DEAD, Code.SUBJECT_EMPTY, Code.WORDS_FAKE_REPLY,
    Code.WORDS_FALSE, Code.WORDS_UNFINISHED,
    Code.SPAM_FLAGGED, Code.ACTIVE_CONTENT, Code.IMAGE_SVG, Code.STYLE_LARGE, Code.STYLE_NESTED,
    Code.STYLE_BROKEN,
})  # fmt: skip
_INFORM = frozenset(
    {
        Code.SIZE,
        Code.LINK_DUPLICATE,
        Code.CLIENTS_UNCHECKED,
        Code.CLIENTS_VERSION,
        Code.SPAM,
        Code.SPAM_UNCHECKED,
    }
)
MAX_IN_SUMMARY = 3
"""Findings in a summary line."""
FIXED = frozenset({Code.SLOT_OPEN, Code.TEMPLATE_BROKEN, Code.UNSUBSCRIBE_MISSING})
"""Can't be overridden: such mail would be unlawful, or show one reader's data to another."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem. `where` is a part of the message and a place in it; `fix` says what to do."""

    level: Level
    code: Code
    where: str
    what: str
    fix: str

    def __str__(self) -> str:
        return f"{self.level} {self.code}: {self.where}: {self.what}; {self.fix}"


@dataclass(frozen=True, slots=True)
class Policy:
    """Codes that block in addition to the defaults, and codes that only inform."""

    block: frozenset[Code] = frozenset()
    ignore: frozenset[Code] = frozenset()

    def apply(self, findings: Iterable[Finding]) -> list[Finding]:
        """Return the findings at the levels of this policy, blocking ones first."""
        levelled = [replace(one, level=self._level(one)) for one in findings]
        return sorted(levelled, key=lambda one: list(Level).index(one.level))

    def _level(self, finding: Finding) -> Level:
        if finding.code in self.block:
            return Level.BLOCKS
        return Level.INFORMS if finding.code in self.ignore else finding.level


DEFAULT_POLICY = Policy()


def found(code: Code, where: str, what: str, fix: str) -> Finding:
    """Return a finding at its code's default level."""
    level = Level.BLOCKS if code in _BLOCK else Level.WARNS
    return Finding(Level.INFORMS if code in _INFORM else level, code, where, what, fix)


def blocking(findings: Iterable[Finding], despite: Collection[str] = ()) -> list[Finding]:
    """Return the findings that block and are not overridden."""
    return [
        one
        for one in findings
        if one.level is Level.BLOCKS and (one.code in FIXED or one.code not in despite)
    ]


def summary_line(findings: Sequence[Finding], number: int) -> str:
    """Return the first few findings in one line, and the command that lists the rest."""
    shown = "; ".join(map(str, findings[:MAX_IN_SUMMARY]))
    more = len(findings) - MAX_IN_SUMMARY
    return shown if more <= 0 else f"{shown}; and {more} more, see: digest issue check {number}"


def parse_codes(text: str) -> frozenset[Code]:
    """Parse codes separated by commas. Raises ValueError naming the first unknown one."""
    codes = set()
    for name in filter(None, (part.strip() for part in text.split(","))):
        if name not in set(Code):
            msg = f"{name!r} is no code of the gate; codes look like {Code.CONTRAST_DARK}"
            raise ValueError(msg)
        codes.add(Code(name))
    return frozenset(codes)


def parse_ignored(text: str) -> frozenset[Code]:
    """Parse codes that shall not block. Raises ValueError for one that always blocks."""
    codes = parse_codes(text)
    if codes & FIXED:
        msg = f"{min(codes & FIXED)} always blocks"
        raise ValueError(msg)
    return codes
