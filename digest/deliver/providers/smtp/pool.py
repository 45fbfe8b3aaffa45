"""Several connections, one thread: an envelope goes to whichever line has room.

The first line shows how the server can be talked to; the others join when it has. What a lost
line had not begun goes over another one, once: an envelope at which two lines broke is put off.
Two lines in a row that end without an answer end the run, so that a server in trouble makes few
unknowns; lines that stood side by side when it went away count as one.
"""

import logging
import selectors
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from digest.deliver.providers.base import Outcome, ProviderError, Rejected, Unknown
from digest.deliver.providers.smtp.connection import Session
from digest.deliver.providers.smtp.pending import Openings
from digest.deliver.providers.smtp.pipelined import WIDEST, Conversation, Flight, Message, Style
from digest.deliver.providers.smtp.reply import ConnectionLostError
from digest.deliver.providers.wire_address import reject_non_ascii, to_wire_address
from digest.message.personalization import Personalization

MOST_UNANSWERED = 2
MOST_TRIES = 2
LINE_LOST = "4.4.2"
"""RFC 3463 section 3.5: bad connection; nothing of the message was submitted."""
SERVER_IN_TROUBLE = "the server went away in the middle of messages, twice in a row"
HEARTBEAT = 0.5
"""Seconds that a turn lasts at most."""
PULL_AGAIN = 0.1
"""Seconds until batches are asked for again where there was none for now."""
READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Orders:
    """How a fleet is to sail: `who` is mailed through, `connections` and messages each at most.

    `plain` is for a server that must be asked one thing at a time. A NUL in `sender` stands for
    each delivery's token.
    """

    sender: str
    message: Message
    who: str
    connections: int = 1
    messages: int | None = None
    plain: bool = False


