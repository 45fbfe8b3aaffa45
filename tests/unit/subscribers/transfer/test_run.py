"""People in from CSV and out to CSV: nobody twice, nobody who left, every odd row named."""

import io
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from sqlmodel import func, select

from store.engine import Store
from subscribers import suppression
from subscribers.addresses import AddressHasher
from subscribers.service import find_subscriber, unsubscribe
from subscribers.tables import (
    Consent,
    ImportRun,
    Subscriber,
    SubscriberStatus,
    SuppressionReason,
)
from subscribers.transfer import run
from subscribers.transfer.refused_rows import MAX_REFUSED_LISTED, RefusedFile
from subscribers.transfer.run import (
    ImportRefusedError,
    ImportReport,
    export_csv,
    import_csv,
)

People = Callable[[], list[tuple[str, str, str]]]
Import = Callable[..., ImportReport]

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
LATER = datetime(2026, 11, 24, 8, tzinfo=UTC)


@pytest.fixture
def load(sqlite_store: Store, hasher: AddressHasher) -> Import:
    """Imports text, or bytes as they would stand in a file."""

    def load(content: str | bytes | BinaryIO, **given: Any) -> ImportReport:
        data = content.encode() if isinstance(content, str) else content
        file = io.BytesIO(data) if isinstance(data, bytes) else data
        values: dict[str, Any] = {
            "source": "list.csv",
            "status": SubscriberStatus.ACTIVE,
            "now": NOW,
            "wording": "They asked for it.",
        }
        return import_csv(sqlite_store, hasher, file, **(values | given))

    return load


@pytest.mark.parametrize(
    "content",
    [
        "email,first_name\nana@example.org,Ana\n",
        "\ufeffemail,first_name\r\nana@example.org,Ana\r\n",
        "E-Mail;First Name\nana@example.org;Ana",
        "Name\tEmail Address\nAna\tana@example.org\n",
        'id,"EMAIL","FIRST-NAME",city\n1,"ana@example.org","Ana","Wien, AT"\n',
        "\n\n email_address , Firstname \n\n ana@example.org , Ana \n\n,\n",
        "name,first name,email\nAna Bell,Ana,ana@example.org\n",
        "email,first_name\rana@example.org,Ana\r",
    ],
)
def test_columns_and_delimiter_are_found_whatever_a_spreadsheet_made_of_them(
    load: Import, people: People, content: str
) -> None:
    assert load(content) == ImportReport(added=1)
    assert people() == [("ana@example.org", "Ana", "active")]


def test_a_file_of_addresses_alone_will_do(load: Import, people: People) -> None:
    load("email\nana@example.org\nbob@example.org\n", status=SubscriberStatus.PENDING)
    assert people() == [
        ("ana@example.org", "", "pending"),
        ("bob@example.org", "", "pending"),
    ]


def test_each_person_gets_the_proof_in_the_words_given(sqlite_store: Store, load: Import) -> None:
    load("email\nana@example.org\nbob@example.org\n", wording="At the fair, on paper.")
    with sqlite_store.read() as session:
        found = session.exec(select(Consent).order_by(Consent.id)).all()
        assert [(one.kind, one.wording, one.source, one.at) for one in found] == [
            ("imported", "At the fair, on paper.", "list.csv", NOW)
        ] * 2
        assert [one.subscriber_id for one in found] == [1, 2]


def test_the_first_of_two_rows_for_one_address_counts(load: Import, people: People) -> None:
    report = load("email,name\nana@example.org,Ana\nANA@example.org,Other\n")
    assert report == ImportReport(added=1, repeated=1)
    assert people() == [("ana@example.org", "Ana", "active")]


def test_a_row_repeated_thousands_of_rows_later_counts_as_repeated(load: Import) -> None:
    """Not as somebody who was on the list before the import."""
    rows = "".join(f"reader{number}@example.org\n" for number in range(2500))
    report = load(f"email\n{rows}reader7@example.org\nREADER8@example.org\n")
    assert report == ImportReport(added=2500, repeated=2)


def test_importing_again_adds_nobody_and_changes_nobody(load: Import, people: People) -> None:
    load("email,name\nana@example.org,Ana\n")
    report = load("email,name\nana@example.org,Other\nbob@example.org,Bob\n", now=LATER)
    assert report == ImportReport(added=1, already=1)
    assert people()[0] == ("ana@example.org", "Ana", "active")


def test_who_left_or_was_erased_does_not_come_back(
    sqlite_store: Store, hasher: AddressHasher, load: Import, people: People
) -> None:
    load("email\nana@example.org\n")
    with sqlite_store.write() as session:
        ana = find_subscriber(session, "ana@example.org")
        assert ana is not None
        assert ana.id is not None
        unsubscribe(session, hasher, ana.id, "link", NOW)
        suppression.suppress(
            session, hasher.hash("bob@example.org"), None, SuppressionReason.ERASED, NOW
        )
    report = load("email\nANA@example.org\nbob@example.org\ncy@example.org\n", now=LATER)
    assert report == ImportReport(added=1, suppressed=2)
    assert people() == [
        ("ana@example.org", "", "unsubscribed"),
        ("cy@example.org", "", "active"),
    ]


