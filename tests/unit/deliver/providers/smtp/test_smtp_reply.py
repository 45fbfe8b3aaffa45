"""SMTP replies: what they look like and whom they blame."""

import pytest

from digest.deliver.bounce_policy.failure import FailureClass, Stage
from digest.deliver.providers.smtp.reply import queue_id, read_reply


def test_a_reply_of_many_lines_becomes_one_without_its_repeated_code() -> None:
    """As Gmail writes them."""
    raw = b"5.1.1 The account does not exist.\n5.1.1 Please check \xff it.\r\n5.1.1  see support"
    reply = read_reply(Stage.RCPT, 550, raw)

    assert reply.enhanced == "5.1.1"
    assert reply.text == "The account does not exist. Please check \ufffd it. see support"
    assert str(reply) == f"550 5.1.1 {reply.text}"


def test_an_address_in_numbers_is_no_enhanced_code() -> None:
    assert read_reply(Stage.RCPT, 554, b"Host 5.1.1.7 is blocked").enhanced is None
    assert read_reply(Stage.RCPT, 554, b"5.1.1.7 is blocked").enhanced is None


def test_control_characters_do_not_reach_a_terminal() -> None:
    assert read_reply(Stage.RCPT, 550, b"no \x1b[31muser").text == "no  [31muser"


def test_an_endless_reply_is_cut() -> None:
    assert len(read_reply(Stage.RCPT, 550, b"x" * 10_000).text) == 400


def test_an_empty_reply_is_its_code() -> None:
    assert str(read_reply(Stage.BODY, 250, b"")) == "250"


@pytest.mark.parametrize("stage", Stage)
def test_only_a_reply_to_the_recipient_blames_the_address(stage: Stage) -> None:
    reply = read_reply(stage, 550, b"5.1.1 <ada@example.org>: User unknown")
    blamed = reply.classify("ada@example.org").failure_class is FailureClass.HARD
    assert blamed == (stage in {Stage.RCPT, Stage.DATA, Stage.BODY})


@pytest.mark.parametrize(
    ("text", "provider_id"),
    [
        (b"2.0.0 Ok: queued as 4F3BzW2Kq9z1x", "4F3BzW2Kq9z1x"),
        (b"OK id=1tFqZ2-00000001abc-2Xyz", "1tFqZ2-00000001abc-2Xyz"),
        (b"2.0.0 OK  1732348800 d2e1a72fcca58-724de-nothing.1 - gsmtp", None),
        (b"queued as " + b"Q" * 1_000, "Q" * 180),
    ],
)
def test_the_queue_id_is_found_where_there_is_one(text: bytes, provider_id: str | None) -> None:
    assert queue_id(text) == provider_id
