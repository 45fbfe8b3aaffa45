"""One worker's hold on one issue: what it has claimed, and what came back.

The provider pulls batches out of a Shift and hands outcomes back to it. Outcomes that have come in
are committed together with the next claim, so a message costs a share of one transaction.
"""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from digest.deliver.ledger.claim import Claim, claim_batches
from digest.deliver.ledger.release import close_batches, release_batches
from digest.deliver.ledger.settle import settle
from digest.deliver.ledger.throttle_status import throttle_status
from digest.deliver.ledger.worker_lock import WorkerLock
from digest.deliver.providers.base import Outcome, Provider
from digest.deliver.rate_limit.limiter import RateLimiter
from digest.message.personalization import Personalization, Recipient
from digest.pipeline.notify_workers import NotifyWorkers, notify_nobody
from store.engine import Store, describe_error

MOST_AT_ONCE = 1_000
"""Recipients claimed in one transaction at most, and outcomes that wait to be written."""
QUICK, SLOW = 0.05, 0.2
"""Seconds that a claim lasts: less and the next is larger, more and it is smaller. What a
process holds when it dies is uncertain, so nobody should hold more than a moment's work."""
WRITE_EVERY = 0.25
LONGEST_HOLD = timedelta(seconds=5)
"""Limits that keep everything back for longer end the run; it goes on when they let go."""
LOOK_AGAIN = 0.5
"""Seconds without anything on its way until the provider, and whoever reports, gets a turn."""
SETTLE_WAITS = (0.1, 0.5, 2.0, 5.0, 10.0, 20.0, 30.0)
"""Seconds between tries to write outcomes: a database that is started anew is back by then."""
log = logging.getLogger(__name__)

Addressing = Callable[[Sequence[Recipient], int], list[Personalization]]


