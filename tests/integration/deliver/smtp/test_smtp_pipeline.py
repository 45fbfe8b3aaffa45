"""SMTP in groups: every recipient gets one outcome, and it is the true one, whatever happens."""

import pytest

from digest.deliver.providers.base import Accepted, Outcome, ProviderError, Rejected, Unknown
from digest.deliver.providers.smtp.provider import SmtpProvider
from digest.deliver.providers.smtp.url import SmtpUrl, Tls
from tests.integration.deliver.conftest import Certificates
from tests.parts.mail import kinds, long_edition, personalizations, stream, submit
from tests.parts.servers.pipelining_server import PipeliningServer
from tests.parts.world import Clock

MANY = [f"reader{number}@example.com" for number in range(100)]
PATIENCE = 60
"""Seconds for a reply that comes, on any machine."""
both = pytest.mark.parametrize("chunking", [True, False], ids=["BDAT", "DATA"])


def smtp(server: PipeliningServer, *, wait: float = PATIENCE) -> SmtpProvider:
    return SmtpProvider(
        SmtpUrl("127.0.0.1", server.port, connections=1), Clock(), timeout=wait, body_timeout=wait
    )


def books_balance(server: PipeliningServer, outcomes: dict[int, Outcome]) -> None:
    """Whoever is accepted has the mail, once; whoever is refused has not."""
    assert len(set(server.recipients)) == len(server.recipients)
    for number, outcome in outcomes.items():
        if isinstance(outcome, Accepted):
            assert MANY[number - 1] in server.recipients
        if isinstance(outcome, Rejected):
            assert MANY[number - 1] not in server.recipients


@both
def test_messages_go_in_groups_and_arrive_whole(*, chunking: bool) -> None:
    edition = long_edition(35_000)
    with PipeliningServer(chunking=chunking) as server:
        outcomes = submit(smtp(server), *personalizations(MANY), edition=edition)
    assert set(kinds(outcomes)) == {"Accepted"}
    assert server.recipients == MANY
    assert server.connections == 1
    assert server.verbs.count("BDAT") == (99 if chunking else 0)
    for recipient, body in server.received:
        assert f"\r\nTo: {recipient}\r\n".encode() in body
        assert body.endswith(b"--\r\n")


@both
@pytest.mark.parametrize("manner", ["single_octets", "multiline"])
def test_replies_may_come_in_any_pieces_and_lengths(manner: str, *, chunking: bool) -> None:
    with PipeliningServer(chunking=chunking, **{manner: True}) as server:
        server.rcpt_replies[MANY[3]] = "550 5.1.1 No such user"
        outcomes = submit(smtp(server), *personalizations(MANY[:20]))
    assert kinds(outcomes) == [*["Accepted"] * 3, "Rejected", *["Accepted"] * 16]
    books_balance(server, outcomes)


@both
@pytest.mark.parametrize("first", [0, 3])
def test_refused_recipients_spoil_no_other(first: int, *, chunking: bool) -> None:
    with PipeliningServer(chunking=chunking) as server:
        server.rcpt_replies = dict.fromkeys(MANY[first::10], "451 4.3.0 Later")
        server.rcpt_replies |= dict.fromkeys(MANY[first + 1 :: 10], "550 5.1.1 No such user")
        outcomes = submit(smtp(server), *personalizations(MANY))
    refused = {n: one for n, one in outcomes.items() if isinstance(one, Rejected)}
    assert len(refused) == 20
    for number, one in refused.items():
        assert one.permanent == one.about_address == ((number - 1) % 10 == first + 1)
    assert server.connections == 1
    assert len(server.received) == 80
    books_balance(server, outcomes)


def test_data_taken_for_a_refused_recipient_is_ended_with_an_empty_body() -> None:
    """RFC 2920 section 3.1: the server may say 354 all the same."""
    with PipeliningServer(chunking=False) as server:
        server.data_replies[""] = "354 Go, if you must"
        server.rcpt_replies = dict.fromkeys(MANY[::3], "550 5.1.1 No such user")
        outcomes = submit(smtp(server), *personalizations(MANY[:20]))
    assert kinds(outcomes).count("Rejected") == 7
    assert len(server.received) == 13
    books_balance(server, outcomes)


def test_a_rejected_data_is_that_recipients_alone() -> None:
    with PipeliningServer(chunking=False) as server:
        server.data_replies[MANY[4]] = "451 4.3.0 Not now"
        outcomes = submit(smtp(server), *personalizations(MANY[:9]))
    assert kinds(outcomes) == [*["Accepted"] * 4, "Rejected", *["Accepted"] * 4]


@both
def test_a_reply_to_a_body_is_that_recipients_alone(*, chunking: bool) -> None:
    with PipeliningServer(chunking=chunking) as server:
        server.body_replies = {MANY[4]: "554 5.7.1 Spam", MANY[30]: "452 4.3.1 Full"}
        outcomes = submit(smtp(server), *personalizations(MANY))
    refused = {n: one.permanent for n, one in outcomes.items() if isinstance(one, Rejected)}
    assert refused == {5: True, 31: False}
    books_balance(server, outcomes)


