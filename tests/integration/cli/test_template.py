"""A look of one's own: copied, changed, and told where it is wrong."""

from pathlib import Path

import pytest

from digest.samples import comparisons
from tests.integration.cli.conftest import Run


@pytest.fixture
def ours(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy in use, with a draft to look at."""
    assert run("template", "new", "ours").status == 0
    monkeypatch.setenv("DIGEST_TEMPLATES", "ours")
    assert run("comparisons", "import", str(comparisons())).status == 0
    assert run("issue", "draft").status == 0
    return home / "ours" / "email"


def test_a_changed_template_is_used_and_a_deleted_one_is_taken_from_the_product(
    run: Run, ours: Path, home: Path
) -> None:
    footer = ours / "digest" / "issue.mjml.j2"
    footer.write_text(footer.read_text().replace("You get this because", "This comes because"))
    (ours / "_parts" / "lead.mjml.j2").unlink()
    assert run("issue", "render", "1", "--out", "seen").status == 0
    html = (home / "seen" / "issue.html").read_text()
    assert "This comes because" in html
    assert "Read the full comparison" in html


def test_a_fault_is_told_by_file_and_line(run: Run, ours: Path) -> None:
    brief = ours / "_parts" / "brief.mjml.j2"
    brief.write_text(brief.read_text().replace("{{ matchup.summary }}", "{{ matchup.sumary }}"))
    line = next(
        number for number, text in enumerate(brief.read_text().splitlines(), 1) if "sumary" in text
    )
    told = run("issue", "render", "1", "--out", "seen")
    assert told.status == 1
    assert told.err.startswith(f"_parts/brief.mjml.j2, line {line}: ")
    assert len(told.err.splitlines()) == 1


def test_a_tag_that_would_vanish_is_told(run: Run, ours: Path) -> None:
    letter = ours / "digest" / "issue.mjml.j2"
    letter.write_text(letter.read_text().replace("mj-button", "mj-buton"))
    told = run("issue", "render", "1", "--out", "seen")
    assert told.status == 1
    assert "unknown tag <mj-buton>" in told.err


def test_nothing_is_copied_over_what_is_there(run: Run, home: Path) -> None:
    (home / "ours").mkdir()
    assert "already there" in run("template", "new", "ours").err
    assert list((home / "ours").iterdir()) == []
    assert run("template", "new", "../ours").status == 1


def test_a_folder_that_holds_no_templates_is_told(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGEST_TEMPLATES", str(home / "nowhere"))
    told = run("issue", "list")
    assert told.status == 1
    assert "nowhere" in told.err