@dataclass(slots=True)
class BatchRunner:
    """`fault` is what ended the claims where it was not that all is done.

    After `quota` recipients nothing more is claimed. Batches made for a later try are announced.
    """

    store: Store
    number: int
    worker_lock: WorkerLock
    provider: Provider
    address: Addressing
    clock: Callable[[], datetime]
    limiter: RateLimiter
    pause: Callable[[float], None]
    should_stop: Callable[[], bool]
    notify_workers: NotifyWorkers = notify_nobody
    quota: int | None = None
    tick: Callable[[], float] = time.monotonic
    fault: Exception | None = None
    _position_of: dict[int, int] = field(default_factory=dict)
    _left: dict[int, int] = field(default_factory=dict)
    _waiting: list[Outcome] = field(default_factory=list)
    _through: list[int] = field(default_factory=list)
    _most: int = 1
    _at: float = 0.0
    _held_until: datetime | None = None
    _given: int = 0

    def batches(self) -> Iterator[list[Personalization]]:
        """Claimed batches, for the provider to pull; ends when there is none, or enough.

        An empty one while the limits allow none. Never raises, so that what is on its way is
        heard of before a fault is.
        """
        while not self.should_stop() and (self.quota is None or self._given < self.quota):
            if self._held():
                yield []
                continue
            try:
                self.worker_lock.ensure_held()
                asked_at = self.clock()
                claims = self._turn(self._most)
                self._held_until = None if claims else self._hold(asked_at)
                personalizations = self._address(claims)
            except Exception as fault:  # noqa: BLE001 - kept, and raised by whoever runs the shift
                self.fault = fault
                return
            if not claims:
                if self._held_until is None:
                    return
                continue
            claimed_at = self.tick()
            yield from filter(None, personalizations)
            self._given += sum(map(len, personalizations))
            self._adapt(self.tick() - claimed_at)

    def hear(self, outcomes: Sequence[Outcome]) -> None:
        """Takes outcomes in; commits where many wait, or some for long."""
        for outcome in outcomes:
            position = self._position_of.pop(outcome.delivery_id, None)
            if position is None:
                log.error("%s answered for a delivery it was not given", self.provider.name)
                continue
            self._waiting.append(outcome)
            self._left[position] -= 1
            if not self._left[position]:
                self._through.append(position)
        if self._waiting and (
            len(self._waiting) >= MOST_AT_ONCE or self.tick() - self._at > WRITE_EVERY
        ):
            self._turn(0)

    def close(self) -> None:
        """All batches in hand are done: what has no outcome is uncertain."""
        self._through = list(self._left)
        self._turn(0)

    def release(self, not_before: datetime | None) -> None:
        """All batches in hand go back: what has no outcome was not submitted."""
        back = [position for position, left in self._left.items() if left]
        self._turn(0, back, not_before)

    def _hold(self, asked_at: datetime) -> datetime | None:
        """Until when the limits keep everything back, if it is worth waiting for.

        As of the moment before the claim: what let go meanwhile is to be claimed, not the end.
        """
        if not self.limiter:
            return None
        with self.store.read() as session:
            throttled = throttle_status(session, self.limiter, self.number, asked_at)
        return throttled.until if throttled and throttled.until <= asked_at + LONGEST_HOLD else None

    def _held(self) -> bool:
        """Whether it is too early; waits where nothing is on its way that it would hold up."""
        if self._held_until is None:
            return False
        ahead = (self._held_until - self.clock()).total_seconds()
        if ahead > 0 and not self._position_of:
            self.pause(min(ahead, LOOK_AGAIN))
        return self.clock() < self._held_until

    def _address(self, claims: Sequence[Claim]) -> list[list[Personalization]]:
        """Raises what addressing raises, once the batches are back."""
        try:
            return [self.address(claim.recipients, self.number) for claim in claims]
        except Exception:
            self._turn(0, [claim.position for claim in claims])
            raise

    def _turn(
        self, most: int, back: Sequence[int] = (), not_before: datetime | None = None
    ) -> list[Claim]:
        """One transaction: what came in is written, `back` is released, new batches are claimed.

        A database that refuses for a moment is asked again: what a provider said can't be had a
        second time, so it is worth a minute.
        """
        for wait in (*SETTLE_WAITS, None):
            try:
                claims = self._commit(most, back, not_before)
            except DBAPIError as error:
                if wait is None:
                    raise
                log.warning("the database refused, and is asked again: %s", describe_error(error))
                self.pause(wait)
            else:
                break
        self._forget(back)
        self._at = self.tick()
        for claim in claims:
            self._left[claim.position] = len(claim.recipients)
            ids = [one.delivery_id for one in claim.recipients]
            self._position_of.update(dict.fromkeys(ids, claim.position))
            if not claim.recipients:
                self._through.append(claim.position)
        return claims

    def _commit(self, most: int, back: Sequence[int], not_before: datetime | None) -> list[Claim]:
        now = self.clock()
        with self.store.write() as session:
            self._write(session, now)
            if back:
                release_batches(session, self.number, back, now, not_before, limiter=self.limiter)
                if not_before is not None:
                    self.notify_workers(session, self.number, not_before)
            if not most:
                return []
            return claim_batches(
                session, self.number, self.worker_lock.number, now, most, limiter=self.limiter
            )

    def _write(self, session: Session, now: datetime) -> None:
        if self._waiting:
            for due in settle(
                session,
                self.number,
                self._waiting,
                provider=self.provider.name,
                batch_size=self.limiter.limits.batch_size(self.provider.batch_size),
                now=now,
            ):
                self.notify_workers(session, self.number, due)
        if self._through:
            close_batches(session, self.number, self._through, now)

    def _forget(self, back: Sequence[int]) -> None:
        """What was written is no longer in hand."""
        for position in (*self._through, *back):
            self._left.pop(position, None)
        self._waiting, self._through = [], []

    def _adapt(self, seconds: float) -> None:
        if seconds < QUICK:
            room = max(1, MOST_AT_ONCE // self.provider.batch_size)
            self._most = min(self._most * 2, room)
        elif seconds > SLOW:
            self._most = max(1, self._most // 2)
