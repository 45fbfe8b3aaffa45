"""Claims batches of one issue for one worker, and writes their outcomes.

The provider pulls batches out of a `BatchRunner` and hands outcomes back to it. Outcomes are
committed together with the next claim, so that one transaction serves many messages.
"""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import TypeVar

from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from digest.deliver.circuit_breaker import CircuitBreaker
from digest.deliver.journal.writer import JournalWriter
from digest.deliver.ledger.claim import Claim, claim_batches
from digest.deliver.ledger.hold import hold_issue, is_held, postpone_issue, queue_again
from digest.deliver.ledger.release import close_batches, release_batches
from digest.deliver.ledger.settle import apply_policy, settle
from digest.deliver.ledger.throttle_status import throttle_status
from digest.deliver.ledger.worker_lock import WorkerLock
from digest.deliver.providers.base import Outcome, Provider, Rejected
from digest.deliver.rate_limit.limiter import RateLimiter
from digest.deliver.tables import DeliveryState
from digest.message.personalization import Personalization, Recipient
from digest.pipeline.notify_workers import NotifyWorkers, notify_nobody
from store.engine import Store, describe_error

MAX_PER_TRANSACTION = 1_000
"""Recipients claimed in one transaction, and outcomes that wait to be written."""
QUICK_SECONDS, SLOW_SECONDS = 0.1, 0.4
"""If a claim is submitted faster than QUICK_SECONDS, the next is twice as large; if slower than
SLOW_SECONDS, half. What has been claimed is uncertain if the machine dies (after the process alone
its journal tells), and a pause waits for it, so it should be no more than is submitted in a moment.
Each claim costs the database some ten statements, however few it takes."""
WRITE_EVERY_SECONDS = 0.25
MAX_WAIT = timedelta(seconds=5)
"""If the rate limits hold everything back for longer than this, the run ends instead of waiting."""
POLL_SECONDS = 0.5
"""How long to wait at a time while nothing is in flight; in between the provider gets a turn."""
RETRY_WAITS = (0.1, 0.5, 2.0, 5.0, 10.0, 20.0, 30.0)
"""Seconds between tries to write outcomes: enough for a database to restart."""
log = logging.getLogger(__name__)

Result = TypeVar("Result")
Personalizer = Callable[[Sequence[Recipient]], list[Personalization]]


