"""Reads files and standard input, bounded."""

import os
import stat
from codecs import BOM_UTF8
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, TextIO

from digest.catalog.intake import limits
from store.errors import UserError

HTML_ENDINGS = (".html", ".htm")
MARKDOWN_ENDINGS = (".md", ".markdown")
ENDINGS = (".txt", *MARKDOWN_ENDINGS, *HTML_ENDINGS, ".json")


class FileError(UserError):
    """A file that can't be read as a page: what was found, and what was expected."""

    def __init__(self, found: str, expected: str) -> None:
        super().__init__(f"found {found}, expected {expected}")
        self.found = found
        self.expected = expected


def files_in(folder: Path) -> Iterator[tuple[Path, FileError | None]]:
    """Yield the files with a known ending in `folder` and below, in the order of their paths.

    A folder that can't be listed is yielded with its error. Hidden names are skipped, and links to
    folders are not followed, so that a loop of links ends.
    """
    found: list[tuple[Path, FileError | None]] = []
    waiting = [folder]
    while waiting:
        current = waiting.pop()
        try:
            with os.scandir(current) as entries:
                seen = [entry for entry in entries if not entry.name.startswith(".")]
        except OSError as error:
            found.append((current, _error(error)))
            continue
        for entry in seen:
            if entry.is_dir(follow_symlinks=False):
                waiting.append(Path(entry.path))
            elif Path(entry.name).suffix.lower() in ENDINGS and not _leads_to_folder(entry):
                found.append((Path(entry.path), None))
    yield from sorted(found, key=lambda pair: pair[0].parts)


def _leads_to_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def read_file(path: Path, *, is_named: bool) -> bytes:
    """Return the bytes of a file. Raises FileError if it can't be read or is too large.

    Anything but a regular file (a pipe, a device) is only read if it `is_named` by the caller.
    """
    try:
        if not is_named and not stat.S_ISREG(path.stat().st_mode):
            raise FileError("no regular file", "a file with a page")
        with path.open("rb") as file:
            data = file.read(limits.FILE_BYTES + 1)
    except (OSError, ValueError) as error:
        raise _error(error) from None
    return _bounded(data)


def read_stream(stream: TextIO | BinaryIO | None) -> bytes:
    """Return the bytes of a stream, a text stream too. Raises FileError, for None as well."""
    if stream is None:
        raise FileError("no standard input", "a file or a folder")
    try:
        data = getattr(stream, "buffer", stream).read(limits.FILE_BYTES + 1)
    except (OSError, ValueError) as error:
        raise _error(error) from None
    if isinstance(data, str):  # decoded already: the mark says that nothing else is to be believed
        data = BOM_UTF8 + data.removeprefix("\ufeff").encode("utf-8", "surrogatepass")
    return _bounded(data)


def _bounded(data: bytes) -> bytes:
    if len(data) > limits.FILE_BYTES:
        most = f"{limits.FILE_BYTES // 2**20} MiB"
        raise FileError(f"more than {most}", f"{most} at most")
    return data


def _error(error: OSError | ValueError) -> FileError:
    if isinstance(error, FileNotFoundError):
        return FileError("no such file", "a file, a folder or -")
    if isinstance(error, PermissionError):
        return FileError("no permission to read it", "a readable file or folder")
    reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return FileError(f"an error in reading it ({reason.lower()})", "a readable file or folder")
