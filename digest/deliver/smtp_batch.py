"""A batch on its way through one connection at a time, until everybody has an outcome."""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from typing import Self

from digest.address import Envelope
from digest.deliver.mailbox import readdress, refuse_non_ascii
from digest.deliver.provider import Outcome, ProviderError, Refusal, Unknown
from digest.deliver.smtp_pipeline import Flight, Pipeline
from digest.deliver.smtp_reply import LineLost, Reply, Stage, receipt, refusal, refused_sender
from digest.deliver.smtp_session import Session

MOST_UNANSWERED = 2
MOST_TRIES = 2
LINE_LOST = "4.4.2"
"""RFC 3463 section 3.5: bad connection; nothing of the message was submitted."""
SERVER_IN_TROUBLE = "not submitted, since the server went away in the middle twice in a row"


class Line:
    """One batch's connection: opened when needed, handed back when the batch is through.

    `between`: no answer is outstanding, so that somebody else may use it.
    """

    def __init__(self, take: Callable[[], Session], idle: deque[Session]) -> None:
        self._take = take
        self._idle = idle
        self._session: Session | None = None
        self.between = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._session and self.between and kind in {None, GeneratorExit}:
            self._idle.append(self._session)
        elif self._session:
            # Stopped in the middle of an exchange: the next reply would be read as another's.
            self._session.abort()

    def session(self) -> Session:
        if self._session is None:
            self._session = self._take()
        return self._session

    def send(self, sender: str, recipient: str, message: bytes) -> Reply:
        session = self.session()
        try:
            return session.send(sender, recipient, message)
        except LineLost:
            self.drop()
            raise

    def drop(self) -> None:
        if self._session:
            self._session.abort()
        self._session = None


class Batch:
    """`plain` is for a server that must be asked one thing at a time; `misled`: it said more."""

    def __init__(self, line: Line, sender: str, message: Callable[[Envelope], bytes]) -> None:
        self.plain = False
        self.misled = False
        self._line = line
        self._sender = sender
        self._message = message
        self._todo: deque[Flight] = deque()
        self._yielded = False
        self._unanswered = 0

    def sort_out(self, envelopes: Sequence[Envelope], who: str) -> Iterator[Refusal]:
        """Takes in who can be mailed. Raises ProviderError where there is no connection."""
        takes_all = self._line.session().offers("smtputf8")
        for envelope in envelopes:
            ready = readdress(envelope)
            if not isinstance(ready, Refusal) and not takes_all and not ready.email.isascii():
                ready = refuse_non_ascii(ready, who)
            if isinstance(ready, Refusal):
                self._yielded = True
                yield ready
            else:
                self._todo.append(Flight(ready))

    def run(self) -> Iterator[Outcome]:
        """Raises ProviderError before the first outcome of the batch, and never after it."""
        while self._todo:
            try:
                grouped = not self.plain and self._line.session().offers("pipelining")
                for outcome in self._in_groups() if grouped else self._one_by_one():
                    self._yielded = True
                    yield outcome
            except ProviderError as error:
                if not self._yielded:
                    raise
                yield from self._give_up(str(error))
            if self._unanswered >= MOST_UNANSWERED:
                yield from self._give_up(SERVER_IN_TROUBLE)

    def _in_groups(self) -> Generator[Outcome, None, None]:
        """As far as one connection goes."""
        session = self._line.session()
        pipeline = Pipeline(session, self._sender, self._message, self._todo)
        unknown = False
        try:
            self._line.between = False
            for outcome in pipeline.run():
                unknown = isinstance(outcome, Unknown)
                self._unanswered = self._unanswered if unknown else 0
                self._line.between = pipeline.idle
                yield outcome
        finally:
            self._line.between = pipeline.idle
        if pipeline.lost:
            self._line.drop()
            self._line.between = True
        self._unanswered += unknown
        self._mistrust(session, pipeline)
        if pipeline.sender_refused:
            raise pipeline.sender_refused
        yield from self._tried_enough(pipeline.lost)

    def _mistrust(self, session: Session, pipeline: Pipeline) -> None:
        """A line lost at the first group may have been lost over it; the next try is plain."""
        stalled = pipeline.lost is not None and pipeline.lost.stalled
        if pipeline.out_of_step or (pipeline.lost and not session.window):
            self.plain = True
            self.misled = session.window <= 1 and (pipeline.out_of_step or stalled)

    def _tried_enough(self, lost: LineLost | None) -> Iterator[Refusal]:
        if lost and self._todo and self._todo[0].tries >= MOST_TRIES:
            self._unanswered += 1
            yield _put_off(self._todo.popleft().envelope, lost)

    def _one_by_one(self) -> Iterator[Outcome]:
        """One envelope."""
        flight = self._todo[0]
        envelope = flight.envelope
        try:
            reply = self._line.send(self._sender, envelope.email, self._message(envelope))
        except LineLost as lost:
            flight.tries += 1
            if lost.in_body:
                self._unanswered += 1
                yield Unknown(self._todo.popleft().envelope.delivery_id, str(lost))
            else:
                yield from self._tried_enough(lost)
            return
        refused_sender(reply)
        self._unanswered = 0
        self._todo.popleft()
        yield _read(envelope, reply)

    def _give_up(self, why: str) -> Iterator[Refusal]:
        yield from _refuse_all([flight.envelope for flight in self._todo], why)
        self._todo.clear()


def _read(envelope: Envelope, reply: Reply) -> Outcome:
    if reply.positive and reply.stage is Stage.BODY:
        return receipt(envelope, reply)
    return refusal(envelope, reply)


def _put_off(envelope: Envelope, lost: LineLost) -> Refusal:
    code = lost.reply.status if lost.reply else LINE_LOST
    return Refusal(envelope.delivery_id, False, code, str(lost))


def _refuse_all(envelopes: Iterable[Envelope], why: str) -> Iterator[Refusal]:
    """Nothing of these was submitted, so they may be tried again."""
    return (Refusal(envelope.delivery_id, False, LINE_LOST, why) for envelope in envelopes)
