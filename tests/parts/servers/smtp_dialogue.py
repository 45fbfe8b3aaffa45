"""One SMTP connection without a socket: tests speak for the server and read the commands."""

from collections import deque
from collections.abc import Sequence

from digest.deliver.providers.base import NO_JOURNAL, Journal, Outcome, Rejected
from digest.deliver.providers.smtp.connection.base import Connection
from digest.deliver.providers.smtp.connection.chunked import ChunkedConnection
from digest.deliver.providers.smtp.connection.pipelined import PipelinedConnection
from digest.deliver.providers.smtp.connection.plain import PlainConnection
from digest.deliver.providers.smtp.connection.state import InFlightMessage, Peer
from digest.deliver.providers.smtp.errors import ConnectionLostError
from digest.message.personalization import Personalization

SENDER = "news@d.example"
MAIL = f"MAIL FROM:<{SENDER}>"
BODY = "Subject: Hi\r\n\r\nHi\r\n"
STYLES: list[type[Connection]] = [PlainConnection, PipelinedConnection, ChunkedConnection]
GROUPED = STYLES[1:]


class ScriptedTransport:
    """Bytes both ways in memory; `writable` is how many octets the next flush takes (None: all)."""

    def __init__(self) -> None:
        self.queued = self.sent = 0
        self.fault = ""
        self.written = b""
        self.incoming = b""
        self.writable: int | None = None
        self._out = b""

    @property
    def backlog(self) -> int:
        return len(self._out)

    def queue(self, data: bytes) -> None:
        self._out += data
        self.queued += len(data)

    def flush(self) -> bool:
        taken = self._out if self.writable is None else self._out[: self.writable]
        if self.writable is not None:
            self.writable -= len(taken)
        self._out = self._out[len(taken) :]
        self.written += taken
        self.sent += len(taken)
        return not self._out

    def read(self) -> bytes:
        data, self.incoming = self.incoming, b""
        return data


class Dialogue:
    """`count` recipients (1@d.example and so on) over one connection of `style`."""

    def __init__(
        self,
        style: type[Connection],
        count: int = 1,
        *,
        window: int = 0,
        extensions: Sequence[str] = (),
        limit: int | None = None,
        sender: str = SENDER,
        body: bytes = BODY.encode(),
        tokens: Sequence[str] = (),
        journal: Journal = NO_JOURNAL,
    ) -> None:
        self.peer = Peer(frozenset(extensions), 5.0, 60.0, window=window)
        self.transport = ScriptedTransport()
        given = tokens or [f"t{number}" for number in range(1, count + 1)]
        self.queue = deque(
            InFlightMessage(Personalization(number, f"{number}@d.example", token))
            for number, token in enumerate(given, 1)
        )
        self.count = count
        self._journal = journal
        self._outcomes: list[Outcome] = []
        self.connection = style(
            self.peer,
            self.transport,
            sender,
            lambda people: [body for _ in people],
            self.queue,
            limit=limit,
            journal=journal,
        )

    @property
    def outcomes(self) -> list[Outcome]:
        """All outcomes so far."""
        return self._outcomes

    @property
    def rejections(self) -> list[tuple[int, bool, str, str]]:
        """Delivery id, permanent, code and text of all outcomes, which are rejections."""
        assert all(isinstance(one, Rejected) for one in self._outcomes)
        return [one[:4] for one in self._outcomes if isinstance(one, Rejected)]

    @property
    def in_flight(self) -> int:
        """Messages that were started and have no outcome."""
        return self.count - len(self.queue) - len(self._outcomes)

    @property
    def waiting(self) -> list[int]:
        """The delivery ids that are in the queue."""
        return [message.personalization.delivery_id for message in self.queue]

    def start(self) -> str:
        """A first turn, to which the server has said nothing; what is sent by it."""
        self.go_on()
        return self.take_sent()

    def go_on(self) -> None:
        """What a pool does with each connection once its replies are read."""
        connection = self.connection
        if begun := connection.prepare():
            self._journal.begun(begun)
        connection.transmit()
        self._outcomes += connection.take_outcomes()

    def say(self, *replies: str) -> str:
        """The server's replies, in one packet; what is sent after them."""
        self.feed("".join(f"{reply}\r\n" for reply in replies).encode())
        return self.take_sent()

    def feed(self, data: bytes) -> None:
        self.transport.incoming += data
        self.connection.receive()
        self.go_on()

    def hang_up(self) -> None:
        """The server closes the connection without a word."""
        self.transport.fault = "the server closed the connection"
        self.feed(b"")

    def give_up(self, why: str = "no answer in time") -> None:
        self._outcomes += self.connection.give_up(ConnectionLostError(why))

    def take_sent(self) -> str:
        """What was sent since this was last asked."""
        sent, self.transport.written = self.transport.written, b""
        return sent.decode()

    def kinds(self) -> dict[int, str]:
        """The outcome's name of each delivery that has one."""
        return {one.delivery_id: type(one).__name__ for one in self._outcomes}


def rcpt(number: int) -> str:
    return f"RCPT TO:<{number}@d.example>"


def group(number: int, last: str, *, reset: bool = False) -> str:
    """The commands of one message as they are sent in a group."""
    lines = [*(["RSET"] if reset else []), MAIL, rcpt(number), last]
    return "".join(f"{line}\r\n" for line in lines)


def chunk(number: int, body: str = BODY) -> str:
    """A message as it is sent by BDAT."""
    return group(number, f"BDAT {len(body)} LAST", reset=True) + body
