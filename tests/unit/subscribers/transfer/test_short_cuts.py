"""What is read on a shorter way, for speed, is what the longer way reads."""

from hypothesis import example, given
from hypothesis import strategies as st

from subscribers.transfer.cells.address_cells import is_plain_name, read_name
from subscribers.transfer.cells.dates import is_empty, read_date, read_plain_date
from subscribers.transfer.cells.formulas import unescape_formula

MOMENTS = st.datetimes().map(lambda at: at.replace(microsecond=0).isoformat(" "))
NEARLY = st.text("0123456789-: TZ+", min_size=19, max_size=19)


@given(MOMENTS | NEARLY)
@example("2024-03-16 14+05:00")
@example("2024-03-16T14:40:47")
@example("2024-02-30 14:40:47")
def test_a_plain_date_is_the_date_that_any_form_is_read_as(text: str) -> None:
    found = read_plain_date(text)
    if found is not None:
        assert found == read_date(text)
        assert found.utcoffset() == read_date(text).utcoffset()  # type: ignore[union-attr]
        assert not is_empty(text)


def test_this_century_is_read_on_the_short_way() -> None:
    assert read_plain_date("2024-03-16 14:40:47") is not None
    assert read_plain_date("1970-01-01 00:00:00") is None


NAMES = st.text("abzNAaULl. 0@'<-*é\n", max_size=12) | st.sampled_from(
    ["null", "NULL", "None", "NaN", "Nan", "Na", "NA", "N/A", "Ana", "Ana Lu 3", "first name"]
)


@given(NAMES)
def test_a_plain_name_is_the_name_that_any_form_is_read_as(text: str) -> None:
    if is_plain_name(text):
        assert read_name(unescape_formula(text), "ana@example.org") == text


def test_most_names_are_read_on_the_short_way() -> None:
    assert is_plain_name("Ana")
    assert is_plain_name("Ana Lu")
    assert not is_plain_name("null")
    assert not is_plain_name("NaN")
