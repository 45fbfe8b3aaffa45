"""Lines are read in blocks: the same lines as one by one, and none too long is held."""

import csv
import io
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.engine import Store
from subscribers.addresses import AddressHasher
from subscribers.transfer import lines as lines_module
from subscribers.transfer.lines import LineReader, LineTooLongError
from subscribers.transfer.refused_rows import ImportReport, RefusedFile
from subscribers.transfer.run import import_csv

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
LONGEST = 40
Load = Callable[[str], ImportReport]


@pytest.fixture
def load(sqlite_store: Store, hasher: AddressHasher, tmp_path: Path) -> Load:
    """Import a text; the refused rows go to `refused.csv`."""

    def read(content: str) -> ImportReport:
        with RefusedFile(tmp_path / "refused.csv") as refused:
            return import_csv(
                sqlite_store,
                hasher,
                io.BytesIO(content.encode()),
                source="list.csv",
                status=None,
                now=NOW,
                wording="Yes.",
                refused=refused,
            )

    return read


def refused(folder: Path) -> list[dict[str, str]]:
    csv.field_size_limit(1 << 30)
    try:
        with (folder / "refused.csv").open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))
    finally:
        csv.field_size_limit(131_072)


TEXTS = st.text(st.sampled_from(list('ab,;"\r\n\u2028\x0b\x85é')), max_size=300)


@given(TEXTS, st.integers(1, 9), st.integers(1, 3))
def test_blocks_hold_the_lines_that_the_text_has(text: str, block: int, stride: int) -> None:
    """Whether taken many at once, one by one, or given back; those too long come in pieces."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines_module, "MAX_LINE", LONGEST)
        patch.setattr(lines_module, "_BLOCK", block)
        reader = LineReader(io.StringIO(text, newline=""))
        found: list[str] = []
        turn = 0
        while True:
            turn += 1
            try:
                if turn % stride:
                    line = reader.next_line()
                    taken = [line] if line else []
                else:
                    taken = reader.take()
                    reader.give_back(taken[1:])
                    taken = taken[:1]
            except LineTooLongError:
                assert len(reader.long_start) > LONGEST - 2  # its end counts
                taken = ["".join(reader.long_line())] if turn % 2 else [reader.long_start + "…"]
                reader.skip_long_line()
            if not taken:
                break
            found += taken
            assert reader.number == len(found)
    expected = list(io.StringIO(text, newline=""))
    assert len(found) == len(expected)
    for one, whole in zip(found, expected, strict=True):
        cut = one.removesuffix("…")
        assert whole == one or whole.rstrip("\r\n") == one or (cut != one and cut in whole)


@pytest.mark.parametrize("place", ["first", "last", "far down"])
def test_a_line_too_long_to_hold_stands_whole_among_the_refused(
    load: Load, tmp_path: Path, place: str
) -> None:
    long = '=cmd,"Zoë ""Z"" Ünal",' + "x" * 3_000_000 + ",ana@example.org"
    good = [f"reader{number}@example.org,Ana" for number in range(3_000)]
    at = {"first": 0, "last": 3_000, "far down": 2_900}[place]
    good.insert(at, "bad,Bad")
    good.insert(at, long)
    report = load("email,name\n" + "\n".join(good) + "\n")
    assert (report.added, report.refused_count) == (3_000, 2)
    one, other = refused(tmp_path)
    assert one["email"].removeprefix("'") == long
    assert one["refused_line"] == str(at + 2)
    assert "1,000,000 characters" in one["refused_because"]
    assert (other["email"], other["refused_line"]) == ("bad", str(at + 3))


def test_several_long_lines_and_an_open_quote_before_one(load: Load, tmp_path: Path) -> None:
    long = ["y" * 1_500_000, "z," * 800_000]
    report = load(
        f'email,name\r\nana@example.org,"Ana\r\n{long[0]}\r\n{long[1]}\r\nbo@example.org,Bo'
    )
    assert (report.added, report.refused_count) == (1, 3)
    assert [row["email"] for row in refused(tmp_path)] == ["ana@example.org", *long]


def test_a_refused_file_with_a_long_line_can_be_imported_again(load: Load, tmp_path: Path) -> None:
    load("email,name\n" + "x" * 2_000_000 + "\nbad,Bad\n")
    again = (
        (tmp_path / "refused.csv").read_text("utf-8-sig").replace("bad,Bad", "ana@example.org,A")
    )
    report = load(again)
    assert (report.added, report.refused_count) == (1, 1)
    assert "x" * 2_000_000 in refused(tmp_path)[0]["email"]


def test_a_long_line_is_copied_through_in_flat_memory(load: Load, tmp_path: Path) -> None:
    """The bytes of the test itself are made before the count begins."""
    content = "email,name\n" + "x" * 10_000_000 + "\nana@example.org,Ana\n"
    tracemalloc.start()
    try:
        encoded = len(content)
        load(content)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < encoded + 8_000_000
    assert len(refused(tmp_path)[0]["email"]) == 10_000_000


def test_the_start_of_a_long_line_says_which_it_is(load: Load) -> None:
    report = load("email,name\n" + "who is this " * 100_000 + "\n")
    assert report.refused[0].found == ("who is this " * 5)[:60]
