"""Claims batches of one issue for one worker, and writes their outcomes.

The provider pulls batches out of a `BatchRunner` and hands outcomes back to it. Outcomes are
committed together with the next claim, so that one transaction serves many messages.
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

MAX_PER_TRANSACTION = 1_000
"""Recipients claimed in one transaction, and outcomes that wait to be written."""
QUICK_SECONDS, SLOW_SECONDS = 0.05, 0.2
"""If a claim is submitted faster than QUICK_SECONDS, the next is twice as large; if slower than
SLOW_SECONDS, half. What a process has claimed when it dies becomes uncertain, so it should claim
no more than it submits in a moment."""
WRITE_EVERY_SECONDS = 0.25
MAX_WAIT = timedelta(seconds=5)
"""If the rate limits hold everything back for longer than this, the run ends instead of waiting."""
POLL_SECONDS = 0.5
"""How long to wait at a time while nothing is in flight; in between the provider gets a turn."""
RETRY_WAITS = (0.1, 0.5, 2.0, 5.0, 10.0, 20.0, 30.0)
"""Seconds between tries to write outcomes: enough for a database to restart."""
log = logging.getLogger(__name__)

Personalizer = Callable[[Sequence[Recipient]], list[Personalization]]


@dataclass(slots=True)
class BatchRunner:
    """One worker's batches of one issue.

    Nothing more is claimed after `quota` recipients (None: no limit). Workers are notified of
    batches that are queued again. `error` is what ended claiming early, if anything did.
    """

    store: Store
    number: int
    worker_lock: WorkerLock
    provider: Provider
    personalize: Personalizer
    clock: Callable[[], datetime]
    limiter: RateLimiter
    pause: Callable[[float], None]
    should_stop: Callable[[], bool]
    notify_workers: NotifyWorkers = notify_nobody
    quota: int | None = None
    monotonic: Callable[[], float] = time.monotonic
    error: Exception | None = None
    _position_of: dict[int, int] = field(default_factory=dict)
    _unanswered: dict[int, int] = field(default_factory=dict)
    _unwritten: list[Outcome] = field(default_factory=list)
    _done: list[int] = field(default_factory=list)
    _claim_limit: int = 1
    _written_at: float = 0.0
    _throttled_until: datetime | None = None
    _claimed: int = 0

    def batches(self) -> Iterator[list[Personalization]]:
        """Yield claimed batches; an empty one while the rate limits allow none.

        Ends when nothing is due, at the quota, or when `should_stop` says so. Never raises, so
        that outcomes of messages in flight still come in; see `error`.
        """
        while not self.should_stop() and (self.quota is None or self._claimed < self.quota):
            if self._is_throttled():
                yield []
                continue
            try:
                self.worker_lock.ensure_held()
                asked_at = self.clock()
                claims = self._transact(self._claim_limit)
                self._throttled_until = None if claims else self._throttle_end(asked_at)
                personalizations = self._personalize(claims)
            except Exception as error:  # noqa: BLE001 - `Sending` raises it after the run
                self.error = error
                return
            if not claims:
                if self._throttled_until is None:
                    return
                continue
            claimed_at = self.monotonic()
            yield from filter(None, personalizations)
            self._claimed += sum(map(len, personalizations))
            self._adapt(self.monotonic() - claimed_at)

    def record(self, outcomes: Sequence[Outcome]) -> None:
        """Record outcomes; write them if there are many, or if the last write is long ago."""
        for outcome in outcomes:
            position = self._position_of.pop(outcome.delivery_id, None)
            if position is None:
                log.error(
                    "%s reported an outcome for a delivery it was not given", self.provider.name
                )
                continue
            self._unwritten.append(outcome)
            self._unanswered[position] -= 1
            if not self._unanswered[position]:
                self._done.append(position)
        if self._unwritten and (
            len(self._unwritten) >= MAX_PER_TRANSACTION
            or self.monotonic() - self._written_at > WRITE_EVERY_SECONDS
        ):
            self._transact(0)

    def close(self) -> None:
        """Close all claimed batches; a delivery without an outcome becomes uncertain."""
        self._done = list(self._unanswered)
        self._transact(0)

    def release(self, not_before: datetime | None) -> None:
        """Queue all claimed batches again; what has no outcome was not submitted."""
        returned = [position for position, open_ in self._unanswered.items() if open_]
        self._transact(0, returned, not_before)

    def _throttle_end(self, asked_at: datetime) -> datetime | None:
        """Return until when the rate limits hold everything back, or None to end the run.

        `asked_at` is the moment before the claim: a limit that cleared since then means that
        there is something to claim, not that the issue is done.
        """
        if not self.limiter:
            return None
        with self.store.read() as session:
            throttled = throttle_status(session, self.limiter, self.number, asked_at)
        return throttled.until if throttled and throttled.until <= asked_at + MAX_WAIT else None

    def _is_throttled(self) -> bool:
        """Return whether the rate limits still block all; wait if nothing is in flight."""
        if self._throttled_until is None:
            return False
        ahead = (self._throttled_until - self.clock()).total_seconds()
        if ahead > 0 and not self._position_of:
            self.pause(min(ahead, POLL_SECONDS))
        return self.clock() < self._throttled_until

    def _personalize(self, claims: Sequence[Claim]) -> list[list[Personalization]]:
        """Return the personalized batches; on an error, queue them again and raise it."""
        try:
            return [self.personalize(claim.recipients) for claim in claims]
        except Exception:
            self._transact(0, [claim.position for claim in claims])
            raise

    def _transact(
        self, most: int, returned: Sequence[int] = (), not_before: datetime | None = None
    ) -> list[Claim]:
        """Write outcomes, release `returned` and claim up to `most` recipients, in one transaction.

        Retries for about a minute: a provider reports an outcome only once.
        """
        for wait in (*RETRY_WAITS, None):
            try:
                claims = self._commit(most, returned, not_before)
            except DBAPIError as error:
                if wait is None:
                    raise
                log.warning("the database refused; trying again: %s", describe_error(error))
                self.pause(wait)
            else:
                break
        self._forget(returned)
        self._written_at = self.monotonic()
        for claim in claims:
            self._unanswered[claim.position] = len(claim.recipients)
            ids = [one.delivery_id for one in claim.recipients]
            self._position_of.update(dict.fromkeys(ids, claim.position))
            if not claim.recipients:
                self._done.append(claim.position)
        return claims

    def _commit(
        self, most: int, returned: Sequence[int], not_before: datetime | None
    ) -> list[Claim]:
        now = self.clock()
        with self.store.write() as session:
            self._write(session, now)
            if returned:
                release_batches(
                    session, self.number, returned, now, not_before, limiter=self.limiter
                )
                if not_before is not None:
                    self.notify_workers(session, self.number, not_before)
            if not most:
                return []
            return claim_batches(
                session, self.number, self.worker_lock.worker_id, now, most, limiter=self.limiter
            )

    def _write(self, session: Session, now: datetime) -> None:
        if self._unwritten:
            for due in settle(
                session,
                self.number,
                self._unwritten,
                provider=self.provider.name,
                batch_size=self.limiter.limits.batch_size(self.provider.batch_size),
                now=now,
            ):
                self.notify_workers(session, self.number, due)
        if self._done:
            close_batches(session, self.number, self._done, now)

    def _forget(self, returned: Sequence[int]) -> None:
        """Forget the batches that were just closed or released."""
        for position in (*self._done, *returned):
            self._unanswered.pop(position, None)
        self._unwritten, self._done = [], []

    def _adapt(self, seconds: float) -> None:
        """Adapt the size of the next claim to how long this one took."""
        if seconds < QUICK_SECONDS:
            largest = max(1, MAX_PER_TRANSACTION // self.provider.batch_size)
            self._claim_limit = min(self._claim_limit * 2, largest)
        elif seconds > SLOW_SECONDS:
            self._claim_limit = max(1, self._claim_limit // 2)