def test_whom_the_file_itself_says_to_have_left_is_kept_as_departed(
    load: Import, people: People
) -> None:
    report = load(
        "email,status\nana@example.org,Unsubscribed\nbob@example.org,cleaned\n"
        "cy@example.org,bounced\ndi@example.org,subscribed\n"
    )
    assert report == ImportReport(added=1, departed=3)
    assert people() == [
        ("ana@example.org", "", "unsubscribed"),
        ("bob@example.org", "", "bounced"),
        ("cy@example.org", "", "bounced"),
        ("di@example.org", "", "active"),
    ]


def test_each_odd_row_is_named_by_line_and_the_others_are_taken(
    load: Import, people: People
) -> None:
    report = load("email,name\nana@example.org,Ana\n\nbob,Bob\n,Cy\ndi@example.org,Di\ne e@x.org,E")
    assert [(one.line, one.found) for one in report.refused] == [
        (4, "bob"),
        (5, ""),
        (7, "e e@x.org"),
    ]
    assert str(report.refused[0]) == (
        "line 4: found 'bob', expected a mail address like ana@example.org "
        "(no @, or nothing before it)"
    )
    assert (report.added, report.refused_count) == (2, 3)
    assert [email for email, _, _ in people()] == ["ana@example.org", "di@example.org"]


def test_a_quote_that_is_not_closed_costs_its_own_line_alone(load: Import) -> None:
    report = load('email,name\nana@example.org,Ana\n"bob@example.org,Bob\ncy@example.org,Cy\n')
    assert (report.added, report.refused_count) == (2, 1)
    assert str(report.refused[0]).startswith("line 3: found ")
    assert "a quote is opened and not closed" in str(report.refused[0])


def test_a_refused_row_over_several_lines_says_so(load: Import) -> None:
    report = load('email,name,note\n"bob\nat home",Bob,\ncy@example.org,Cy,\n')
    assert (report.added, report.refused_count) == (1, 1)
    assert "runs to line 3: is a quote missing?" in str(report.refused[0])


def test_a_quote_that_never_ends_does_not_take_the_whole_file_with_it(load: Import) -> None:
    rows = "".join(f"reader{number}@example.org,x\n" for number in range(10_000))
    report = load(f'email,name\n"oops@example.org,x\n{rows}')
    assert [one.line for one in report.refused] == [2]
    assert "a quote is opened and not closed" in report.refused[0].why
    assert (report.added, report.refused_count) == (10_000, 1)


def test_of_very_many_odd_rows_the_first_hundred_are_kept_and_all_are_counted(
    load: Import,
) -> None:
    report = load("email\n" + "nobody\n" * 5_000)
    assert report.refused_count == 5_000
    assert [one.line for one in report.refused] == list(range(2, 2 + MAX_REFUSED_LISTED))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "found an empty file, expected a header such as email,first_name"),
        ("\ufeff\n \n", "found an empty file"),
        ("name,city\nAna,Wien\n", "line 1: found 'name,city', expected a header with an email"),
        ("\nana@example.org,Ana\n", "line 2: found 'ana@example.org,Ana', expected a header"),
        ("\x00\x01\x02", "expected a header with an email column"),
        ("x" * 3_000_000, "expected a header with an email column"),
        (
            b"email,name\nana@example.org,Ana\nbob@example.org,\x81\x8d\n",
            "line 3: found bytes that are not UTF-8, expected a file saved as UTF-8",
        ),
        (b"\xff\xfee\x00m\x00\x00\xd8\n\x00", "line 1: found bytes that are not UTF-16"),
        (b"PK\x03\x04\x14\x00", "found a workbook or another archive"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(2_000), "expected a header"),
        (bytes(range(256)) * 40, "found bytes that are not UTF-8"),
    ],
)
def test_a_file_that_is_no_list_is_refused_in_one_line_before_anybody_is_added(
    load: Import, people: People, content: str | bytes, said: str
) -> None:
    with pytest.raises(ImportRefusedError) as caught:
        load(content)
    assert said in str(caught.value)
    assert str(caught.value).isprintable()
    assert people() == []


class Pipe(io.BytesIO):
    """Bytes that come once."""

    def seekable(self) -> bool:
        return False

    def seek(self, *_: object) -> int:
        raise io.UnsupportedOperation


@pytest.mark.parametrize(("row", "said"), [("a,b", "found 'a'"), (" ", "all of them are empty")])
def test_a_file_without_anybody_in_its_first_rows_is_refused_in_one_line(
    sqlite_store: Store, load: Import, monkeypatch: pytest.MonkeyPatch, row: str, said: str
) -> None:
    """A wrong file of some hundred thousand tiny rows would cost seconds, and tell nothing."""
    monkeypatch.setattr(run, "MOST_HOPELESS", 200)
    with pytest.raises(ImportRefusedError, match="none of the first 200 rows") as refused:
        load("email,first_name\n" + f"{row}\n" * 500)
    assert said in str(refused.value)
    with sqlite_store.read() as session:
        assert session.exec(select(ImportRun)).all() == []
    good = "ana@example.org,Ana\n"
    assert load("email,first_name\n" + f"{row}\n" * 199 + good + f"{row}\n" * 500).added == 1


