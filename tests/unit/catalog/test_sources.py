"""Files, folders and standard input come in; what can't be read is said and the rest goes on."""

import io
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from digest.catalog.intake.sources import read_sources
from digest.catalog.pages import ComparisonPage, PageError
from tests.unit.catalog.pages import PAGE, page_html, page_text

JSON_PAGE = json.dumps(
    {"contenders": [{"name": name, "category": "Design"} for name in ("Fig", "Date")]}
)


def read(*paths: Path | str, stdin: bytes | None = None) -> list[ComparisonPage | PageError]:
    stream = None if stdin is None else io.BytesIO(stdin)
    return list(read_sources([str(path) for path in paths], stream))


def only_error(*paths: Path | str, stdin: bytes | None = None) -> PageError:
    (found,) = read(*paths, stdin=stdin)
    assert isinstance(found, PageError)
    assert str(found).isprintable()
    return found


def titles(*paths: Path | str) -> list[str]:
    return [one.title if isinstance(one, ComparisonPage) else str(one) for one in read(*paths)]


def file(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.txt", page_text()),
        ("page.TXT", page_text()),
        ("page.html", page_html()),
        ("page.htm", page_html()),
        ("page", page_text()),
        ("page", page_html()),
        ("page.txt", "\ufeff" + page_text().replace("\n", "\r\n")),
        ("page.html", "\ufeff" + page_html()),
    ],
)
def test_a_file_is_read_by_its_ending_or_by_how_it_begins(
    tmp_path: Path, name: str, content: str
) -> None:
    path = file(tmp_path / name, content)
    assert read(path) == [replace(PAGE, source=str(path))]


@pytest.mark.parametrize("name", ["page.json", "page"])
def test_a_json_file_may_hold_many(tmp_path: Path, name: str) -> None:
    path = file(tmp_path / name, f"\ufeff[{JSON_PAGE}, 5, {JSON_PAGE}]")
    found = read(path)
    assert [type(one) for one in found] == [ComparisonPage, PageError, ComparisonPage]
    assert f"{path}, $[1]: found 5" in str(found[1])


@pytest.mark.parametrize("content", [page_text(), page_html(), "\n" + page_text()])
def test_standard_input_is_told_by_how_it_begins(content: str) -> None:
    assert read("-", stdin=content.encode()) == [replace(PAGE, source="-")]


def test_json_from_standard_input() -> None:
    found = read("-", stdin=f" \n[{JSON_PAGE}]".encode())
    assert [one.title for one in found if isinstance(one, ComparisonPage)] == ["Fig vs Date"]


def test_standard_input_may_be_a_text_stream() -> None:
    assert list(read_sources(["-"], io.StringIO(page_text()))) == [replace(PAGE, source="-")]
    wrapped = io.TextIOWrapper(io.BytesIO(page_text().encode()), "ascii")
    assert list(read_sources(["-"], wrapped)) == [replace(PAGE, source="-")]


def test_no_standard_input_is_an_error() -> None:
    assert "no standard input" in only_error("-").found
    assert "empty" in only_error("-", stdin=b"").found


def test_a_folder_is_searched_in_the_order_of_names(tmp_path: Path) -> None:
    for name in ("b.json", "a/z.JSON", "a/deep/er/x.json", "c.json"):
        file(tmp_path / name, JSON_PAGE.replace("Fig", Path(name).stem.upper()))
    for name in (".hidden.json", ".git/y.json", "notes.md", "picture.png", "json"):
        file(tmp_path / name, JSON_PAGE)
    assert titles(tmp_path) == ["X vs Date", "Z vs Date", "B vs Date", "C vs Date"]


def test_a_hidden_file_is_read_if_it_is_named(tmp_path: Path) -> None:
    assert titles(file(tmp_path / ".page.json", JSON_PAGE)) == ["Fig vs Date"]


def test_links_in_circles_end(tmp_path: Path) -> None:
    file(tmp_path / "a" / "page.json", JSON_PAGE)
    (tmp_path / "a" / "again").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "a" / "again.txt").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "self.txt").symlink_to(tmp_path / "self.txt")
    found = read(tmp_path)
    assert [type(one) for one in found] == [ComparisonPage, PageError]
    assert "self.txt" in str(found[1])


