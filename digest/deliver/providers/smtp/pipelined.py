"""One connection at work: it never waits, so that one thread can lead many of them.

Where the server offers PIPELINING (RFC 2920), a message's MAIL, RCPT and DATA travel with the
body of the one before it. Where it offers CHUNKING as well (RFC 3030), no body waits for
permission and several are on their way at once. Where it offers neither, every command waits for
its answer. The first message of a connection goes in steps, so that a server that can't do what
it offers is found out before a body is at stake; the window then grows by one with every message
that is taken.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from digest.deliver.providers.base import Accepted, Outcome, ProviderError, Unknown
from digest.deliver.providers.smtp.connection import Session
from digest.deliver.providers.smtp.reply import (
    OK,
    SERVICE_CLOSING,
    START_INPUT,
    ConnectionLostError,
    Reply,
    Stage,
    queue_id,
    read_reply,
    refusal,
    refused_sender,
)
from digest.message.personalization import Personalization

WIDEST = 64
MOST_ON_THE_WAY = 4_000_000
BACKLOG = 262_144
"""Messages and octets without an answer at most; octets made before the line takes some."""
OUT_OF_STEP = frozenset({500, 502, 503})
"""Unknown command, or one in the wrong place: it speaks of the conversation, not of a person."""
RSET, MAIL, RCPT, DATA, BODY = Stage
# Looked up once: to name a member of an Enum takes longer than to compare it.
Message = Callable[[Personalization], bytes]
"""An envelope's message with CRLF line ends, none of whose lines begins with a dot."""


class Style(Enum):
    """How commands are put: one at a time, in groups around DATA, in groups around BDAT."""

    PLAIN = auto()
    GROUPS = auto()
    CHUNKS = auto()


@dataclass(slots=True, eq=False)
class Flight:
    """An envelope on its way. `body_at` is where its body begins among all octets sent."""

    personalization: Personalization
    tries: int = 0
    body_at: int | None = None
    verdict: Reply | None = None
    settled: bool = False


