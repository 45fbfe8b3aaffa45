"""What a connection notes as begun: before an octet of the body leaves, and no more than that."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.deliver.providers.base import Accepted
from digest.deliver.providers.smtp.connection.base import Connection
from digest.deliver.providers.smtp.connection.begun import BegunMessages
from digest.deliver.providers.smtp.connection.chunked import ChunkedConnection
from digest.deliver.providers.smtp.connection.pipelined import PipelinedConnection
from digest.deliver.providers.smtp.connection.state import InFlightMessage
from digest.deliver.providers.smtp.errors import ConnectionLostError
from tests.parts.journals import Noted
from tests.parts.servers.smtp_dialogue import (
    BODY,
    GROUPED,
    STYLES,
    Dialogue,
    ScriptedTransport,
)

OK = "250 2.0.0 OK"


class Watched(ScriptedTransport):
    """Sees at each write that all whose body may leave are noted."""

    def __init__(self, journal: Noted) -> None:
        super().__init__()
        self.journal = journal
        self.bodies: list[tuple[int, int]] = []
        """Where the bodies begin, and whose they are."""

    def flush(self) -> bool:
        done = super().flush()
        assert self.left() <= self.journal.now
        return done

    def left(self) -> set[int]:
        """Of whose bodies at least one octet was written."""
        return {delivery for at, delivery in self.bodies if self.sent > at}


def watched(style: type[Connection], count: int, window: int = 0) -> tuple[Dialogue, Noted]:
    """A dialogue whose transport checks; the bodies are told apart by where they are queued."""
    journal = Noted()
    dialogue = Dialogue(style, count, window=window, journal=journal)
    transport = Watched(journal)
    dialogue.transport = dialogue.connection.transport = transport
    begun = BegunMessages(transport, journal)
    dialogue.connection._begun = begun
    add = begun.add

    def add_body(message: InFlightMessage) -> None:
        add(message)
        transport.bodies.append((transport.queued, message.personalization.delivery_id))

    begun.add = add_body  # type: ignore[method-assign]
    return dialogue, journal


class Willing:
    """A server that takes everything, and answers what it has got whole."""

    def __init__(self) -> None:
        self._rest = ""
        self._body = False

    def answers(self, sent: str) -> bytes:
        """Its replies to what has come by now."""
        self._rest += sent
        replies = []
        while self._rest:
            end = self._rest.find("\r\n.\r\n" if self._body else "\r\n")
            if end < 0:
                break
            line = self._rest[:end]
            size = int(line.split()[1]) if line.startswith("BDAT") else 0
            whole = end + (5 if self._body else 2) + size
            if len(self._rest) < whole:
                break
            self._rest = self._rest[whole:]
            self._body = not self._body and line == "DATA"
            replies.append("354 Go" if self._body else OK)
        return "".join(f"{one}\r\n" for one in replies).encode()


@pytest.mark.parametrize("style", STYLES)
def test_commands_alone_begin_nobody(style: type[Connection]) -> None:
    dialogue, journal = watched(style, 3)
    dialogue.start()
    assert journal.now == set()


@pytest.mark.parametrize("style", GROUPED)
def test_a_body_begins_its_message_and_not_the_one_whose_commands_follow(
    style: type[Connection],
) -> None:
    dialogue, journal = watched(style, 3, window=1 if style is not ChunkedConnection else 0)
    dialogue.start()
    dialogue.say(OK, OK, "354 Go")
    assert journal.now == {1}


def test_chunks_that_the_socket_does_not_take_are_taken_back() -> None:
    dialogue, journal = watched(ChunkedConnection, 9, window=9)
    dialogue.transport.writable = 0
    dialogue.start()
    assert journal.now == set()
    dialogue.transport.writable = 1
    dialogue.say()
    assert journal.now == set(), "only an octet of a command"
    dialogue.transport.writable = None
    dialogue.say()
    assert journal.now == set(range(1, 10))


def test_one_octet_of_a_body_begins_it() -> None:
    dialogue, journal = watched(ChunkedConnection, 3, window=3)
    dialogue.transport.writable = 0
    dialogue.start()
    [first, second, _] = [at for at, _ in dialogue.transport.bodies]  # type: ignore[attr-defined]
    dialogue.transport.writable = first
    dialogue.say()
    assert journal.now == set()
    dialogue.transport.writable = 1
    dialogue.say()
    assert journal.now == {1}
    dialogue.transport.writable = second - first
    dialogue.say()
    assert journal.now == {1, 2}


def test_what_goes_over_another_connection_is_taken_back() -> None:
    """RFC 5321 section 3.8: after a 421 nothing more of what was sent is accepted."""
    dialogue, journal = watched(ChunkedConnection, 3, window=3)
    dialogue.start()
    dialogue.say(OK, OK, OK, OK, "421 4.3.2 Shutting down")
    dialogue.hang_up()
    dialogue.say()
    assert dialogue.outcomes == [Accepted(1, "t1")]
    assert journal.now == {1}


def test_what_is_unknown_stays_begun() -> None:
    dialogue, journal = watched(ChunkedConnection, 3, window=3)
    dialogue.start()
    dialogue.outcomes.extend(dialogue.connection.give_up(ConnectionLostError("gone")))
    assert journal.now == {1, 2, 3}


@given(
    st.sampled_from(STYLES),
    st.integers(0, 5),
    st.lists(st.integers(0, 3 * len(BODY)) | st.none(), max_size=40),
)
def test_at_no_moment_an_octet_leaves_that_is_not_noted(
    style: type[Connection], window: int, writable: list[int | None]
) -> None:
    """However much the socket takes at a time; and nobody is noted of whom nothing left."""
    dialogue, journal = watched(style, 8, window=window)
    transport = dialogue.transport
    assert isinstance(transport, Watched)
    server = Willing()
    for octets in [*writable, *[None] * 60]:
        transport.writable = octets
        dialogue.feed(server.answers(dialogue.take_sent()))
        assert journal.now <= transport.left()
    assert {one.delivery_id for one in dialogue.outcomes} == journal.now == set(range(1, 9))


def test_what_a_turn_begins_is_named_before_an_octet_of_it_leaves() -> None:
    """So that a pool notes at once what several connections begin."""
    dialogue, journal = watched(PipelinedConnection, 2, window=1)
    connection, transport = dialogue.connection, dialogue.transport
    dialogue.start()
    before = transport.written
    transport.incoming = f"{OK}\r\n{OK}\r\n354 go on\r\n".encode()
    connection.receive()
    assert connection.prepare() == [1]
    assert transport.written == before
    assert not journal.steps, "whoever asked for the names notes them"
    journal.begun([1])
    connection.transmit()
    assert transport.written.count(BODY.encode()) == 1
    assert journal.now == {1}


def test_a_connection_that_is_lost_begins_nobody() -> None:
    dialogue, journal = watched(PipelinedConnection, 2, window=1)
    dialogue.start()
    dialogue.transport.fault = "the server closed the connection"
    dialogue.connection.receive()
    assert dialogue.connection.prepare() == []
    dialogue.connection.transmit()
    assert not journal.steps
