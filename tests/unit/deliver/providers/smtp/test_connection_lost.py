"""How a connection ends, in every style: who is unknown, who is put back, who has an outcome."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.deliver.providers.smtp.connection.base import Connection
from digest.deliver.providers.smtp.errors import (
    ConnectionLostError,
    GarbledReplyError,
    ServiceClosingError,
    UnexpectedReplyError,
)
from tests.parts.servers.smtp_dialogue import (
    BODY,
    GROUPED,
    STYLES,
    Dialogue,
    group,
)

OK, GO = "250 2.0.0 OK", "354 Go"
every_style = pytest.mark.parametrize("style", STYLES)
every_grouped = pytest.mark.parametrize("style", GROUPED)
# In every style the first message of a connection goes by these.
FIRST = (OK, OK, GO)


def body_sent(style: type[Connection], count: int = 2) -> Dialogue:
    """A dialogue in which the first message's body is sent and without a reply."""
    dialogue = Dialogue(style, count)
    dialogue.start()
    for reply in FIRST:
        dialogue.say(reply)
    return dialogue


@every_style
def test_a_connection_lost_before_the_body_puts_the_message_back(style: type[Connection]) -> None:
    dialogue = Dialogue(style, 2)
    dialogue.start()
    dialogue.say(OK)
    dialogue.hang_up()
    assert str(dialogue.connection.lost) == "the server closed the connection"
    assert dialogue.connection.lost_in_flight
    assert dialogue.outcomes == []
    assert dialogue.waiting == [1, 2]
    assert [message.tries for message in dialogue.queue] == [1, 0]


@every_style
def test_a_connection_lost_after_the_body_leaves_it_unknown(style: type[Connection]) -> None:
    dialogue = body_sent(style)
    dialogue.hang_up()
    assert dialogue.kinds() == {1: "Unknown"}
    assert dialogue.waiting == [2]
    assert dialogue.queue[0].tries == 0


@every_style
def test_giving_up_is_the_same(style: type[Connection]) -> None:
    dialogue = body_sent(style)
    dialogue.give_up()
    assert dialogue.kinds() == {1: "Unknown"}
    assert not dialogue.connection.busy


@every_style
def test_a_connection_lost_with_nothing_in_flight_harms_nobody(style: type[Connection]) -> None:
    dialogue = Dialogue(style, 0)
    dialogue.hang_up()
    assert dialogue.connection.lost is not None
    assert not dialogue.connection.lost_in_flight
    assert dialogue.outcomes == []


@every_style
@pytest.mark.parametrize("octets", [0, 1], ids=["none of it", "one octet"])
def test_only_a_body_of_which_something_left_is_unknown(
    style: type[Connection], octets: int
) -> None:
    dialogue = Dialogue(style, 1)
    dialogue.start()
    dialogue.say(OK)
    dialogue.say(OK)
    dialogue.transport.writable = octets
    dialogue.say(GO)
    dialogue.hang_up()
    assert dialogue.kinds() == ({1: "Unknown"} if octets else {})
    assert dialogue.waiting == ([] if octets else [1])


@every_grouped
def test_what_is_answered_before_the_end_counts(style: type[Connection]) -> None:
    """Replies and the end of the connection may come in at once."""
    dialogue = body_sent(style)
    dialogue.transport.fault = "the server closed the connection"
    dialogue.say("250 queued as Q1")
    assert dialogue.kinds() == {1: "Accepted"}
    assert isinstance(dialogue.connection.lost, ConnectionLostError)
    assert dialogue.waiting == [2]


def test_after_a_421_nothing_that_was_sent_is_unknown() -> None:
    """RFC 5321 section 3.8: several bodies are in flight, and none of them is accepted."""
    dialogue = Dialogue(GROUPED[1], 6, window=4)
    dialogue.start()
    dialogue.say(OK, OK, OK, "250 queued as Q1", "421 4.3.2 Shutting down")
    dialogue.hang_up()
    assert dialogue.kinds() == {1: "Accepted"}
    assert dialogue.waiting == [2, 3, 4, 5, 6]
    assert [message.tries for message in dialogue.queue] == [0] * 5, "the server said so itself"
    assert dialogue.connection.lost
    assert dialogue.connection.lost.reply
    assert dialogue.connection.lost.reply.status == "421 4.3.2"