@dataclass(slots=True)
class BatchRunner:
    """One worker's batches of one issue.

    Nothing more is claimed after `quota` recipients (None: no limit). Workers are notified of
    batches that are queued again. `error` is what ended claiming early, if anything did. `breaker`
    sees every outcome: once it is open nothing more is handed out.
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
    breaker: CircuitBreaker
    journal: JournalWriter
    notify_workers: NotifyWorkers = notify_nobody
    quota: int | None = None
    monotonic: Callable[[], float] = time.monotonic
    error: Exception | None = None
    _position_of: dict[int, int] = field(default_factory=dict)
    _unanswered: dict[int, int] = field(default_factory=dict)
    _handed_out: set[int] = field(default_factory=set)
    _unwritten: list[Outcome] = field(default_factory=list)
    _done: list[int] = field(default_factory=list)
    _applied: list[Rejected] = field(default_factory=list)
    _claim_limit: int = 1
    _written_at: float = 0.0
    _throttled_until: datetime | None = None
    _claimed: int = 0

    def batches(self) -> Iterator[list[Personalization]]:
        """Yield claimed batches; an empty one while the rate limits allow none.

        Ends when nothing is due, at the quota, or when `should_stop` says so. Never raises, so
        that outcomes of messages in flight still come in; see `error`.
        """
        while not self._should_end():
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
            for claim, batch in zip(claims, personalizations, strict=True):
                if self.breaker.is_open:
                    return
                self._handed_out.add(claim.position)
                if batch:
                    yield batch
            self._claimed += sum(map(len, personalizations))
            self._adapt(self.monotonic() - claimed_at)

    def _should_end(self) -> bool:
        enough = self.quota is not None and self._claimed >= self.quota
        return enough or self.breaker.is_open or self.should_stop()

    def record(self, outcomes: Sequence[Outcome]) -> None:
        """Record outcomes; write them if there are many, or if the last write is long ago."""
        self.journal.answered(outcomes)
        self.breaker.record(outcomes)
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
        returned = [one for one in self._unanswered if one not in self._handed_out]
        self._done = [one for one in self._unanswered if one in self._handed_out]
        self._transact(0, returned)

    def release(self, not_before: datetime | None) -> None:
        """Queue all claimed batches again; what has no outcome was not submitted."""
        returned = [position for position, open_ in self._unanswered.items() if open_]
        self._transact(0, returned, not_before)

    def hold(self, because: str) -> None:
        """Hold the issue, and queue again what is suspected; all that is claimed was settled."""
        self._try(lambda: self._hold(because))

    def postpone(self, until: datetime, because: str) -> None:
        """Let nothing of the issue be due before `until`; all that is claimed was released."""

        def commit() -> None:
            with self.store.write() as session:
                postpone_issue(session, self.number, until, because)
                self.notify_workers(session, self.number, until)

        self._try(commit)

    def follow_hold(self) -> bool:
        """If another worker holds the issue, queue again what is suspected here; return if so."""
        with self.store.read() as session:
            held = is_held(session, self.number)
        if held:
            self._try(lambda: self._hold(None))
        return held

    def end_suspicion(self) -> None:
        """Apply the bounce policy to what was refused, unless more of it is to be expected."""
        if self.breaker.postponed and self.breaker.is_calm():
            self.breaker.clear()
            self._transact(0)

    def _hold(self, because: str | None) -> None:
        now = self.clock()
        with self.store.write() as session:
            if because is not None:
                hold_issue(session, self.number, because, now)
            queue_again(
                session,
                self.number,
                list(self.breaker.suspected()),
                [DeliveryState.FAILED],
                batch_size=self._batch_size,
                now=now,
            )
        self.breaker.postponed.clear()

    @property
    def _batch_size(self) -> int:
        return self.limiter.limits.batch_size(self.provider.batch_size)

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
            # All at once, since a call costs more than a recipient.
            recipients = [one for claim in claims for one in claim.recipients]
            people = iter(self.personalize(recipients))
            return [list(islice(people, len(claim.recipients))) for claim in claims]
        except Exception:
            self._transact(0, [claim.position for claim in claims])
            raise

    def _transact(
        self, most: int, returned: Sequence[int] = (), not_before: datetime | None = None
    ) -> list[Claim]:
        """Write outcomes, release `returned` and claim up to `most` recipients, in one transaction.

        Raises DBAPIError when the database refuses for about a minute.
        """
        claims = self._try(lambda: self._commit(most, returned, not_before))
        self._forget(returned)
        self._written_at = self.monotonic()
        for claim in claims:
            self._unanswered[claim.position] = len(claim.recipients)
            ids = [one.delivery_id for one in claim.recipients]
            self._position_of.update(dict.fromkeys(ids, claim.position))
            if not claim.recipients:
                self._done.append(claim.position)
        return claims

    def _try(self, commit: Callable[[], Result]) -> Result:
        """Commit; retry for about a minute: a provider reports an outcome only once."""
        for wait in RETRY_WAITS:
            try:
                return commit()
            except DBAPIError as error:
                if not self.store.outage.notice(error):
                    log.warning("the database refused; trying again: %s", describe_error(error))
                self.pause(wait)
        return commit()

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
            claims = claim_batches(
                session, self.number, self.worker_lock.worker_id, now, most, limiter=self.limiter
            )
            # Before the commit: what is claimed has a journal, however soon the process is killed.
            self.journal.claimed(
                [(one.position, [who.delivery_id for who in one.recipients]) for one in claims], now
            )
            return claims

    def _write(self, session: Session, now: datetime) -> None:
        breaker = self.breaker
        suspected = breaker.suspected() if self._unwritten or breaker.postponed else {}
        if self._unwritten:
            settled = settle(
                session,
                self.number,
                self._unwritten,
                provider=self.provider.name,
                batch_size=self._batch_size,
                now=now,
                suspected=suspected,
            )
            for due in settled.due:
                self.notify_workers(session, self.number, due)
            breaker.postponed.update({one.delivery_id: one for one in settled.postponed})
        self._applied = [
            one for number, one in breaker.postponed.items() if number not in suspected
        ]
        if self._applied:
            apply_policy(session, self._applied, now)
        if self._done:
            close_batches(session, self.number, self._done, now)

    def _forget(self, returned: Sequence[int]) -> None:
        """Forget the batches that were just closed or released."""
        self.journal.settled((*self._done, *returned))
        for position in (*self._done, *returned):
            self._unanswered.pop(position, None)
            self._handed_out.discard(position)
        for one in self._applied:
            self.breaker.postponed.pop(one.delivery_id, None)
        self._unwritten, self._done, self._applied = [], [], []

    def _adapt(self, seconds: float) -> None:
        """Adapt the size of the next claim to how long this one took."""
        if seconds < QUICK_SECONDS:
            largest = max(1, MAX_PER_TRANSACTION // self.provider.batch_size)
            self._claim_limit = min(self._claim_limit * 2, largest)
        elif seconds > SLOW_SECONDS:
            self._claim_limit = max(1, self._claim_limit // 2)