def test_a_link_to_a_file_or_folder_is_followed_if_it_is_named(tmp_path: Path) -> None:
    file(tmp_path / "a" / "page.json", JSON_PAGE)
    (tmp_path / "link").symlink_to(tmp_path / "a", target_is_directory=True)
    (tmp_path / "link.json").symlink_to(tmp_path / "a" / "page.json")
    assert titles(tmp_path / "link", tmp_path / "link.json") == ["Fig vs Date"] * 2


def test_a_broken_link_in_a_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "gone.txt").symlink_to(tmp_path / "nowhere")
    assert "no such file" in only_error(tmp_path).found


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes on this system")
def test_a_pipe_in_a_folder_does_not_hold_it_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    assert "no regular file" in only_error(tmp_path).found


def test_a_very_deep_folder_is_walked(tmp_path: Path) -> None:
    path = tmp_path
    for _ in range(300):
        path /= "d"
    file(path / "page.json", JSON_PAGE)
    assert titles(tmp_path) == ["Fig vs Date"]


def test_a_folder_without_pages_is_an_error(tmp_path: Path) -> None:
    file(tmp_path / "notes.md", "hello")
    assert "a folder without pages" in only_error(tmp_path).found


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "an empty file"),
        (b" \n\t\xef\xbb\xbf\n", "no such line"),
        (b"\xef\xbb\xbf  \n", "an empty file"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "a binary file"),
        (b"caf\xe9 vs bar", "the byte 0xe9 at offset 3"),
        (b"\xef\xbb\xbfcaf\xe9", "the byte 0xe9 at offset 6"),
        (b"A vs B \xf0\x9f\x9a", "the byte 0xf0 at offset 7"),
        ("A vs B".encode("utf-16"), "no such line"),
        (b"\xff\xfeA", "the byte 0x41 at offset 2"),
        (b"x" * (2 * 1024 * 1024 + 1), "more than 2 MiB"),
        (b"\n" * 30_000 + b"x", "30,001 lines"),
    ],
)
def test_what_is_no_page_text_is_named(tmp_path: Path, content: bytes, found: str) -> None:
    error = only_error(file(tmp_path / "page.txt", content))
    assert found in error.found
    assert error.source == str(tmp_path / "page.txt")


def test_a_file_that_is_not_there_is_named() -> None:
    error = only_error("nowhere/page.txt")
    assert str(error) == "nowhere/page.txt: found no such file, expected a file, a folder or -"


def test_an_empty_path_is_not_the_current_folder() -> None:
    assert only_error("").found == "an empty path"


@pytest.mark.parametrize("path", ["", "a\0b", "x" * 5_000, "\udcff.txt", "a\n\x1b[31mb.txt"])
def test_an_impossible_path_is_an_error(path: str) -> None:
    only_error(path)


def test_what_may_not_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Permissions don't bind root, so the refusal is raised where the system would raise it."""
    path = file(tmp_path / "locked" / "page.txt", page_text())
    file(tmp_path / "open.json", JSON_PAGE)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", refuse)
        assert "no permission" in only_error(path).found
    scandir = os.scandir
    monkeypatch.setattr(
        os, "scandir", lambda where: refuse() if where == path.parent else scandir(where)
    )
    found = read(tmp_path)
    assert [type(one) for one in found] == [PageError, ComparisonPage]
    assert "no permission" in str(found[0])


def test_one_bad_source_does_not_keep_the_others_back(tmp_path: Path) -> None:
    bad = file(tmp_path / "bad.txt", "nothing of the kind")
    good = file(tmp_path / "good.txt", page_text())
    found = read(bad, "nowhere", good, "-", stdin=page_html().encode())
    assert [type(one) for one in found] == [PageError, PageError, ComparisonPage, ComparisonPage]


def test_sources_are_read_one_at_a_time(tmp_path: Path) -> None:
    """A long import shows progress and needs no room for all its pages."""
    good = file(tmp_path / "good.txt", page_text())
    later = tmp_path / "later.txt"
    pages = read_sources([str(good), str(later)], None)
    assert isinstance(next(pages), ComparisonPage)
    file(later, page_text())
    assert isinstance(next(pages), ComparisonPage)