@every_grouped
@pytest.mark.parametrize("count", range(4))
def test_a_421_in_the_middle_of_a_group_starts_nothing_more(
    style: type[Connection], count: int
) -> None:
    """After `count` replies of the first group and its body."""
    dialogue = Dialogue(style, 3)
    dialogue.start()
    dialogue.say(*(OK, OK, GO)[:count])
    assert "MAIL" not in dialogue.say("421 4.3.2 Shutting down")
    dialogue.hang_up()
    assert dialogue.kinds() == ({1: "Rejected"} if count == 3 else {})
    assert dialogue.waiting == ([2, 3] if count == 3 else [1, 2, 3])


@every_style
def test_a_421_when_nothing_is_asked_ends_it(style: type[Connection]) -> None:
    dialogue = Dialogue(style, 0)
    dialogue.say("421 4.4.2 Idle for too long")
    assert isinstance(dialogue.connection.lost, ServiceClosingError)
    assert str(dialogue.connection.lost) == "421 4.4.2 Idle for too long"


@every_style
def test_a_reply_to_nothing_ends_it(style: type[Connection]) -> None:
    dialogue = Dialogue(style, 0)
    dialogue.say(OK)
    assert isinstance(dialogue.connection.lost, UnexpectedReplyError)
    assert dialogue.connection.desynchronised is style.pipelines


@every_style
@pytest.mark.parametrize("garbage", ["It works!", "", "25x OK", "250-" + "\r\n250-" * 600])
def test_nothing_after_garbage_is_an_answer(style: type[Connection], garbage: str) -> None:
    dialogue = body_sent(style)
    assert "MAIL" not in dialogue.say(garbage, "250 queued as Q1")
    assert isinstance(dialogue.connection.lost, GarbledReplyError)
    assert dialogue.kinds() == {1: "Unknown"}
    assert dialogue.waiting == [2]


@every_grouped
def test_what_comes_before_garbage_is_an_answer(style: type[Connection]) -> None:
    dialogue = body_sent(style)
    dialogue.say("250 queued as Q1", "It works!")
    assert isinstance(dialogue.connection.lost, GarbledReplyError)
    assert dialogue.kinds() == {1: "Accepted"}


@every_grouped
def test_replies_cut_at_every_octet_mean_the_same(style: type[Connection]) -> None:
    replies = b"250-2.1.0 Well\r\n250 2.1.0 OK\r\n250 2.1.5 OK\r\n354 Go\r\n"
    for at in range(1, len(replies)):
        dialogue = Dialogue(style, 1)
        assert dialogue.start() == group(1, "DATA")
        dialogue.feed(replies[:at])
        assert dialogue.take_sent() == "", f"{at}: nothing is due before the 354 is whole"
        dialogue.feed(replies[at:])
        assert dialogue.take_sent() == f"{BODY}.\r\n"
        dialogue.say("250 queued as Q1")
        assert dialogue.kinds() == {1: "Accepted"}


@every_style
def test_only_whole_replies_are_counted(style: type[Connection]) -> None:
    """Else a server that drips one reply would never run into a timeout."""
    dialogue = Dialogue(style, 1)
    dialogue.start()
    for octet in b"250-2.1.0 Well\r\n250 ":
        dialogue.feed(bytes([octet]))
        assert dialogue.connection.replies == 0
    dialogue.feed(b"OK\r\n")
    assert dialogue.connection.replies == 1


REPLIES = [OK, OK, OK, GO, "250 queued as Q", "451 4.3.0 No", "550 5.1.1 No", "552 5.3.4 Large"]
REPLIES += ["503 5.5.1 What?", "554 5.5.1 No valid recipients", "421 4.3.2 Bye", "It works!"]


@given(
    style=st.sampled_from(STYLES),
    window=st.integers(0, 4),
    packets=st.lists(st.lists(st.sampled_from(REPLIES), max_size=6), max_size=20),
    writable=st.none() | st.integers(0, 2_000),
)
def test_whatever_the_server_says_nobody_is_lost_or_counted_twice(
    style: type[Connection], window: int, packets: list[list[str]], writable: int | None
) -> None:
    dialogue = Dialogue(style, 8, window=window)
    dialogue.transport.writable = writable
    dialogue.start()
    for packet in packets:
        if dialogue.connection.lost or dialogue.connection.finished:
            break
        dialogue.say(*packet)
    if not dialogue.connection.lost:
        dialogue.give_up()
    settled = [one.delivery_id for one in dialogue.outcomes]
    assert sorted(settled + dialogue.waiting) == list(range(1, 9))
    assert not dialogue.connection.busy
