"""Journals on disk: whose are believed, when they go, and what a full disk does."""

import errno
import fcntl
import os
import shutil
import stat
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from digest.deliver.journal.file import JournalError
from digest.deliver.journal.folder import KEPT
from digest.deliver.journal.format import WORD
from digest.deliver.journal.writer import JournalWriter
from digest.deliver.providers.base import Accepted, Rejected
from tests.parts.journals import AT, INSTANCE, files, folder, read, writer

IDS = [11, 12, 13, 14]


@pytest.fixture
def journal(tmp_path: Path) -> JournalWriter:
    """Two batches were claimed, the first message was begun and accepted, the next begun."""
    made = writer(tmp_path)
    made.claimed([(1, IDS[:2]), (2, IDS[2:])], AT)
    made.begun(IDS[:1])
    made.answered([Accepted(11, "id")])
    made.begun(IDS[1:2])
    return made


def untouched(tmp_path: Path) -> list[set[int]]:
    return [set(notes.untouched) for notes in read(tmp_path)]


def test_the_next_process_knows_what_was_begun_and_answered(
    journal: JournalWriter, tmp_path: Path
) -> None:
    journal.close()
    [notes] = read(tmp_path)
    assert notes.untouched == {13, 14}
    assert notes.outcomes == {11: Accepted(11, "id")}
    assert notes.header.batches == [[1, [11, 12]], [2, [13, 14]]]
    assert notes.header.claimed_at == AT.isoformat()


def test_a_provider_that_does_not_tell_leaves_nobody_untouched(tmp_path: Path) -> None:
    journal = writer(tmp_path, tells_begun=False)
    journal.claimed([(1, IDS)], AT)
    journal.answered([Accepted(11, "id")])
    journal.close()
    [notes] = read(tmp_path)
    assert not notes.untouched
    assert list(notes.outcomes) == [11]


def test_while_its_process_lives_nobody_reads_it(journal: JournalWriter, tmp_path: Path) -> None:
    """On PostgreSQL a live worker can lose its lock with its connection."""
    assert read(tmp_path) == []
    journal.close()
    assert len(read(tmp_path)) == 1


def test_another_boot_or_another_store_does_not_believe_it(
    journal: JournalWriter, tmp_path: Path
) -> None:
    journal.close()
    assert read(tmp_path, boot="4f0c2a5e-0000-4000-8000-000000000002") == []
    assert read(tmp_path, instance="f" * 32) == []
    # The same first letters, as the file's name has them.
    assert read(tmp_path, instance=INSTANCE[:8] + "f" * 24) == []


@pytest.mark.parametrize("copy", [shutil.copy, shutil.copy2])
def test_a_copy_is_not_believed(
    journal: JournalWriter, tmp_path: Path, copy: Callable[[Path, Path], object]
) -> None:
    journal.close()
    [path] = files(tmp_path)
    aside = tmp_path / "aside"
    copy(path, aside)
    path.rename(tmp_path / "the one that was written")
    copy(aside, path)
    assert read(tmp_path) == []


def test_one_put_back_into_the_same_inode_is_not_believed(
    journal: JournalWriter, tmp_path: Path
) -> None:
    """What keeps times, as `cp -a` does over a file that is there."""
    journal.close()
    [path] = files(tmp_path)
    os.utime(path, (0, 0))
    assert read(tmp_path) == []


