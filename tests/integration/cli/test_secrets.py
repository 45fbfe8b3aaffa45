"""Links and hashes across another secret, a backup elsewhere, rotation, and erasing."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from digest.bootstrap import bootstrap
from digest.settings import read_settings
from subscribers.hash_key import fingerprint_of
from subscribers.tokens import Purpose
from tests.integration.cli.conftest import Run
from tests.parts.links import make_token

OLD, NEW = "o" * 40, "n" * 40


def test_a_backup_restored_beside_another_secret_is_refused_in_one_line(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGEST_SECRET_KEY", OLD)
    run("subscribers", "add", "ana@example.org")
    saved = run("database", "backup", "saved.db")
    assert "without it every link sent so far is dead" in saved.err
    assert Path("saved.db").stat().st_mode & 0o777 == 0o600
    monkeypatch.setenv("DIGEST_SECRET_KEY", NEW)
    monkeypatch.setenv("DIGEST_DATABASE_URL", f"sqlite:///{home}/elsewhere/digest.db")
    refused = run("database", "restore", "saved.db")
    assert refused.status == 1
    assert "is not the secret that the links of this store were made with" in refused.err
    assert len(refused.err.strip().splitlines()) == 1
    monkeypatch.setenv("DIGEST_SECRET_KEY", OLD)
    assert run("database", "restore", "saved.db").status == 0
    assert run("subscribers", "show", "ana@example.org").status == 0


def test_another_secret_makes_no_link_until_it_is_accepted(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGEST_SECRET_KEY", OLD)
    run("subscribers", "add", "ana@example.org")
    monkeypatch.setenv("DIGEST_SECRET_KEY", NEW)
    refused = run("subscribers", "add", "bob@example.org")
    assert refused.status == 1
    assert len(refused.err.strip().splitlines()) == 1
    assert run("database", "accept-secret").status == 0
    assert run("subscribers", "add", "bob@example.org").status == 0


def test_who_was_erased_stays_off_when_the_oldest_secret_is_dropped(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "list.csv").write_text("email\nana@example.org\n", encoding="utf-8")
    monkeypatch.setenv("DIGEST_SECRET_KEY", OLD)
    run("subscribers", "import", "list.csv", "--status", "active")
    run("subscribers", "erase", "ana@example.org")
    for secrets in (OLD, f"{NEW},{OLD}", NEW):
        monkeypatch.setenv("DIGEST_SECRET_KEY", secrets)
        said = run("subscribers", "import", "list.csv", "--status", "active", "--dry-run")
        assert said.out.startswith("dry run: 0 added"), said
        run("subscribers", "erase", "nobody@example.org")  # anything that opens the whole program


def test_an_erased_address_is_in_no_file_of_the_store_while_others_have_it_open(
    run: Run, home: Path
) -> None:
    run("subscribers", "add", "zzvictim@example.org")
    other = bootstrap(read_settings())
    with other.store.read() as session:
        session.connection()
    run("subscribers", "erase", "zzvictim@example.org")
    files = [path for path in home.rglob("*.db*") if path.is_file()]
    assert files
    assert not [path for path in files if b"zzvictim" in path.read_bytes()]
    other.close()


def test_an_operator_makes_links_void_with_a_reason(run: Run) -> None:
    run("subscribers", "add", "ana@example.org")
    app = bootstrap(read_settings())
    before = make_token(app, Purpose.PREFERENCES, 1)
    assert run("subscribers", "void-links", "ana@example.org").status == 2
    assert run("subscribers", "void-links", "--all", "ana@example.org").status == 2
    assert run("subscribers", "void-links", "bob@example.org", "--because", "x").status == 1
    assert run("subscribers", "void-links", "ana@example.org", "--because", "leaked").status == 0
    after = make_token(app, Purpose.PREFERENCES, 1)
    assert run("subscribers", "void-links", "--all", "--because", "leaked").status == 0
    assert len({before, after, make_token(app, Purpose.PREFERENCES, 1)}) == 3
    app.close()


def test_an_export_of_another_secret_is_taken_with_a_line_for_what_does_not_work(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGEST_SECRET_KEY", OLD)
    for name in ("ana", "bob"):
        run("subscribers", "add", f"{name}@example.org")
    run("subscribers", "erase", "ana@example.org")
    assert run("subscribers", "export", "list.csv").status == 0
    for place, secrets, lines in (
        ("same", OLD, []),
        ("other", NEW, ["links in mail sent before will not open here", "1 who were erased there"]),
        ("both", f"{NEW},{OLD}", []),
    ):
        monkeypatch.setenv("DIGEST_DATABASE_URL", f"sqlite:///{home}/{place}.db")
        monkeypatch.setenv("DIGEST_SECRET_KEY", secrets)
        got = run("subscribers", "import", "list.csv")
        assert got.status == 0, got
        said = [
            line for line in got.err.splitlines() if "links in mail" in line or "erased" in line
        ]
        assert len(said) == len(lines), (place, said)
        for line, begun in zip(said, lines, strict=True):
            assert begun in line


def test_the_doctor_names_the_secrets_by_fingerprint_alone(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGEST_SECRET_KEY", f"{NEW},{OLD}")
    said = run("doctor").out
    line = next(line for line in said.splitlines() if "fingerprint" in line)
    assert f"made with the secret of fingerprint {fingerprint_of(NEW)}" in line
    assert f"those of {fingerprint_of(OLD)} are read" in line
    assert OLD not in said
    assert NEW not in said


def test_an_erased_address_stands_in_no_file_of_the_database(run: Run, home: Path) -> None:
    """The write-ahead log too, while another program holds the database open."""
    run("subscribers", "add", "zzvictim@example.org")
    with closing(sqlite3.connect(home / "var/digest.db")) as held:
        held.execute("SELECT count(*) FROM subscriber").fetchone()
        assert run("subscribers", "erase", "zzvictim@example.org").status == 0
        kept = [
            path.name
            for path in (home / "var").glob("digest.db*")
            if b"zzvictim" in path.read_bytes()
        ]
    assert kept == []
