"""Many messages on one connection without waiting for each answer.

Where the server offers PIPELINING (RFC 2920), a message's MAIL, RCPT and DATA travel with the
body of the one before it. Where it offers CHUNKING as well (RFC 3030), no body waits for
permission and several are on their way at once. The first message of a connection goes in
steps, so that a server that can't do what it offers is found out before a body is at stake; the
window then grows by one with every message that is taken.
"""

from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass

from digest.address import Envelope
from digest.deliver.provider import Outcome, ProviderError, Unknown
from digest.deliver.smtp_reply import (
    SERVICE_CLOSING,
    START_INPUT,
    LineLost,
    Reply,
    Stage,
    read_reply,
    receipt,
    refusal,
    refused_sender,
)
from digest.deliver.smtp_session import Session

WIDEST = 64
MOST_ON_THE_WAY = 4_000_000
BACKLOG = 262_144
"""Messages and octets without an answer at most; octets made before the line takes some."""
OUT_OF_STEP = frozenset({500, 502, 503})
"""Unknown command, or one in the wrong place: it speaks of the conversation, not of a person."""


@dataclass(slots=True, eq=False)
class Flight:
    """An envelope on its way. `body_at` is where its body begins among all octets sent."""

    envelope: Envelope
    tries: int = 0
    body_at: int | None = None
    verdict: Reply | None = None
    settled: bool = False


