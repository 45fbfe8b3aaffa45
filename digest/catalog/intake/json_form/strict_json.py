"""Parses JSON strictly: bounded nesting, no NaN, no key twice in one object."""

import json
import re
from collections import Counter
from typing import Any, NoReturn

from digest.catalog.intake import limits
from store.errors import DigestError

# Strings are passed over whole (possessively, so that no text makes it slow; neither alternative
# can break off midway, which Python 3.11.2 would take); an unclosed one runs to the end,
# where the parser will complain.
_MARKS = re.compile(r'"(?:[^"\\]++|\\.?)*+"?|[\[{]|[\]}]', re.DOTALL)


class JsonTextError(DigestError, ValueError):
    """Text that is no strict JSON; `line` is None if the error has no single place."""

    def __init__(self, line: int | None, found: str, expected: str) -> None:
        super().__init__(f"found {found}, expected {expected}")
        self.line = line
        self.found = found
        self.expected = expected


def load_json(text: str) -> Any:
    """Parse `text` and return its value. Raises JsonTextError only."""
    _check_depth(text)
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_refuse)
    except JsonTextError:
        raise
    except json.JSONDecodeError as error:
        found = f"{error.msg[:1].lower()}{error.msg[1:]} in column {error.colno}"
        raise JsonTextError(error.lineno, found, "JSON") from None
    except ValueError:
        # Python refuses whole numbers of more than 4,300 digits.
        raise JsonTextError(None, "a number of thousands of digits", "a shorter one") from None


def _check_depth(text: str) -> None:
    depth = 0
    for match in _MARKS.finditer(text):
        mark = match[0]
        if mark in ("[", "{"):
            depth += 1
            if depth > limits.JSON_DEPTH:
                line = text.count("\n", 0, match.start()) + 1
                expected = f"{limits.JSON_DEPTH} levels at most"
                raise JsonTextError(line, "deeper nesting", expected)
        elif mark in ("]", "}"):
            depth -= 1


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise JsonTextError(None, f'the key "{twice}" twice in one object', "each key once")
    return result


def _refuse(constant: str) -> NoReturn:
    raise JsonTextError(None, constant, "a number or null")
