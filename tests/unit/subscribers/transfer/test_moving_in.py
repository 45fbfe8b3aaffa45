"""The tables of docs/moving-in.md: the code reads each column and status word as they say."""

import re
from pathlib import Path

import pytest

from subscribers.transfer.formats.column_meaning import normalize_column
from subscribers.transfer.formats.detect import read_layout
from subscribers.transfer.formats.known_exports import KNOWN_EXPORTS, ImportFormat
from subscribers.transfer.formats.statuses import REFUSED_STATUS_WORDS, read_status

PAGE = Path(__file__).resolve().parents[4] / "docs" / "moving-in.md"
SECTIONS = dict(
    re.findall(
        r"^### (.+?)\n(.*?)(?=^### |\Z)", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
)
BY_NAME = {tool.name: tool for tool in KNOWN_EXPORTS}


def columns(tool: str) -> dict[str, str]:
    return dict(re.findall(r"^\| `(.+?)` \| (.+?) \| .+ \|$", SECTIONS[tool], re.MULTILINE))


def statuses(tool: str) -> dict[str, str]:
    return dict(re.findall(r"^\| `([^|]+?)` \| ([^|]+?) \|$", SECTIONS[tool], re.MULTILINE))


def test_the_page_has_each_tool_and_no_other() -> None:
    assert set(SECTIONS) == set(BY_NAME)
    assert len(BY_NAME) == 15


@pytest.mark.parametrize("tool", BY_NAME)
def test_each_column_is_read_as_the_page_says(tool: str) -> None:
    said = columns(tool)
    layout = read_layout(list(said))
    assert layout.format is BY_NAME[tool]
    roles = {place: role for role, place in layout.single.items()}
    roles |= {place: role for role, place in layout.withdrawals}
    assert {name: roles.get(place, "not read") for place, name in enumerate(said)} == said


@pytest.mark.parametrize("tool", BY_NAME)
def test_each_status_word_becomes_what_the_page_says(tool: str) -> None:
    for word, said in statuses(tool).items():
        status = read_status(word, BY_NAME[tool].status_words)
        refused = f"refused: {REFUSED_STATUS_WORDS.get(normalize_column(word))}"
        assert (status or refused) == said, word


@pytest.mark.parametrize("tool", KNOWN_EXPORTS, ids=lambda one: one.name)
def test_a_tool_is_told_by_more_than_two_columns(tool: ImportFormat) -> None:
    assert all(len(one) > 2 for one in tool.signatures)
