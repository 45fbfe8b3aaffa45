"""The one parser of SMTP replies: whole ones, cut ones, and what is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.deliver.providers.smtp.limits import MAX_REPLY_LINE, MAX_REPLY_LINES
from digest.deliver.providers.smtp.reply_parser import (
    ENDLESS_LINE,
    ENDLESS_REPLY,
    NOT_SMTP,
    ReplyParser,
)

STREAM = (
    b"250 2.1.0 OK\r\n250-first\r\n250-second\r\n250 third\r\n354 Go\r\n550-5.1.1 No\r\n"
    b"550 5.1.1 such user\r\n221\r\n250\r\n250 bare LF\n"
)
REPLIES = [
    (250, b"2.1.0 OK\r"),
    (250, b"first\r\nsecond\r\nthird\r"),
    (354, b"Go\r"),
    (550, b"5.1.1 No\r\n5.1.1 such user\r"),
    (221, b""),
    (250, b""),
    (250, b"bare LF"),
]


def test_replies_of_one_line_and_of_several_are_told_apart() -> None:
    assert ReplyParser().feed(STREAM) == REPLIES


@pytest.mark.parametrize("at", range(1, len(STREAM)))
def test_a_cut_anywhere_changes_nothing(at: int) -> None:
    parser = ReplyParser()
    assert parser.feed(STREAM[:at]) + parser.feed(STREAM[at:]) == REPLIES
    assert not parser.fault


def test_single_octets_make_the_same_replies() -> None:
    parser = ReplyParser()
    octets = [STREAM[at : at + 1] for at in range(len(STREAM))]
    assert [reply for octet in octets for reply in parser.feed(octet)] == REPLIES


@pytest.mark.parametrize("garbage", [b"\r\n", b"It works!\r\n", b"2\r\n", b"25x OK\r\n", b" 250\n"])
def test_what_comes_before_garbage_counts_and_nothing_after_it(garbage: bytes) -> None:
    parser = ReplyParser()
    assert parser.feed(b"250 one\n" + garbage + b"250 two\n") == [(250, b"one")]
    assert parser.fault == NOT_SMTP
    assert parser.feed(b"250 three\n") == []


def test_garbage_in_the_middle_of_a_reply_is_a_fault() -> None:
    parser = ReplyParser()
    assert parser.feed(b"250-one\nIt works!\n250 two\n") == []
    assert parser.fault == NOT_SMTP


def test_a_line_may_be_as_long_as_the_limit_and_no_longer() -> None:
    parser = ReplyParser()
    assert parser.feed(b"250 ".ljust(MAX_REPLY_LINE, b"x")) == []
    assert not parser.fault
    parser.feed(b"x")
    assert parser.fault == ENDLESS_LINE


def test_a_reply_may_have_as_many_lines_as_the_limit_and_no_more() -> None:
    parser = ReplyParser()
    (reply,) = parser.feed(b"250-x\n" * (MAX_REPLY_LINES - 1) + b"250 x\n")
    assert reply[1].count(b"\n") == MAX_REPLY_LINES - 1
    assert parser.feed(b"250-x\n" * (MAX_REPLY_LINES + 1)) == []
    assert parser.fault == ENDLESS_REPLY


@given(st.lists(st.binary(max_size=40), max_size=8))
def test_no_bytes_raise_and_no_cut_matters(pieces: list[bytes]) -> None:
    cut, whole = ReplyParser(), ReplyParser()
    assert [reply for piece in pieces for reply in cut.feed(piece)] == whole.feed(b"".join(pieces))
    assert cut.fault == whole.fault
