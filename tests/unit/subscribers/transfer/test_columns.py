"""Many rows at once, by their columns, are read as each would be by itself."""

import csv
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
from subscribers.transfer import columns, csv_file, lines, refused_rows, unread_lines
from subscribers.transfer.columns import BlockReader
from subscribers.transfer.csv_file import Cells
from subscribers.transfer.refused_rows import ImportReport, Refusals, RefusedFile
from subscribers.transfer.rows import ImportRow, RowParser
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
        patch.setattr(csv_file, "without_address", lambda *_: None)
        patch.setattr(RowParser, "plain_places", None)
        patch.setattr(csv_file.CsvReader, "_closed", lambda *_: [])
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
@example(["x,=b", "y, -c", "z,'+d", "-e,-f", "g,h"], "\n", "email,name")
@example(["x", "y", "z", "'\t", "' \t,\t-", "''\t"], "\n", "email,name")
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


PIECES = st.sampled_from(['"', '""', ",", "x", "=", "'", " ", "a@b.org", "\n", '",', ',"', "-"])
QUOTED = st.lists(
    st.lists(PIECES, max_size=6).map("".join)
    | st.sampled_from(['"x"', '"",', '" "', '"=1"', '"x","-"', '"x', '""""', '"a@b.org"x', GOOD]),
    max_size=25,
)


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(QUOTED, st.sampled_from(["\n", "\r\n", "\r"]))
@example(['"x"', '"=1"', '"y","-z"', "x,=b", '"""",', '" ","\t"', '"x",y', "x"], "\n")
@example(['"a@b.org"x', '"c@d.org"y,"', 'Lu",e@f.org', '"x'], "\n")
def test_rows_with_quotes_are_read_at_once_as_they_are_read_one_by_one(
    sqlite_store: Store, tmp_path: Path, rows: list[str], end: str
) -> None:
    content = end.join(["email,name", *rows]) + end
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
            people.append((list(found), parser.no_names, refusals.report.refused))
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


@pytest.mark.parametrize(
    "row", ["x", "-", "@", "x,y", "=1;", "\u0301", " ", '"x"', '"=1",y', '"",', "x,=y"]
)
def test_rows_without_an_address_are_refused_without_being_read(
    sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, row: str
) -> None:
    """A list of half a million of them would take seconds."""
    monkeypatch.setattr(lines, "_BLOCK", 1 << 8)
    content = f"email,name\n{GOOD}\n" + f"{row}\n" * 2_000
    with row_by_row():
        expected = load(sqlite_store, content, tmp_path)
    read, read_row = [], RowParser.read

    def recording(parser: RowParser, line: int, cells: list[str]) -> ImportRow:
        read.append(line)
        return read_row(parser, line, cells)

    monkeypatch.setattr(RowParser, "read", recording)
    assert load(sqlite_store, content, tmp_path) == expected
    assert len(read) <= refused_rows.MAX_REFUSED_LISTED + 64, "the rows beside the good one too"


@pytest.mark.parametrize(
    "row",
    [
        "a@",
        "a@b",
        "@@",
        "%",
        "a@.",
        "a@\u00e9.1",
        ",,x",
        "x@.,",
        '"a@"',
        'a"@',
        '"a@b.org"x,"',
    ],
)
def test_among_very_many_bad_rows_plain_addresses_alone_are_read(
    sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, row: str
) -> None:
    monkeypatch.setattr(columns, "MOST_ODD", 200)
    monkeypatch.setattr(lines, "_BLOCK", 1 << 10)
    last = 'Bo <bo@example.org>,Bo\n"cy@example.org",Cy\nm\u00fcller@example.org,M\n'
    content = f"email,name\n{GOOD}\n" + f"{row}\n" * 6_000 + last
    report, refused = load(sqlite_store, content, tmp_path)
    assert (report.added, report.refused_count) == (4, 6_000)  # Bo's address is plain in its cell
    assert unread_lines.WHY_NOT_PLAIN in refused
    assert refused.count("\n") == 6_001


