"""Takes letters that are owed to their readers, one at a time."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, assert_never

from sqlmodel import Session

from digest.catalog.queries import comparison_by_slug
from digest.compose.content import Matchup
from digest.compose.matchup import matchup
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
from digest.message.edition import Edition, Sender
from digest.message.personalization import Personalization
from digest.render.errors import TemplateError
from digest.render.rendered import Rendered
from digest.render.slots import Slot
from digest.render.transactional import Action, TransactionalRenderer
from store.engine import Store
from subscribers import suppression
from subscribers.addresses import AddressError, AddressHasher, parse_address
from subscribers.tables import SuppressionReason
from subscribers.tokens import Purpose, Tokens

SERIES = "letters"
"""Stands in List-Id and Feedback-ID where an issue has its schedule's name."""


class NoticeText(NamedTuple):
    """What a notice says; `{name}` is the list's."""

    subject: str
    paragraphs: tuple[str, ...]
    button: str = ""


ALREADY = NoticeText(
    "You are on the list of {name} already",
    (
        "This address was signed up once more, most likely by you. There is nothing to do.",
        "If you came to change how often it comes, or about what, or to leave, it is done here:",
    ),
    "Open my preferences",
)
CHANGE = NoticeText(
    "Is this your new address for {name}?",
    (
        "A reader of {name} asked for it to be sent to this address from now on.",
        "Confirm it, and the next issue comes here.",
        "If it was not you, do nothing: no further mail is sent.",
    ),
    "Confirm my new address",
)
CHANGED = NoticeText(
    "{name} goes to another address from now on",
    (
        "A new address was given and confirmed. Nothing further is sent to this one.",
        "If it was not you who did that, reply to this message and say so.",
    ),
)
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TransactionalMailer:
    """One worker's way of sending letters.

    `provider` is the worker's own: a letter does not wait until an issue's batch has gone out.
    """

    store: Store
    renderer: TransactionalRenderer
    sender: Sender
    tokens: Tokens
    hasher: AddressHasher
    provider: Provider
    clock: Callable[[], datetime]
    bounces: str = ""
    """As in `Edition`: where what comes back is read."""

    def deliver(
        self, worker_lock: WorkerLock, should_stop: Callable[[], bool] = lambda: False
    ) -> int:
        """Sends what is due; how many letters a provider took. Raises ProviderError."""
        taken = 0
        while not should_stop() and (claimed := self._claim(worker_lock)):
            for place, owed in enumerate(claimed):
                if should_stop():
                    self._release(claimed[place:], 0)
                    break
                try:
                    taken += self._send(owed)
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
            # What bears this worker's own number is a letter whose outcome it could not write.
            mail.recover(
                session, lambda one: one != worker_lock.number and worker_lock.is_alive(one), now
            )

            def suppressed(email: str) -> bool:
                try:
                    key = parse_address(email).key
                except AddressError:
                    return True
                known = suppression.find_suppression(session, self.hasher.hash(key))
                # Who moves, away or back, has left one of two addresses, and is told at both.
                return known is not None and known.reason != SuppressionReason.UNSUBSCRIBED

            return mail.claim(session, worker_lock.number, suppressed, now)

    def _release(self, owed: Sequence[ClaimedMessage], retry_after: float | None) -> None:
        with self.store.write() as session:
            mail.release(session, owed, self.clock(), retry_after)

    def _send(self, owed: ClaimedMessage) -> bool:
        try:
            with self.store.read() as session:
                edition = self._edition(owed, self._rendered(session, owed))
        except TemplateError:
            log.exception("letter %s can't be written", owed.id)
            with self.store.write() as session:
                mail.fail(session, owed, "template", self.clock())
            return False
        outcome = self._submit(edition, owed)
        with self.store.write() as session:
            mail.settle(session, owed, outcome, self.clock())
        if isinstance(outcome, Unknown):
            log.warning("letter %s may not have arrived; it is sent again", owed.id)
        return not isinstance(outcome, Unknown)

    def _submit(self, edition: Edition, owed: ClaimedMessage) -> Outcome:
        """Raises ProviderError where it was not submitted."""
        found: Outcome | None = None
        try:
            for outcomes in self.provider.submit(edition, [[self._personalization(owed)]]):
                for outcome in outcomes:
                    found = outcome
        except ProviderError:
            if found is None:
                raise
        except Exception:
            log.exception("the provider broke off with letter %s", owed.id)
        return found or Unknown(owed.id, "the provider did not say")

    def _edition(self, owed: ClaimedMessage, rendered: Rendered) -> Edition:
        return Edition(
            number=0,
            series=SERIES,
            subject=rendered.subject,
            html=rendered.html,
            text=rendered.text,
            sender=self.sender,
            list_name=self.renderer.brand.name,
            public_url=self._site,
            bounce_address=self.bounces,
            auto_submitted=True,
            unsubscribable=owed.kind in {TransactionalKind.WELCOME, TransactionalKind.ALREADY},
        )

    def _personalization(self, owed: ClaimedMessage) -> Personalization:
        """The letter's number makes its token: the same Message-ID at every try."""
        slots = dict.fromkeys(Slot, "")
        slots[Slot.UNSUBSCRIBE] = self.tokens.make(Purpose.UNSUBSCRIBE, owed.subscriber_id)
        return Personalization(
            owed.id, owed.email, self.tokens.make(Purpose.LETTER, owed.id), slots
        )

    @property
    def _site(self) -> str:
        return self.renderer.brand.public_url

    def _link(self, purpose: Purpose, subscriber: int, number: int = 0) -> str:
        return f"{self._site}/{purpose}/{self.tokens.make(purpose, subscriber, number)}"

    def _rendered(self, session: Session, owed: ClaimedMessage) -> Rendered:
        """Raises TemplateError."""
        reader = owed.subscriber_id
        match owed.kind:
            case TransactionalKind.CONFIRMATION:
                return self.renderer.confirmation(self._link(Purpose.CONFIRM, reader))
            case TransactionalKind.WELCOME:
                return self.renderer.welcome(
                    self._link(Purpose.PREFERENCES, reader),
                    self._link(Purpose.UNSUBSCRIBE, reader),
                    self._came_from(session, str(owed.context.get("comparison", ""))),
                )
            case TransactionalKind.ALREADY:
                return self._notice(ALREADY, Purpose.PREFERENCES, reader)
            case TransactionalKind.CHANGE:
                return self._notice(CHANGE, Purpose.ADDRESS, reader, int(owed.context["number"]))
            case TransactionalKind.CHANGED:
                return self._notice(CHANGED)
            case _:
                assert_never(owed.kind)

    def _notice(
        self, notice: NoticeText, purpose: Purpose | None = None, reader: int = 0, number: int = 0
    ) -> Rendered:
        name = self.renderer.brand.name
        action = Action(notice.button, self._link(purpose, reader, number)) if purpose else None
        said = tuple(one.format(name=name) for one in notice.paragraphs)
        return self.renderer.notice(notice.subject.format(name=name), said, action)

    def _came_from(self, session: Session, slug: str) -> Matchup | None:
        view = comparison_by_slug(session, slug) if slug else None
        return matchup(view, self._site) if view else None
