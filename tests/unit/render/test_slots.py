import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.render.slots import MARKS, WORD_JOINER, Slot, disarm_slots


@pytest.mark.parametrize("slot", list(Slot))
def test_a_disarmed_mark_is_no_mark_and_reads_the_same(slot: Slot) -> None:
    broken = disarm_slots(f"a {slot.mark} b")
    assert MARKS.search(broken) is None
    assert broken.replace(WORD_JOINER, "") == f"a {slot.mark} b"


def test_a_mark_that_begins_with_the_end_of_another_is_disarmed_too() -> None:
    assert MARKS.search(disarm_slots("~~click~~~click~~click~~")) is None


@given(st.lists(st.sampled_from(["~", "~~", "click", "open", "vote", "greeting", " "])))
def test_no_sequence_of_tildes_and_names_survives_as_a_mark(pieces: list[str]) -> None:
    assert MARKS.search(disarm_slots("".join(pieces))) is None


@given(st.text())
def test_text_without_a_mark_is_left_alone(text: str) -> None:
    if MARKS.search(text) is None:
        assert disarm_slots(text) == text
