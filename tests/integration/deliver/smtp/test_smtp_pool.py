"""Several connections at once: everybody is mailed once, whatever becomes of one of them."""

import ssl
import threading
from collections.abc import Sequence

import pytest

from digest.deliver.providers.base import Accepted, Outcome, ProviderError, Rejected, Unknown
from digest.deliver.providers.smtp import client
from digest.deliver.providers.smtp.client import SmtpClient, open_client
from digest.deliver.providers.smtp.pending import THREAD_NAME, PendingConnections
from digest.deliver.providers.smtp.provider import SmtpProvider
from digest.deliver.providers.smtp.transport import SocketTransport
from digest.deliver.providers.smtp.url import SmtpUrl
from tests.parts.journals import Noted
from tests.parts.mail import EDITION, kinds, long_edition, personalizations, stream, submit
from tests.parts.servers.pipelining_server import PipeliningServer
from tests.parts.servers.smtp_server import SmtpServer
from tests.parts.world import Clock

MANY = [f"reader{number}@example.com" for number in range(200)]
both = pytest.mark.parametrize("chunking", [True, False], ids=["BDAT", "DATA"])


def provider(port: int, connections: int = 4, messages: int | None = None) -> SmtpProvider:
    target = SmtpUrl("127.0.0.1", port, connections=connections, messages=messages)
    return SmtpProvider(target, Clock(), timeout=60, body_timeout=60)


@both
def test_several_connections_share_the_work(*, chunking: bool) -> None:
    with PipeliningServer(chunking=chunking) as server:
        outcomes = submit(
            provider(server.port), *personalizations(MANY), edition=long_edition(35_000)
        )
        assert server.connections == 4
    assert set(kinds(outcomes)) == {"Accepted"}
    assert sorted(server.recipients) == sorted(MANY)


@both
@pytest.mark.parametrize("connections", [1, 8])
def test_an_answer_is_handed_on_before_anything_else_begins(
    connections: int, *, chunking: bool
) -> None:
    """So whoever is killed while a message goes out knows all answers that were read before."""
    read: list[int] = []

    class Answers(SocketTransport):
        """Counts the bodies that the server says it has taken."""

        def read(self) -> bytes:
            data = super().read()
            read.extend([1] * data.count(b"250 2.0.0 OK\r\n"))
            return data

    class Journal(Noted):
        def begun(self, delivery_ids: Sequence[int]) -> None:
            super().begun(delivery_ids)
            assert len(handed_on) == len(read)

    journal, handed_on = Journal(), list[Outcome]()
    with PipeliningServer(chunking=chunking) as server, pytest.MonkeyPatch.context() as patch:
        patch.setattr(client, "SocketTransport", Answers)
        for outcomes in provider(server.port, connections).submit(
            EDITION, [personalizations(MANY)], journal=journal
        ):
            handed_on += outcomes
    assert journal.now == {one.delivery_id for one in handed_on}
    assert len(journal.now) == len(read) == len(MANY)


def test_a_server_without_extensions_is_asked_over_several_connections(server: SmtpServer) -> None:
    outcomes = submit(provider(server.port), *personalizations(MANY))
    assert set(kinds(outcomes)) == {"Accepted"}
    assert sorted(server.recipients) == sorted(MANY)
    assert server.connections == 4


def test_one_message_needs_one_connection(server: SmtpServer) -> None:
    submit(provider(server.port), *personalizations(MANY[:1]))
    assert server.connections == 1


def test_a_connection_carries_no_more_than_it_may(server: SmtpServer) -> None:
    outcomes = submit(provider(server.port, 1, messages=30), *personalizations(MANY[:100]))
    assert set(kinds(outcomes)) == {"Accepted"}
    assert server.connections == 4


def test_the_run_goes_on_while_a_connection_that_is_full_says_goodbye() -> None:
    """The reply to QUIT takes a round trip; until then the server counts the connection."""
    answered = threading.Event()
    with PipeliningServer(quit_waits=answered) as server:
        submission = stream(provider(server.port, 2, messages=30), personalizations(MANY[:100]))
        outcomes = [next(submission) for _ in range(60)]
        assert server.connections == 2
        answered.set()
        outcomes.extend(submission)
    assert {type(one) for one in outcomes} == {Accepted}
    assert sorted(server.recipients) == sorted(MANY[:100])


def test_a_connection_that_was_opened_and_is_not_needed_ends_with_quit() -> None:
    with PipeliningServer() as server:
        target = SmtpUrl("127.0.0.1", server.port)
        asked, go_on = threading.Event(), threading.Event()

        def open_late() -> SmtpClient:
            asked.set()
            go_on.wait()
            return open_client(target, ssl.create_default_context(), 60, 60)

        pending = PendingConnections(open_late)
        pending.open(1)
        asked.wait()
        pending.end()
        go_on.set()
        for thread in threading.enumerate():
            if thread.name == THREAD_NAME:
                thread.join()
        assert server.verbs == ["EHLO", "QUIT"]


def test_connections_come_back_for_the_next_run(server: SmtpServer) -> None:
    sender = provider(server.port)
    submit(sender, *personalizations(MANY))
    submit(sender, *personalizations(MANY, first=1_000))
    assert server.connections == 4
    sender.close()


def test_connections_that_break_side_by_side_do_not_end_the_run(server: SmtpServer) -> None:
    """As when a server is started anew: who was in a body is in doubt, the rest is mailed, but
    for those at whom two connections broke, who are to be tried again later.
    """
    submission = stream(provider(server.port), personalizations(MANY))
    outcomes: list[Outcome] = [next(submission) for _ in range(50)]
    server.hang_up()
    outcomes.extend(submission)
    assert sorted(one.delivery_id for one in outcomes) == list(range(1, len(MANY) + 1))
    taken = {MANY[one.delivery_id - 1] for one in outcomes if isinstance(one, Accepted)}
    in_doubt = {MANY[one.delivery_id - 1] for one in outcomes if isinstance(one, Unknown)}
    assert len(in_doubt) <= 4, "more in doubt than there were connections"
    put_off = {MANY[one.delivery_id - 1] for one in outcomes if isinstance(one, Rejected)}
    assert not any(one.permanent for one in outcomes if isinstance(one, Rejected))
    assert taken | in_doubt | put_off == set(MANY)
    assert not put_off & set(server.recipients)
    assert taken <= set(server.recipients)
    assert len(server.recipients) == len(set(server.recipients))


def test_a_sender_refused_over_one_connection_ends_the_run_for_all(server: SmtpServer) -> None:
    submission = stream(provider(server.port), personalizations(MANY))
    outcomes: list[Outcome] = [next(submission) for _ in range(50)]
    server.mail_reply = "550 5.7.1 Daily quota exceeded"
    with pytest.raises(ProviderError, match="Daily quota exceeded"):
        outcomes.extend(submission)
    assert {type(one) for one in outcomes} == {Accepted}
    assert sorted(server.recipients) == sorted(MANY[one.delivery_id - 1] for one in outcomes)
