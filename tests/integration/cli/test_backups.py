"""The commands of backups, copies and upgrades, as an operator types them."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from pyrage import x25519

from digest.database import revisions
from store.engine import open_store
from tests.integration.cli.conftest import Run
from tests.parts.past_schemas import make_past

BEFORE = revisions()[-2]


def past(home: Path) -> None:
    (home / "var").mkdir()
    store = open_store("sqlite:///var/digest.db")
    make_past(store, BEFORE)
    store.close()


def revision_of(file: str) -> str:
    with closing(sqlite3.connect(file)) as opened:
        return str(opened.execute("SELECT version_num FROM alembic_version").fetchone()[0])


def test_an_upgrade_is_tried_made_and_told(run: Run, home: Path) -> None:
    past(home)
    refused = run("issue", "list")
    assert (refused.status, refused.err.count("\n")) == (1, 1)
    assert "is from an older version" in refused.err
    tried = run("database", "upgrade", "--dry-run")
    assert (tried.status, tried.err) == (0, "")
    assert f"tried without effect from {BEFORE} to {revisions()[-1]}" in tried.out
    assert revision_of("var/digest.db") == BEFORE
    done = run("database", "upgrade")
    assert (done.status, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[1].startswith(f"  {revisions()[-1]} ")
    assert lines[2].startswith(f"backed up to var/backups/before-{revisions()[-1]}-")
    assert "rows as before: subscriber 12, consent 12" in lines[3]
    assert lines[4] == "the database is up to date"
    assert revision_of(lines[2].removeprefix("backed up to ")) == BEFORE
    assert run("database", "upgrade").out == "the database is up to date\n"


def test_verify_says_what_is_in_it_in_words_and_as_json(run: Run, home: Path) -> None:
    run("subscribers", "add", "ana@example.org")
    run("database", "backup", "saved.db")
    words = run("database", "verify", "saved.db")
    assert words.status == 0
    assert "people: 1 (1 active)" in words.out
    assert words.out.endswith("it is whole, and its counts agree\n")
    found = json.loads(run("database", "verify", "saved.db", "--json").out)
    assert (found["people"], found["wrong"], found["fits_secret"]) == ({"active": 1}, [], True)
    assert found["schema"] == revisions()[-1]
    (home / "var" / "secret.key").write_text("another secret that is long enough to be one")
    assert "is none of them" in run("database", "verify", "saved.db").out
    (home / "saved.db").write_bytes(b"no backup")
    bad = run("database", "verify", "saved.db")
    assert (bad.status, bad.out, bad.err) == (1, "", "saved.db is not a backup of this program\n")


def test_an_encrypted_backup_by_setting_and_by_option(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    identity = x25519.Identity.generate()
    (home / "keys.txt").write_text(str(identity))
    monkeypatch.setenv("DIGEST_BACKUP_RECIPIENT", str(identity.to_public()))
    run("subscribers", "add", "ana@example.org")
    assert run("database", "backup", "a.age").status == 0
    assert run("database", "backup", "plain.db", "--recipient", "").status == 0
    assert (home / "plain.db").read_bytes().startswith(b"SQLite")
    assert run("database", "verify", "a.age", "--identity", "keys.txt").status == 0
    assert run("database", "restore", "a.age", "--identity", "keys.txt").status == 0
    wrong = run("database", "backup", "b.age", "--recipient", "age1nobody")
    assert (wrong.status, wrong.err.count("\n")) == (1, 1)
    assert "--recipient: 'age1nobody' is no recipient; it should look like age1" in wrong.err


def test_a_copy_is_held_and_says_how_to_go_on(run: Run, home: Path) -> None:
    run("subscribers", "add", "ana@example.org")
    done = run("database", "copy", "sqlite:///copy.db")
    assert done.status == 0
    assert "every row is the same in both" in done.out
    assert "digest database release" in done.out
    shutil.move(home / "copy.db", home / "var" / "digest.db")
    for to in ("sqlite:///copy.db", "mysql://x", "copy.db", "postgresql://nobody@127.0.0.1:1/x"):
        (home / "copy.db").write_text("something")
        refused = run("database", "copy", to)
        assert (refused.status, refused.err.count("\n")) == (1, 1), to


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("EVERY", "daily", "DIGEST_BACKUP_EVERY: 'daily' should be 1h to 90d, like 12h or 1d"),
        ("EVERY", "5m", "should be 1h to 90d"),
        ("KEEP", "0", "DIGEST_BACKUP_KEEP: "),
        ("RECIPIENT", "me@example.org", "is no recipient; it should look like age1"),
    ],
)
def test_a_wrong_setting_is_named(
    run: Run, monkeypatch: pytest.MonkeyPatch, name: str, value: str, line: str
) -> None:
    monkeypatch.setenv(f"DIGEST_BACKUP_{name}", value)
    refused = run("database", "backups")
    assert refused.status == 1
    assert line in refused.err


def test_the_list_of_scheduled_backups_names_the_setting(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "set DIGEST_BACKUP_EVERY=1d" in run("database", "backups").out
    monkeypatch.setenv("DIGEST_BACKUP_EVERY", "36h")
    assert run("database", "backups").out == "every 36h into var/backups\n"
    assert run("database", "backups", "--json").out == "[]\n"