@both
@pytest.mark.parametrize("when", ["drop_in_body", "drop_before_reply"])
def test_a_connection_lost_in_mid_window_leaves_few_unknown(when: str, *, chunking: bool) -> None:
    with PipeliningServer(chunking=chunking) as server:
        getattr(server, when).update({MANY[0], MANY[40]})
        outcomes = submit(smtp(server), *personalizations(MANY), edition=long_edition(35_000))
    unknown = [n for n, one in outcomes.items() if isinstance(one, Unknown)]
    assert {1, 41} <= set(unknown)
    assert len(unknown) <= (66 if chunking else 2)
    assert not any(isinstance(one, Rejected) for one in outcomes.values())
    books_balance(server, outcomes)


@both
@pytest.mark.parametrize("lie", ["forget", "503"])
def test_a_server_that_lies_about_pipelining_is_talked_to_plainly(
    lie: str, *, chunking: bool
) -> None:
    with PipeliningServer(chunking=chunking, lie=lie) as server:
        sender = smtp(server, wait=1)
        outcomes = submit(sender, *personalizations(MANY[:9]))
        later = submit(sender, *personalizations(MANY[9:12], first=10))
    assert kinds(outcomes) + kinds(later) == ["Accepted"] * 12
    assert server.recipients == MANY[:12]
    assert server.connections <= 2


@both
@pytest.mark.parametrize("where", ["rcpt_replies", "body_replies"])
def test_nothing_that_comes_after_nonsense_is_an_answer(where: str, *, chunking: bool) -> None:
    """Else each reply would be taken for that to the question before it."""
    with PipeliningServer(chunking=chunking, once=True) as server:
        setattr(server, where, {MANY[40]: "It works!"})
        outcomes = submit(smtp(server), *personalizations(MANY))
    unknown = [n for n, one in outcomes.items() if isinstance(one, Unknown)]
    certain = where == "rcpt_replies" and not chunking
    assert (41 in unknown) is not certain
    assert len(unknown) <= (64 if chunking else 1)
    assert "Rejected" not in kinds(outcomes)
    books_balance(server, outcomes)


@both
def test_a_body_that_is_never_answered_is_unknown(*, chunking: bool) -> None:
    with PipeliningServer(chunking=chunking) as server:
        server.silent.add(MANY[5])
        outcomes = submit(smtp(server, wait=1), *personalizations(MANY[:50]))
    assert isinstance(outcomes[6], Unknown)
    assert outcomes[6].detail == "no answer in time"
    assert kinds(outcomes)[:5] == ["Accepted"] * 5
    assert kinds(outcomes).count("Unknown") <= 7
    books_balance(server, outcomes)


@both
def test_a_server_that_takes_so_many_a_connection_costs_nobody(*, chunking: bool) -> None:
    """After its 421 nothing is taken: who was on the way goes over the next connection."""
    with PipeliningServer(chunking=chunking, messages_per_connection=7) as server:
        outcomes = submit(smtp(server), *personalizations(MANY[:30]))
    assert not any(isinstance(one, Rejected) for one in outcomes.values())
    books_balance(server, outcomes)


@both
def test_a_refused_sender_fails_nobody(*, chunking: bool) -> None:
    with PipeliningServer(chunking=chunking, mail_reply="550 5.7.1 Not you") as server:
        with pytest.raises(ProviderError, match="SENDER: 550"):
            submit(smtp(server), *personalizations(MANY[:5]))
        assert server.received == []


def test_one_odd_recipient_is_asked_about_plainly_and_spoils_no_other() -> None:
    """500 speaks of a command, so it is believed only where one command was sent."""
    with PipeliningServer() as server:
        server.rcpt_replies[MANY[40]] = "500 5.5.2 What is that?"
        outcomes = submit(smtp(server), *personalizations(MANY))
    assert [n for n, one in outcomes.items() if not isinstance(one, Accepted)] == [41]
    assert isinstance(outcomes[41], Rejected)
    books_balance(server, outcomes)


@both
def test_a_batch_that_is_abandoned_leaves_no_answer_to_another(*, chunking: bool) -> None:
    with PipeliningServer(chunking=chunking) as server:
        sender = smtp(server)
        submission = stream(sender, personalizations(MANY[:50]))
        for _ in range(10):
            next(submission)
        submission.close()  # type: ignore[attr-defined]
        server.rcpt_replies[MANY[70]] = "550 5.1.1 No such user"
        assert kinds(submit(sender, *personalizations([MANY[70]], first=71))) == ["Rejected"]


@both
def test_groups_go_over_tls_as_well(certificates: Certificates, *, chunking: bool) -> None:
    with PipeliningServer(certificates.server, chunking=chunking) as server:
        target = SmtpUrl("127.0.0.1", server.port, tls=Tls.IMPLICIT, connections=1)
        sender = SmtpProvider(
            target, Clock(), tls=certificates.client, timeout=PATIENCE, body_timeout=PATIENCE
        )
        outcomes = submit(sender, *personalizations(MANY), edition=long_edition(200_000))
        sender.close()
    assert set(kinds(outcomes)) == {"Accepted"}
    assert server.recipients == MANY
    assert min(len(body) for _, body in server.received) > 200_000
