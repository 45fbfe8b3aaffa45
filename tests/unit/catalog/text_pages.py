"""Reads page text as the tests of it do."""

import pytest

from digest.catalog.intake.text.parse import read_text
from digest.catalog.pages import ComparisonPage, PageError


def read(text: str) -> ComparisonPage:
    return read_text(text, "page.txt")


def refused(text: str) -> PageError:
    with pytest.raises(PageError) as caught:
        read(text)
    assert "\n" not in str(caught.value)
    return caught.value
