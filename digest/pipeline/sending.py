"""Takes an approved issue to its recipients: claim, submit, settle, until the books balance."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from digest.address import Edition
from digest.deliver import ledger
from digest.deliver.ledger import Claim
from digest.deliver.outcomes import settle
from digest.deliver.presence import Presence
from digest.deliver.provider import Outcome, Provider, ProviderError, Refusal
from digest.deliver.throttle import Throttle
from digest.pipeline.frozen import Frozen
from store import Store
from subscribers.suppression import suppress_bounced

SETTLE_EVERY = 250
REPORT_EVERY = timedelta(seconds=1)
SETTLE_WAITS = (0.1, 0.5, 2.0, 5.0)
"""Seconds between tries to write outcomes."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Progress:
    """Deliveries of the issue by state, and when the next waiting batch is due."""

    counts: dict[str, int]
    finished: bool
    next_due: datetime | None


@dataclass(frozen=True, slots=True)
class Sending:
    """One worker's way of sending. `enough` is asked between batches: True hands back."""

    store: Store
    frozen: Frozen
    provider: Provider
    clock: Callable[[], datetime]
    throttle: Throttle = field(default_factory=lambda: Throttle(0))
    pause: Callable[[float], None] = time.sleep

    def run(
        self,
        number: int,
        presence: Presence,
        *,
        enough: Callable[[], bool] = lambda: False,
        report: Callable[[Progress], None] = lambda _: None,
    ) -> Progress:
        """Sends what is due of issue `number`; returns how it stands then.

        Raises ProviderError when the provider can't be used: the batch in hand went back whole.
        """
        self.recover(number, presence)
        # Before anything is claimed: bytes that were altered are refused while nobody waits.
        with self.store.read() as session:
            edition = self.frozen.edition(session, number)
        reported: datetime | None = None
        while not enough():
            presence.keep()
            with self.store.write() as session:
                claim = ledger.claim(session, number, presence.number, self.clock())
            if claim is None:
                break
            self._deliver(claim, edition)
            # After the batch, so that the wait never lies between a claim and its submission.
            self.throttle.take(len(claim.recipients))
            # Counting reads every delivery of the issue, so it is done once a second at most.
            if reported is None or self.clock() - reported >= REPORT_EVERY:
                report(self.progress(number))
                reported = self.clock()
        return self._finish(number)

    def recover(self, number: int, presence: Presence) -> int:
        """Closes what dead workers held; how many deliveries that leaves uncertain.

        A worker that is about to claim holds nothing, so what bears its own number is a batch
        whose outcome it could not write.
        """

        def at_work(worker: int) -> bool:
            return worker != presence.number and presence.alive(worker)

        with self.store.write() as session:
            return ledger.recover(session, number, at_work, self.clock())

    def progress(self, number: int) -> Progress:
        with self.store.read() as session:
            counts = ledger.count(session, number)
            return Progress(counts, finished=False, next_due=ledger.next_due(session, number))

    def _finish(self, number: int) -> Progress:
        with self.store.write() as session:
            finished = ledger.finish(session, number, self.clock())
            counts = ledger.count(session, number)
            return Progress(counts, finished, ledger.next_due(session, number))

    def _deliver(self, claim: Claim, edition: Edition) -> None:
        """Submits the claimed batch; outcomes are committed as they come, 250 at a time."""
        try:
            envelopes = self.frozen.envelopes(claim.recipients, claim.issue_number)
        except Exception:
            self._release(claim)
            raise
        waiting: list[Outcome] = []
        settled = 0
        try:
            for outcome in self.provider.submit(edition, envelopes):
                waiting.append(outcome)
                if len(waiting) >= SETTLE_EVERY:
                    self._settle(claim, waiting)
                    settled += len(waiting)
                    waiting = []
        except ProviderError:
            if settled or waiting:
                log.exception("the provider failed in the middle of a batch")
            else:
                self._release(claim)
                raise
        except Exception:
            # The contract: an exception means that nobody knows. The rest becomes uncertain.
            log.exception("a provider broke off; what it had in hand is uncertain")
        self._settle(claim, waiting, last=True)

    def _release(self, claim: Claim) -> None:
        with self.store.write() as session:
            ledger.release(session, claim, self.clock())

    def _settle(self, claim: Claim, outcomes: Sequence[Outcome], *, last: bool = False) -> None:
        """Commits outcomes; a database that refuses for a moment is asked again.

        What a provider said can't be had a second time, so it is worth a few seconds.
        """
        for wait in (*SETTLE_WAITS, None):
            try:
                self._write_outcomes(claim, outcomes, last=last)
            except DBAPIError:
                if wait is None:
                    raise
                log.warning("outcomes could not be written; trying again", exc_info=True)
                self.pause(wait)
            else:
                return

    def _write_outcomes(self, claim: Claim, outcomes: Sequence[Outcome], *, last: bool) -> None:
        now = self.clock()
        with self.store.write() as session:
            at_fault = settle(
                session,
                claim,
                outcomes,
                provider=self.provider.name,
                batch_size=self.throttle.batch_size(self.provider.batch_size),
                now=now,
            )
            for refusal in at_fault:
                _suppress(session, claim, refusal, now)
            if last:
                ledger.close(session, claim.issue_number, claim.position, now)


def _suppress(session: Session, claim: Claim, refusal: Refusal, now: datetime) -> None:
    people = {one.delivery_id: one.subscriber_id for one in claim.recipients}
    suppress_bounced(
        session, people[refusal.delivery_id], f"{refusal.code} {refusal.detail}"[:500], now
    )