def test_it_is_its_owners_alone_and_names_no_addresses(
    journal: JournalWriter, tmp_path: Path
) -> None:
    journal.answered([Rejected(12, True, "550", "an address is unknown")])
    [path] = files(tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert b"@" not in path.read_bytes()


def test_it_goes_once_all_of_its_batches_are_settled(
    journal: JournalWriter, tmp_path: Path
) -> None:
    journal.settled([1])
    assert len(files(tmp_path)) == 1
    journal.settled([2])
    assert files(tmp_path) == []


def test_who_is_claimed_again_is_noted_in_the_newer_one(
    journal: JournalWriter, tmp_path: Path
) -> None:
    """A retry, while another batch of the first claim is still open."""
    journal.claimed([(3, [11, 12])], AT)
    journal.settled([1])
    journal.begun([12])
    journal.settled([2])
    journal.begun([11])
    journal.close()
    assert untouched(tmp_path) == [set()]


def test_beginnings_and_answers_find_their_claims(journal: JournalWriter, tmp_path: Path) -> None:
    journal.claimed([(3, [21, 22])], AT)
    journal.begun([21, 13, 14, 99])
    journal.answered([Accepted(21, "x"), Accepted(13, "y"), Accepted(99, "z")])
    journal.close()
    older, newer = read(tmp_path)
    assert (older.untouched, set(older.outcomes)) == (set(), {11, 13})
    assert (newer.untouched, set(newer.outcomes)) == ({22}, {21})


def test_what_begins_together_is_noted_by_one_write_in_any_order(
    journal: JournalWriter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writes: list[int] = []
    write = os.pwrite

    def pwrite(file: int, raw: bytes, at: int) -> int:
        writes.append(len(raw))
        return write(file, raw, at)

    monkeypatch.setattr(os, "pwrite", pwrite)
    journal.begun([13, 11, 12])
    assert writes == [3 * WORD]
    journal.close()
    [notes] = read(tmp_path)
    assert notes.untouched == set(IDS) - {11, 12, 13}


def fail_to_write(monkeypatch: pytest.MonkeyPatch, *, after: int = 0) -> None:
    """The disk is full once so many octets more are written."""
    left = after
    write = os.pwrite

    def pwrite(file: int, raw: bytes, at: int) -> int:
        nonlocal left
        taken = raw[:left]
        left -= len(taken)
        if not taken:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(file, taken, at)

    monkeypatch.setattr("digest.deliver.journal.file.os.pwrite", pwrite)


@pytest.mark.parametrize("after", [0, 3])
def test_on_a_full_disk_nothing_untrue_is_left(
    journal: JournalWriter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    """The send goes on; whoever comes next finds no journal, and takes all for begun."""
    fail_to_write(monkeypatch, after=after)
    journal.begun([13])
    journal.begun([14])
    journal.answered([Accepted(13, "id")])
    journal.close()
    assert files(tmp_path) == []


def test_on_a_full_disk_a_claim_has_no_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    fail_to_write(monkeypatch, after=40)
    journal = writer(tmp_path)
    journal.claimed([(1, IDS)], AT)
    journal.claimed([(2, [21])], AT)
    journal.begun(IDS)
    journal.settled([1, 2])
    assert files(tmp_path) == []
    assert len(caplog.records) == 1, "it is said once"


def test_an_older_journal_of_the_same_batch_is_not_taken_for_it(
    journal: JournalWriter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Batch 1 went back and is claimed again, in the same microsecond, on a disk now full."""
    journal.settled([1])
    fail_to_write(monkeypatch)
    journal.claimed([(1, IDS[:2])], AT)
    journal.close()
    assert files(tmp_path) == []


def test_an_answer_that_could_not_be_written_is_missing_alone(
    journal: JournalWriter, tmp_path: Path
) -> None:
    with pytest.MonkeyPatch.context() as full:
        fail_to_write(full, after=20)
        journal.answered([Accepted(12, "lost")])
    journal.answered([Accepted(13, "kept")])
    journal.close()
    [notes] = read(tmp_path)
    assert set(notes.outcomes) == {11, 13}
    assert notes.untouched == {14}


def test_nothing_is_begun_that_can_be_neither_noted_nor_forgotten(
    journal: JournalWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that went read-only: another process would send again what this one goes on with."""

    def read_only(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    fail_to_write(monkeypatch)
    monkeypatch.setattr(Path, "unlink", read_only)
    with pytest.raises(JournalError, match=r"neither written nor removed.*nothing is sent"):
        journal.begun([13])


def test_old_ones_are_swept_unless_somebody_writes_them(tmp_path: Path) -> None:
    old, live = writer(tmp_path), writer(tmp_path)
    old.claimed([(1, IDS)], AT)
    [left] = files(tmp_path)
    old.close()
    live.folder = folder(tmp_path)
    live.folder._count = 1
    live.claimed([(2, [21])], AT)
    for path in files(tmp_path):
        long_ago = (AT - KEPT - timedelta(days=1)).timestamp()
        os.utime(path, (long_ago, long_ago))
    new = writer(tmp_path)
    new.folder = folder(tmp_path)
    new.folder._count = 2
    new.claimed([(3, [31])], AT)
    assert left not in files(tmp_path)
    assert len(files(tmp_path)) == 2


def test_a_folder_that_can_not_be_made_costs_no_send(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "journals").write_text("a file")
    journal = writer(tmp_path)
    journal.claimed([(1, IDS)], AT)
    journal.begun(IDS)
    assert "no journal can be kept" in caplog.text


def test_where_files_can_not_be_locked_there_are_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unsupported(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", unsupported)
    journal = writer(tmp_path)
    journal.claimed([(1, IDS)], AT)
    assert files(tmp_path) == []
