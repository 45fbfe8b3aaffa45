"""The chunked style: several bodies in flight by BDAT, within a window that grows."""

import pytest

from digest.deliver.providers.base import Accepted, Rejected
from digest.deliver.providers.smtp.connection.chunked import ChunkedConnection
from digest.deliver.providers.smtp.errors import UnexpectedReplyError
from digest.deliver.providers.smtp.limits import MAX_BACKLOG, MAX_IN_FLIGHT_OCTETS, MAX_WINDOW
from tests.parts.smtp_dialogue import BODY, Dialogue, chunk, group

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


def test_a_no_grows_no_window_and_the_other_messages_go_on() -> None:
    dialogue = Dialogue(ChunkedConnection, 4, window=2)
    dialogue.start()
    after = dialogue.say(OK, OK, "550 5.1.1 No such user", "554 5.5.1 No valid recipients")
    assert after == chunk(3)
    assert dialogue.peer.window == 2
    assert dialogue.say(*CHUNK_OK) == chunk(4)
    assert dialogue.outcomes == [
        Rejected(1, True, "550 5.1.1", "No such user", True),
        Accepted(2, "t2"),
    ]


@pytest.mark.parametrize("place", [1, 2, 3], ids=["MAIL", "RCPT", "BDAT"])
def test_the_first_no_of_a_message_is_its_outcome(place: int) -> None:
    replies = [OK] * place + ["451 4.3.0 No"] + ["503 5.5.1 What?"] * (3 - place)
    dialogue = Dialogue(ChunkedConnection, 1, window=2)
    dialogue.start()
    dialogue.say(*replies)
    assert dialogue.outcomes == [Rejected(1, False, "451 4.3.0", "No")]
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


def test_a_server_that_goes_on_after_a_421_is_gone_on_with() -> None:
    dialogue = Dialogue(ChunkedConnection, 4, window=2)
    dialogue.start()
    assert dialogue.say(OK, OK, OK, "421 4.3.0 Not this one") == "", "it may be closing"
    assert dialogue.say(*CHUNK_OK) == chunk(3) + chunk(4)
    assert dialogue.kinds() == {1: "Rejected", 2: "Accepted"}
    assert dialogue.connection.lost is None
