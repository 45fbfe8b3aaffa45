from dataclasses import astuple
from itertools import product

import pytest

from digest.render.errors import TemplateError
from digest.render.palette import MIN_CONTRAST, Palette, contrast, dark, light, with_contrast

ACCENTS = ["#4338ca", "#facc15", "#ffffff", "#000000", "#e11d48", "#10B981", "#777777"]


def test_contrast_is_wcags() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)
    assert contrast("#ffffff", "#777777") == contrast("#777777", "#ffffff")


@pytest.mark.parametrize("accent", ACCENTS)
@pytest.mark.parametrize("scheme", [light, dark])
def test_every_text_can_be_read_on_every_ground(accent: str, scheme: object) -> None:
    palette = scheme(accent)  # type: ignore[operator]
    assert isinstance(palette, Palette)
    texts = (palette.ink, palette.soft, palette.accent)
    for text, ground in product(texts, (palette.paper, palette.tint, palette.ground)):
        assert contrast(text, ground) >= MIN_CONTRAST, (text, ground)
    assert contrast(palette.on_accent, palette.accent) >= MIN_CONTRAST
    assert all(len(colour) == 7 for colour in astuple(palette))


def test_an_accent_that_can_be_read_is_not_touched() -> None:
    assert light("#4338ca").accent == "#4338ca"


def test_an_accent_is_changed_no_further_than_needed() -> None:
    darkened = with_contrast("#facc15", ("#ffffff",), "#000000")
    assert MIN_CONTRAST <= contrast(darkened, "#ffffff") < MIN_CONTRAST + 0.6


@pytest.mark.parametrize("colour", ["red", "#fff", "#12345g", "", "#4338ca;}"])
def test_anything_but_a_hex_colour_is_refused(colour: str) -> None:
    with pytest.raises(TemplateError, match="accent colour: found"):
        light(colour)
