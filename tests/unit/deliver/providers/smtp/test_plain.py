"""The plain style: one command at a time, and every reply decides on the next."""

import pytest

from digest.deliver.providers.base import Accepted
from digest.deliver.providers.smtp.connection.plain import PlainConnection
from digest.deliver.providers.smtp.errors import ServiceClosingError, UnexpectedReplyError
from subscribers.tokens import token_to_hex
from tests.parts.servers.smtp_dialogue import BODY, MAIL, Dialogue, rcpt

YES = {"MAIL": "250 2.1.0 OK", "RCPT": "250 2.1.5 OK", "DATA": "354 Go", "BODY": "250 queued as Q1"}
STAGES = list(YES)


def until(stage: str, count: int = 1) -> Dialogue:
    """A dialogue in which the reply to `stage` is due."""
    dialogue = Dialogue(PlainConnection, count)
    dialogue.start()
    for each in STAGES[: STAGES.index(stage)]:
        dialogue.say(YES[each])
    return dialogue


def test_every_command_waits_for_the_reply_to_the_one_before() -> None:
    dialogue = Dialogue(PlainConnection, 2)
    assert not dialogue.connection.busy
    assert dialogue.connection.confirmed
    assert dialogue.start() == f"{MAIL}\r\n"
    assert dialogue.connection.busy
    assert dialogue.start() == "", "a turn without a reply sends nothing"
    assert dialogue.say(YES["MAIL"]) == f"{rcpt(1)}\r\n"
    assert dialogue.say(YES["RCPT"]) == "DATA\r\n"
    assert dialogue.say(YES["DATA"]) == f"{BODY}.\r\n"
    assert dialogue.connection.reply_timeout == dialogue.peer.body_timeout
    assert dialogue.outcomes == []
    assert dialogue.say(YES["BODY"]) == f"{MAIL}\r\n", "no RSET after an accepted message"
    assert dialogue.connection.reply_timeout == dialogue.peer.command_timeout
    assert dialogue.outcomes == [Accepted(1, "Q1")]


def test_a_body_without_a_line_end_gets_one() -> None:
    dialogue = Dialogue(PlainConnection, body=b"Subject: Hi\r\n\r\nHi")
    dialogue.start()
    dialogue.say(YES["MAIL"])
    dialogue.say(YES["RCPT"])
    assert dialogue.say(YES["DATA"]) == "Subject: Hi\r\n\r\nHi\r\n.\r\n"


def test_size_and_token_go_into_mail() -> None:
    token = "AAAAAAAAAAAAAAAAAAAAAA"
    dialogue = Dialogue(
        PlainConnection, extensions=["size"], sender="b+\0@d.example", tokens=[token]
    )
    bounces = f"b+{token_to_hex(token)}@d.example"
    assert dialogue.start() == f"MAIL FROM:<{bounces}> SIZE={len(BODY)}\r\n"


@pytest.mark.parametrize(
    ("stage", "reply", "permanent"),
    [
        ("RCPT", "451 4.3.0 Not now", False),
        ("BODY", "451 4.3.0 Not now", False),
        ("RCPT", "554 5.3.4 Never", True),
        ("DATA", "554 5.3.4 Never", True),
        ("BODY", "554 5.3.4 Never", True),
    ],
)
def test_a_no_to_a_message_rejects_that_message_and_the_next_begins_anew(
    stage: str, reply: str, *, permanent: bool
) -> None:
    dialogue = until(stage, 2)
    after = dialogue.say(reply)
    assert dialogue.rejections == [(1, permanent, reply[:9], reply[10:])]
    assert after == (f"{MAIL}\r\n" if stage == "BODY" else "RSET\r\n")
    if stage != "BODY":
        assert dialogue.say("250 OK") == f"{MAIL}\r\n"


@pytest.mark.parametrize("stage", ["MAIL", "DATA"])
def test_a_no_for_now_to_mail_or_data_leaves_the_connection(stage: str) -> None:
    dialogue = until(stage, 2)
    assert dialogue.say("452 4.3.1 Full") == ""
    assert (dialogue.outcomes, dialogue.waiting) == ([], [1, 2])
    assert dialogue.connection.finished
    assert dialogue.connection.refused_at_once is dialogue.queue[0]


def test_a_no_to_rset_leaves_the_connection() -> None:
    dialogue = until("RCPT", 2)
    assert dialogue.say("550 5.1.1 No such user") == "RSET\r\n"
    assert dialogue.say("554 Too many nonmail commands") == ""
    assert dialogue.waiting == [2]
    assert dialogue.connection.finished or dialogue.connection.lost


def test_a_message_that_is_too_large_by_ehlo_is_not_begun() -> None:
    dialogue = Dialogue(PlainConnection, 2)
    dialogue.peer.max_size = len(BODY) - 1
    assert dialogue.start() == ""
    assert dialogue.waiting == [1, 2]
    assert "octets" in str(dialogue.connection.sender_rejected)


def test_a_rejected_sender_is_nobodys_fault() -> None:
    dialogue = until("MAIL", 3)
    assert dialogue.say("550 5.7.1 Not you") == ""
    assert "SENDER: 550 5.7.1 Not you" in str(dialogue.connection.sender_rejected)
    assert dialogue.connection.finished
    assert dialogue.outcomes == []
    assert dialogue.waiting == [1, 2, 3]


@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA"])
def test_a_421_before_the_body_puts_the_message_back(stage: str) -> None:
    dialogue = until(stage, 2)
    assert dialogue.say("421 4.3.2 Shutting down") == ""
    assert isinstance(dialogue.connection.lost, ServiceClosingError)
    assert dialogue.connection.lost.reply is not None
    assert dialogue.connection.lost.reply.status == "421 4.3.2"
    assert dialogue.outcomes == []
    assert dialogue.waiting == [1, 2]
    assert [message.tries for message in dialogue.queue] == [0, 0]


def test_a_421_to_the_body_is_its_answer() -> None:
    dialogue = until("BODY", 2)
    dialogue.say("421 4.3.2 Shutting down")
    assert dialogue.rejections == [(1, False, "421 4.3.2", "Shutting down")]
    assert isinstance(dialogue.connection.lost, ServiceClosingError)
    assert dialogue.waiting == [2]


@pytest.mark.parametrize(
    ("stage", "reply", "says"),
    [
        ("MAIL", "354 Go", "354 Go to MAIL"),
        ("RCPT", "354 Go", "354 Go to RCPT"),
        ("DATA", "250 OK", "250 OK to DATA"),
        ("BODY", "354 Go", "354 Go to BODY"),
    ],
)
def test_a_reply_that_fits_no_such_command_ends_the_connection(
    stage: str, reply: str, says: str
) -> None:
    dialogue = until(stage)
    dialogue.say(reply)
    assert isinstance(dialogue.connection.lost, UnexpectedReplyError)
    assert says in str(dialogue.connection.lost)
    assert not dialogue.connection.desynchronised, "there is no plainer style to go on in"
    assert dialogue.kinds() == ({1: "Unknown"} if stage == "BODY" else {})
    assert dialogue.waiting == ([] if stage == "BODY" else [1])


def test_no_more_messages_are_started_than_the_limit() -> None:
    dialogue = Dialogue(PlainConnection, 3, limit=1)
    dialogue.start()
    for stage in STAGES:
        assert not dialogue.connection.finished
        dialogue.say(YES[stage])
    assert dialogue.connection.finished
    assert dialogue.kinds() == {1: "Accepted"}
    assert dialogue.waiting == [2, 3]
