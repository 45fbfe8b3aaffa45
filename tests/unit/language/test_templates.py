"""No word for readers stands in a template but through `say` or `plain`."""

import re
from pathlib import Path

import pytest

from tests.unit.language.english import TEMPLATES

PAGES = sorted(
    path
    for path in TEMPLATES.rglob("*")
    if path.suffix in {".j2", ".html"}
    and "studio" not in path.parts
    and ".css" not in path.name
    # Only the attributes of a cell.
    and path.name != "words.mjml.j2"
)
_SETTINGS = re.compile(
    r"<mj-style.*?</mj-style>|\{% block (?:kind|width) %\}\w*\{% endblock %\}", re.DOTALL
)
"""Styles, and blocks that hold a word for machines."""
_JINJA = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_NO_WORDS = re.compile(r"<!--.*?-->|<style.*?</style>|&\w+;", re.DOTALL)
_TAG = re.compile(r"<[^>]*>", re.DOTALL)
_SPOKEN = re.compile(r'(?:aria-label|title|alt|placeholder|content)="([^"]*)"')
_WORD = re.compile(r"[^\W\d_]{2,}")
_META = re.compile(r"<meta[^>]*>")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(TEMPLATES).as_posix())
def test_every_word_is_a_message(path: Path) -> None:
    text = _NO_WORDS.sub("", _JINJA.sub("", _SETTINGS.sub("", path.read_text("utf-8"))))
    assert _WORD.findall(_TAG.sub(" ", text)) == []
    spoken = " ".join(_SPOKEN.findall(_META.sub("", text)))
    assert _WORD.findall(spoken) == []
