"""Reads colours of CSS as sRGB: names, hex and functions of CSS Color 3 and 4.

The formulas and matrices are those of CSS Color Module Level 4, section 10 and 12.
"""

from collections.abc import Callable
from functools import lru_cache
from math import cos, radians, sin

import tinycss2
from tinycss2 import color3, color4
from tinycss2.color3 import RGBA

KEPT_COLORS = 256
Three = tuple[float, float, float]
Matrix = tuple[Three, Three, Three]
_FUNCTIONS = frozenset({
    "attr", "color", "color-mix", "contrast-color", "device-cmyk", "hsl", "hsla", "hwb", "lab",
    "lch", "light-dark", "oklab", "oklch", "rgb", "rgba", "var",
})  # fmt: skip
"""What gives a colour; a gradient or an image gives many."""
_OKLAB_TO_LMS: Matrix = (
    (1.0, 0.3963377774, 0.2158037573),
    (1.0, -0.1055613458, -0.0638541728),
    (1.0, -0.0894841775, -1.2914855480),
)
_LMS_TO_SRGB: Matrix = (
    (4.0767416621, -3.3077115913, 0.2309699292),
    (-1.2684380046, 2.6097574011, -0.3413193965),
    (-0.0041960863, -0.7034186147, 1.7076147010),
)
_D50_TO_SRGB: Matrix = (
    (3.1341359569, -1.6173863321, -0.4906619461),
    (-0.9787955030, 1.9162543774, 0.0334428770),
    (0.0719553947, -0.2289767597, 1.4053851325),
)
_D65_TO_SRGB: Matrix = (
    (3.2409699419, -1.5373831776, -0.4986107603),
    (-0.9692436363, 1.8759675015, 0.0415550574),
    (0.0556300797, -0.2039769589, 1.0569715142),
)
_P3_TO_SRGB: Matrix = (
    (1.2249401763, -0.2249401763, 0.0),
    (-0.0420569547, 1.0420569547, 0.0),
    (-0.0196375546, -0.0786360456, 1.0982736002),
)
_D50_WHITE: Three = (0.3457 / 0.3585, 1.0, (1.0 - 0.3457 - 0.3585) / 0.3585)
_EPSILON, _KAPPA = 216 / 24389, 24389 / 27
_LINEAR_BELOW, _ENCODED_BELOW = 0.0031308, 0.04045


@lru_cache(maxsize=KEPT_COLORS)
def rgba(color: str) -> RGBA | None:
    """Return a colour as sRGB with its alpha, each 0 to 1; None if it is none that is known.

    Keywords such as `inherit` and `currentcolor` are none.
    """
    found = color3.parse_color(color)
    if isinstance(found, RGBA):
        return found
    newer = color4.parse_color(color)
    if newer is None or isinstance(newer, str):
        return None
    to_srgb = _TO_SRGB.get(newer.space)
    if to_srgb is None:
        return None
    red, green, blue = (min(max(one, 0.0), 1.0) for one in to_srgb(newer))
    return RGBA(red, green, blue, newer.alpha)


def unread(value: str) -> str:
    """Return the first colour of a value that `rgba` can't read, as `var(--ink)`; empty if none."""
    for token in tinycss2.parse_component_value_list(value, skip_comments=True):
        if token.type == "function" and token.lower_name in _FUNCTIONS:
            written = str(token.serialize())
            if rgba(written) is None:
                return written
    return ""


def _srgb(color: color4.Color) -> Three:
    red, green, blue = color.to("srgb").coordinates
    return red, green, blue


def _coordinates(color: color4.Color) -> Three:
    one, two, three = (value or 0.0 for value in color.coordinates)
    return one, two, three


def _oklab(color: color4.Color) -> Three:
    return _from_linear(_LMS_TO_SRGB, _cubed(_times(_OKLAB_TO_LMS, _rectangular(color))))


def _lab(color: color4.Color) -> Three:
    lightness, a, b = _rectangular(color)
    y = (lightness + 16) / 116
    x, z = y + a / 500, y - b / 200
    found = [one**3 if one**3 > _EPSILON else (116 * one - 16) / _KAPPA for one in (x, y, z)]
    white_x, white_y, white_z = _D50_WHITE
    return _from_linear(_D50_TO_SRGB, (found[0] * white_x, found[1] * white_y, found[2] * white_z))


def _rectangular(color: color4.Color) -> Three:
    """Return lightness, a and b, also of a colour that is given by chroma and hue."""
    lightness, second, third = _coordinates(color)
    if not color.space.endswith("lch"):
        return lightness, second, third
    hue = radians(third)
    return lightness, second * cos(hue), second * sin(hue)


def _linear(matrix: Matrix) -> Callable[[color4.Color], Three]:
    return lambda color: _from_linear(matrix, _coordinates(color))


def _display_p3(color: color4.Color) -> Three:
    red, green, blue = map(_decoded, _coordinates(color))
    return _from_linear(_P3_TO_SRGB, (red, green, blue))


def _from_linear(matrix: Matrix, values: Three) -> Three:
    red, green, blue = map(_encoded, _times(matrix, values))
    return red, green, blue


def _times(matrix: Matrix, values: Three) -> Three:
    one, two, three = (sum(a * b for a, b in zip(row, values, strict=True)) for row in matrix)
    return one, two, three


def _cubed(values: Three) -> Three:
    one, two, three = (value**3 for value in values)
    return one, two, three


def _encoded(value: float) -> float:
    """Return a linear channel as sRGB writes it."""
    return 12.92 * value if value <= _LINEAR_BELOW else 1.055 * value ** (1 / 2.4) - 0.055


def _decoded(value: float) -> float:
    return value / 12.92 if value <= _ENCODED_BELOW else ((value + 0.055) / 1.055) ** 2.4


_ONE: Matrix = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
_TO_SRGB: dict[str, Callable[[color4.Color], Three]] = {
    "srgb": _srgb,
    "hsl": _srgb,
    "hwb": _srgb,
    "lab": _lab,
    "lch": _lab,
    "oklab": _oklab,
    "oklch": _oklab,
    "srgb-linear": _linear(_ONE),
    "display-p3": _display_p3,
    "xyz-d50": _linear(_D50_TO_SRGB),
    "xyz-d65": _linear(_D65_TO_SRGB),
}
