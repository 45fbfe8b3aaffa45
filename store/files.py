"""Writes files so that they are whole or not there, and their owner's alone."""

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

OWNER_ONLY = 0o600
OWNER_ONLY_FOLDER = 0o700
WRITTEN_BY_OWNER = 0o755


@contextmanager
def written_aside(target: Path) -> Iterator[Path]:
    """Yields a new, empty file beside `target`, which takes its place when the block ends well.

    It is synced before, and its owner's alone from the start. When the block raises, or the
    process dies, `target` is as it was. A pipe or a device is written to, never replaced: then
    `target` itself is yielded. Raises OSError.
    """
    if not _may_be_replaced(target):
        yield target
        return
    aside = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    os.close(os.open(aside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, OWNER_ONLY))
    try:
        yield aside
        _sync(aside)
        aside.replace(target)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    _sync(target.parent)


def make_folder(folder: Path, mode: int = WRITTEN_BY_OWNER) -> None:
    """Makes a folder, and those above it that are missing, where they are not there yet.

    Whatever the umask, nobody else may write into them: who may can put another file in the place
    of each that is there, however private it is. Raises OSError.
    """
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    for one in reversed(missing):
        one.mkdir(mode=mode if one == folder else WRITTEN_BY_OWNER, exist_ok=True)
    folder.mkdir(exist_ok=True)  # raises where a file has its name


def open_private(path: Path, encoding: str) -> TextIO:
    """Opens a text file for writing, emptied, that is its owner's alone. Raises OSError."""
    return open(_private(path), "w", encoding=encoding, newline="")


def write_private(path: Path, content: bytes) -> None:
    """Writes a file that is its owner's alone. Raises OSError."""
    with open(_private(path), "wb") as file:
        file.write(content)


def _private(path: Path) -> int:
    number = os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, OWNER_ONLY)
    if stat.S_ISREG(os.fstat(number).st_mode):
        os.fchmod(number, OWNER_ONLY)
    return number


def _may_be_replaced(target: Path) -> bool:
    """Return whether a new file may take the place of `target`.

    `/dev/stdout` is a link that leads to a plain file where the output goes to one.
    """
    if target.parts[:2] in (("/", "dev"), ("/", "proc")):
        return False
    return not target.exists() or target.is_file() or target.is_dir()


def _sync(path: Path) -> None:
    """Waits until the file's bytes, or the folder's names, are on the disk."""
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
