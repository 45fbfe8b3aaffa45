"""Reads a folder: each file is an entry, known by its path and by a hash of its bytes."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from digest.catalog.intake.cleaning import printable
from digest.catalog.intake.files import MARKDOWN_ENDINGS, FileError, files_in, read_file
from digest.catalog.intake.sources import read_bytes
from digest.catalog.intake.text.figures import PANEL
from digest.catalog.pages import ComparisonPage, PageError
from digest.sources.errors import FetchError
from digest.sources.kinds.entry import MOST_ENTRIES, Entry, Listing
from digest.sources.urls import hash_of


def read_folder(folder: str) -> Listing:
    """Return the files with pages in `folder` and below. Raises FetchError if it is not there."""
    top = Path(folder)
    if not top.is_dir():
        raise FetchError(f"{printable(folder)}: found no such folder, expected one with pages")
    listing = Listing()
    for file, error in files_in(top):
        place = str(file.relative_to(top)) if file != top else "."
        try:
            if error is not None:
                raise error
            data = read_file(file, is_named=False)
        except FileError as refused:
            listing.refused.append(f"{printable(place)}: {refused}")
            continue
        if len(listing.entries) < MOST_ENTRIES and not _is_note(file, data):
            listing.entries.append(Entry(place, hash_of(data), read=partial(_pages, file)))
    return listing


def _is_note(file: Path, data: bytes) -> bool:
    """Return whether Markdown holds no figures: a read-me is passed over."""
    return file.suffix.lower() in MARKDOWN_ENDINGS and (
        PANEL not in data.decode("utf-8", "replace").casefold()
    )


def _pages(file: Path) -> Iterator[ComparisonPage | PageError]:
    try:
        data = read_file(file, is_named=False)
    except FileError as error:
        yield PageError(printable(str(file)), None, error.found, error.expected)
        return
    yield from read_bytes(data, printable(str(file)), file.suffix.lower())
