"""SMTP against a real server: what its replies mean, and what goes over the wire."""

from dataclasses import replace

import pytest

from digest.deliver.providers.base import (
    Accepted,
    Outcome,
    ProviderError,
    RefusedForAllError,
    Rejected,
)
from subscribers.tokens import token_to_hex
from tests.integration.deliver.peers import ADA, GRACE, LINUS, THE_FOUR, smtp
from tests.parts.mail import EDITION, kinds, long_edition, personalizations, stream, submit
from tests.parts.servers.smtp_server import SmtpServer


@pytest.mark.parametrize(
    ("reply", "permanent", "about_address", "code"),
    [
        ("550 5.1.1 No such user", True, True, "550 5.1.1"),
        ("550 5.1.10 Recipient address has null MX", True, True, "550 5.1.10"),
        ("550 No such user", True, True, "550"),
        ("551 User not local", True, True, "551"),
        ("550 5.7.1 Not from you", True, False, "550 5.7.1"),
        ("550 5.7.515 Sender does not authenticate", True, False, "550 5.7.515"),
        ("552 5.2.2 Mailbox full", True, False, "552 5.2.2"),
        ("552 Mailbox full", True, False, "552"),
        ("552 5.3.4 Too large", True, False, "552 5.3.4"),
        ("554 No", True, False, "554"),
        ("450 4.2.1 Greylisted", False, False, "450 4.2.1"),
        ("451 5.1.1 Said in two minds", False, False, "451 5.1.1"),
        ("452 4.2.2 Mailbox full", False, False, "452 4.2.2"),
    ],
)
def test_a_reply_to_a_recipient_decides_on_that_recipient(
    server: SmtpServer, reply: str, *, permanent: bool, about_address: bool, code: str
) -> None:
    server.rcpt_replies[GRACE] = reply
    outcomes = submit(smtp(server), *personalizations([ADA, GRACE, LINUS]))

    assert kinds(outcomes) == ["Accepted", "Rejected", "Accepted"]
    rejected = outcomes[2]
    assert isinstance(rejected, Rejected)
    assert (rejected.permanent, rejected.about_address) == (permanent, about_address)
    assert rejected.code == code
    assert server.recipients == [ADA, LINUS]


@pytest.mark.parametrize(
    ("reply", "permanent", "about_address"),
    [
        ("554 5.7.1 Looks like spam", True, False),
        ("550 Looks like spam", True, False),
        ("550 5.1.1 No such user after all", True, True),
        ("451 4.3.0 Try again", False, False),
        ("421 4.3.2 Shutting down", False, False),
    ],
)
def test_a_reply_to_a_body_is_an_answer_too(
    server: SmtpServer, reply: str, *, permanent: bool, about_address: bool
) -> None:
    """After a body, a bare 550 may mean anything, so it does not blame the address."""
    server.body_replies[GRACE] = reply
    outcomes = submit(smtp(server), *personalizations([ADA, GRACE, LINUS]))

    assert kinds(outcomes) == ["Accepted", "Rejected", "Accepted"]
    rejected = outcomes[2]
    assert isinstance(rejected, Rejected)
    assert (rejected.permanent, rejected.about_address) == (permanent, about_address)


def test_a_rejection_repeats_no_address(server: SmtpServer) -> None:
    """It is kept longer than the person may be."""
    server.rcpt_replies[GRACE] = "550 5.1.1 <grace.hopper@example.org> (alias of grace) unknown"
    rejected = submit(smtp(server), *personalizations([ADA, GRACE]))[2]

    assert isinstance(rejected, Rejected)
    assert rejected.detail == "<an address> (alias of grace) unknown"


def test_a_refused_sender_fails_nobody(server: SmtpServer) -> None:
    """It is our configuration that is wrong, and every recipient would be refused alike."""
    server.mail_reply = "550 5.7.1 Sender address rejected: not owned by user"
    with pytest.raises(ProviderError, match=r"SENDER: 550 5\.7\.1 Sender address rejected"):
        submit(smtp(server), *personalizations(THE_FOUR))