class Conversation:
    """Mails from the left of `todo`, and puts back there what could not be begun.

    After a turn, `lost` says how the line ended if it did, `broken_off` whether something was on
    its way then, `out_of_step` whether the server
    can't be talked to in this way, and `sender_refused` why nobody can be mailed. `most` is how
    many messages it may carry.
    """

    def __init__(
        self,
        session: Session,
        sender: str,
        message: Message,
        todo: deque[Flight],
        *,
        style: Style,
        most: int | None = None,
    ) -> None:
        self.session = session
        self.style = style
        self.lost: ConnectionLostError | None = None
        self.broken_off = False
        self.out_of_step = False
        self.sender_refused: ProviderError | None = None
        self.quiet_since = 0.0
        self.generation = 0
        self.wire = session.wire()
        self._message = message
        self._todo = todo
        self._most = most
        self._sized = session.offers("size")
        self._mail_from = f"MAIL FROM:<{sender}>"
        # What each reply to come answers.
        self._steps: deque[tuple[Stage, Flight]] = deque()
        self._flying: deque[Flight] = deque()
        # Of PLAIN: the commands that the current message has before it.
        self._script: deque[tuple[tuple[Stage, Flight], str]] = deque()
        self._opened: Flight | None = None
        self._asked: Flight | None = None
        self._closing: Reply | None = None
        self._heard: list[Outcome] = []

    @property
    def busy(self) -> bool:
        """Something is on its way, so that nobody else may use the connection."""
        return bool(self._flying or self._steps)

    @property
    def proven(self) -> bool:
        """How the server is talked to is known."""
        return self.style is Style.PLAIN or self.session.window > 0

    @property
    def spent(self) -> bool:
        """It has carried what it may, or can't go on as it began; nothing is on its way."""
        done = self._most == 0 or self.out_of_step or self.sender_refused is not None
        return done and not self.busy

    @property
    def appetite(self) -> int:
        """Messages that it may begin at once."""
        return self.session.window if self.style is Style.CHUNKS else 1

    @property
    def body_timeout(self) -> float:
        """Seconds in which something has to move."""
        step = self._steps[0] if self._steps else None
        body = step is not None and step[0] is BODY
        return self.session.body_timeout if body else self.session.timeout

    def turn(self, *, readable: bool) -> list[Outcome]:
        """Hears what came, puts on the line what may go now, and writes what the line takes."""
        try:
            if readable:
                self._listen()
                if self._closing and not self._steps:
                    self._end(ConnectionLostError(str(self._closing)))
            if not self.lost:
                while self._fill() and self.wire.write():
                    pass
                self.wire.write()
        except ConnectionLostError as lost:
            self._end(lost)
        heard, self._heard = self._heard, []
        return heard

    def give_up(self, lost: ConnectionLostError) -> list[Outcome]:
        """Ends it from outside; an outcome for whoever can't be mailed again."""
        self._end(lost)
        heard, self._heard = self._heard, []
        return heard

    def _fill(self) -> bool:
        """Puts on the line what may go now; false where that is nothing."""
        if self.style is Style.PLAIN:
            return self._fill_plain()
        chunks = self.style is Style.CHUNKS and self.session.window
        if chunks and self._opened is None and not self._asked:
            return self._fill_chunks()
        return self._fill_data()

    def _fill_chunks(self) -> bool:
        wire, began = self.wire, len(self._flying)
        self.session.in_transaction = True
        while len(self._flying) < self.session.window and self._may_start():
            oldest = self._flying[0].body_at if self._flying else None
            if oldest is not None and wire.put_in - oldest > MOST_ON_THE_WAY:
                break
            if wire.backlog > BACKLOG and not wire.write():
                break
            flight = self._start()
            message = self._message(flight.personalization)
            size = len(message)
            # Whether the one before was taken is not known yet, so each begins anew.
            head = self._head(flight, size, reset=True)
            wire.put(f"{head}BDAT {size} LAST\r\n".encode())
            flight.body_at = wire.put_in
            wire.put(message)
            self._steps.append((BODY, flight))
        return len(self._flying) > began

    def _fill_data(self) -> bool:
        """The body that was asked for, and with it the next one's commands."""
        if self._asked:
            return False
        opened, self._opened = self._opened, None
        proving = False
        if opened:
            self._put_body(opened)
            proving = not self.session.window
        elif self._steps and not self.session.window:
            return False
        if not proving and self._may_start():
            flight = self._asked = self._start()
            self._body = self._message(flight.personalization)
            head = self._head(flight, len(self._body), reset=self.session.in_transaction)
            self.session.in_transaction = True
            self.wire.put(f"{head}DATA\r\n".encode())
            self._steps.append((DATA, flight))
        return bool(opened or self._asked)

    def _fill_plain(self) -> bool:
        """The next command of the current message, its body, or the next message."""
        if self._steps:
            return False
        if self._opened:
            opened, self._opened = self._opened, None
            self._put_body(opened)
            return True
        if not self._script:
            if not self._may_start():
                return False
            self._write_script(self._start())
        step, command = self._script.popleft()
        self._steps.append(step)
        self.wire.put(command.encode())
        return True

    def _write_script(self, flight: Flight) -> None:
        self._body = self._message(flight.personalization)
        if self.session.in_transaction:
            self._script.append(((RSET, flight), "RSET\r\n"))
        mail, rcpt = self._addresses(flight, len(self._body))
        self._script.append(((MAIL, flight), mail))
        self._script.append(((RCPT, flight), rcpt))
        self._script.append(((DATA, flight), "DATA\r\n"))
        self.session.in_transaction = True

    def _put_body(self, flight: Flight) -> None:
        self._steps.append((BODY, flight))
        self.session.in_transaction = False
        if flight.settled:
            # RFC 2920 section 3.1: DATA was taken without a recipient; nothing is the message.
            self.wire.put(b".\r\n")
            return
        flight.body_at = self.wire.put_in
        self.wire.put(self._body)
        self.wire.put(b".\r\n" if self._body.endswith(b"\r\n") else b"\r\n.\r\n")

    def _may_start(self) -> bool:
        ended = self._closing or self.sender_refused or self.out_of_step or self._most == 0
        return bool(self._todo) and not ended

    def _start(self) -> Flight:
        flight = self._todo.popleft()
        flight.body_at = flight.verdict = None
        self._flying.append(flight)
        if self._most is not None:
            self._most -= 1
        return flight

    def _head(self, flight: Flight, size: int, *, reset: bool) -> str:
        steps = self._steps
        mail, rcpt = self._addresses(flight, size)
        if reset:
            steps.append((RSET, flight))
            mail = "RSET\r\n" + mail
        steps.append((MAIL, flight))
        steps.append((RCPT, flight))
        return mail + rcpt

    def _addresses(self, flight: Flight, size: int) -> tuple[str, str]:
        recipient = flight.personalization.email
        options = f" SIZE={size}" if self._sized else ""
        if not recipient.isascii():
            options += " SMTPUTF8 BODY=8BITMIME"
        mail_from = self._mail_from.replace("\0", flight.personalization.token)
        return f"{mail_from}{options}\r\n", f"RCPT TO:<{recipient}>\r\n"

    def _listen(self) -> None:
        """Nearly every reply is a yes on which nothing depends; those cost no more than that."""
        steps = self._steps
        for code, text in self.wire.receive():
            if code == OK and steps and not self._closing:
                stage, flight = steps[0]
                if stage is BODY:
                    if flight.verdict is None and not flight.settled:
                        steps.popleft()
                        self._taken(flight, text)
                        continue
                elif stage is not DATA:
                    steps.popleft()
                    continue
            self._hear(code, text)
        if self.wire.nonsense:
            # Which question the next line would answer, nobody could say.
            raise ConnectionLostError(self.wire.nonsense)

    def _hear(self, code: int, text: bytes) -> None:
        """Raises LineLost where the answers no longer fit the questions."""
        closing = code == SERVICE_CLOSING
        self._closing = read_reply(MAIL, code, text) if closing else None
        if not self._steps:
            if not closing:
                raise self._astray(code)
            return
        stage, flight = self._steps.popleft()
        if stage is RSET:
            if not closing and code != OK:
                raise self._astray(code)
            return
        if flight.settled:
            return
        positive = 200 <= code < 300  # noqa: PLR2004 - RFC 5321 section 4.2.1
        if positive and (stage is MAIL or stage is RCPT):
            return
        if positive and stage is BODY and flight.verdict is None:
            self._taken(flight, text)
        elif self.style is Style.PLAIN:
            self._hear_plain(stage, flight, read_reply(stage, code, text))
        else:
            self._hear_grouped(stage, flight, code, text)

    def _taken(self, flight: Flight, text: bytes) -> None:
        # Not always the first: one whose recipient was refused is settled before its turn.
        self._flying.remove(flight)
        personalization = flight.personalization
        if self.session.window < WIDEST:
            self.session.window += 1
        self._heard.append(
            Accepted(personalization.delivery_id, queue_id(text) or personalization.token)
        )

    def _hear_plain(self, stage: Stage, flight: Flight, reply: Reply) -> None:
        if stage is DATA and reply.code == START_INPUT:
            self._opened = flight
            return
        self._script.clear()
        if self._closing and stage is not BODY:
            return  # not begun, so it goes over another line
        if not (reply.transient or reply.permanent):
            raise ConnectionLostError(f"the server answered {reply} to {stage.name}")
        flight.verdict = reply
        self._settle(flight)

    def _hear_grouped(self, stage: Stage, flight: Flight, code: int, text: bytes) -> None:
        if flight.verdict is None and not (stage is DATA and code == START_INPUT):
            self._judge(flight, read_reply(stage, code, text))
        elif flight.verdict and stage is BODY and code < 400:  # noqa: PLR2004 - RFC 5321 section 4.2.1
            # Nobody was there to take it, so this answers something else.
            raise self._astray(code)
        if stage is BODY:
            self._settle(flight)
        elif stage is DATA:
            self._go_on(flight, code)

    def _judge(self, flight: Flight, reply: Reply) -> None:
        misplaced = reply.code in OUT_OF_STEP
        if misplaced and self.session.window:
            # No more of this, but those on their way are answered in order as long as it fits.
            self.out_of_step = True
        elif misplaced or not (reply.transient or reply.permanent):
            raise self._astray(reply.code)
        flight.verdict = reply

    def _astray(self, code: int) -> ConnectionLostError:
        self.out_of_step = self.style is not Style.PLAIN
        return ConnectionLostError(f"the server answered {code} to commands sent in a group")

    def _go_on(self, flight: Flight, code: int) -> None:
        """After the answer to DATA: the body is due, or all is said."""
        self._asked = None
        if code == START_INPUT:
            self._opened = flight
            if flight.verdict is None:
                return
        elif self._closing:
            return
        self._settle(flight)

    def _settle(self, flight: Flight) -> None:
        """By its verdict, which is no yes."""
        flight.settled = True
        self._flying.remove(flight)
        reply = flight.verdict
        if reply is None or (reply.code in OUT_OF_STEP and self.style is not Style.PLAIN):
            self._stop(flight)
            return
        try:
            refused_sender(reply)
        except ProviderError as error:
            self.sender_refused = error
            self._stop(flight)
            return
        self._heard.append(refusal(flight.personalization, reply))

    def _stop(self, flight: Flight) -> None:
        """Back to where it came from, once nothing of it is on the line."""
        self._todo.appendleft(Flight(flight.personalization, flight.tries))

    def _end(self, lost: ConnectionLostError) -> None:
        """For everybody who was on their way: who is unknown, refused, or can still be mailed."""
        self.lost = lost
        self.broken_off = bool(self._flying)
        back: list[Flight] = []
        for flight in self._flying:
            begun = flight.body_at is not None and self.wire.sent > flight.body_at
            closed = self._closing is not None
            verdict = flight.verdict
            if begun and verdict and verdict.code != SERVICE_CLOSING:
                self._heard.append(refusal(flight.personalization, verdict))
            elif begun and not closed:
                self._heard.append(Unknown(flight.personalization.delivery_id, str(lost)))
            else:
                # RFC 5321 section 3.8: after a 421 nothing more of what was sent is taken.
                back.append(flight)
        if back:
            back[0].tries += 1
        if self._closing:
            lost.reply = self._closing
        self._todo.extendleft(reversed(back))
        self._flying.clear()
        self._steps.clear()
