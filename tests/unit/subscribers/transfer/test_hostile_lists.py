"""Files that nobody should send: one clear line each, nothing half-written, memory bounded."""

import io
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store.engine import Store
from subscribers.addresses import AddressHasher
from subscribers.transfer.run import ImportRefusedError, ImportReport, import_csv

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
MEGABYTE = 1 << 20
Load = Callable[[bytes], ImportReport]
People = Callable[[], list[tuple[str, str, str]]]


@pytest.fixture
def load(sqlite_store: Store, hasher: AddressHasher) -> Load:
    def read(content: bytes) -> ImportReport:
        return import_csv(
            sqlite_store,
            hasher,
            io.BytesIO(content),
            source="list.csv",
            status=None,
            now=NOW,
            wording="Yes.",
        )

    return read


@pytest.mark.parametrize(
    ("name", "row", "why"),
    [
        ("a NUL in an address", b"a\0na@example.org,Ana", "control characters"),
        ("a line of ten megabytes", b"x" * (10 * MEGABYTE), "more than 1,000,000 characters"),
        ("a million columns", b"," * 1_000_001, "more than 1,000,000 characters"),
        ("as many as fit", b"ana," + b"," * 900_000, "no @, or nothing before it"),
        ("a cell that is too long", b'ana@example.org,"' + b"y" * 200_000 + b'"', "field limit"),
        ("a formula for an address", b'"=cmd|calc!A1",Ana', "no @, or nothing before it"),
        (
            "two lines for an address",
            b'"ana@example.org\nBcc: x@example.org",Ana',
            "line ends and an address",
        ),
    ],
)
def test_one_bad_row_costs_itself_alone(
    load: Load, people: People, name: str, row: bytes, why: str
) -> None:
    report = load(b"email,name\nbo@example.org,Bo\n" + row + b"\ncy@example.org,Cy\n")
    assert report.refused_count == 1, name
    assert report.refused[0].line == 3
    assert why in str(report.refused[0])
    assert str(report.refused[0]).isprintable()
    assert len(str(report.refused[0])) < 300
    assert [email for email, _, _ in people()] == ["bo@example.org", "cy@example.org"]


def test_rows_after_a_bad_one_keep_their_line_numbers(load: Load) -> None:
    long = b"x" * (3 * MEGABYTE)
    report = load(b'email,name\n"a\nb@example.org",A\n' + long + b"\n\nbo\n" + long + b"\ncy\n")
    assert [one.line for one in report.refused] == [2, 4, 6, 7, 8]


@pytest.mark.parametrize("content", [b"email\n", b"\xef\xbb\xbfemail,name\r\n\r\n ,\r\n", b"email"])
def test_a_header_alone_is_a_list_of_nobody(load: Load, content: bytes) -> None:
    assert load(content) == ImportReport()


def test_a_nul_in_a_name_is_a_space(load: Load, people: People) -> None:
    load(b"email,name,source,created_at\nana@example.org,A\0na,x\0y,2024-01-01\n")
    assert people() == [("ana@example.org", "A na", "pending")]


def test_addresses_that_differ_in_case_alone_are_one_person(load: Load, people: People) -> None:
    report = load(b"email\nAna@example.org\nana@EXAMPLE.org\nANA@example.org\n")
    assert report == ImportReport(added=1, repeated=2)
    assert people() == [("Ana@example.org", "", "pending")]


@pytest.mark.parametrize(
    "row",
    [
        b"ana@example.org,active,[{}],,",
        b"ana@example.org,active,nonsense,,",
        b"ana@example.org,active,7,,",
        b'ana@example.org,active,"' + b"[" * 50_000 + b'",,',
        (
            b'ana@example.org,active,"[{""kind"":""bribed"",""wording"":"""",""source"":"""",'
            b'""ip"":"""",""user_agent"":"""",""at"":""2024-01-01""}]",,'
        ),
        b"ana@example.org,active,,because,",
        b"ana@example.org,erased,,,",
        b",erased,,,xyz",
    ],
)
def test_a_row_of_our_own_that_was_tampered_with_is_refused(
    load: Load, people: People, row: bytes
) -> None:
    report = load(b"email,status,consents,suppression,address_hash\n" + row + b"\n")
    assert report.refused_count == 1
    assert str(report.refused[0]).isprintable()
    assert people() == []


def test_half_a_character_in_a_proof_is_no_stumbling_block(load: Load, people: People) -> None:
    """JSON can spell what no database stores."""
    load(
        b"email,status,consents,suppression,address_hash\n"
        b'ana@example.org,active,"[{""kind"":""confirmed"",""wording"":""\\ud800\\u0000"",'
        b'""source"":"""",""ip"":"""",""user_agent"":"""",""at"":""2024-01-01""}]",,\n'
    )
    assert people() == [("ana@example.org", "", "active")]


def test_dates_that_are_none_are_counted_and_the_rows_taken(load: Load) -> None:
    report = load(
        b"email,created_at\na@example.org,3/16/2024\nb@example.org,2999-01-01\n"
        b"c@example.org,in spring\nd@example.org,2024-01-01\ne@example.org,16/3/24 9 oh\n"
    )
    assert (report.added, report.unreadable_dates) == (5, 3)


def test_a_line_without_an_end_is_not_held_in_memory(load: Load) -> None:
    content = b"email\nana@example.org\n" + b"x" * (60 * MEGABYTE)
    tracemalloc.start()
    report = load(content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (report.added, report.refused_count) == (1, 1)
    assert peak < 40 * MEGABYTE


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.binary(max_size=300), st.sampled_from([b"", b"email,name\n", b"email;status\n"]))
def test_any_bytes_are_a_list_or_refused_in_one_line(
    load: Load, noise: bytes, header: bytes
) -> None:
    try:
        said = [str(one) for one in load(header + noise).refused]
    except ImportRefusedError as error:
        said = [str(error)]
    assert all(one.isprintable() and len(one) < 400 for one in said)
