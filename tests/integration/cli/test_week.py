"""A week by commands: from pages to the outbox, with what each command says on the way."""

import json
import sqlite3
from pathlib import Path

import pytest

from digest.deliver.tables import DeliveryState
from digest.samples import comparisons, subscribers
from tests.integration.cli.conftest import Run
from tests.parts.output import one_line


def test_nothing_to_draft(run: Run) -> None:
    got = run("issue", "draft")
    assert got.status == 1
    assert "comparisons import" in got.err


def test_a_week_from_pages_to_outbox(run: Run, home: Path) -> None:
    assert run("comparisons", "import", str(comparisons())).status == 0
    again = run("comparisons", "import", str(comparisons()))
    assert again.out.strip().startswith("0 new, 0 changed")
    got = run("subscribers", "import", str(subscribers()), "--status", "active")
    assert got.status == 0, got.err
    assert run("schedule", "add", "weekly", "--zone", "Europe/Berlin").status == 0
    assert run("issue", "draft", "--schedule", "weekly").out.strip() == "1"
    shown = json.loads(run("issue", "show", "1", "--json").out)
    assert shown["picks"][0]["role"] == "lead"
    assert all(pick["reasons"] for pick in shown["picks"])
    assert run("issue", "send", "1").status == 1, "a draft is not sent"
    assert run("issue", "check", "1").status == 0
    assert run("issue", "approve", "1").status == 0
    assert run("issue", "render", "1", "--out", "out").status == 0
    assert {path.name for path in (home / "out").iterdir()} == {
        "issue.html",
        "issue.txt",
        "issue.eml",
    }
    sent = run("issue", "send", "1")
    assert sent.status == 0, sent.err
    status = json.loads(run("issue", "status", "1", "--json").out)
    counted = {state: status[state] for state in DeliveryState}
    assert status["state"] == "finished"
    assert sum(counted.values()) == status["audience"] == status["submitted"]
    assert len(list((home / "var/outbox/new").glob("*.eml"))) == status["audience"]
    assert run("issue", "send", "1").status == 1, "a finished issue is not sent again"
    assert run("issue", "resend", "1").status == 2
    assert "has no such recipient" in run("issue", "resend", "1", "--uncertain", "--failed").err
    assert run("issue", "give-up", "1").out == "0 given up\n"
    report = json.loads(run("report", "1", "--json").out)
    assert report["people"] == {"opens": 0, "clicks": 0, "votes": 0, "unsubscribes": 0}


def test_the_status_says_what_is_to_be_done(run: Run, home: Path) -> None:
    (home / "list.csv").write_text("email\na@example.org\nb@example.org\n")
    run("comparisons", "import", str(comparisons()))
    run("subscribers", "import", "list.csv", "--status", "active")
    run("issue", "draft")
    assert "digest issue approve 1" in run("issue", "status", "1").out
    run("issue", "approve", "1")
    assert run("issue", "schedule", "1", "--at", "2999-01-01T08:00Z").status == 0
    status = run("issue", "status", "1").out
    assert "it would go to 2 people now" in status
    assert "goes out 2999-01-01 08:00 UTC" in status
    assert run("issue", "send", "1", "--detach").status == 0
    assert "nothing is under way" in run("issue", "status", "1").out
    run("issue", "pause", "1")
    assert "digest issue resume 1" in run("issue", "status", "1").out


def test_the_status_names_some_of_the_uncertain_and_counts_the_others(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("digest.cli.issue.status.MAX_NAMED", 2)
    (home / "list.csv").write_text("email\na@example.org\nb@example.org\nc@example.org\n")
    run("comparisons", "import", str(comparisons()))
    run("subscribers", "import", "list.csv", "--status", "active")
    run("issue", "draft")
    run("issue", "approve", "1")
    run("issue", "send", "1")
    with sqlite3.connect(home / "var/digest.db") as database:
        database.execute("UPDATE delivery SET state = 'uncertain'")
    assert run("database", "recount").out == "issue 1: corrected by -3 submitted, +3 uncertain\n"
    assert run("database", "recount").out == "every kept count is right\n"
    said = run("issue", "status", "1").out
    assert said.count("@example.org") == 2
    assert "  uncertain: 1 more\n" in said


def test_the_status_says_why_deliveries_failed(run: Run, home: Path) -> None:
    (home / "list.csv").write_text("email\na@example.org\nb@example.org\nc@example.org\n")
    run("comparisons", "import", str(comparisons()))
    run("subscribers", "import", "list.csv", "--status", "active")
    run("issue", "draft")
    run("issue", "approve", "1")
    run("issue", "send", "1")
    with sqlite3.connect(home / "var/digest.db") as database:
        database.execute("UPDATE delivery SET state = 'failed', code = '552 5.2.2' WHERE id < 3")
        database.execute("UPDATE delivery SET state = 'failed', code = '550 5.1.1' WHERE id = 3")
    run("database", "recount")
    told = [line.strip() for line in run("issue", "status", "1").out.splitlines()]
    assert told[2:4] == ["2 with 552 5.2.2", "1 with 550 5.1.1"]
    assert told[-1] == "digest issue resend 1 --failed tries the failed again"


def test_the_gate_is_asked_overridden_and_remembered(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGEST_GATE_TOOLS", "no")
    run("comparisons", "import", str(comparisons()))
    run("issue", "draft")
    run("issue", "edit", "1", "--subject", "RE: your tools")
    got = run("issue", "check", "1")
    assert got.status == 1
    assert got.out.startswith("blocks words-fake-reply: subject: ")
    assert got.err == "issue 1 may not go out: 1 block it\n"
    found = json.loads(run("issue", "check", "1", "--json").out)
    assert found[0] | {"what": "", "mend": ""} == {
        "level": "blocks", "code": "words-fake-reply", "where": "subject", "what": "", "mend": "",
        "blocks": True, "let_pass": False,
    }  # fmt: skip
    got = run("issue", "approve", "1")
    assert (got.status, one_line(got.err)) == (1, True)
    assert "words-fake-reply" in got.err
    got = run("issue", "approve", "1", "--despite", "words-fake-reply", "--because", "It is one.")
    assert got.status == 0, got.err
    assert run("issue", "check", "1").status == 0
    shown = run("issue", "show", "1").out
    assert "let pass by " in shown
    assert "words-fake-reply, because It is one." in shown
    (kept,) = json.loads(run("issue", "show", "1", "--json").out)["overrides"]
    assert (kept["code"], kept["reason"]) == ("words-fake-reply", "It is one.")
    assert kept["at"].endswith("Z")


def test_a_code_of_the_gate_that_is_none_is_named(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGEST_GATE_BLOCK", "words-shot")
    monkeypatch.setenv("DIGEST_GATE_IGNORE", "slot-open")
    got = run("issue", "list")
    assert got.status == 1
    assert "DIGEST_GATE_BLOCK: 'words-shot' is no code of the gate" in got.err
    assert "DIGEST_GATE_IGNORE: slot-open always blocks" in got.err
