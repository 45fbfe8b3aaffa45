"""Durations as people write them in settings and options: 30m, 12h, 1d."""

import re

_DURATION = re.compile(r"([1-9][0-9]{0,4})\s*(m|h|d)")
_MINUTES = {"m": 1, "h": 60, "d": 24 * 60}


def parse_minutes(text: str) -> int:
    """Return a duration in minutes; 0 where `text` is none."""
    match = _DURATION.fullmatch(text.strip().lower())
    return int(match[1]) * _MINUTES[match[2]] if match else 0


def minutes_words(minutes: int) -> str:
    """Return minutes as `parse_minutes` reads them."""
    for unit in ("d", "h"):
        if minutes % _MINUTES[unit] == 0:
            return f"{minutes // _MINUTES[unit]}{unit}"
    return f"{minutes}m"
