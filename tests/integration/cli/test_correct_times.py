"""`digest database correct-times` lists moments later than now, and with --apply corrects them."""

from datetime import UTC, datetime
from pathlib import Path

from digest.issues.tables import Issue
from store.engine import open_store
from tests.integration.cli.conftest import Run

LATER = datetime(9000, 1, 1, tzinfo=UTC)


def test_it_lists_then_corrects_and_doctor_names_it(run: Run, home: Path) -> None:
    assert run("database", "upgrade").status == 0
    clean = run("database", "correct-times")
    assert (clean.status, clean.out.splitlines()[-1]) == (0, "no moment is later")
    store = open_store(f"sqlite:///{home / 'var' / 'digest.db'}")
    with store.write() as session:
        session.add(Issue(subject="s", as_of=LATER, created_at=LATER))
    listed = run("database", "correct-times")
    assert "issue.as_of: 1 later, up to 9000-01-01 00:00 UTC" in listed.out
    assert listed.out.endswith("if the clock is right: digest database correct-times --apply\n")
    assert "times: 1 of issue.as_of are later than now" in run("doctor").out
    assert run("database", "correct-times", "--apply").out.endswith("they are now\n")
    with store.read() as session:
        assert session.get_one(Issue, 1).as_of < LATER
    store.close()
    assert "times:" not in run("doctor").out
    assert run("database", "correct-times").out.endswith("no moment is later\n")
