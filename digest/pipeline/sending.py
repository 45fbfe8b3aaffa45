"""Takes an approved issue to its recipients: claim, submit, settle, until the books balance."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from digest.address import Edition
from digest.deliver import ledger
from digest.deliver.presence import Presence
from digest.deliver.provider import Provider, ProviderBusyError, ProviderError
from digest.deliver.throttle import Throttle
from digest.pipeline.frozen import Frozen
from digest.pipeline.shift import Shift
from store import Store

REPORT_EVERY = timedelta(seconds=1)
REPORT_SHARE = 50
"""Counting reads every delivery of the issue, so it may take this part of the time at most."""
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
        report: Callable[[Progress], None] | None = None,
    ) -> Progress:
        """Sends what is due of issue `number`; returns how it stands then.

        Raises ProviderError when the provider can't be used: what it had not submitted is queued.
        """
        self.recover(number, presence)
        # Before anything is claimed: bytes that were altered are refused while nobody waits.
        with self.store.read() as session:
            edition = self.frozen.edition(session, number)
        shift = Shift(
            store=self.store,
            number=number,
            presence=presence,
            provider=self.provider,
            address=self.frozen.envelopes,
            clock=self.clock,
            throttle=self.throttle,
            pause=self.pause,
            enough=enough,
        )
        self._submit(shift, edition, report)
        if shift.fault:
            raise shift.fault
        return self._finish(number)

    def _submit(
        self, shift: Shift, edition: Edition, report: Callable[[Progress], None] | None
    ) -> None:
        """Until nothing is left to claim, or the provider can't be used."""
        due = self.clock()
        try:
            for outcomes in self.provider.submit(edition, shift.batches()):
                shift.hear(outcomes)
                if report and self.clock() >= due:
                    began = self.clock()
                    report(self.progress(shift.number))
                    due = self.clock()
                    due += max(REPORT_EVERY, (due - began) * REPORT_SHARE)
        except ProviderError as error:
            wait = error.retry_after if isinstance(error, ProviderBusyError) else None
            shift.release(self.clock() + timedelta(seconds=wait) if wait else None)
            raise
        except Exception as error:
            # The contract: an exception means that nobody knows. The rest becomes uncertain.
            log.exception("a provider broke off; what it had in hand is uncertain")
            shift.close()
            raise ProviderError(f"{self.provider.name} broke off: {error!r}") from error
        shift.close()

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
