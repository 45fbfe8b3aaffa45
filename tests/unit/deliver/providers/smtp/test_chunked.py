"""The chunked style: several bodies in flight by BDAT, within a window that grows."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.deliver.providers.base import Accepted
from digest.deliver.providers.smtp.connection.chunked import ChunkedConnection
from digest.deliver.providers.smtp.errors import UnexpectedReplyError
from digest.deliver.providers.smtp.limits import MAX_BACKLOG, MAX_IN_FLIGHT_OCTETS, MAX_WINDOW
from tests.parts.servers.smtp_dialogue import BODY, Dialogue, chunk, group

OK = "250 2.0.0 OK"
CHUNK_OK = (OK, OK, OK, OK)
"""To RSET, MAIL, RCPT and BDAT."""


def test_the_first_message_goes_by_data_and_the_next_ones_by_bdat() -> None:
    dialogue = Dialogue(ChunkedConnection, 3)
    assert dialogue.connection.capacity == 0
    assert dialogue.start() == group(1, "DATA")
    assert dialogue.say(OK, OK, "354 Go") == f"{BODY}.\r\n"
    assert dialogue.say("250 queued as Q1") == chunk(2)
    assert dialogue.say(*CHUNK_OK[:3], "250 queued as Q2") == chunk(3)
    dialogue.say(*CHUNK_OK)
    assert dialogue.outcomes == [Accepted(1, "Q1"), Accepted(2, "Q2"), Accepted(3, "t3")]


def test_as_many_are_in_flight_as_the_window_allows() -> None:
    dialogue = Dialogue(ChunkedConnection, 9, window=3)
    assert dialogue.start() == chunk(1) + chunk(2) + chunk(3)
    assert dialogue.connection.capacity == 3
    assert dialogue.say(*CHUNK_OK) == chunk(4) + chunk(5), "one left, and the window grew by one"
    assert dialogue.peer.window == 4


def test_the_window_grows_up_to_its_limit() -> None:
    dialogue = Dialogue(ChunkedConnection, 300, window=1)
    dialogue.start()
    seen = [dialogue.in_flight]
    for _ in range(MAX_WINDOW + 3):
        dialogue.say(*CHUNK_OK)
        seen.append(dialogue.in_flight)
    assert seen == [min(number + 1, MAX_WINDOW) for number in range(MAX_WINDOW + 4)]
    assert dialogue.peer.window == MAX_WINDOW


def test_after_a_no_it_goes_on_in_groups_once_all_in_flight_is_answered() -> None:
    """A chunk for a rejected recipient is an error to the server, which forgives only a few."""
    dialogue = Dialogue(ChunkedConnection, 4, window=2)
    dialogue.start()
    after = dialogue.say(OK, OK, "550 5.1.1 No such user", "554 5.5.1 No valid recipients")
    assert after == ""
    assert dialogue.say(*CHUNK_OK) == group(3, "DATA", reset=True)
    assert dialogue.connection.capacity == 1
    assert dialogue.kinds() == {1: "Rejected", 2: "Accepted"}
    assert dialogue.say(OK, OK, OK, "354 Go").startswith(BODY)
    dialogue.say("250 queued as Q3")
    assert dialogue.kinds() == {1: "Rejected", 2: "Accepted", 3: "Accepted"}


@pytest.mark.parametrize("reply", ["421 4.7.0 Enough", "452 4.3.1 Full", "452 4.5.3 Too many"])
def test_a_no_to_go_on_puts_all_that_follows_back_and_ends_the_connection(reply: str) -> None:
    dialogue = Dialogue(ChunkedConnection, 4, window=2)
    dialogue.peer.accepted = 5
    dialogue.start()
    no = ["503 5.5.1 MAIL first", "503 5.5.1 RCPT first"]
    assert dialogue.say(OK, reply, *no, OK, reply, *no) == ""
    assert dialogue.outcomes == []
    assert sorted(dialogue.waiting) == [1, 2, 3, 4]
    assert dialogue.connection.finished
    assert dialogue.connection.spent
    assert dialogue.connection.refused_at_once is None


def test_a_refused_reset_before_the_line_ends_leaves_nothing_in_doubt() -> None:
    dialogue = Dialogue(ChunkedConnection, 4, window=3)
    dialogue.start()
    dialogue.say(*CHUNK_OK, "550 Too many errors on this connection")
    dialogue.hang_up()
    assert dialogue.kinds() == {1: "Accepted"}
    assert sorted(dialogue.waiting) == [2, 3, 4]


def test_a_refused_reset_of_a_server_that_takes_the_message_all_the_same_counts_it_once() -> None:
    dialogue = Dialogue(ChunkedConnection, 2, window=2)
    dialogue.start()
    dialogue.say("550 What?", OK, OK, "250 queued as Q1", *CHUNK_OK)
    assert dialogue.kinds() == {1: "Accepted", 2: "Accepted"}
    assert dialogue.waiting == []


@pytest.mark.parametrize("words", ["503 Too many syntax or protocol errors", "550 Goodbye"])
def test_last_words_before_the_line_ends_leave_nothing_in_doubt(words: str) -> None:
    dialogue = Dialogue(ChunkedConnection, 4, window=3)
    dialogue.start()
    dialogue.say(OK, OK, "550 5.1.1 No such user", words)
    dialogue.hang_up()
    assert dialogue.kinds() == {1: "Rejected"}
    assert sorted(dialogue.waiting) == [2, 3, 4]


@pytest.mark.parametrize("place", [2, 3], ids=["RCPT", "BDAT"])
def test_the_first_no_of_a_message_is_its_outcome(place: int) -> None:
    replies = [OK] * place + ["451 4.3.0 No"] + ["503 5.5.1 What?"] * (3 - place)
    dialogue = Dialogue(ChunkedConnection, 1, window=2)
    dialogue.start()
    dialogue.say(*replies)
    assert dialogue.rejections == [(1, False, "451 4.3.0", "No")]
    assert dialogue.connection.lost is None


def test_a_yes_to_a_body_whose_recipient_was_rejected_answers_something_else() -> None:
    dialogue = Dialogue(ChunkedConnection, 3, window=2)
    dialogue.start()
    dialogue.say(OK, OK, "550 5.1.1 No such user", "250 queued as Q1")
    assert isinstance(dialogue.connection.lost, UnexpectedReplyError)
    assert dialogue.connection.desynchronised
    assert dialogue.kinds() == {1: "Rejected", 2: "Unknown"}
    assert dialogue.waiting == [3]


def test_out_of_sequence_starts_no_more_and_settles_what_is_in_flight() -> None:
    dialogue = Dialogue(ChunkedConnection, 5, window=3)
    dialogue.start()
    assert dialogue.say(OK, "503 5.5.1 What?", "503 5.5.1 What?", "503 5.5.1 What?") == ""
    assert dialogue.connection.desynchronised
    assert dialogue.connection.busy
    dialogue.say(*CHUNK_OK, *CHUNK_OK)
    assert dialogue.connection.finished
    assert dialogue.kinds() == {2: "Accepted", 3: "Accepted"}
    assert dialogue.waiting == [1, 4, 5]


def test_no_more_octets_are_in_flight_than_the_limit() -> None:
    """What a lost connection leaves unknown is bounded in octets as well as in messages."""
    body = bytes(1_000_000)
    dialogue = Dialogue(ChunkedConnection, 30, window=30, body=body)
    dialogue.start()
    assert dialogue.in_flight == MAX_IN_FLIGHT_OCTETS // len(body)


def test_no_more_is_composed_than_the_backlog_while_nothing_can_be_written() -> None:
    body = bytes(100_000)
    dialogue = Dialogue(ChunkedConnection, 30, window=30, body=body)
    dialogue.transport.writable = 0
    dialogue.start()
    assert dialogue.in_flight == MAX_BACKLOG // len(body) + 1
    assert MAX_BACKLOG < dialogue.transport.backlog < MAX_BACKLOG + 2 * len(body)


def test_a_limit_of_messages_holds_across_the_window() -> None:
    dialogue = Dialogue(ChunkedConnection, 9, window=5, limit=2)
    assert dialogue.start() == chunk(1) + chunk(2)
    assert not dialogue.connection.finished
    dialogue.say(*CHUNK_OK, *CHUNK_OK)
    assert dialogue.connection.finished
    assert dialogue.waiting == [3, 4, 5, 6, 7, 8, 9]


def test_a_421_that_closes_nothing_ends_it_once_all_in_flight_is_answered() -> None:
    dialogue = Dialogue(ChunkedConnection, 4, window=2)
    dialogue.start()
    assert dialogue.say(OK, OK, OK, "421 4.3.0 Not this one") == "", "it may be closing"
    assert dialogue.say(*CHUNK_OK) == group(3, "DATA", reset=True)
    assert dialogue.kinds() == {1: "Rejected", 2: "Accepted"}
    assert dialogue.connection.lost is None


def test_messages_before_one_that_is_too_large_go_and_the_others_are_put_back() -> None:
    dialogue = Dialogue(ChunkedConnection, 5, window=4)
    dialogue.peer.max_size = 100
    dialogue.connection._compose = lambda people: [
        bytes(900 if one.delivery_id == 3 else 50) for one in people
    ]
    sent = dialogue.start()
    assert sent.count("BDAT 50 LAST") == 2
    assert dialogue.waiting == [3, 4, 5]
    dialogue.say(*CHUNK_OK, *CHUNK_OK)
    assert dialogue.kinds() == {1: "Accepted", 2: "Accepted"}
    assert "900 octets" in str(dialogue.connection.sender_rejected)


@given(
    cuts=st.lists(st.integers(0, 400), max_size=12),
    refused=st.sets(st.integers(1, 6)),
    count=st.integers(1, 6),
)
def test_replies_may_be_cut_at_any_octet(cuts: list[int], refused: set[int], count: int) -> None:
    whole = "".join(
        f"250 OK\r\n250 OK\r\n{'550 5.1.1 No' if one in refused else '250 OK'}\r\n"
        f"{'554 5.5.1 No recipient' if one in refused else f'250 queued as Q{one}'}\r\n"
        for one in range(1, count + 1)
    ).encode()
    dialogue = Dialogue(ChunkedConnection, count, window=6)
    dialogue.start()
    places = sorted({0, len(whole), *[min(cut, len(whole)) for cut in cuts]})
    for start, end in pairwise(places):
        dialogue.feed(whole[start:end])
    expected = {n: "Rejected" if n in refused else "Accepted" for n in range(1, count + 1)}
    assert dialogue.kinds() == expected
    assert dialogue.connection.lost is None


@given(taken=st.lists(st.integers(0, 700), max_size=8))
def test_what_is_in_doubt_is_what_has_begun_wherever_writing_was_cut(taken: list[int]) -> None:
    """Of a window of messages each has an outcome, or waits for another connection."""
    dialogue = Dialogue(ChunkedConnection, 6, window=6, body=bytes(300))
    dialogue.transport.writable = 0
    dialogue.start()
    for octets in taken:
        dialogue.transport.writable = octets
        dialogue.go_on()
    sent = dialogue.transport.sent
    begun = {
        message.personalization.delivery_id
        for message in dialogue.connection._in_flight
        if message.body_at is not None and message.body_at < sent
    }
    dialogue.hang_up()
    assert dialogue.kinds() == dict.fromkeys(begun, "Unknown")
    assert sorted(dialogue.waiting) == sorted(set(range(1, 7)) - begun)
