"""Parses a robots.txt (RFC 9309), and says in linear time whether a path may be asked for.

A site writes both the patterns and the addresses: turned into regular expressions, a pattern of
many stars would take years over an address that almost fits.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from digest.sources.urls import encoded_path

MOST_RULES = 5_000
"""Of one group; the first count."""
MAX_LINE = 2_000
_LINE_END = re.compile(r"\r\n?|\n")
_DELAY = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,6})?")


class _Rule(NamedTuple):
    """`pieces` are what stands between the stars of a path."""

    allows: bool
    length: int
    pieces: Sequence[str]
    is_whole: bool
    """Whether the pattern ends with `$`: nothing may follow."""

    def fits(self, path: str) -> bool:
        first, *others = self.pieces
        if not path.startswith(first):
            return False
        at = len(first)
        last = others.pop() if others and self.is_whole else None
        for piece in others:
            found = path.find(piece, at)
            if found < 0:
                return False
            at = found + len(piece)
        if last is not None:
            return path.endswith(last) and len(path) - len(last) >= at
        return not self.is_whole or at == len(path)


@dataclass(frozen=True, slots=True)
class RobotsRules:
    """What one program may do at one site."""

    rules: Sequence[_Rule] = ()
    crawl_delay: float | None = None

    def allows(self, path: str) -> bool:
        """Return whether a path with its query may be asked for: the longest rule decides."""
        path = encoded_path(path) or "/"
        fitting = [one for one in self.rules if one.fits(path)]
        # Of two that are as long the one that allows.
        return max(((one.length, one.allows) for one in fitting), default=(0, True))[1]


def parse_robots(text: str, product: str) -> RobotsRules:
    """Return the rules for `product`: those of its own groups, else those for all."""
    own: list[tuple[str, str]] = []
    general: list[tuple[str, str]] = []
    named = False
    agents: set[str] = set()
    in_rules = True
    for key, value in _fields(text):
        if key == "user-agent":
            agents = agents if not in_rules else set()
            in_rules = False
            agents.add(value.lower())
            named = named or _is(value, product)
            continue
        in_rules = True
        if any(_is(one, product) for one in agents):
            own.append((key, value))
        elif "*" in agents:
            general.append((key, value))
    return _rules(own if named else general)


def _is(agent: str, product: str) -> bool:
    return agent.partition("/")[0].strip().lower() == product


def _fields(text: str) -> Iterable[tuple[str, str]]:
    for line in _LINE_END.split(text.removeprefix("\ufeff")):
        key, colon, value = line[:MAX_LINE].partition("#")[0].partition(":")
        if colon and (name := key.strip().lower()) in (
            "user-agent", "allow", "disallow", "crawl-delay"
        ):  # fmt: skip
            yield name, value.strip()


def _rules(fields: Sequence[tuple[str, str]]) -> RobotsRules:
    found: list[_Rule] = []
    delay = None
    for key, value in fields:
        if key == "crawl-delay":
            if delay is None and _DELAY.fullmatch(value):
                delay = float(value)
        elif value.startswith(("/", "*")) and len(found) < MOST_RULES:
            pattern = value.removesuffix("$")
            pieces = [encoded_path(one) for one in re.split(r"\*+", pattern)]
            found.append(_Rule(key == "allow", len(value), pieces, pattern != value))
    return RobotsRules(found, delay)