class Fleet:
    """One run over one stream of batches. `misled`: the server can't do what it offers."""

    def __init__(
        self,
        orders: Orders,
        take: Callable[[], Session],
        tick: Callable[[], float] = time.monotonic,
    ) -> None:
        self.misled = False
        self._orders = orders
        self._take = take
        self._tick = tick
        self._plain = orders.plain
        self._most = orders.connections
        self._todo: deque[Flight] = deque()
        self._heard: list[Outcome] = []
        self._lines: dict[int, Conversation] = {}
        self._writing: set[int] = set()
        self._takes_all = False
        self._pulled_all = False
        self._pull_again = 0.0
        self._unanswered = 0
        self._ended: ProviderError | None = None
        self._openings = Openings(take)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._openings.bell, READ)

    def run(self, batches: Iterable[Sequence[Personalization]]) -> Iterator[list[Outcome]]:
        """Raises ProviderError where nobody can be mailed, once all that is on its way is heard."""
        source = iter(batches)
        while True:
            if len(self._todo) < WIDEST and not (self._pulled_all or self._ended):
                self._pull(source)
            self._turn()
            heard, self._heard = self._heard, []
            yield heard
            if not self._todo and not self._busy():
                if self._ended:
                    raise self._ended
                if self._pulled_all:
                    return

    def leave(self) -> list[Session]:
        """Ends the run wherever it is; the connections that somebody else may use."""
        free = []
        for line in self._lines.values():
            if line.busy:
                # Stopped in the middle of an exchange: the next reply would be read as another's.
                line.session.abort()
            else:
                line.wire.leave()
                free.append(line.session)
        self._lines.clear()
        self._selector.close()
        self._openings.close()
        return free

    def _busy(self) -> bool:
        return any(line.busy for line in self._lines.values())

    def _pull(self, source: Iterator[Sequence[Personalization]]) -> None:
        """Takes in batches until every line has something to do."""
        if self._tick() < self._pull_again:
            return
        appetite = sum(line.appetite for line in self._lines.values())
        while len(self._todo) <= min(appetite, WIDEST):
            personalizations = next(source, None)
            if personalizations is None:
                self._pulled_all = True
                return
            if not personalizations:
                self._pull_again = self._tick() + PULL_AGAIN
                return
            if not self._lines:
                self._open_first()
            if self._ended:
                return
            self._sort_out(personalizations)

    def _sort_out(self, personalizations: Sequence[Personalization]) -> None:
        for personalization in personalizations:
            ready = to_wire_address(personalization)
            if (
                isinstance(ready, Personalization)
                and not self._takes_all
                and not ready.email.isascii()
            ):
                ready = reject_non_ascii(ready, self._orders.who)
            if isinstance(ready, Rejected):
                self._heard.append(ready)
            else:
                self._todo.append(Flight(ready))

    def _turn(self) -> None:
        """One round over all lines; waits where none of them has anything to do."""
        if self._todo and len(self._lines) < self._most:
            self._open_more()
        ready = {key.fd: events for key, events in self._selector.select(self._wait())}
        if self._openings.bell.fileno() in ready:
            self._welcome()
        now = self._tick()
        for number, line in list(self._lines.items()):
            events = ready.get(number, 0)
            if events or (self._todo and not line.busy):
                self._advance(line, now, readable=bool(events & READ))
            elif not line.busy:
                continue
            if line.busy and now - line.quiet_since > line.body_timeout:
                self._heed(
                    line, line.give_up(ConnectionLostError("no answer in time", stalled=True))
                )
            self._look_after(number, line)

    def _advance(self, line: Conversation, now: float, *, readable: bool) -> None:
        """A reply that comes drop by drop is no movement until it is whole."""
        wire, rested = line.wire, not line.busy
        before = (wire.sent, wire.heard)
        self._heed(line, line.turn(readable=readable))
        if rested or (wire.sent, wire.heard) != before:
            line.quiet_since = now

    def _wait(self) -> float:
        """Seconds until something has to be looked at."""
        busy = [line for line in self._lines.values() if line.busy]
        if self._todo and len(busy) < len(self._lines):
            return 0.0
        if not busy and not self._todo and (self._pulled_all or self._ended):
            return 0.0
        now = self._tick()
        wait = PULL_AGAIN if self._pull_again > now else HEARTBEAT
        for line in busy:
            wait = min(wait, line.quiet_since + line.body_timeout - now)
        return max(0.0, wait)

    def _heed(self, line: Conversation, outcomes: list[Outcome]) -> None:
        """An answer says that the server stands; its silence, that it may not."""
        self._heard += outcomes
        if self._unanswered and any(not isinstance(one, Unknown) for one in outcomes):
            self._unanswered = 0
            for each in self._lines.values():
                each.generation = 0
        if line.lost and outcomes and isinstance(outcomes[-1], Unknown):
            self._unanswered = max(self._unanswered, line.generation + 1)

    def _look_after(self, number: int, line: Conversation) -> None:
        """Listens for room to write where something waits; parts from what is of no more use."""
        if line.sender_refused:
            self._end(line.sender_refused)
        if line.lost or line.spent:
            self._part(number, line)
        elif (line.wire.backlog > 0) != (number in self._writing):
            self._writing ^= {number}
            self._selector.modify(
                line.wire.socket, READ | WRITE if number in self._writing else READ
            )
        if self._ended:
            self._todo.clear()

    def _part(self, number: int, line: Conversation) -> None:
        self._selector.unregister(line.wire.socket)
        self._writing.discard(number)
        del self._lines[number]
        self._mistrust(line)
        if not line.lost:
            line.wire.leave()
            line.session.close()
            return
        line.session.abort()
        if self._todo and self._todo[0].tries >= MOST_TRIES:
            self._unanswered = max(self._unanswered, line.generation + 1)
            self._heard.append(_put_off(self._todo.popleft().personalization, line.lost))
        if self._unanswered >= MOST_UNANSWERED:
            self._end(ProviderError(SERVER_IN_TROUBLE))

    def _mistrust(self, line: Conversation) -> None:
        """A line lost at the first group may have been lost over it; the next one is plain."""
        if line.out_of_step or (line.broken_off and not line.proven):
            stalled = line.lost is not None and line.lost.stalled
            self._plain = True
            self.misled = line.session.window <= 1 and (line.out_of_step or stalled)

    def _end(self, why: ProviderError) -> None:
        self._ended = self._ended or why
        self._todo.clear()

    def _open_first(self) -> None:
        try:
            self._launch(self._take())
        except ProviderError as error:
            self._end(error)

    def _open_more(self) -> None:
        """As many lines as there is work for, once it is known how the server is talked to."""
        have = len(self._lines) + self._openings.awaited
        if not have:
            self._open_first()
        elif have < self._most and any(line.proven for line in self._lines.values()):
            idle = sum(not line.busy for line in self._lines.values())
            self._openings.begin(min(self._most - have, len(self._todo) - idle))

    def _welcome(self) -> None:
        for opened in self._openings.arrived():
            if isinstance(opened, ProviderError):
                # It takes no more than these; the work goes on over what there is.
                log.warning("no further connection: %s", opened)
                self._most = max(1, len(self._lines))
            else:
                self._launch(opened)

    def _launch(self, session: Session) -> None:
        orders = self._orders
        line = Conversation(
            session,
            orders.sender,
            orders.message,
            self._todo,
            style=self._style(session),
            most=orders.messages,
        )
        line.generation = self._unanswered
        self._takes_all = session.offers("smtputf8")
        self._lines[line.wire.socket.fileno()] = line
        self._selector.register(line.wire.socket, READ)

    def _style(self, session: Session) -> Style:
        if self._plain or not session.offers("pipelining"):
            return Style.PLAIN
        return Style.CHUNKS if session.offers("chunking") else Style.GROUPS


def _put_off(personalization: Personalization, lost: ConnectionLostError) -> Rejected:
    code = lost.reply.status if lost.reply else LINE_LOST
    return Rejected(personalization.delivery_id, False, code, str(lost))
