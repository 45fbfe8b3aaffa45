"""Reads files, folders and standard input; a page that can't be read does not stop the others."""

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, TextIO

from digest.catalog.intake.cleaning import printable
from digest.catalog.intake.decoding import LOOKS_LIKE_HTML, decode
from digest.catalog.intake.files import (
    ENDINGS,
    HTML_ENDINGS,
    MARKDOWN_ENDINGS,
    FileError,
    files_in,
    read_file,
    read_stream,
)
from digest.catalog.intake.html.parse import read_html
from digest.catalog.intake.json_form.parse import read_json
from digest.catalog.intake.markdown import front_matter
from digest.catalog.intake.markdown.parse import LOOKS_LIKE_IT as LOOKS_LIKE_MARKDOWN
from digest.catalog.intake.markdown.parse import read_markdown
from digest.catalog.intake.text.figures import PANEL
from digest.catalog.intake.text.parse import read_text
from digest.catalog.pages import ComparisonPage, PageError

Pages = Iterator[ComparisonPage | PageError]

STDIN = "-"
_READERS = {
    ".txt": read_text,
    **dict.fromkeys(MARKDOWN_ENDINGS, read_markdown),
    **dict.fromkeys(HTML_ENDINGS, read_html),
}
_LOOKS_LIKE_JSON = re.compile(r"\s*(?:\{\s*[\"}]|\[\s*[\[\]{])")


def read_sources(paths: Sequence[str], stdin: TextIO | BinaryIO | None) -> Pages:
    """Yield every page in `paths`: files, folders (searched through), or `-` for `stdin`.

    A file's ending tells its form (.txt, .md, .markdown, .html, .htm, .json); for any other ending,
    and for standard input, the first characters do. In a folder, Markdown that holds no figures is
    a note or a read-me, and is passed over. Pages come in the order of `paths`, within a folder in
    the order of names. What can't be read is yielded as a PageError.
    """
    for path in paths:
        if path == STDIN:
            yield from _read_stdin(stdin)
        else:
            yield from _read_path(path)


def read_bytes(data: bytes, source: str, ending: str, charset: str = "") -> Pages:
    """Yield the pages in `data`; `source` names it in messages.

    `ending` tells its form as a file's does, and for another one the first characters do. A
    `charset` that came with it, as in an HTTP header, counts where there is no byte order mark.
    """
    try:
        text = decode(data, ending, charset)
    except FileError as error:
        yield PageError(source, None, error.found, error.expected)
        return
    yield from _read_form(text, source, ending)


def _read_path(path: str) -> Pages:
    if not path:  # which Path takes for the current folder
        yield PageError('""', None, "an empty path", "a file, a folder or -")
        return
    if not os.path.isdir(path):  # noqa: PTH112 - Path.is_dir raises where a parent can't be read
        yield from _read_file(Path(path), is_named=True)
        return
    found = list(files_in(Path(path)))
    is_empty = True
    for file, error in found:
        pages = (
            _read_file(file, is_named=False)
            if error is None
            else iter([PageError(printable(str(file)), None, error.found, error.expected)])
        )
        for page in pages:
            is_empty = False
            yield page
    if is_empty:
        expected = f"at least one of {', '.join(ENDINGS)}"
        yield PageError(printable(path), None, "a folder without pages", expected)


def _read_file(path: Path, *, is_named: bool) -> Pages:
    source = printable(str(path))
    try:
        text = decode(read_file(path, is_named=is_named), path.suffix.lower())
    except FileError as error:
        yield PageError(source, None, error.found, error.expected)
        return
    ending = path.suffix.lower()
    if is_named or ending not in MARKDOWN_ENDINGS or PANEL in text.casefold():
        yield from _read_form(text, source, ending)


def _read_stdin(stdin: TextIO | BinaryIO | None) -> Pages:
    try:
        text = decode(read_stream(stdin))
    except FileError as error:
        yield PageError(STDIN, None, error.found, error.expected)
        return
    yield from _read_form(text, STDIN, "")


def _read_form(text: str, source: str, ending: str) -> Pages:
    if ending not in ENDINGS:
        ending = _ending_for(text)
    if ending == ".json":
        yield from read_json(text, source)
        return
    try:
        yield _READERS[ending](text, source)
    except PageError as error:
        yield error


def _ending_for(text: str) -> str:
    if _LOOKS_LIKE_JSON.match(text):
        return ".json"
    if LOOKS_LIKE_HTML.match(text):
        return ".html"
    is_markdown = front_matter.LOOKS_LIKE_IT.match(text) or LOOKS_LIKE_MARKDOWN.match(text)
    return ".md" if is_markdown else ".txt"
