"""Escapes cells that a spreadsheet would run as a formula, and unescapes them on import.

Source: https://owasp.org/www-community/attacks/CSV_Injection. A spreadsheet of another country
parts a line at semicolons or tabs, quotes or not, so what follows one inside a cell counts too;
and some take the full-width forms of = + - @ for the plain ones.
"""

import re
from functools import lru_cache

_SIGNS = r"['\s]*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]"
_SIGNS_ALONE = "=+-@\t\uff1d\uff0b\uff0d\uff20"
_AFTER_BLANKS = re.compile(rf"['\s](?<!\n)[{re.escape(_SIGNS_ALONE)}]")
_START = re.compile(_SIGNS)
_AFTER = re.compile(rf"([;,|\t\r\n])(?={_SIGNS})")
_AFTER_DISARMED = re.compile(rf"([;,|\t\r\n])'(?={_SIGNS})")


def escape_formula(cell: str) -> str:
    """Return `cell` with an apostrophe if a spreadsheet would run it as a formula."""
    return f"'{cell}" if _START.match(cell) else cell


def escape_formulas(text: str, delimiters: str) -> str:
    """Return the lines of `text`, which are rows, with an apostrophe where a cell is a formula."""
    after = ["\n", '\n"', *delimiters, *(f'{mark}"' for mark in delimiters)]
    signs = [sign for sign in _SIGNS_ALONE if sign in text and sign not in delimiters]
    if not signs:
        return text
    text = "\n" + text
    if _AFTER_BLANKS.search(text):
        return _formulas(delimiters).sub(_with_apostrophe, text)[1:]
    for sign in signs:
        for before in after:
            text = text.replace(before + sign, f"{before}'{sign}")
    return text[1:]


def _with_apostrophe(before: re.Match[str]) -> str:
    return before[0] + "'"


@lru_cache
def _formulas(delimiters: str) -> re.Pattern[str]:
    """Return what matches before a cell that is a formula."""
    marks = re.escape(delimiters)
    blank = rf"[^\S\r\n{marks}]"
    return re.compile(
        rf"[\n{marks}]\"?+(?=(?:'|{blank})*(?![{marks}])[=+\-@\t\uff1d\uff0b\uff0d\uff20])"
    )


def unescape_formula(cell: str) -> str:
    """Return what `escape_formula` was given."""
    return cell[1:] if cell[:1] == "'" and _START.match(cell) else cell


def escape_all_formulas(cell: str) -> str:
    """Return `cell` with an apostrophe at every place where a spreadsheet may see a formula."""
    return escape_formula(_AFTER.sub(r"\1'", cell))


def unescape_all_formulas(cell: str) -> str:
    """Return what `escape_all_formulas` was given."""
    return _AFTER_DISARMED.sub(r"\1", unescape_formula(cell))
