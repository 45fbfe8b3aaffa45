"""Colours of CSS Color 4 come out as the sRGB that browsers draw."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.gate.colors import rgba, unread

RED = (255, 0, 0)


def drawn(color: str) -> tuple[int, ...]:
    found = rgba(color)
    assert found is not None
    return tuple(round(255 * one) for one in found[:3])


@pytest.mark.parametrize(
    ("color", "expected"),
    [
        ("oklch(0.62796 0.25768 29.234)", RED),
        ("oklch(62.796% 0.25768 29.234deg)", RED),
        ("oklab(0.62796 0.22486 0.12585)", RED),
        ("lab(54.29 80.805 69.891)", RED),
        ("lch(54.29% 106.837 40.858)", RED),
        ("hwb(0 0% 0%)", RED),
        ("color(xyz-d65 0.41239 0.21264 0.01933)", RED),
        ("color(xyz-d50 0.43607 0.22249 0.01392)", RED),
        ("color(srgb-linear 1 0 0)", RED),
        ("color(srgb 1 0.5 0)", (255, 128, 0)),
        ("color(display-p3 0.9175 0.2003 0.1386)", RED),
        ("color(display-p3 1 0 0)", RED),
        ("oklch(0.51975 0.17686 142.495)", (0, 128, 0)),
        ("lab(46.2775 -47.5526 48.5864)", (0, 128, 0)),
        ("oklch(none none none)", (0, 0, 0)),
        ("hsl(120 100% 25%)", (0, 128, 0)),
        ("rebeccapurple", (102, 51, 153)),
    ],
)
def test_a_color_is_what_browsers_draw(color: str, expected: tuple[int, ...]) -> None:
    assert all(abs(one - other) <= 1 for one, other in zip(drawn(color), expected, strict=True))


@pytest.mark.parametrize("color", ["inherit", "currentcolor", "nonsense", "", "url(x)"])
def test_what_is_no_color_is_none_and_is_not_complained_about(color: str) -> None:
    assert rgba(color) is None
    assert unread(color) == ""


@given(
    st.sampled_from(["oklch", "oklab", "lab", "lch"]),
    st.lists(st.floats(-200, 400), min_size=3, max_size=3),
)
def test_any_numbers_are_within_srgb(function: str, numbers: list[float]) -> None:
    found = rgba(f"{function}({' '.join(f'{one:.4f}' for one in numbers)})")
    assert found is not None
    assert all(0 <= one <= 1 for one in found)
