"""Sends transactional messages as they become due, one at a time."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from digest.deliver.instance import may_claim
from digest.deliver.ledger.worker_lock import WorkerLock
from digest.deliver.providers.base import (
    Outcome,
    Provider,
    ProviderBusyError,
    ProviderError,
    Unknown,
)
from digest.deliver.transactional import mail
from digest.deliver.transactional.mail import ClaimedMessage
from digest.deliver.transactional.tables import TransactionalKind
from digest.message.edition import Edition, Sender, transactional_edition
from digest.message.personalization import Personalization
from digest.pipeline.transactional_content import StoredData, TransactionalContent
from digest.render.errors import TemplateError
from digest.render.rendered import Rendered
from digest.render.slots import Slot
from digest.render.transactional import TransactionalRenderer
from store.engine import Store
from subscribers import suppression
from subscribers.addresses import AddressError, AddressHasher, parse_address
from subscribers.links import link_token
from subscribers.tables import Subscriber
from subscribers.tokens import Purpose, Tokens

SERIES = "letters"
"""Used in List-Id and Feedback-ID, where an issue has the name of its schedule."""


log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TransactionalMailer:
    """Sends transactional messages for one worker.

    `provider` is its own, so that no message waits for a batch of an issue.
    """

    store: Store
    renderer: TransactionalRenderer
    sender: Sender
    tokens: Tokens
    hasher: AddressHasher
    provider: Provider
    clock: Callable[[], datetime]
    bounces: str = ""
    """The bounce address, as in `Edition`."""
    stored_data: StoredData = lambda _session, _subscriber_id: None

    @property
    def _content(self) -> TransactionalContent:
        return TransactionalContent(self.renderer, self.tokens, self.stored_data)

    def deliver(
        self, worker_lock: WorkerLock, should_stop: Callable[[], bool] = lambda: False
    ) -> int:
        """Send what is due; return how many messages were sent. Raises ProviderError."""
        taken = 0
        while not should_stop() and (claimed := self._claim(worker_lock)):
            for place, message in enumerate(claimed):
                if should_stop():
                    self._release(claimed[place:], 0)
                    break
                try:
                    taken += self._send(message)
                except ProviderError as error:
                    wait = error.retry_after if isinstance(error, ProviderBusyError) else None
                    self._release(claimed[place:], wait)
                    raise
        return taken

    def _claim(self, worker_lock: WorkerLock) -> list[ClaimedMessage]:
        now = self.clock()
        with self.store.read() as session:
            if not mail.is_due(session, now):
                return []
        worker_lock.ensure_held()
        with self.store.write() as session:
            if not may_claim(session):
                return []
            # This worker has claimed nothing yet: a message under its own id is one whose
            # outcome it could not write.
            mail.requeue_abandoned(
                session, lambda one: one != worker_lock.worker_id and worker_lock.is_alive(one), now
            )

            def is_blocked(email: str) -> bool:
                return self._is_suppressed(session, email)

            return mail.claim(session, worker_lock.worker_id, is_blocked, now)

    def _is_suppressed(self, session: Session, email: str) -> bool:
        try:
            key = parse_address(email).key
        except AddressError:
            return True
        known = suppression.find_suppression(session, self.hasher.hash(key))
        # An address change is told to both addresses, and one of them was unsubscribed by it.
        return known is not None and known.reason not in suppression.REVERSIBLE

    def _release(self, message: Sequence[ClaimedMessage], retry_after: float | None) -> None:
        with self.store.write() as session:
            mail.release(session, message, self.clock(), retry_after)

    def _send(self, message: ClaimedMessage) -> bool:
        """Render, submit and settle one message; return whether its outcome is known."""
        try:
            with self.store.read() as session:
                rendered = self._content.render(session, message)
                reader = session.get(Subscriber, message.subscriber_id)
        except TemplateError:
            log.exception("message %s can't be rendered", message.id)
            with self.store.write() as session:
                mail.fail(session, message, "template", self.clock())
            return False
        personalization = self._personalization(message, reader)
        outcome = self._submit(self._edition(message, rendered), personalization)
        with self.store.write() as session:
            mail.settle(session, message, outcome, self.clock())
        if isinstance(outcome, Unknown):
            log.warning("message %s may not have arrived; it is sent again", message.id)
        return not isinstance(outcome, Unknown)

    def _submit(self, edition: Edition, message: Personalization) -> Outcome:
        """Return the outcome. Raises ProviderError if the message was not submitted."""
        found: Outcome | None = None
        try:
            for outcomes in self.provider.submit(edition, [[message]]):
                for outcome in outcomes:
                    found = outcome
        except ProviderError:
            if found is None:
                raise
        except Exception:
            log.exception("the provider failed with message %s", message.delivery_id)
        return found or Unknown(message.delivery_id, "the provider did not say")

    def _edition(self, message: ClaimedMessage, rendered: Rendered) -> Edition:
        return transactional_edition(
            rendered,
            self.renderer.brand,
            self.sender,
            series=SERIES,
            bounce_address=self.bounces,
            unsubscribable=message.kind in {TransactionalKind.WELCOME, TransactionalKind.ALREADY},
        )

    def _personalization(
        self, message: ClaimedMessage, reader: Subscriber | None
    ) -> Personalization:
        """Return the slots; the token is of the message's own id, so retries reuse Message-ID.

        A reader who was erased after the message was rendered can't unsubscribe any more.
        """
        slots = dict.fromkeys(Slot, "")
        if reader is not None:
            slots[Slot.UNSUBSCRIBE] = link_token(self.tokens, Purpose.UNSUBSCRIBE, reader)
        token = self._letter_token(message)
        return Personalization.from_slots(message.id, message.email, token, slots)

    def _letter_token(self, message: ClaimedMessage) -> str:
        """One from before there were public ids keeps the Message-ID that a try may have had."""
        if message.public_id == message.id:
            return self.tokens.make_legacy(Purpose.TRANSACTIONAL, [message.id], 0)[0]
        return self.tokens.make(Purpose.TRANSACTIONAL, message.public_id)
