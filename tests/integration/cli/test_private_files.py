"""Files with readers' addresses: their owner's alone, and whole or not there."""

import errno
import os
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import digest.backups.snapshot
import store.files
from digest.backups.create import create_backup
from digest.deliver.ledger.worker_lock import worker_lock
from store.engine import Store, StoreError
from store.files import written_aside
from tests.integration.cli.conftest import Run
from tests.parts.world import NOW

SAMPLES = Path(digest.__file__).parent / "samples" / "comparisons"


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_backup_export_and_refused_rows_are_as_private_as_the_database(
    run: Run, home: Path
) -> None:
    (home / "list.csv").write_text("email,first_name\nana@example.org,Ana\nnobody,x\n")
    run("subscribers", "import", "list.csv", "--status", "active")
    assert run("database", "backup", "saved.db").status == 0
    assert run("subscribers", "export", "out.csv").status == 0
    names = ("var/digest.db", "saved.db", "out.csv", "list.csv.refused.csv", "var/secret.key")
    assert {name: mode(home / name) for name in names} == dict.fromkeys(names, 0o600)


def test_a_rendered_issue_holds_a_readers_links_and_is_its_owners_alone(run: Run) -> None:
    run("comparisons", "import", str(SAMPLES))
    run("issue", "draft")
    old = Path("r/issue.html")
    old.parent.mkdir()
    old.touch(0o644)
    assert run("issue", "render", "1", "--out", "r").status == 0
    assert {path.name: mode(path) for path in old.parent.iterdir()} == dict.fromkeys(
        ("issue.html", "issue.txt", "issue.eml"), 0o600
    )


@pytest.fixture
def open_umask() -> Iterator[None]:
    """A umask as some containers and service managers leave it."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.usefixtures("open_umask")
def test_nobody_else_may_write_into_any_folder_whatever_the_umask(run: Run, home: Path) -> None:
    """Who may write into a folder can put another file in the place of a private one."""
    run("comparisons", "import", str(SAMPLES))
    run("subscribers", "add", "ana@example.org")
    run("issue", "draft")
    run("issue", "approve", "1")
    assert run("issue", "send", "1").status == 0
    assert run("database", "backup", "saved.db").status == 0
    made = {path.relative_to(home).as_posix(): path for path in (home / "var").rglob("*")}
    assert {"var/digest.db.instance", "var/digest.db.workers", "var/outbox/new"} <= set(made)
    assert [name for name, path in made.items() if mode(path) & 0o022] == []
    private = [name for name, path in made.items() if path.is_file() and mode(path) != 0o600]
    assert private == []


@pytest.mark.usefixtures("open_umask")
def test_a_workers_lock_can_be_taken_by_nobody_else(sqlite_store: Store) -> None:
    """A lock needs a file that may be read: another's would keep a dead worker alive."""
    with worker_lock(sqlite_store) as lock:
        assert sqlite_store.path is not None
        folder = sqlite_store.path.with_name(f"{sqlite_store.path.name}.workers")
        assert mode(folder) == 0o700
        assert mode(folder / str(lock.worker_id)) == 0o600


def test_a_pipe_is_written_to_and_not_replaced_by_a_file(run: Run, home: Path) -> None:
    run("subscribers", "add", "ana@example.org")
    pipe = home / "pipe"
    os.mkfifo(pipe)
    before = pipe.stat()
    got: list[str] = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_text()))
    reader.start()
    assert run("subscribers", "export", "pipe").status == 0
    reader.join()
    assert "ana@example.org" in got[0]
    assert (pipe.stat().st_ino, pipe.stat().st_mode) == (before.st_ino, before.st_mode)


@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/full", "/proc/self/fd/1"])
def test_a_device_is_never_replaced(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "replace", lambda *_: pytest.fail("it was replaced"))
    with written_aside(Path(name)) as given:
        assert given == Path(name)


def test_a_backup_onto_a_full_disk_leaves_nothing_that_bars_the_next(
    sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(sqlite3.Connection):
        def backup(self, *_: object, **__: object) -> None:
            raise sqlite3.OperationalError("database or disk is full")

    target = tmp_path / "b.db"
    real = sqlite3.connect
    monkeypatch.setattr(
        digest.backups.snapshot.sqlite3, "connect", lambda path, **_: real(path, factory=Full)
    )
    with pytest.raises(StoreError, match="disk is full"):
        create_backup(sqlite_store, target, NOW)
    assert [path.name for path in tmp_path.iterdir() if "b.db" in path.name] == []
    monkeypatch.setattr(digest.backups.snapshot.sqlite3, "connect", real)
    create_backup(sqlite_store, target, NOW)
    assert mode(target) == 0o600


def test_a_sync_that_fails_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "list.csv"
    target.write_text("before")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "no space left")

    monkeypatch.setattr(store.files.os, "fsync", full)
    with pytest.raises(OSError, match="no space"), written_aside(target) as aside:
        aside.write_text("after")
    assert target.read_text() == "before"
    assert list(tmp_path.iterdir()) == [target]


def test_misspelt_settings_in_the_environment_and_in_dotenv_are_told_with_the_likely_one(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / ".env").write_text("DIGEST_PUBLIC_ULR=https://digest.example.org\nDIGEST_SENDRE=x\n")
    monkeypatch.setenv("DIGEST_RATE_LIMITS", "20/s")
    out = run("doctor").out
    for wrong, right in (("PUBLIC_ULR", "PUBLIC_URL"), ("SENDRE", "SENDER")):
        assert f"DIGEST_{wrong} is no setting of this version (did you mean DIGEST_{right}?)" in out
    assert (
        "DIGEST_RATE_LIMITS is no setting of this version (did you mean DIGEST_RATE_LIMIT?)" in out
    )
