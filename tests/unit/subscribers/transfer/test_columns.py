"""Many rows at once, by their columns, are read as each would be by itself."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from store.engine import Store
from subscribers.addresses import AddressHasher, parse_address
from subscribers.transfer import columns, csv_file, lines, refused_rows
from subscribers.transfer.columns import BlockReader
from subscribers.transfer.csv_file import Cells
from subscribers.transfer.refused_rows import ImportReport, Refusals, RefusedFile
from subscribers.transfer.rows import RowParser
from subscribers.transfer.run import import_csv

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
GOOD = "ana@example.org,Ana"


def load(store: Store, content: str, folder: Path, *, dry: bool = True) -> tuple[ImportReport, str]:
    """Return what became of the rows of a text, and the file of those that were refused."""
    path = folder / "refused.csv"
    path.unlink(missing_ok=True)
    with RefusedFile(path) as refused:
        report = import_csv(
            store,
            AddressHasher("a secret of the tests, long enough"),
            io.BytesIO(content.encode()),
            source="list.csv",
            status=None,
            now=NOW,
            wording="Yes.",
            refused=refused,
            dry=dry,
        )
    return report, path.read_bytes().decode("utf-8-sig") if path.exists() else ""


@contextmanager
def row_by_row() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_file, "_without_address", lambda *_: None)
        patch.setattr(RowParser, "plain_places", None)
        yield


LETTERS = st.sampled_from(list("abAZé0_.+-'@@@% =<>:,;\t\u2028\x0b\xa0\u0301"))
TEXTS = st.text(LETTERS, max_size=9)
ADDRESSES = st.builds(
    "{}@{}.{}".format,
    st.text(st.sampled_from(list("abAZ0_.+-'é")), min_size=1, max_size=5),
    st.text(st.sampled_from(list("abZ0.-_é")), min_size=1, max_size=5),
    st.sampled_from(["org", "ORG", "o-g", "1", "xn--p1ai", "x y", "", "org "]),
) | st.sampled_from([f"{'a' * 64}@b.org", f"a@{'b' * 63}.org", f"a@{'b' * 64}.org", "'+a@b.org"])
NAMES = TEXTS | st.sampled_from(
    ["Ana", "Ana Lu 3", "null", "NaN", "Nan", "N/A", "a@b.org", "A" * 101, "first name", "''", "3"]
)
ROWS = st.lists(
    st.builds("{},{}".format, ADDRESSES | TEXTS, NAMES) | ADDRESSES | TEXTS | st.just(GOOD),
    max_size=25,
)


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(ROWS, st.sampled_from(["\n", "\r\n", "\r"]), st.sampled_from(["email,name", "name,email"]))
@example(["x", "@y", "=1,b", "", " , ", "@a,", "\t=a, '=b"], "\n", "email,name")
@example(["x,y,z", "x,,", ",,,", "a@b.org,Ana,"], "\n", "email,name")
@example(["Ana@EXAMPLE.org,Ana", "ana@example.org,"], "\n", "email,name")
def test_rows_are_read_by_columns_as_they_are_read_one_by_one(
    sqlite_store: Store, tmp_path: Path, rows: list[str], end: str, header: str
) -> None:
    content = end.join([header, *rows]) + end
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(refused_rows, "MAX_REFUSED_LISTED", 3)
        found = load(sqlite_store, content, tmp_path)
        with row_by_row():
            assert load(sqlite_store, content, tmp_path) == found


@given(st.lists(st.tuples(ADDRESSES, NAMES), min_size=1, max_size=9))
def test_a_person_read_by_columns_is_the_one_that_a_row_tells_of(
    rows: list[tuple[str, str]],
) -> None:
    cells = Cells(2, [list(one) for one in rows])
    people = []
    for places in (True, False):
        with pytest.MonkeyPatch.context() as patch:
            if not places:
                patch.setattr(RowParser, "plain_places", None)
            reader = csv_file.CsvReader(io.StringIO("email,name\n"))
            parser = RowParser(reader.header, "list.csv", NOW)
            refusals = Refusals(reader, ImportReport(), None)
            found = BlockReader(reader, parser, refusals).people(cells)
            people.append((found, parser.no_names, refusals.report.refused))
    assert people[0] == people[1]


def test_plain_rows_are_read_by_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RowParser, "read", None)
    reader = csv_file.CsvReader(io.StringIO("email,name\n"))
    parser = RowParser(reader.header, "list.csv", NOW)
    cells = Cells(2, [["ana@example.org", "Ana"], ["Bo.Lu+x@Mail-1.Example.org", ""]])
    found = BlockReader(reader, parser, Refusals(reader, ImportReport(), None)).people(cells)
    assert [(one.line, one.email, one.key, one.first_name) for one in found] == [
        (2, *parse_address("ana@example.org"), "Ana"),
        (3, *parse_address("Bo.Lu+x@Mail-1.Example.org"), ""),
    ]


@pytest.mark.parametrize("row", ["x", "-", "@", "x,y", "=1;", "\u0301", " "])
def test_rows_without_an_address_are_refused_without_being_read(
    sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, row: str
) -> None:
    """A list of half a million of them would take seconds."""
    content = f"email,name\n{GOOD}\n" + f"{row}\n" * 2_000
    with row_by_row():
        expected = load(sqlite_store, content, tmp_path)
    read, read_row = [], RowParser.read
    monkeypatch.setattr(RowParser, "read", lambda *given: (read.append(given), read_row(*given))[1])
    assert load(sqlite_store, content, tmp_path) == expected
    assert len(read) <= refused_rows.MAX_REFUSED_LISTED


@pytest.mark.parametrize("row", ["a@", "a@b", "@@", "%", "a@.", "a@\u00e9.1", ",,x", "x@.,"])
def test_among_very_many_bad_rows_plain_addresses_alone_are_read(
    sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, row: str
) -> None:
    monkeypatch.setattr(columns, "MOST_ODD", 200)
    monkeypatch.setattr(lines, "_BLOCK", 1 << 10)
    last = "Bo <bo@example.org>,Bo\ncy@example.org,Cy\nm\u00fcller@example.org,M\n"
    content = f"email,name\n{GOOD}\n" + f"{row}\n" * 6_000 + last
    report, refused = load(sqlite_store, content, tmp_path)
    assert (report.added, report.refused_count) == (4, 6_000)  # Bo's address is plain in its cell
    assert csv_file.WHY_NOT_PLAIN in refused
    assert refused.count("\n") == 6_001


def test_a_list_with_more_people_than_bad_rows_is_read_to_its_end(
    sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(columns, "MOST_ODD", 20)
    people = "".join(f"reader{number}@example.org,Ana\n" for number in range(3_000))
    content = f"email,name\n{people}" + "a@b\n" * 2_500 + "ana@m\u00fcller.example,Ana\n"
    report, refused = load(sqlite_store, content, tmp_path)
    assert (report.added, report.refused_count) == (3_001, 2_500)
    assert csv_file.WHY_NOT_PLAIN not in refused
