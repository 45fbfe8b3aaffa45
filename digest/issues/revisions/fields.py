"""Names the fields of an issue that an editor can change: `subject`, `headline/SLUG`."""

from typing import Any

SUBJECT, PREHEADER, INTRO, CLOSING = "subject", "preheader", "intro", "closing"
OF_THE_ISSUE = (SUBJECT, PREHEADER, INTRO, CLOSING)
PICKS, HEADLINE, SUMMARY = "picks", "headline", "summary"
QUOTE, APART, HIDDEN, PIN = "quote", "apart", "hidden", "pin"
LEFT, RIGHT = "left", "right"
SIDES = (LEFT, RIGHT)


def picks(slug: str) -> str:
    """Return the field of a comparison's place in the issue, from 1; its value is None outside."""
    return f"{PICKS}/{slug}"


def headline(slug: str) -> str:
    return f"{HEADLINE}/{slug}"


def summary(slug: str) -> str:
    return f"{SUMMARY}/{slug}"


def quote(slug: str, side: str) -> str:
    """Return the field of the quote about one side; None lets the rules choose."""
    return f"{QUOTE}/{slug}/{side}"


def apart(slug: str) -> str:
    """Return the field that keeps a comparison out of groups."""
    return f"{APART}/{slug}"


def hidden(slug: str) -> str:
    """Return the field that leaves out the words of a comparison's brief."""
    return f"{HIDDEN}/{slug}"


def pin(slug: str) -> str:
    """Return the field of a comparison's pin for the next issue."""
    return f"{PIN}/{slug}"


def kind_of(field: str) -> str:
    """Return what a field is about: its name without the comparison."""
    return field.partition("/")[0]


def slug_of(field: str) -> str:
    """Return the comparison that a field belongs to; empty for fields of the whole issue."""
    parts = field.split("/")
    return parts[1] if len(parts) > 1 else ""


def is_text(field: str) -> bool:
    """Return whether the field's value is a text that somebody typed."""
    return kind_of(field) in {*OF_THE_ISSUE, HEADLINE, SUMMARY}


def text_of(value: Any) -> str:
    """Return the words of a text field's value; empty where they are left to be proposed."""
    return str(value.get("text", "")) if isinstance(value, dict) else ""


def same(one: Any, other: Any) -> bool:
    """Return whether two values mean the same, whatever the facts were when they were written."""
    return bool(_bare(one) == _bare(other))


def _bare(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {key: said for key, said in value.items() if key not in {"scores", "facts"}}
