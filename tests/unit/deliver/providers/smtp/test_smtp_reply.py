"""SMTP replies: what they look like and whom they blame."""

import pytest

from digest.deliver.bounce_policy.bounce_type import HARD_BOUNCE_STATUSES
from digest.deliver.providers.smtp.reply import Stage, queue_id, read_reply


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


@pytest.mark.parametrize("enhanced", sorted(HARD_BOUNCE_STATUSES))
@pytest.mark.parametrize("stage", Stage)
def test_an_address_is_blamed_by_its_codes_but_never_for_a_sender(
    enhanced: str, stage: Stage
) -> None:
    reply = read_reply(stage, 550, f"{enhanced} no".encode())

    assert reply.about_address == (stage is not Stage.MAIL)


@pytest.mark.parametrize(
    "enhanced", ["5.0.0", "5.1.0", "5.1.8", "5.2.1", "5.2.2", "5.3.4", "5.4.4", "5.7.1", "5.7.515"]
)
def test_no_other_code_blames_an_address(enhanced: str) -> None:
    assert not read_reply(Stage.RCPT, 550, f"{enhanced} no".encode()).about_address


def test_a_passing_refusal_blames_no_address() -> None:
    assert not read_reply(Stage.RCPT, 450, b"4.1.1 not now").about_address
    assert not read_reply(Stage.RCPT, 450, b"5.1.1 in two minds").about_address


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
