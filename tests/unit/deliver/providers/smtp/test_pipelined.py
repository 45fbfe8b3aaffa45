"""The pipelined style: groups around DATA, each reply matched with its command."""

import pytest

from digest.deliver.providers.base import Accepted
from digest.deliver.providers.smtp.connection.pipelined import PipelinedConnection
from digest.deliver.providers.smtp.errors import UnexpectedReplyError
from digest.deliver.providers.smtp.limits import MAX_WINDOW
from tests.parts.servers.smtp_dialogue import BODY, Dialogue, group

OK = "250 2.0.0 OK"
GROUP_OK = (OK, OK, "354 Go")
END = f"{BODY}.\r\n"


def confirmed(count: int) -> Dialogue:
    """A dialogue over a connection that has carried messages; the first group is sent."""
    dialogue = Dialogue(PipelinedConnection, count, window=3)
    assert dialogue.start() == group(1, "DATA")
    return dialogue


def overlapping() -> Dialogue:
    """A dialogue in which the first body was sent with the second message's group, of four."""
    dialogue = confirmed(4)
    assert dialogue.say(*GROUP_OK) == END + group(2, "DATA")
    return dialogue


def test_the_first_message_goes_alone_and_the_others_overlap() -> None:
    dialogue = Dialogue(PipelinedConnection, 3)
    assert dialogue.start() == group(1, "DATA")
    assert not dialogue.connection.confirmed
    assert dialogue.say(*GROUP_OK) == END, "its body alone"
    assert dialogue.say("250 queued as Q1") == group(2, "DATA")
    assert dialogue.connection.confirmed
    assert dialogue.say(*GROUP_OK) == END + group(3, "DATA"), "a body with the next group"
    assert dialogue.say("250 queued as Q2", *GROUP_OK) == END
    dialogue.say("250 OK")
    assert dialogue.outcomes == [Accepted(1, "Q1"), Accepted(2, "Q2"), Accepted(3, "t3")]
    assert not dialogue.connection.busy


USUAL = ("250 2.0.0 Ok: queued as Q1", OK, OK, "354 Go")


@pytest.mark.parametrize("at", range(1, len("\r\n".join(USUAL)) + 2))
def test_usual_replies_mean_the_same_in_one_packet_and_in_two(at: int) -> None:
    whole, cut = overlapping(), overlapping()
    said = "".join(f"{reply}\r\n" for reply in USUAL).encode()
    sent = whole.say(*USUAL)
    cut.feed(said[:at])
    cut.feed(said[at:])
    assert sent == cut.take_sent() == END + group(3, "DATA")
    assert whole.outcomes == cut.outcomes == [Accepted(1, "Q1")]
    assert whole.connection.replies == cut.connection.replies


@pytest.mark.parametrize(
    "replies",
    [
        ("250-2.0.0 Ok", "250 queued as Q1", OK, OK, "354 Go"),
        ("250 queued as Q1", "250 OK", "251 will forward", "354 Go"),
        ("200 queued as Q1", OK, OK, "354 Go"),
    ],
)
def test_unusual_replies_that_say_yes_are_taken_as_well(replies: tuple[str, ...]) -> None:
    dialogue = overlapping()
    assert dialogue.say(*replies) == END + group(3, "DATA")
    assert dialogue.outcomes == [Accepted(1, "Q1")]


def test_a_no_among_replies_that_are_usual_otherwise_is_its_own_recipients() -> None:
    dialogue = overlapping()
    assert dialogue.say("550 5.7.1 Spam", OK, OK, "354 Go") == END + group(3, "DATA")
    assert dialogue.rejections == [(1, True, "550 5.7.1", "Spam")]


def test_a_fifth_reply_that_nothing_was_asked_for_is_no_answer() -> None:
    dialogue = overlapping()
    dialogue.say(*USUAL, OK)
    assert isinstance(dialogue.connection.lost, UnexpectedReplyError)


def test_the_window_grows_by_one_with_each_message_up_to_its_limit() -> None:
    dialogue = Dialogue(PipelinedConnection, MAX_WINDOW + 5)
    dialogue.start()
    for number in range(1, MAX_WINDOW + 5):
        dialogue.say(*GROUP_OK)
        dialogue.say(OK)
        assert dialogue.peer.window == min(number, MAX_WINDOW)
        assert dialogue.connection.capacity == 1


def test_a_rejected_recipient_without_a_354_needs_no_body_and_the_next_resets() -> None:
    dialogue = confirmed(2)
    after = dialogue.say(OK, "550 5.1.1 No such user", "554 5.5.1 No valid recipients")
    assert after == group(2, "DATA", reset=True)
    assert dialogue.rejections == [(1, True, "550 5.1.1", "No such user")]


def test_a_rejected_recipient_with_a_354_gets_an_empty_body() -> None:
    """RFC 2920 section 3.1; what is said to that body is nobody's outcome."""
    dialogue = confirmed(2)
    after = dialogue.say(OK, "550 5.1.1 No such user", "354 Go")
    assert after == ".\r\n" + group(2, "DATA")
    dialogue.say("554 5.5.1 No valid recipients", *GROUP_OK)
    dialogue.say("250 queued as Q2")
    assert dialogue.kinds() == {1: "Rejected", 2: "Accepted"}