class Pipeline:
    """Mails what is in `todo`, which is left holding whatever was not begun.

    After `run`, `lost` says how the line ended if it did, `out_of_step` whether the server can't
    be talked to in this way, and `sender_refused` why nobody can be mailed; that one's envelope
    is in `todo` again.
    """

    def __init__(
        self,
        session: Session,
        sender: str,
        message: Callable[[Envelope], bytes],
        todo: deque[Flight],
    ) -> None:
        self.lost: LineLost | None = None
        self.out_of_step = False
        self.sender_refused: ProviderError | None = None
        self._session = session
        self._sender = sender
        self._message = message
        self._todo = todo
        self._sized = session.offers("size")
        self._chunks = session.offers("chunking")
        # What each reply to come answers; an RSET is nobody's.
        self._steps: deque[tuple[Stage, Flight] | None] = deque()
        self._flying: deque[Flight] = deque()
        self._stops: list[Flight] = []
        self._opened: Flight | None = None
        self._asked: Flight | None = None
        self._closing: Reply | None = None

    @property
    def idle(self) -> bool:
        """Nothing is on its way, so that the connection may be used by somebody else."""
        return not self._steps and self._opened is None and self.lost is None

    def run(self) -> Generator[Outcome, None, None]:
        try:
            with self._session.wire() as wire:
                self._wire = wire
                while self._fill() or self._steps:
                    wait = self._patience()
                    for code, text in wire.read(wait):
                        outcome = self._hear(code, text)
                        if outcome is not None:
                            yield outcome
            if self._closing:
                raise LineLost(str(self._closing))  # noqa: TRY301 - accounted for alike
        except LineLost as lost:
            self.lost = lost
            yield from self._account(lost)
        self._todo.extendleft(reversed(self._stops))

    def _patience(self) -> float:
        step = self._steps[0]
        body = step is not None and step[0] is Stage.BODY
        return self._session.patience if body else self._session.timeout

    def _fill(self) -> bool:
        """Puts on the line what may go now; false where that is nothing."""
        if self._chunks and self._session.window and self._opened is None and not self._asked:
            return self._fill_chunks()
        return self._fill_data()

    def _fill_chunks(self) -> bool:
        wire, began = self._wire, len(self._flying)
        self._session.in_transaction = True
        while self._may_start() and len(self._flying) < self._session.window:
            oldest = self._flying[0].body_at if self._flying else None
            if oldest is not None and wire.put_in - oldest > MOST_ON_THE_WAY:
                break
            if wire.backlog > BACKLOG and not wire.write():
                break
            flight = self._start()
            message = self._message(flight.envelope)
            # Whether the one before was taken is not known yet, so each begins anew.
            head = self._head(flight, len(message), reset=True)
            wire.put(f"{head}BDAT {len(message)} LAST\r\n".encode())
            flight.body_at = wire.put_in
            wire.put(message)
            self._steps.append((Stage.BODY, flight))
        return len(self._flying) > began

    def _fill_data(self) -> bool:
        """The body that was asked for, and with it the next one's commands."""
        if self._asked:
            return False
        opened, self._opened = self._opened, None
        proving = False
        if opened:
            self._put_body(opened)
            proving = not self._session.window
        elif self._steps and not self._session.window:
            return False
        if not proving and self._may_start():
            flight = self._asked = self._start()
            self._body = self._message(flight.envelope)
            head = self._head(flight, len(self._body), reset=self._session.in_transaction)
            self._session.in_transaction = True
            self._wire.put(f"{head}DATA\r\n".encode())
            self._steps.append((Stage.DATA, flight))
        return bool(opened or self._asked)

    def _put_body(self, flight: Flight) -> None:
        self._steps.append((Stage.BODY, flight))
        self._session.in_transaction = False
        if flight.settled:
            # RFC 2920 section 3.1: DATA was taken without a recipient; nothing is the message.
            self._wire.put(b".\r\n")
            return
        message = self._body
        if b"\r\n." in message or message.startswith(b"."):
            message = (b"\r\n" + message).replace(b"\r\n.", b"\r\n..")[2:]
        flight.body_at = self._wire.put_in
        self._wire.put(message)
        self._wire.put(b".\r\n" if message.endswith(b"\r\n") else b"\r\n.\r\n")

    def _may_start(self) -> bool:
        ended = self._closing or self.sender_refused or self.out_of_step
        return bool(self._todo) and not ended

    def _start(self) -> Flight:
        flight = self._todo.popleft()
        flight.body_at = flight.verdict = None
        self._flying.append(flight)
        return flight

    def _head(self, flight: Flight, size: int, *, reset: bool) -> str:
        recipient = flight.envelope.email
        options = f" SIZE={size}" if self._sized else ""
        if not recipient.isascii():
            options += " SMTPUTF8 BODY=8BITMIME"
        if reset:
            self._steps.append(None)
        self._steps.append((Stage.MAIL, flight))
        self._steps.append((Stage.RCPT, flight))
        start = "RSET\r\n" if reset else ""
        return f"{start}MAIL FROM:<{self._sender}>{options}\r\nRCPT TO:<{recipient}>\r\n"

    def _hear(self, code: int, text: bytes) -> Outcome | None:
        """Raises LineLost where the answers no longer fit the questions."""
        if not self._steps:
            raise self._astray(code)
        step = self._steps.popleft()
        self._closing = read_reply(Stage.MAIL, code, text) if code == SERVICE_CLOSING else None
        if step is None:
            if not self._closing and code != 250:  # noqa: PLR2004 - RFC 5321 section 4.3.2
                raise self._astray(code)
            return None
        stage, flight = step
        if flight.settled:
            return None
        if 200 <= code < 300 and stage in {Stage.MAIL, Stage.RCPT}:  # noqa: PLR2004 - RFC 5321 section 4.2.1
            return None
        if flight.verdict is None and not (stage is Stage.DATA and code == START_INPUT):
            self._judge(flight, read_reply(stage, code, text))
        elif flight.verdict and stage is Stage.BODY and code < 400:  # noqa: PLR2004 - RFC 5321 section 4.2.1
            # Nobody was there to take it, so this answers something else.
            raise self._astray(code)
        if stage is Stage.BODY:
            return self._settle(flight)
        return self._go_on(flight, code) if stage is Stage.DATA else None

    def _judge(self, flight: Flight, reply: Reply) -> None:
        taken = reply.positive and reply.stage is Stage.BODY
        misplaced = reply.code in OUT_OF_STEP
        if misplaced and self._session.window:
            # No more of this, but those on their way are answered in order as long as it fits.
            self.out_of_step = True
        elif misplaced or not (taken or reply.transient or reply.permanent):
            raise self._astray(reply.code)
        flight.verdict = reply

    def _astray(self, code: int) -> LineLost:
        self.out_of_step = True
        return LineLost(f"the server answered {code} to commands sent in a group")

    def _go_on(self, flight: Flight, code: int) -> Outcome | None:
        """After the answer to DATA: the body is due, or all is said."""
        self._asked = None
        if code == START_INPUT:
            self._opened = flight
            if flight.verdict is None:
                return None
        elif self._closing:
            return None
        return self._settle(flight)

    def _settle(self, flight: Flight) -> Outcome | None:
        flight.settled = True
        self._flying.remove(flight)
        reply = flight.verdict
        if reply is None or reply.code in OUT_OF_STEP:
            self._stops.append(flight)
            return None
        if reply.positive:
            self._session.window = min(self._session.window + 1, WIDEST)
            return receipt(flight.envelope, reply)
        try:
            refused_sender(reply)
        except ProviderError as error:
            self.sender_refused = error
            self._stops.append(flight)
            return None
        return refusal(flight.envelope, reply)

    def _account(self, lost: LineLost) -> Generator[Outcome, None, None]:
        """For everybody who was on their way: who is unknown, refused, or can still be mailed."""
        back: list[Flight] = []
        for flight in self._flying:
            begun = flight.body_at is not None and self._wire.sent > flight.body_at
            closed = self._closing is not None
            verdict = flight.verdict
            if begun and verdict and verdict.code != SERVICE_CLOSING:
                yield refusal(flight.envelope, verdict)
            elif begun and not closed:
                yield Unknown(flight.envelope.delivery_id, str(lost))
            else:
                # RFC 5321 section 3.8: after a 421 nothing more of what was sent is taken.
                back.append(flight)
        if back:
            back[0].tries += 1
        if self._closing:
            lost.reply = self._closing
        self._todo.extendleft(reversed(back))
