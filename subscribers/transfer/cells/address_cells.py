"""Extracts the address from a cell (`mailto:`, `Name <address>`), and drops placeholder names."""

import re
from collections.abc import Sequence
from urllib.parse import unquote

from subscribers.addresses import AddressError, ParsedAddress, parse_address
from subscribers.service import MAX_NAME_LENGTH, clean_name

_NAMED = re.compile(r"\"?(?P<name>[^<>\"]*)\"?\s*<\s*(?P<email>[^<>]+?)\s*>", re.DOTALL)
_INVISIBLE = re.compile("[\u200b-\u200f\u2028-\u202f\u2060-\u2064\ufeff\u00a0\u00ad]+")
_TAGS = re.compile(r"<[^<>]*>|\*\|.*?\|\*|\{\{.*?\}\}|\{%.*?%\}|%%.*?%%|%\[.*?\]%|\[\[.*?\]\]")
_HOLDERS_TEXT = r"""
    #n/a (null) \\n \n anonymous desconocido first_name firstname fname inconnu n.a. n/a nobody
    noname none null subscriber unbekannt undefined unknown vorname
"""
_PLACEHOLDERS = frozenset(_HOLDERS_TEXT.split())
_HOLDERS_AS_WRITTEN = frozenset(["nan", "NaN", "NAN", "NA", "nil", "NIL"])
"""Nan, Na and Nil are names."""
_LONGEST_HOLDER = max(map(len, _PLACEHOLDERS | _HOLDERS_AS_WRITTEN))
_PLAIN_NAME = re.compile(r"[A-Za-z]+(?: [A-Za-z0-9]+)*")
_SUSPECT = re.compile(r"[<*{%\[@]")


def extract_address(text: str) -> tuple[ParsedAddress, str]:
    """Parse an address in a cell; return it, and the name that stood beside it.

    Takes `mailto:`, angle brackets, `Name <address>`, invisible characters, one dot or separator
    at the end. Raises AddressError, also for two addresses in one cell.
    """
    try:
        return parse_address(text), ""
    except AddressError as error:
        bare, name = _bare(text)
        if bare == text:
            raise
        try:
            return parse_address(bare), name
        except AddressError:
            raise error from None


def is_plain_name(text: str) -> bool:
    """Return whether a cell is a name as it is, plain ASCII; `read_name` would return the same."""
    if _PLAIN_NAME.fullmatch(text) is None:
        return False
    if len(text) <= _LONGEST_HOLDER:
        return text.lower() not in _PLACEHOLDERS and text not in _HOLDERS_AS_WRITTEN
    return len(text) <= MAX_NAME_LENGTH


def are_placeholders(names: Sequence[str]) -> list[int]:
    """Return the places of those of `names` that are written where there is no name."""
    folded = "\n".join(names).lower().split("\n")
    if _PLACEHOLDERS.isdisjoint(folded) and _HOLDERS_AS_WRITTEN.isdisjoint(names):
        return []
    return [
        at
        for at, (name, lower) in enumerate(zip(names, folded, strict=True))
        if lower in _PLACEHOLDERS or name in _HOLDERS_AS_WRITTEN
    ]


def read_name(text: str, email: str) -> str:
    """Return the name in a cell; empty where it holds none: NULL, N/A, the address, a number."""
    name = clean_name(text)
    lower = name.lower()
    if lower in _PLACEHOLDERS or name in _HOLDERS_AS_WRITTEN or lower == email.lower():
        return ""
    if name.isalpha():  # nearly every name
        return name
    if _SUSPECT.search(name):
        name = " ".join(_TAGS.sub(" ", name).split())
        if "@" in name and _is_address(name):
            return ""
    return name if name[:1].isalpha() or any(map(str.isalpha, name)) else ""


def _bare(text: str) -> tuple[str, str]:
    found = _INVISIBLE.sub(" ", text).strip().strip(";,").strip()
    name = ""
    if named := _NAMED.fullmatch(found):
        found, name = named["email"], named["name"].strip()
    if found[:7].lower() == "mailto:":
        found = unquote(found[7:].partition("?")[0])
    elif "@" not in found and found.lower().count("%40") == 1:
        found = unquote(found)
    return found.strip().strip("'").rstrip(".;,").strip(), name


def _is_address(text: str) -> bool:
    try:
        parse_address(text)
    except AddressError:
        return False
    return True
