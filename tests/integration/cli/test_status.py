"""One page on the whole installation, for a person and for scripts."""

import json

import pytest

from tests.integration.cli.conftest import Run


def test_all_is_well(run: Run) -> None:
    ran = run("status")
    assert ran.status == 0
    lines = ran.out.splitlines()
    assert lines[0] == "all is well"
    assert "schedules   none" in lines
    assert any(line.startswith("mail        subscribers: ") for line in lines)
    assert any(line.endswith("backup: none on schedule yet") for line in lines)
    assert any("Python 3." in line and "SQLite 3." in line for line in lines)


def test_what_needs_a_person_comes_first_and_ends_with_1(run: Run) -> None:
    run("schedule", "add", "weekly", "--cron", "0 8 * * mon")
    ran = run("status")
    assert ran.status == 1
    assert ran.out.splitlines()[:5] == [
        "2 things need a person:",
        "  no worker was seen within a week",
        "    -> start digest worker (or digest serve)",
        "  no scheduler was seen within a week",
        "    -> start digest scheduler (or digest serve)",
    ]
    found = json.loads(run("status", "--json").out)
    assert [one["code"] for one in found["problems"]] == ["no-worker", "no-scheduler"]
    assert found["schedules"][0]["words"] == "Mondays at 08:00, UTC"


def test_the_files_for_prometheus_and_grafana(run: Run) -> None:
    assert run("monitoring", "alerts").out.startswith("# Alert rules")
    assert json.loads(run("monitoring", "dashboard").out)["title"] == "Newsletter digest"


def test_a_store_that_was_not_there_is_told_of(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_DATABASE_URL", "sqlite:///misspelt/digest.db")
    told = "note: sqlite:///misspelt/digest.db was empty; nothing is in it yet\n"
    assert run("status").err == told
    assert run("status").err == ""
