"""What the command line says of an issue's words: proposals, changes since approval, the reach."""

import json
from pathlib import Path

import pytest

from tests.integration.cli.conftest import Run

CASES = Path(__file__).parents[2] / "cases" / "email"
NOON = "2026-11-27T12:00Z"


@pytest.fixture
def digest(run: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command line over a store of its own, without programs beside it."""
    monkeypatch.setenv("DIGEST_POSTAL_ADDRESS", "1 Road, Town")
    monkeypatch.setenv("DIGEST_GATE_TOOLS", "no")
    return run


def test_three_subjects_are_proposed_with_reasons_and_one_is_taken(digest: Run) -> None:
    assert digest("comparisons", "import", str(CASES / "draft-then-corrected-1.json")).status == 0
    assert digest("issue", "draft", "--as-of", NOON).out.strip() == "1"
    shown = json.loads(digest("issue", "show", "1", "--json").out)
    offered = json.loads(digest("issue", "proposals", "1", "--json").out)
    assert shown["proposals"] == offered
    assert len(offered) == 3
    assert all(one["reasons"] for one in offered)
    assert shown["subject"] == offered[0]["subject"]
    told = digest("issue", "show", "1").out
    assert all(one["subject"] in told for one in offered)
    assert offered[2]["subject"] in digest("issue", "edit", "1", "--proposal", "3").out
    assert json.loads(digest("issue", "list", "--json").out)[0]["subject"] == offered[2]["subject"]
    refused = digest("issue", "edit", "1", "--proposal", "2", "--subject", "Both")
    assert refused.status == 2


def test_a_corrected_page_says_which_issues_have_it_and_show_says_what(digest: Run) -> None:
    digest("comparisons", "import", str(CASES / "draft-then-corrected-1.json"))
    digest("issue", "draft", "--as-of", NOON)
    assert digest("issue", "approve", "1").status == 0
    assert "what they said" in digest("issue", "diff", "1").out
    corrected = digest("comparisons", "import", str(CASES / "draft-then-corrected-2.json"))
    assert "it is in issue 1 (approved): digest issue show 1" in corrected.out
    assert "Aye, panel score was 100%, is 0%" in digest("issue", "show", "1").out
    assert "(its pages changed since)" in digest("issue", "list").out
    diff = digest("issue", "diff", "1").out
    assert "-  Panel        100% (4 ship, 0 skip)" in diff
    assert "+  Panel        0% (0 ship, 4 skip)" in diff
    told = json.loads(digest("issue", "diff", "1", "--json").out)
    assert [one["now"] for one in told["changes"]] == ["0%", "100%"]


def test_an_editors_false_subject_blocks_with_one_line(digest: Run) -> None:
    digest("comparisons", "import", str(CASES / "draft-then-corrected-1.json"))
    digest("issue", "draft", "--as-of", NOON)
    digest("issue", "edit", "1", "--subject", "Aye beats Bee")
    digest("comparisons", "import", str(CASES / "draft-then-corrected-2.json"))
    refused = digest("issue", "approve", "1")
    assert refused.status == 1
    assert "words-false: subject: it puts Aye ahead of Bee, and no page does" in refused.err


def test_a_first_issue_says_what_is_too_old_for_it(digest: Run) -> None:
    digest("comparisons", "import", str(CASES / "first-issue-takes-old-pages.json"))
    digest("issue", "draft", "--as-of", NOON)
    shown = digest("issue", "show", "1").out
    assert "old-vs-older: published 2025-10-01; the first issue reaches back 7 days" in shown