@pytest.mark.parametrize(
    "replies",
    [
        ("451 4.3.0 No", "503 5.5.1 MAIL first", "503 5.5.1 RCPT first"),
        (OK, OK, "451 4.3.0 No"),
    ],
    ids=["MAIL", "DATA"],
)
def test_a_no_for_now_to_mail_or_data_leaves_the_connection(replies: tuple[str, ...]) -> None:
    dialogue = confirmed(2)
    dialogue.peer.accepted = 0
    assert dialogue.say(*replies) == ""
    assert dialogue.outcomes == []
    assert dialogue.waiting == [1, 2]
    assert dialogue.connection.finished
    assert dialogue.connection.refused_at_once is dialogue.queue[0]


@pytest.mark.parametrize(
    "replies",
    [
        (OK, "451 4.3.0 No", "503 5.5.1 RCPT first"),
        (OK, "451 4.3.0 No", "451 4.3.0 No"),
    ],
)
def test_the_first_no_of_a_group_is_the_outcome(replies: tuple[str, ...]) -> None:
    dialogue = confirmed(2)
    assert dialogue.say(*replies) == group(2, "DATA", reset=True)
    assert dialogue.rejections == [(1, False, "451 4.3.0", "No")]


def test_a_no_to_a_body_is_that_messages_alone() -> None:
    dialogue = confirmed(3)
    dialogue.say(*GROUP_OK)
    assert dialogue.say("554 5.7.1 Spam", *GROUP_OK) == END + group(3, "DATA")
    assert dialogue.rejections == [(1, True, "554 5.7.1", "Spam")]


@pytest.mark.parametrize("code", ["500", "502", "503"])
def test_a_new_server_that_rejects_the_group_is_talked_to_plainly(code: str) -> None:
    dialogue = Dialogue(PipelinedConnection, 2)
    dialogue.start()
    dialogue.say(OK, f"{code} 5.5.1 Not so fast")
    assert isinstance(dialogue.connection.lost, UnexpectedReplyError)
    assert dialogue.connection.desynchronised
    assert dialogue.outcomes == []
    assert dialogue.waiting == [1, 2]


def test_a_known_server_that_rejects_a_group_finishes_what_is_in_flight() -> None:
    dialogue = confirmed(4)
    dialogue.say(*GROUP_OK)
    dialogue.say("250 queued as Q1", "503 5.5.1 What?", "503 5.5.1 What?", "503 5.5.1 What?")
    assert dialogue.connection.desynchronised
    assert dialogue.connection.finished
    assert dialogue.connection.lost is None
    assert dialogue.kinds() == {1: "Accepted"}
    assert dialogue.waiting == [2, 3, 4], "the message goes first over a plain connection"


@pytest.mark.parametrize("reply", ["354 Go", "199 Hm", "600 Hm"])
def test_a_reply_that_is_neither_yes_nor_no_desynchronises(reply: str) -> None:
    dialogue = confirmed(2)
    dialogue.say(reply)
    assert isinstance(dialogue.connection.lost, UnexpectedReplyError)
    assert dialogue.connection.desynchronised
    assert dialogue.waiting == [1, 2]


def test_after_a_no_to_rset_the_message_goes_over_another_connection() -> None:
    dialogue = confirmed(2)
    dialogue.say(OK, "550 5.1.1 No", "554 5.5.1 No")
    dialogue.say("550 What?", "503 5.5.1 Nested MAIL", "503 5.5.1 What?", "503 5.5.1 What?")
    assert dialogue.connection.finished
    assert dialogue.kinds() == {1: "Rejected"}
    assert dialogue.waiting == [2]


def test_after_a_no_to_rset_and_a_354_nobody_gets_an_empty_message() -> None:
    """Whom the server would take that body for is unknown, so nothing more is sent."""
    dialogue = confirmed(2)
    dialogue.say(OK, "550 5.1.1 No", "554 5.5.1 No")
    assert dialogue.say("450 4.3.0 Not now", *GROUP_OK) == ""
    assert isinstance(dialogue.connection.lost, UnexpectedReplyError)
    assert dialogue.kinds() == {1: "Rejected"}
    assert dialogue.waiting == [2]


def test_a_rejected_sender_ends_it_without_an_outcome() -> None:
    dialogue = confirmed(3)
    no = "550 5.7.1 Not you"
    assert dialogue.say(no, "503 5.5.1 MAIL first", "503 5.5.1 RCPT first") == ""
    assert dialogue.connection.sender_rejected is not None
    assert dialogue.connection.finished
    assert dialogue.waiting == [1, 2, 3]


def test_a_transaction_that_another_run_left_open_is_reset_first() -> None:
    dialogue = Dialogue(PipelinedConnection, window=1)
    dialogue.peer.in_transaction = True
    assert dialogue.start() == group(1, "DATA", reset=True)