def test_a_list_with_more_people_than_bad_rows_is_read_to_its_end(
    sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(columns, "MOST_ODD", 20)
    people = "".join(f"reader{number}@example.org,Ana\n" for number in range(3_000))
    content = f"email,name\n{people}" + "a@b\n" * 2_500 + "ana@m\u00fcller.example,Ana\n"
    report, refused = load(sqlite_store, content, tmp_path)
    assert (report.added, report.refused_count) == (3_001, 2_500)
    assert unread_lines.WHY_NOT_PLAIN not in refused


def test_of_rows_read_at_once_none_comes_out_of_a_cell_that_a_quote_leaves_open(
    sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(columns, "MOST_ODD", 20)
    monkeypatch.setattr(lines, "_BLOCK", 1 << 8)
    note = '"dy@example.org","Dy, who wrote:\nana@example.net,\nbo@example.net,Bo\n"\n'
    content = f"email,name\n{GOOD}\n" + "a@b\n" * 200 + note + "cy@example.org,Cy\n"
    _, refused = load(sqlite_store, content, tmp_path)
    report, _ = load(sqlite_store, content, tmp_path, dry=False)
    assert (report.added, report.refused_count) == (2, 204)
    assert "bo@example.net" in refused


def test_an_open_quote_holds_up_no_more_lines_than_a_row_can_have(
    sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(columns, "MOST_ODD", 20)
    monkeypatch.setattr(lines, "_BLOCK", 1 << 8)
    monkeypatch.setattr(unread_lines, "LONGEST_ROW", 1_000)
    people = "".join(f"reader{number}@example.org,Ana\n" for number in range(100))
    content = f"email,name\n{GOOD}\n" + "a@b\n" * 200 + '"x\n' + people
    report, refused = load(sqlite_store, content, tmp_path)
    assert 50 < report.added < 90
    assert report.added + report.refused_count == 302
    assert refused.count("\n") == report.refused_count + 1


WORST = {"x": "x", "=1": "'=1", "x,=1": "x,'=1", '"=1"': '"\'=1"', '"x': '"""x"', ",,x": '",,x"'}


@pytest.mark.parametrize("row", WORST)
def test_of_many_lines_refused_unread_the_first_alone_are_kept_with_a_reason_each(
    sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, row: str
) -> None:
    """A reason for each made 43 MB of one."""
    monkeypatch.setattr(refused_rows, "MAX_TOLD", 500)
    monkeypatch.setattr(columns, "MOST_ODD", 20)
    monkeypatch.setattr(lines, "_BLOCK", 1 << 10)
    report, refused = load(sqlite_store, f"email,name\n{GOOD}\n" + f"{row}\n" * 3_000, tmp_path)
    kept = list(csv.reader(io.StringIO(refused)))
    assert len(kept) == report.refused_count + 1
    assert refused.splitlines()[-1] == WORST[row]
    told = [at for at, cells in enumerate(kept) if "so are all to line" in "".join(cells)]
    assert 500 <= told[0] < 1_500
    assert "so are all to line 3002" in "".join(kept[told[-1]])


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The characters of each line that is read by itself."""
    seen: list[int] = []
    next_line = lines.LineReader.next_line

    def recording(reader: lines.LineReader) -> str:
        line = next_line(reader)
        seen.append(len(line))
        return line

    monkeypatch.setattr(lines.LineReader, "next_line", recording)
    return seen


def test_quotes_that_are_not_closed_are_looked_for_over_few_lines_once_there_were_some(
    sqlite_store: Store, tmp_path: Path, read: list[int]
) -> None:
    """Each was looked for over 131,072 characters: a file of them took a minute."""
    report, _ = load(sqlite_store, f"email,name\n{GOOD}\n" + '"a"x,"\n' * 20_000, tmp_path)
    assert report.refused_count == 20_000
    whole = 10 * (csv_file.LONGEST_ROW + 7)
    assert sum(read) < whole + 500 * (csv_file.LONGEST_AMONG_UNCLOSED + 7)


def test_among_good_rows_too_quotes_that_are_not_closed_are_looked_for_over_few_lines(
    sqlite_store: Store, tmp_path: Path, read: list[int]
) -> None:
    many, longest = 4_000, 30
    text = "".join(f'a{number}@example.org,Ann\n"a"x,"\n' for number in range(many))
    report, _ = load(sqlite_store, f"email,name\n{text}", tmp_path)
    assert (report.added, report.refused_count) == (many, many)
    first = 10 * csv_file.LONGEST_ROW + csv_file.MANY_UNCLOSED * csv_file.LONGEST_AMONG_UNCLOSED
    assert sum(read) < len(text) + first + many * (csv_file.LONGEST_AMONG_MANY + longest)
