"""Transactional mail is sent once; what was submitting when a worker died is sent again."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlmodel import select

from digest.brand import Brand
from digest.deliver.bounce_policy.failure import Cause, Failure, FailureClass
from digest.deliver.ledger.worker_lock import worker_lock
from digest.deliver.providers.base import Outcome, ProviderBusyError, ProviderError, Rejected
from digest.deliver.transactional import mail
from digest.deliver.transactional.tables import (
    TransactionalKind,
    TransactionalMessage,
    TransactionalState,
)
from digest.message.edition import Edition, Sender
from digest.message.headers import message_id
from digest.message.personalization import Personalization
from digest.message.template import MessageTemplate
from digest.pipeline.transactional_mailer import TransactionalMailer
from digest.render.environment import email_environment, templates_folder
from digest.render.transactional import TransactionalRenderer
from store.engine import Store
from subscribers.addresses import AddressHasher
from subscribers.service import erase_subscriber, unsubscribe
from subscribers.suppression import suppress
from subscribers.tables import Subscriber, Suppression, SuppressionReason
from subscribers.tokens import Purpose, Tokens
from tests.parts.links import token_in
from tests.parts.world import NOW, SECRET, Clock, Recorder, add_people

Deliver = Callable[[], int]
TOKENS, HASHER = Tokens([SECRET]), AddressHasher(SECRET)
BRAND = Brand("Verdicts", "https://d.example", "1 Road, Town")


@dataclass
class MessageRecorder(Recorder):
    """A recorder that keeps whole messages; `error` is raised in place of an answer."""

    sent: list[tuple[Edition, Personalization]] = field(default_factory=list)
    error: Exception | None = None

    def _take(self, edition: Edition, personalization: Personalization) -> Outcome:
        if self.error:
            raise self.error
        self.sent.append((edition, personalization))
        return super()._take(edition, personalization)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def provider() -> MessageRecorder:
    return MessageRecorder()


@pytest.fixture
def mailer(store: Store, provider: MessageRecorder, clock: Clock) -> TransactionalMailer:
    return TransactionalMailer(
        store,
        TransactionalRenderer(BRAND, email_environment(templates_folder())),
        Sender("Verdicts", "digest@d.example"),
        TOKENS,
        HASHER,
        provider,
        clock,
    )


@pytest.fixture
def deliver(store: Store, mailer: TransactionalMailer) -> Iterator[Callable[[], int]]:
    """Do what a worker does at each poll; returns how many messages a provider took."""
    with worker_lock(store) as here:
        yield lambda: mailer.deliver(here)


@pytest.fixture
def ana(store: Store) -> int:
    return person(store, "pending")


def person(store: Store, status: str) -> int:
    (email,) = add_people(store, 1, status)
    with store.read() as session:
        found = session.exec(select(Subscriber.id).where(Subscriber.email == email)).one()
        assert found is not None
        return found


def enqueue(
    store: Store, reader: int, kind: TransactionalKind = TransactionalKind.CONFIRMATION, **more: Any
) -> bool:
    with store.write() as session:
        return mail.enqueue(session, kind, reader, "1", NOW, **more)


def stored(store: Store) -> TransactionalMessage:
    with store.read() as session:
        return session.exec(select(TransactionalMessage)).one()


def test_a_message_is_sent_once_however_often_it_is_caused(
    store: Store, provider: MessageRecorder, deliver: Deliver, ana: int
) -> None:
    assert enqueue(store, ana)
    assert not enqueue(store, ana)
    assert deliver() == 1
    assert deliver() == 0
    assert provider.taken == ["reader0@example.org"]
    assert stored(store).state == TransactionalState.SUBMITTED


def test_what_causes_it_takes_it_along_when_it_fails(
    store: Store, provider: MessageRecorder, deliver: Deliver, ana: int
) -> None:
    def cause() -> None:
        with store.write() as session:
            mail.enqueue(session, TransactionalKind.CONFIRMATION, ana, "1", NOW)
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        cause()
    assert deliver() == 0
    assert provider.taken == []


def test_what_a_dead_worker_held_goes_out_again_with_the_same_message_id(
    store: Store, mailer: TransactionalMailer, provider: MessageRecorder, deliver: Deliver, ana: int
) -> None:
    """A confirmation may come twice rather than never."""
    enqueue(store, ana)

    def die() -> None:
        raise SystemExit  # between the provider's answer and the commit

    settle, mail.settle = mail.settle, lambda *_: die()
    try:
        with worker_lock(store) as other, pytest.raises(SystemExit):
            mailer.deliver(other)
    finally:
        mail.settle = settle
    assert stored(store).state == TransactionalState.SUBMITTING
    assert deliver() == 1
    first, second = [message_id(*one) for one in provider.sent]
    assert first == second
    assert stored(store).state == TransactionalState.SUBMITTED


def test_nobody_takes_what_a_living_worker_holds(
    store: Store, mailer: TransactionalMailer, provider: MessageRecorder, deliver: Deliver, ana: int
) -> None:
    enqueue(store, ana)
    with worker_lock(store) as other:
        with store.write() as session:
            assert len(mail.claim(session, other.worker_id, lambda _: False, NOW)) == 1
        assert deliver() == 0
    assert provider.taken == []


def rejecting(code: str, *, permanent: bool, **more: Any) -> Callable[[Personalization], Outcome]:
    return lambda one: Rejected(one.delivery_id, permanent, code, "said the server", **more)


def test_a_transient_rejection_is_retried_later(
    store: Store, provider: MessageRecorder, deliver: Deliver, ana: int, clock: Clock
) -> None:
    enqueue(store, ana)
    provider.answer = rejecting("451", permanent=False)
    deliver()
    assert stored(store).state == TransactionalState.QUEUED
    provider.answer = None
    assert deliver() == 0, "it waits"
    clock.on(minutes=2)
    assert deliver() == 1
    assert stored(store).attempts == 2


def test_an_address_that_is_rejected_for_good_is_suppressed(
    store: Store, provider: MessageRecorder, deliver: Deliver, ana: int
) -> None:
    enqueue(store, ana)
    provider.answer = rejecting(
        "550 5.1.1", permanent=True, failure=Failure(FailureClass.HARD, Cause.NO_MAILBOX)
    )
    deliver()
    assert (stored(store).state, stored(store).code) == (TransactionalState.FAILED, "550 5.1.1")
    with store.read() as session:
        assert session.exec(select(Subscriber.status)).one() == "bounced"
        assert session.exec(select(Suppression.reason)).one() == "bounced"


def test_a_provider_that_can_not_be_used_costs_no_try(
    store: Store, provider: MessageRecorder, deliver: Deliver, ana: int, clock: Clock
) -> None:
    enqueue(store, ana)
    provider.error = ProviderBusyError("full", 120)
    with pytest.raises(ProviderError):
        deliver()
    assert (stored(store).state, stored(store).attempts) == (TransactionalState.QUEUED, 0)
    provider.error = None
    clock.on(seconds=119)
    assert deliver() == 0
    clock.on(seconds=1)
    assert deliver() == 1


def test_an_answer_that_never_came_is_asked_for_again(
    store: Store, provider: MessageRecorder, deliver: Deliver, ana: int, clock: Clock
) -> None:
    enqueue(store, ana)
    provider.error = RuntimeError("the connection broke")
    assert deliver() == 0
    provider.error = None
    clock.on(minutes=2)
    assert deliver() == 1


@pytest.mark.parametrize(
    ("kind", "status", "becomes"),
    [
        (TransactionalKind.CONFIRMATION, "pending", "submitted"),
        (TransactionalKind.CONFIRMATION, "unsubscribed", "submitted"),
        (TransactionalKind.CONFIRMATION, "active", "suppressed"),
        (TransactionalKind.CONFIRMATION, "complained", "suppressed"),
        (TransactionalKind.CONFIRMATION, "bounced", "suppressed"),
        (TransactionalKind.WELCOME, "active", "submitted"),
        (TransactionalKind.WELCOME, "unsubscribed", "suppressed"),
        (TransactionalKind.ALREADY, "active", "submitted"),
        (TransactionalKind.ALREADY, "complained", "suppressed"),
    ],
)
def test_who_may_have_it_is_asked_when_its_turn_comes(
    store: Store, deliver: Deliver, kind: TransactionalKind, status: str, becomes: str
) -> None:
    enqueue(store, person(store, status), kind)
    deliver()
    assert stored(store).state == becomes


def test_who_left_before_it_was_written_out_gets_no_welcome(
    store: Store, provider: MessageRecorder, deliver: Deliver
) -> None:
    reader = person(store, "active")
    enqueue(store, reader, TransactionalKind.WELCOME)
    with store.write() as session:
        unsubscribe(session, HASHER, reader, "link", NOW)
    deliver()
    assert provider.taken == []


@pytest.mark.parametrize(
    ("reason", "becomes"),
    [("unsubscribed", "submitted"), ("bounced", "suppressed"), ("complained", "suppressed")],
)
def test_the_address_that_a_reader_moved_from_is_told_unless_it_is_worse_than_left(
    store: Store, deliver: Deliver, reason: str, becomes: str
) -> None:
    reader = person(store, "active")
    with store.write() as session:
        key = HASHER.hash("before@example.org")
        session.add(Suppression(address_hash=key, email=None, reason=reason, at=NOW))
    enqueue(store, reader, TransactionalKind.CHANGED, email="before@example.org")
    deliver()
    assert stored(store).state == becomes


def test_an_erased_readers_messages_are_erased_too(store: Store, ana: int) -> None:
    enqueue(store, ana)
    with store.write() as session:
        erase_subscriber(session, HASHER, "reader0@example.org", NOW)
    with store.read() as session:
        assert session.exec(select(TransactionalMessage)).all() == []


def test_a_confirmation_says_that_nobody_wrote_it_and_offers_no_way_off(
    store: Store, provider: MessageRecorder, deliver: Deliver, ana: int
) -> None:
    enqueue(store, ana)
    deliver()
    ((edition, personalization),) = provider.sent
    message = MessageTemplate(edition).message(personalization, NOW)
    head = message.partition(b"\r\n\r\n")[0]
    assert b"\r\nAuto-Submitted: auto-generated\r\n" in head
    assert b"List-" not in head
    link = f"https://d.example/confirm/{token_in(store, TOKENS, Purpose.CONFIRM, ana)}"
    assert link in edition.text


def test_a_welcome_can_be_left_in_one_click(
    store: Store, provider: MessageRecorder, deliver: Deliver
) -> None:
    reader = person(store, "active")
    enqueue(store, reader, TransactionalKind.WELCOME)
    deliver()
    ((edition, personalization),) = provider.sent
    head = MessageTemplate(edition).message(personalization, NOW).partition(b"\r\n\r\n")[0]
    link = f"<https://d.example/unsubscribe/{token_in(store, TOKENS, Purpose.UNSUBSCRIBE, reader)}>"
    assert f"\r\nList-Unsubscribe: {link}".encode() in head
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in head


def test_another_address_that_must_not_be_mailed_is_not(
    store: Store, provider: MessageRecorder, deliver: Deliver
) -> None:
    reader = person(store, "active")
    with store.write() as session:
        suppress(
            session,
            HASHER.hash("gone@example.org"),
            "gone@example.org",
            SuppressionReason.COMPLAINED,
            NOW,
        )
    enqueue(
        store, reader, TransactionalKind.CHANGE, email="gone@example.org", context={"number": 1}
    )
    deliver()
    assert provider.taken == []


def test_the_providers_id_is_stored(store: Store, deliver: Deliver, ana: int) -> None:
    enqueue(store, ana)
    deliver()
    message = stored(store)
    assert message.provider_id == f"r-{message.id}"
