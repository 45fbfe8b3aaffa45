"""Escapes cells that a spreadsheet would run as a formula, and unescapes them on import.

Source: https://owasp.org/www-community/attacks/CSV_Injection. A spreadsheet of another country
parts a line at semicolons or tabs, quotes or not, so what follows one inside a cell counts too;
and some take the full-width forms of = + - @ for the plain ones.
"""

import re
from functools import lru_cache

_SIGNS = r"['\s]*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]"
_START = re.compile(_SIGNS)
_AFTER = re.compile(rf"([;,|\t\r\n])(?={_SIGNS})")
_AFTER_DISARMED = re.compile(rf"([;,|\t\r\n])'(?={_SIGNS})")


def escape_formula(cell: str) -> str:
    """Return `cell` with an apostrophe if a spreadsheet would run it as a formula."""
    return f"'{cell}" if _START.match(cell) else cell


@lru_cache
def cells_with_formulas(delimiter: str) -> re.Pattern[str]:
    """Return what matches where `escape_formula` puts an apostrophe, in rows without quotes."""
    mark = re.escape(delimiter)
    blank = rf"(?:(?!{mark})[^\S\r\n])"
    return re.compile(
        rf"(?m)(?:^|{mark})(?=(?:'|{blank})*(?!{mark})[=+\-@\t\uff1d\uff0b\uff0d\uff20])"
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
