"""SMTP connections: how they are shared, and what happens when one breaks."""

import threading
from collections.abc import Generator
from itertools import islice

import pytest

from digest.deliver.providers.base import Accepted, Outcome, ProviderError, Rejected, Unknown
from tests.integration.deliver.peers import ADA, ALAN, GRACE, LINUS, THE_FOUR, smtp
from tests.parts.mail import kinds, personalizations, stream, submit
from tests.parts.servers.smtp_server import Drop, SmtpServer


@pytest.mark.parametrize("where", [Drop.IN_BODY, Drop.BEFORE_REPLY])
def test_a_connection_that_breaks_in_a_body_leaves_one_unknown(
    server: SmtpServer, where: Drop
) -> None:
    """Nobody can say whether it was taken, so it is not tried again; the others go on."""
    server.drops[GRACE] = where
    outcomes = submit(smtp(server), *personalizations(THE_FOUR))

    assert kinds(outcomes) == ["Accepted", "Unknown", "Accepted", "Accepted"]
    assert [one for one in server.recipients if one != GRACE] == [ADA, LINUS, ALAN]
    assert server.recipients.count(GRACE) == (1 if where is Drop.BEFORE_REPLY else 0)
    assert server.connections == 2


def test_connections_that_break_now_and_then_do_not_end_the_batch(server: SmtpServer) -> None:
    emails = [f"reader{number}@example.com" for number in range(9)]
    server.drops = {emails[number]: Drop.BEFORE_REPLY for number in (1, 3, 5, 7)}
    outcomes = submit(smtp(server), *personalizations(emails))

    assert kinds(outcomes) == [*["Accepted", "Unknown"] * 4, "Accepted"]
    assert server.recipients == emails


def test_a_server_that_never_answers_a_body_leaves_one_unknown(server: SmtpServer) -> None:
    server.silent.add(GRACE)
    outcomes = submit(smtp(server, body_timeout=1), *personalizations([ADA, GRACE, LINUS]))

    assert kinds(outcomes) == ["Accepted", "Unknown", "Accepted"]
    assert isinstance(outcomes[2], Unknown)
    assert outcomes[2].detail == "no answer in time"


def test_a_connection_that_breaks_before_the_body_costs_nothing(server: SmtpServer) -> None:
    """As servers do after so many messages: the same recipient goes over a new connection."""
    server.messages_per_connection = 3
    emails = [f"reader{number}@example.com" for number in range(8)]
    outcomes = submit(smtp(server), *personalizations(emails))

    assert kinds(outcomes) == ["Accepted"] * 8
    assert server.recipients == emails
    assert server.connections == 3


def test_a_recipient_who_always_breaks_the_connection_spoils_no_other(
    server: SmtpServer,
) -> None:
    server.drops[GRACE] = Drop.AT_RCPT
    outcomes = submit(smtp(server), *personalizations(THE_FOUR))

    assert kinds(outcomes) == ["Accepted", "Rejected", "Accepted", "Accepted"]
    rejected = outcomes[2]
    assert isinstance(rejected, Rejected)
    assert not rejected.permanent


def test_a_server_that_keeps_breaking_off_makes_few_unknowns(server: SmtpServer) -> None:
    """Two in a row end the run: of the rest nothing was submitted."""
    emails = [f"reader{number}@example.com" for number in range(20)]
    server.drops = dict.fromkeys(emails[1:], Drop.IN_BODY)
    outcomes: list[Outcome] = []
    with pytest.raises(ProviderError, match="twice in a row"):
        outcomes.extend(stream(smtp(server), personalizations(emails)))

    assert [type(one) for one in outcomes] == [Accepted, Unknown, Unknown]
    assert server.connections == 2


def test_a_server_that_is_gone_in_the_middle_puts_the_rest_off() -> None:
    with SmtpServer() as server:
        sender = smtp(server)
        submission = stream(sender, personalizations(THE_FOUR))
        outcomes = list(islice(submission, 2))
    with pytest.raises(ProviderError, match="can't reach"):
        outcomes.extend(submission)

    assert [type(one) for one in outcomes] == [Accepted, Accepted]


def test_one_connection_serves_many_batches(server: SmtpServer) -> None:
    sender = smtp(server)
    for number in range(3):
        submit(sender, *personalizations(THE_FOUR, first=10 * number))

    assert server.connections == 1
    assert len(server.received) == 12


def test_a_connection_that_was_closed_between_batches_is_replaced(server: SmtpServer) -> None:
    sender = smtp(server)
    submit(sender, *personalizations([ADA]))
    server.hang_up()

    assert kinds(submit(sender, *personalizations([GRACE], first=2))) == ["Accepted"]
    assert server.connections == 2


def test_several_connections_that_were_closed_are_all_replaced(server: SmtpServer) -> None:
    """More of them than one recipient has tries."""
    sender = smtp(server)
    batches = [stream(sender, personalizations([ADA], first=number)) for number in range(3)]
    for batch in batches:
        next(batch)
    for batch in batches:
        assert list(batch) == []
    server.hang_up()

    assert server.connections == 3
    assert kinds(submit(sender, *personalizations([GRACE], first=9))) == ["Accepted"]


def test_threads_do_not_share_a_connection(server: SmtpServer) -> None:
    sender = smtp(server)
    emails = [[f"reader{100 * thread + n}@example.com" for n in range(40)] for thread in range(3)]
    threads = [
        threading.Thread(target=submit, args=(sender, *personalizations(one, first=100 * place)))
        for place, one in enumerate(emails)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(server.recipients) == sorted(email for some in emails for email in some)
    assert server.connections <= 3


def test_a_batch_that_is_abandoned_leaves_the_connection_usable(server: SmtpServer) -> None:
    sender = smtp(server)
    submission = stream(sender, personalizations(THE_FOUR))
    next(submission)
    assert isinstance(submission, Generator)
    submission.close()

    assert kinds(submit(sender, *personalizations([LINUS], first=9))) == ["Accepted"]
    assert server.recipients == [ADA, LINUS]
