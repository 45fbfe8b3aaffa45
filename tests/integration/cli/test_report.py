"""digest report: the same figures as in the studio, with bars."""

import json
from pathlib import Path

import pytest

from digest.cli.bars import bar_of, figure_lines
from digest.reports.figures import Column, Figures, text
from tests.integration.cli.conftest import Run


@pytest.fixture
def sent(home: Path, run: Run) -> Run:
    assert run("demo", "--folder", "demo").status == 0
    return run


def test_one_issue_and_all_of_them(sent: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_DATABASE_URL", f"sqlite:///{home}/demo/digest.db")
    one = json.loads(sent("report", "1", "--json").out)
    assert json.loads(sent("issue", "report", "1", "--json").out) == one
    people = sum(one["deliveries"].values())
    assert one["reached"] == people > 0
    shown = sent("report", "1").out
    assert f"submitted, not confirmed  {people:>6}  100.0 %  ████" in shown
    every = json.loads(sent("report", "--json").out)
    assert [row["number"] for row in every["engagement"]] == [1]
    assert every["growth"][0]["audience"] == people
    assert "How the list grew" in sent("report").out
    assert sent("report", "--series", "no-such", "--json").status == 0


def test_no_issue_yet(run: Run, home: Path) -> None:
    assert "No issue went out yet." in run("report").out
    assert run("issue", "report", "1").status == 1


def test_a_bar_shows_the_least_of_all_and_never_leaves_its_room() -> None:
    assert bar_of(0, 5) == bar_of(3, 0) == ""
    assert bar_of(1, 1_000_000) == "▏"
    assert bar_of(5, 5, 4) == "████"
    assert bar_of(50, 5, 4) == "████"


def test_nothing_of_outside_steers_the_terminal() -> None:
    columns = (text("name", "Tool"), Column("people", "People"))
    rows = (("\x1b[2J evil\nname", 3), ("日本語の長い名前" * 6, 1), ("e\u0301" * 50, 0))
    lines = list(figure_lines(Figures("x", "Title", columns, rows, bar="people")))
    assert len(lines) == 5
    assert not any("\x1b" in one or "\n" in one for one in lines)