def test_a_sender_refused_in_the_middle_puts_the_rest_off(server: SmtpServer) -> None:
    server.mail_reply, server.mails_before = "550 5.7.1 Daily quota exceeded", 2
    outcomes: list[Outcome] = []
    with pytest.raises(ProviderError, match="Daily quota exceeded"):
        outcomes.extend(stream(smtp(server), personalizations(THE_FOUR)))

    assert [type(one) for one in outcomes] == [Accepted, Accepted]
    assert server.recipients == THE_FOUR[:2]


def test_an_issue_that_is_too_large_for_the_server_is_not_sent_to_anybody() -> None:
    with SmtpServer(size_limit=30_000) as server:
        with pytest.raises(RefusedForAllError, match="30,000"):
            submit(smtp(server), *personalizations([ADA]), edition=long_edition(50_000))
        assert not server.recipients


def test_the_envelope_names_the_sender_and_one_recipient(server: SmtpServer) -> None:
    submit(smtp(server), *personalizations([ADA, GRACE]))

    assert [message.sender for message in server.received] == ["digest@verdicts.example"] * 2
    assert server.recipients == [ADA, GRACE]
    assert all(message.raw.isascii() for message in server.received)
    assert not any("SMTPUTF8" in message.options for message in server.received)


def test_an_accepted_message_carries_the_queue_id(server: SmtpServer) -> None:
    assert submit(smtp(server), *personalizations([ADA]))[1] == Accepted(1, "Q1")


def test_a_local_part_outside_ascii_travels_where_the_server_takes_it(server: SmtpServer) -> None:
    outcomes = submit(smtp(server), *personalizations([ADA, "łukasz@bücher.example", GRACE]))

    assert kinds(outcomes) == ["Accepted"] * 3
    message = server.received[1]
    assert message.recipient == "łukasz@xn--bcher-kva.example"
    assert "SMTPUTF8" in message.options
    assert "To: łukasz@xn--bcher-kva.example\r\n".encode() in message.raw
    assert "SMTPUTF8" not in server.received[2].options


def test_a_local_part_outside_ascii_is_refused_where_it_does_not() -> None:
    with SmtpServer(smtputf8=False) as server:
        outcomes = submit(smtp(server), *personalizations([ADA, "łukasz@example.com", GRACE]))

    assert kinds(outcomes) == ["Accepted", "Rejected", "Accepted"]
    rejected = outcomes[2]
    assert isinstance(rejected, Rejected)
    assert rejected.permanent
    assert not rejected.about_address
    assert "outside ASCII" in rejected.detail


def test_a_sender_that_is_no_address_is_named(server: SmtpServer) -> None:
    edition = replace(EDITION, sender=replace(EDITION.sender, address="digest@"))
    with pytest.raises(ProviderError, match="SENDER"):
        submit(smtp(server), *personalizations([ADA]), edition=edition)


def test_bounces_come_back_to_an_address_that_tells_whose_they_are(server: SmtpServer) -> None:
    """VERP: the envelope's sender, which Return-Path shows; From stays the editor's."""
    mail = personalizations(THE_FOUR)
    edition = replace(EDITION, bounce_address="bounces+*@verdicts.example")
    submit(smtp(server), *mail, edition=edition)
    assert {one.recipient: one.sender for one in server.received} == {
        one.email: f"bounces+{token_to_hex(one.token)}@verdicts.example" for one in mail
    }
    assert b"\r\nFrom: " in b"\r\n" + server.received[0].raw
    assert b"digest@verdicts.example" in server.received[0].raw


def test_one_bounce_address_for_all_is_taken_as_it_is(server: SmtpServer) -> None:
    edition = replace(EDITION, bounce_address="bounces@verdicts.example")
    submit(smtp(server), *personalizations(THE_FOUR), edition=edition)
    assert {one.sender for one in server.received} == {"bounces@verdicts.example"}
