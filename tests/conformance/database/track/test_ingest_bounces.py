"""Bounces that were reported, on both databases: which suppress an address, and when."""

import pytest
from sqlmodel import select

from digest.deliver.bounce_policy.bounce_type import SOFT_BOUNCE_LIMIT
from digest.deliver.bounce_policy.classify import classify_reply
from digest.deliver.bounce_policy.failure import Cause, Failure, FailureClass, Stage
from digest.deliver.ledger.settle import settle
from digest.deliver.providers.base import Rejected
from store.engine import Store
from subscribers.tables import Suppression
from tests.parts.issues.sent_issues import BLOCKED, SentIssues
from tests.parts.world import NOW


@pytest.fixture
def sent(store: Store) -> SentIssues:
    return SentIssues(store)


def test_an_address_at_fault_is_suppressed_at_once_with_why(sent: SentIssues) -> None:
    number = sent.issue()
    bounce = {"type": "bounce", "status": "5.1.1"}
    reason = "550 5.1.1 reader0@example.org unknown"
    assert sent.say(sent.event("bounce", number, reason=reason, **bounce)) == 1
    assert (sent.suppressed(), sent.person().status) == ("bounced", "bounced")
    assert sent.suppressed(1) is None
    with sent.store.read() as session:
        note = session.exec(select(Suppression.note)).one()
    assert note == "5.1.1 550 5.1.1 an address unknown"


def test_of_two_failures_told_together_the_graver_counts(sent: SentIssues) -> None:
    number = sent.issue()
    hard = sent.event("bounce", number, type="bounce", status="5.1.1")
    soft = sent.event("bounce", number, type="blocked", status="4.4.1")
    sent.say(hard, soft)
    assert (sent.delivery(number).fault, sent.suppressed()) == ("address", "bounced")


@pytest.mark.parametrize(
    "told",
    [
        {"type": "bounce", "status": "5.7.1"},
        {"type": "bounce", "status": "5.2.2"},
        {"type": "bounce", "status": "5.3.4"},
        {"type": "blocked", "status": "5.7.1"},
    ],
)
def test_what_says_nothing_about_an_address_never_suppresses_it(
    sent: SentIssues, told: dict[str, str]
) -> None:
    for _ in range(SOFT_BOUNCE_LIMIT + 2):
        sent.say(sent.event("bounce", sent.issue(), **told))
    assert (sent.suppressed(), sent.person().status) == (None, "active")


def test_passing_failures_suppress_after_several_issues_in_a_row(sent: SentIssues) -> None:
    for _ in range(SOFT_BOUNCE_LIMIT - 1):
        sent.say(sent.event("bounce", sent.issue(), **BLOCKED))
        assert sent.suppressed() is None
    sent.say(sent.event("bounce", sent.issue(), **BLOCKED))
    assert sent.suppressed() == "bounced"
    assert sent.suppressed(1) is None


def test_a_delivery_in_between_begins_the_count_anew(sent: SentIssues) -> None:
    for name in ("bounce", "bounce", "delivered", "bounce", "bounce"):
        more = BLOCKED if name == "bounce" else {}
        sent.say(sent.event(name, sent.issue(), **more))
    assert sent.suppressed() is None
    sent.say(sent.event("bounce", sent.issue(), **BLOCKED))
    assert sent.suppressed() == "bounced"


def test_the_same_failure_told_often_counts_once(sent: SentIssues) -> None:
    number = sent.issue()
    for _ in range(SOFT_BOUNCE_LIMIT + 1):
        sent.say(sent.event("bounce", number, **BLOCKED))
    assert sent.suppressed() is None


def test_a_late_bounce_does_not_undo_a_later_delivery(sent: SentIssues) -> None:
    issues = [sent.issue() for _ in range(SOFT_BOUNCE_LIMIT + 1)]
    sent.say(sent.event("delivered", issues[-1]))
    for number in issues[:-1]:
        sent.say(sent.event("bounce", number, **BLOCKED))
    assert sent.suppressed() is None


def test_refusals_while_sending_count_in_the_same_row(sent: SentIssues) -> None:
    """Two issues by SendGrid, the third refused by an SMTP server: one policy."""
    for _ in range(SOFT_BOUNCE_LIMIT - 1):
        sent.say(sent.event("bounce", sent.issue(), **BLOCKED))
    number = sent.issue("submitting")
    delivery = sent.delivery(number)
    assert delivery.id is not None
    failure = Failure(FailureClass.SOFT, Cause.BUSY)
    refused = Rejected(delivery.id, True, "550 5.2.1", "busy", failure, Stage.RCPT)
    with sent.store.write() as session:
        settle(session, number, [refused], provider="smtp", batch_size=10, now=NOW)
    assert sent.delivery(number).fault == "passing"
    assert sent.suppressed() == "bounced"


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("550 5.1.1 No such user", "bounced"),
        ("554 5.7.1 Not from you", None),
        ("552 5.2.2 Mailbox full", None),
        ("550 5.4.5 Daily user sending limit exceeded", None),
        ("450 4.3.0 Try again later", None),
    ],
)
def test_a_refusal_while_sending_goes_by_the_policy(
    sent: SentIssues, reply: str, reason: str | None
) -> None:
    number = sent.issue("submitting")
    delivery = sent.delivery(number)
    assert delivery.id is not None
    failure = classify_reply(reply, Stage.RCPT)
    refused = Rejected(delivery.id, True, reply[:9], reply[10:], failure, Stage.RCPT)
    with sent.store.write() as session:
        settle(session, number, [refused], provider="smtp", batch_size=10, now=NOW)
    assert (sent.delivery(number).state, sent.suppressed()) == ("failed", reason)
