"""One run over one stream of batches: several requests in flight, outcomes as answers come.

Requests are made in threads; everything that decides is done in the thread that runs. A request
that took nobody is made again without those it was refused for (400), or in halves (413). After
one without an answer, one at a time is made; a second ends the run, so that a server in trouble
makes few unknowns. Those that were in flight side by side count as one.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime

from digest.deliver.providers.base import (
    Outcome,
    ProviderBusyError,
    ProviderError,
    Rejected,
    Unknown,
)
from digest.deliver.providers.sendgrid.rate_headers import Window
from digest.deliver.providers.sendgrid.request import MOST_BYTES, Content, Piece
from digest.deliver.providers.sendgrid.response import TOO_LARGE, Answer, read_answer
from digest.deliver.providers.wire_address import refuse_non_ascii, to_wire_address
from digest.message.personalization import Personalization

MOST_IN_FLIGHT = 4
ROUNDS = 5
"""Requests for a recipient at most, each without those that the last one was refused for."""
MOST_UNANSWERED = 2
HEARTBEAT = 0.5
"""Seconds that a turn lasts at most."""
PULL_AGAIN = 0.1
"""Seconds until batches are asked for again where there was none for now."""

Post = Callable[[str], Answer | str]


@dataclass(slots=True)
class Request:
    """`round` counts from 1; `generation` is how many in a row went unanswered before it."""

    pieces: list[Piece]
    round: int = 1
    generation: int = 0

    def halves(self) -> list["Request"]:
        middle = len(self.pieces) // 2
        return [Request(part, self.round) for part in (self.pieces[:middle], self.pieces[middle:])]


class Run:
    """Makes requests by `post`, in the threads of `pool`."""

    def __init__(
        self,
        content: Content,
        post: Post,
        pool: ThreadPoolExecutor,
        *,
        window: Window,
        clock: Callable[[], datetime],
        tick: Callable[[], float] = time.monotonic,
    ) -> None:
        self._content = content
        self._post = post
        self._pool = pool
        self._window = window
        self._clock = clock
        self._tick = tick
        self._waiting: deque[Request] = deque()
        self._flying: dict[Future[Answer | str], Request] = {}
        self._heard: list[Outcome] = []
        self._unanswered = 0
        self._pulled_all = False
        self._pull_again = 0.0
        self._ended: ProviderError | None = None

    def outcomes(self, batches: Iterable[Sequence[Personalization]]) -> Iterator[list[Outcome]]:
        """Raises ProviderError where no more can be mailed, once all in flight are heard."""
        source = iter(batches)
        while True:
            self._pull(source)
            self._launch()
            self._listen()
            heard, self._heard = self._heard, []
            yield heard
            if not (self._flying or self._waiting):
                if self._ended:
                    raise self._ended
                if self._pulled_all:
                    return

    def _pull(self, source: Iterator[Sequence[Personalization]]) -> None:
        """Takes in batches until there is enough to do."""
        while not (self._pulled_all or self._ended):
            enough = len(self._flying) + len(self._waiting) >= MOST_IN_FLIGHT
            if enough or (self._flying and self._tick() < self._pull_again):
                return
            personalizations = next(source, None)
            if personalizations is None:
                self._pulled_all = True
            elif personalizations:
                self._waiting.extend(map(Request, self._content.pack(self._sort(personalizations))))
                self._launch()
            else:
                # Whoever gives none waits by itself while there is nothing in its hands.
                self._pull_again = self._tick() + PULL_AGAIN
                return

    def _sort(self, personalizations: Sequence[Personalization]) -> list[Piece]:
        """What can be sent; what SendGrid would never take is refused."""
        pieces: list[Piece] = []
        for personalization in personalizations:
            ready = to_wire_address(personalization)
            if isinstance(ready, Rejected):
                self._heard.append(ready)
            elif not ready.email.isascii():
                self._heard.append(refuse_non_ascii(ready, "SendGrid"))
            elif self._content.size > MOST_BYTES or self._content.too_long(
                piece := self._content.piece(ready)
            ):
                detail = "larger than SendGrid takes"
                self._heard.append(Rejected(ready.delivery_id, True, str(TOO_LARGE), detail))
            else:
                pieces.append(piece)
        return pieces

    def _launch(self) -> None:
        most = 1 if self._unanswered else MOST_IN_FLIGHT
        while self._waiting and len(self._flying) < most:
            now = self._clock()
            if not self._window.room(len(self._flying), now):
                if not self._flying:
                    self._end(_busy(self._window.wait(now)))
                return
            request = self._waiting.popleft()
            request.generation = self._unanswered
            self._flying[self._pool.submit(self._make, request.pieces)] = request

    def _make(self, pieces: Sequence[Piece]) -> Answer | str:
        return self._post(self._content.body(pieces))

    def _listen(self) -> None:
        """Waits for an answer, if there is nothing else to tell."""
        if not self._flying:
            return
        seconds = 0.0 if self._heard else HEARTBEAT
        if self._pull_again > self._tick():
            seconds = min(seconds, PULL_AGAIN)
        done, _ = wait(self._flying, seconds, FIRST_COMPLETED)
        for future in done:
            request = self._flying.pop(future)
            try:
                answer = future.result()
                outcomes = self._read(request, answer)
            except ProviderError as error:
                self._end(error)
            else:
                self._heed(request, outcomes)
                self._heard += outcomes

    def _read(self, request: Request, answer: Answer | str) -> list[Outcome]:
        """What is known by now; the others are to be submitted again. Raises ProviderError."""
        personalizations = [piece.personalization for piece in request.pieces]
        if isinstance(answer, str):
            return [Unknown(one.delivery_id, answer) for one in personalizations]
        now = self._clock()
        self._window.heed(answer, now)
        if answer.status == TOO_LARGE and len(request.pieces) > 1:
            self._again(request.halves())
            return []
        faulty = answer.faulty(personalizations)
        if not faulty:
            return read_answer(answer, personalizations, now)
        left = [piece for place, piece in enumerate(request.pieces) if place not in faulty]
        return [*faulty.values(), *self._without(request, left)]

    def _without(self, request: Request, left: list[Piece]) -> list[Outcome]:
        """A 400 took nobody: those that it does not blame go again, but not without end."""
        if request.round < ROUNDS:
            self._again([Request(left, request.round + 1)] if left else [])
            return []
        detail = "not submitted: others in the request were refused time and again"
        return [Rejected(piece.personalization.delivery_id, False, "400", detail) for piece in left]

    def _again(self, requests: Sequence[Request]) -> None:
        if not self._ended:
            self._waiting.extendleft(reversed(requests))

    def _heed(self, request: Request, outcomes: Sequence[Outcome]) -> None:
        """An answer says that the server stands; its silence, that it may not."""
        if outcomes and isinstance(outcomes[0], Unknown):
            self._unanswered = max(self._unanswered, request.generation + 1)
            if self._unanswered >= MOST_UNANSWERED:
                self._end(ProviderError("SendGrid left requests unanswered, twice in a row"))
        else:
            self._unanswered = 0
            for other in self._flying.values():
                other.generation = 0

    def _end(self, why: ProviderError) -> None:
        self._ended = self._ended or why
        self._waiting.clear()


def _busy(seconds: float) -> ProviderBusyError:
    return ProviderBusyError(f"SendGrid takes no more requests for {seconds:.0f} s", seconds)
