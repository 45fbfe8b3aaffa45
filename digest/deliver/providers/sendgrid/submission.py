"""Submits one stream of batches to SendGrid, with several requests in flight.

Requests are made in threads; all decisions are made in the thread that iterates. A request that
was rejected whole is made again without the recipients it was rejected for (400), or in halves
(413). After a request without a response only one at a time is made, and a second one in a row
ends the submission, so that a server in trouble leaves few deliveries unknown. Requests that
were in flight side by side count as one.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime

from digest.deliver.bounce_policy.failure import Cause, Failure, FailureClass
from digest.deliver.providers.base import (
    NO_JOURNAL,
    Journal,
    Outcome,
    ProviderBusyError,
    ProviderError,
    Rejected,
    SubmissionStoppedError,
    Unknown,
    never,
)
from digest.deliver.providers.sendgrid.rate_headers import RateWindow
from digest.deliver.providers.sendgrid.request import MAX_BYTES, RecipientEntry, RequestTemplate
from digest.deliver.providers.sendgrid.response import TOO_LARGE, Response, read_response
from digest.deliver.providers.wire_address import reject_non_ascii, to_wire_address
from digest.message.personalization import Personalization

MAX_IN_FLIGHT = 4
MAX_ROUNDS = 5
"""Requests in which a recipient takes part, each without those rejected in the one before."""
MAX_UNANSWERED = 2
TURN_SECONDS = 0.5
"""How long one turn waits for a response at most."""
POLL_SECONDS = 0.1
"""How long to wait before asking for batches again when there was none."""

PostRequest = Callable[[str], Response | str]


@dataclass(slots=True)
class Request:
    """One request to make.

    `tries` counts from 1; `generation` is how many requests in a row went unanswered before it.
    """

    entries: list[RecipientEntry]
    tries: int = 1
    generation: int = 0

    @property
    def delivery_ids(self) -> list[int]:
        return [entry.personalization.delivery_id for entry in self.entries]

    def halves(self) -> list["Request"]:
        """Return two requests with half of the recipients each."""
        middle = len(self.entries) // 2
        return [
            Request(part, self.tries) for part in (self.entries[:middle], self.entries[middle:])
        ]


class Submission:
    """Make requests with `post` in the threads of `pool`, and turn responses into outcomes."""

    def __init__(
        self,
        template: RequestTemplate,
        post: PostRequest,
        pool: ThreadPoolExecutor,
        *,
        window: RateWindow,
        clock: Callable[[], datetime],
        tick: Callable[[], float] = time.monotonic,
        journal: Journal = NO_JOURNAL,
    ) -> None:
        self._template = template
        self._journal = journal
        self._post = post
        self._pool = pool
        self._window = window
        self._clock = clock
        self._tick = tick
        self._queue: deque[Request] = deque()
        self._in_flight: dict[Future[Response | str], Request] = {}
        self._outcomes: list[Outcome] = []
        self._unanswered = 0
        self._exhausted = False
        self._next_poll = 0.0
        self._stopped: ProviderError | None = None

    def outcomes(
        self,
        batches: Iterable[Sequence[Personalization]],
        should_stop: Callable[[], bool] = never,
    ) -> Iterator[list[Outcome]]:
        """Yield outcomes as responses come.

        Raises ProviderError when no more can be mailed, once all requests in flight are answered.
        """
        source = iter(batches)
        while True:
            if should_stop():
                self._stop(SubmissionStoppedError())
            self._pull(source)
            self._start_requests()
            self._collect()
            outcomes, self._outcomes = self._outcomes, []
            yield outcomes
            if not (self._in_flight or self._queue):
                if self._stopped:
                    raise self._stopped
                if self._exhausted:
                    return

    def _pull(self, source: Iterator[Sequence[Personalization]]) -> None:
        """Take batches until there are as many requests as may be in flight."""
        while not (self._exhausted or self._stopped):
            enough = len(self._in_flight) + len(self._queue) >= MAX_IN_FLIGHT
            if enough or (self._in_flight and self._tick() < self._next_poll):
                return
            personalizations = next(source, None)
            if personalizations is None:
                self._exhausted = True
            elif personalizations:
                self._queue.extend(
                    map(Request, self._template.split_requests(self._prepare(personalizations)))
                )
                self._start_requests()
            else:
                # The source itself waits when nothing is in flight, so don't ask in a loop.
                self._next_poll = self._tick() + POLL_SECONDS
                return

    def _prepare(self, personalizations: Sequence[Personalization]) -> list[RecipientEntry]:
        """Return entries for the recipients that SendGrid can take; reject the others."""
        entries: list[RecipientEntry] = []
        for personalization in personalizations:
            ready = to_wire_address(personalization)
            if isinstance(ready, Rejected):
                self._outcomes.append(ready)
            elif not ready.email.isascii():
                self._outcomes.append(reject_non_ascii(ready, "SendGrid"))
            elif self._template.size > MAX_BYTES or self._template.exceeds_substitutions(
                entry := self._template.entry(ready)
            ):
                self._outcomes.append(_too_large(ready))
            else:
                entries.append(entry)
        return entries

    def _start_requests(self) -> None:
        most = 1 if self._unanswered else MAX_IN_FLIGHT
        while self._queue and len(self._in_flight) < most:
            now = self._clock()
            if not self._window.allows(len(self._in_flight), now):
                if not self._in_flight:
                    self._stop(_busy(self._window.wait(now)))
                return
            request = self._queue.popleft()
            request.generation = self._unanswered
            self._journal.begun(request.delivery_ids)
            self._in_flight[self._pool.submit(self._post_batch, request.entries)] = request

    def _post_batch(self, entries: Sequence[RecipientEntry]) -> Response | str:
        return self._post(self._template.body(entries))

    def _collect(self) -> None:
        """Wait for responses, but not if there are outcomes to yield, and interpret them."""
        if not self._in_flight:
            return
        seconds = 0.0 if self._outcomes else TURN_SECONDS
        if self._next_poll > self._tick():
            seconds = min(seconds, POLL_SECONDS)
        done, _ = wait(self._in_flight, seconds, FIRST_COMPLETED)
        for future in done:
            request = self._in_flight.pop(future)
            try:
                response = future.result()
                outcomes = self._interpret(request, response)
            except ProviderError as error:
                self._stop(error)
            else:
                self._count_unanswered(request, outcomes)
                self._outcomes += outcomes

    def _interpret(self, request: Request, response: Response | str) -> list[Outcome]:
        """Return the outcomes known by now; requeue the other recipients. Raises ProviderError."""
        personalizations = [entry.personalization for entry in request.entries]
        if isinstance(response, str):
            return [Unknown(one.delivery_id, response) for one in personalizations]
        now = self._clock()
        self._window.update(response, now)
        if response.status == TOO_LARGE and len(request.entries) > 1:
            self._requeue(request.halves())
            return []
        rejected = response.rejected(personalizations)
        if not rejected:
            return read_response(response, personalizations, now)
        left = [entry for place, entry in enumerate(request.entries) if place not in rejected]
        return [*rejected.values(), *self._retry_others(request, left)]

    def _retry_others(self, request: Request, left: list[RecipientEntry]) -> list[Outcome]:
        """Requeue the recipients that a 400 is not about, unless they were tried often enough."""
        if request.tries < MAX_ROUNDS:
            self._requeue([Request(left, request.tries + 1)] if left else [])
            return []
        detail = "not submitted: others in the request were refused time and again"
        return [Rejected(entry.personalization.delivery_id, False, "400", detail) for entry in left]

    def _requeue(self, requests: Sequence[Request]) -> None:
        """Queue the recipients again of a request of which nothing was taken."""
        for request in requests:
            self._journal.withdrawn(request.delivery_ids)
        if not self._stopped:
            self._queue.extendleft(reversed(requests))

    def _count_unanswered(self, request: Request, outcomes: Sequence[Outcome]) -> None:
        """Stop after MAX_UNANSWERED requests in a row without a response."""
        if outcomes and isinstance(outcomes[0], Unknown):
            self._unanswered = max(self._unanswered, request.generation + 1)
            if self._unanswered >= MAX_UNANSWERED:
                self._stop(ProviderError("SendGrid left requests unanswered, twice in a row"))
        else:
            self._unanswered = 0
            for other in self._in_flight.values():
                other.generation = 0

    def _stop(self, why: ProviderError) -> None:
        self._stopped = self._stopped or why
        self._queue.clear()


def _too_large(personalization: Personalization) -> Rejected:
    return Rejected(
        personalization.delivery_id,
        True,
        str(TOO_LARGE),
        "larger than SendGrid takes",
        failure=Failure(FailureClass.SENDER, Cause.SIZE),
    )


def _busy(seconds: float) -> ProviderBusyError:
    return ProviderBusyError(f"SendGrid takes no more requests for {seconds:.0f} s", seconds)