@pytest.mark.parametrize("kind", [io.BytesIO, Pipe])
def test_a_fault_far_down_a_file_is_found_before_its_first_row_is_taken(
    load: Import, people: People, kind: type[io.BytesIO]
) -> None:
    rows = b"".join(b"reader%d@example.org\n" % number for number in range(12_000))
    with pytest.raises(ImportRefusedError, match="line 12002: found bytes"):
        load(kind(b"email\n" + rows + b"j\x81rg@example.org\n"))
    assert people() == []


def test_names_are_cleaned_on_the_way_in(load: Import, people: People) -> None:
    load('email,name\nana@example.org,"  Ana\nMaria "\nbob@example.org,\x07Bob\n')
    assert [name for _, name, _ in people()] == ["Ana Maria", "Bob"]


def exported(store: Store) -> str:
    out = io.StringIO(newline="")
    with store.read() as session:
        export_csv(session, out)
    return out.getvalue()


def test_an_export_has_everybody_with_their_status(sqlite_store: Store, load: Import) -> None:
    load('email,name\nana@example.org,"Ana, the ""first"""\nbob@example.org,Jörg\n')
    head, ana, bob = exported(sqlite_store).splitlines()
    assert head.startswith("email,first_name,status,source,created_at,changed_at,tracking,")
    assert ana.startswith(
        'ana@example.org,"Ana, the ""first""",active,list.csv,2026-11-23T08:00:00+00:00,'
    )
    assert bob.startswith("bob@example.org,Jörg,active,list.csv,2026-11-23T08:00:00+00:00,")


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_an_export_holds_no_cell_that_a_spreadsheet_would_run(
    sqlite_store: Store, hasher: AddressHasher, load: Import, people: People, start: str
) -> None:
    """An apostrophe makes it text, and importing it again takes the apostrophe off."""
    name = f"{start}HYPERLINK(1)"
    mark = "" if start == "@" else start  # no address begins with an @
    load(f'email,name\n{mark}1+1@example.org,"{name}"\n', source="=1+1.csv")
    cells = exported(sqlite_store).splitlines()[1].split(",")
    assert cells[0] == (f"'{start}1+1@example.org" if mark else "1+1@example.org")
    assert cells[1] == f"'{name}"
    assert cells[3] == "'=1+1.csv"
    before = people()
    with sqlite_store.write() as session:
        for person in session.exec(select(Subscriber)).all():
            session.delete(person)
    load(f"email,name\n{cells[0]},{cells[1]}\n")
    assert people() == before


def test_an_export_imported_elsewhere_brings_nobody_back_who_left(
    sqlite_store: Store, hasher: AddressHasher, load: Import, people: People
) -> None:
    load("email\nana@example.org\nbob@example.org\n")
    with sqlite_store.write() as session:
        unsubscribe(session, hasher, 1, "link", NOW)
    content = exported(sqlite_store)
    with sqlite_store.write() as session:
        for row in session.exec(select(suppression.Suppression)).all():
            session.delete(row)
        for person in session.exec(select(Subscriber)).all():
            session.delete(person)
    assert load(content) == ImportReport(added=1, departed=1)
    assert people() == [
        ("ana@example.org", "", "unsubscribed"),
        ("bob@example.org", "", "active"),
    ]
    with sqlite_store.read() as session:
        assert suppression.is_suppressed(session, hasher.hash("ana@example.org"))


def long_file(path: Path, count: int) -> Path:
    with path.open("w", encoding="utf-8") as file:
        file.write("email,first_name\n")
        for number in range(count):
            bad = " " if number % 100 == 99 else ""
            file.write(f"reader{number}{bad}@example{number % 40}.org,Reader {number}\n")
    return path


def test_memory_stays_flat_however_long_the_list_is(
    sqlite_store: Store, hasher: AddressHasher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four times the rows, in and out, need no more than half as much again at the highest."""
    monkeypatch.setattr(run, "CHUNK", 1_000)

    def peak(count: int) -> int:
        path = long_file(tmp_path / "in.csv", count)
        tracemalloc.start()
        try:
            with path.open("rb") as file, RefusedFile(tmp_path / "refused.csv") as refused:
                report = import_csv(
                    sqlite_store,
                    hasher,
                    file,
                    source="in.csv",
                    status=SubscriberStatus.ACTIVE,
                    now=NOW,
                    wording="Yes.",
                    refused=refused,
                )
            with (
                sqlite_store.read() as session,
                (tmp_path / "out.csv").open("w", encoding="utf-8", newline="") as rows,
            ):
                assert export_csv(session, rows) == report.added + report.already
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(1_200)  # fills caches
    small, large = peak(1_200), peak(4_800)
    assert large < 1.5 * small
    assert (tmp_path / "refused.csv").read_text(encoding="utf-8").count("\n") == 49
    with sqlite_store.read() as session:
        assert session.exec(select(func.count()).select_from(Consent)).one() == 4_752
