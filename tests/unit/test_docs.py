"""What the guides name exists: files, functions, tests, make targets; and invariants are cited."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from digest.cli import app

ROOT = Path(__file__).parents[2]
GUIDES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
PLACE = re.compile(
    r"`((?:digest(?!/templates)|store|subscribers|schedules|templates|tests|docs|benchmarks)/[^`\s]*)`"
)
COMMAND = re.compile(r"(?:^    |^|`|bin/)digest ([a-z][a-z-]*(?: [a-z][a-z-]*)?)\b", re.MULTILINE)
INVARIANT = re.compile(r"\binvariant\W+(\d+)", re.IGNORECASE)
PLACEHOLDER = re.compile(r"[*{]|[A-Z]{4}")
"""`digest/deliver/providers/NAME.py` stands for a file that somebody is about to write."""


def _missing(guide: Path) -> Iterator[str]:
    for place in PLACE.findall(guide.read_text(encoding="utf-8")):
        path, _, name = place.partition(":")
        if PLACEHOLDER.search(path):
            continue
        file = ROOT / path
        if not file.exists() or (
            name
            and not re.search(
                rf"^\s*(?:async )?(?:def|class) {name}\b|^{name}\b.* = ",
                file.read_text(),
                re.MULTILINE,
            )
        ):
            yield place


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.name)
def test_what_a_guide_names_exists(guide: Path) -> None:
    assert list(_missing(guide)) == []


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.name)
def test_links_between_guides_lead_somewhere(guide: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", guide.read_text(encoding="utf-8"))
    assert [link for link in links if not (guide.parent / link).exists()] == []


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.name)
def test_every_command_that_a_guide_shows_exists(guide: Path) -> None:
    root = get_command(app)
    for shown in COMMAND.findall(guide.read_text(encoding="utf-8")):
        command: Any = root
        for word in shown.split():
            if parts := getattr(command, "commands", None):
                assert word in parts, f"{guide.name}: digest {shown}"
                command = parts[word]


def test_every_make_target_that_a_guide_names_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        target
        for guide in GUIDES
        for target in re.findall(r"[`\n]make ([a-z]+)", guide.read_text(encoding="utf-8"))
    }
    assert named - targets == set()


def test_an_invariant_is_cited_with_the_list_that_it_is_in() -> None:
    """The first citation in a file names the list, and the list has that number."""
    listed = re.findall(r"^## (\d+)\.", (ROOT / "docs" / "invariants.md").read_text(), re.MULTILINE)
    assert listed == [str(number) for number in range(1, 10)]
    wrong = []
    for folder in ("digest", "store", "subscribers", "schedules", "tests"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            text = path.read_text(encoding="utf-8")
            cited = INVARIANT.findall(text)
            if path != Path(__file__) and cited:
                known = set(cited) <= set(listed) and "docs/invariants.md" in text
                wrong += [] if known else [str(path.relative_to(ROOT))]
    assert wrong == []
