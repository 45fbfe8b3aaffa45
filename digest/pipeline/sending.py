"""Takes an approved issue to its recipients: claim, submit, settle, until the books balance."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session

from digest.address import Edition
from digest.deliver import ledger
from digest.deliver.ledger import Claim
from digest.deliver.presence import Presence
from digest.deliver.provider import Outcome, Provider, ProviderError, Refusal
from digest.deliver.throttle import Throttle
from digest.pipeline.frozen import Frozen
from store import Store
from subscribers.suppression import suppress_bounced

SETTLE_EVERY = 250
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
        edition: Edition | None = None
        while not enough():
            with self.store.write() as session:
                claim = ledger.claim(session, number, presence.number, self.clock())
            if claim is None:
                break
            if edition is None:
                with self.store.read() as session:
                    edition = self.frozen.edition(session, number)
            self._deliver(claim, edition)
            # After the batch, so that the wait never lies between a claim and its submission.
            self.throttle.take(len(claim.recipients))
            report(self.progress(number))
        return self._finish(number)

    def recover(self, number: int, presence: Presence) -> int:
        """Closes what dead workers held; how many deliveries that leaves uncertain."""
        with self.store.write() as session:
            return ledger.recover(session, number, presence.alive, self.clock())

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
        envelopes = self.frozen.envelopes(claim.recipients, claim.issue_number)
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
                with self.store.write() as session:
                    ledger.release(session, claim, self.clock())
                raise
        except Exception:
            # The contract: an exception means that nobody knows. The rest becomes uncertain.
            log.exception("a provider broke off; what it had in hand is uncertain")
        self._settle(claim, waiting, last=True)

    def _settle(self, claim: Claim, outcomes: Sequence[Outcome], *, last: bool = False) -> None:
        now = self.clock()
        with self.store.write() as session:
            at_fault = ledger.settle(session, claim, outcomes, self.provider.name, now)
            for refusal in at_fault:
                _suppress(session, claim, refusal, now)
            if last:
                ledger.close(session, claim.issue_number, claim.position, now)


def _suppress(session: Session, claim: Claim, refusal: Refusal, now: datetime) -> None:
    people = {one.delivery_id: one.subscriber_id for one in claim.recipients}
    suppress_bounced(
        session, people[refusal.delivery_id], f"{refusal.code} {refusal.detail}"[:500], now
    )
