"""Derives readable colours (WCAG 2.2, success criterion 1.4.3) for light and dark mode."""

import re
from dataclasses import dataclass

from digest.render.errors import TemplateError

MIN_CONTRAST = 4.5
"""Contrast ratio that text of any size needs."""

_LINEAR_BELOW = 0.04045  # sRGB, IEC 61966-2-1
_STEPS = 64


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours as ``#rrggbb``. Text is `ink`, `soft` or `accent`, on `paper`, `tint` or `ground`.

    `on_accent` is text on an area of `accent`. No text stands on `line`, on `trail` (the lower of
    two bars) or on `track` (what a bar does not fill).
    """

    ground: str
    paper: str
    tint: str
    ink: str
    soft: str
    line: str
    trail: str
    track: str
    accent: str
    on_accent: str


def light(accent: str) -> Palette:
    """Return the colours of light mode; `accent` is darkened until it is readable."""
    return Palette(
        ground="#f3f2ee",
        paper="#ffffff",
        tint="#f8f7f4",
        ink="#1d1c1a",
        soft="#5f5c55",
        line="#e5e2db",
        trail="#8f8a7f",
        track="#e5e2db",
        accent=with_contrast(accent, ("#ffffff", "#f8f7f4", "#f3f2ee"), "#000000"),
        on_accent="#ffffff",
    )


def dark(accent: str) -> Palette:
    """Return the colours of dark mode; `accent` is lightened until it is readable."""
    return Palette(
        ground="#111113",
        paper="#1b1b1e",
        tint="#232327",
        ink="#edebe6",
        soft="#b0ada5",
        line="#36363b",
        trail="#8a8780",
        track="#3f3f46",
        accent=with_contrast(accent, ("#232327", "#1b1b1e", "#111113"), "#ffffff"),
        on_accent="#1b1b1e",
    )


def with_contrast(colour: str, grounds: tuple[str, ...], towards: str) -> str:
    """Return `colour`, mixed with `towards` until it is readable on every ground.

    Raises TemplateError unless `colour` is written ``#rrggbb``.
    """
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", colour):
        raise TemplateError("accent colour", None, f"found {colour!r}, expected one like #4338ca")
    mixes = (_mix(colour.lower(), towards, step / _STEPS) for step in range(_STEPS + 1))
    return next(
        (mix for mix in mixes if all(contrast(mix, ground) >= MIN_CONTRAST for ground in grounds)),
        towards,
    )


def contrast(one: str, other: str) -> float:
    """Return WCAG's contrast ratio of two colours, 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(channel / 255) for channel in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= _LINEAR_BELOW else ((channel + 0.055) / 1.055) ** 2.4


def _mix(colour: str, towards: str, amount: float) -> str:
    pairs = zip(_channels(colour), _channels(towards), strict=True)
    return "#" + "".join(f"{round(one + (other - one) * amount):02x}" for one, other in pairs)


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
