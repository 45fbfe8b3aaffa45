"""A real Postfix takes our mail in every style, and a verifier passes what it hands on."""

from collections.abc import Iterator
from email import message_from_bytes, policy

import pytest

from digest.deliver.ledger.worker_lock import worker_lock
from digest.deliver.providers.smtp.provider import SmtpProvider
from digest.deliver.providers.smtp.url import SmtpUrl
from digest.pipeline.issue_service import IssueService
from digest.pipeline.sending import Sending
from store.engine import Store
from tests.parts.mail import HOSTILE, kinds, long_edition, personalizations, submit
from tests.parts.servers.machine import without
from tests.parts.servers.postfix import OFFERS, Postfix, hindrance
from tests.parts.servers.smtp_server import Received
from tests.parts.signatures import signer, verdicts
from tests.parts.world import Clock, add_approved, add_people, issue_renderer

PEOPLE = 100
CHECKED = 25
"""Of each style's messages, the part that the verifier, which is slow, looks at."""

pytestmark = pytest.mark.xdist_group("postfix")


@pytest.fixture(scope="module")
def postfix() -> Iterator[Postfix]:
    """One instance for all tests of the file; skips where there can be none."""
    if why := hindrance():
        without(why)
    with Postfix() as running:
        yield running


def passed_on(postfix: Postfix, recipients: list[str]) -> list[Received]:
    """What arrived for these, once each."""
    exchange = postfix.exchange
    wanted = set(recipients)
    with exchange.changed:
        all_there = exchange.changed.wait_for(lambda: wanted <= set(exchange.recipients), 60)
    assert all_there, postfix.log()[-2_000:]
    found = [one for one in exchange.received if one.recipient in wanted]
    assert len(found) == len(recipients), "somebody was mailed twice"
    return found


@pytest.mark.parametrize("style", OFFERS)
def test_postfix_takes_every_message_and_its_signatures_hold(postfix: Postfix, style: str) -> None:
    people = [f"{style}{number}@example.com" for number in range(PEOPLE)]
    target = SmtpUrl("127.0.0.1", postfix.ports[style], connections=3)
    provider = SmtpProvider(target, Clock(), signer=signer())
    outcomes = submit(provider, *personalizations(people, HOSTILE), edition=long_edition(35_000))
    provider.close()
    assert set(kinds(outcomes)) == {"Accepted"}
    # Postfix says what it calls a message, and that is kept.
    assert all(one.provider_id in postfix.log() for one in outcomes.values())  # type: ignore[union-attr]
    arrived = passed_on(postfix, people)
    assert all(verdicts(one.raw, signer()) == [True, True] for one in arrived[:CHECKED])


def test_a_whole_issue_goes_through_postfix_and_the_books_balance(
    postfix: Postfix, sqlite_store: Store
) -> None:
    people = add_people(sqlite_store, PEOPLE)
    number = add_approved(sqlite_store)
    target = SmtpUrl("127.0.0.1", postfix.ports["chunks"], connections=3)
    clock = Clock()
    provider = SmtpProvider(target, clock, signer=signer(domain="d.example"))
    IssueService(sqlite_store, issue_renderer(), provider.batch_size, clock).start(number)
    with worker_lock(sqlite_store) as here:
        progress = Sending(sqlite_store, issue_renderer(), provider, clock).run(number, here)
    provider.close()
    assert progress.finished
    assert progress.counts["submitted"] == PEOPLE
    for one in passed_on(postfix, people)[:CHECKED]:
        assert verdicts(one.raw, signer(domain="d.example")) == [True, True]
        head = one.raw.partition(b"\r\n\r\n")[0]
        assert b"\r\nList-Unsubscribe: <https://d.example/unsubscribe/" in head
        message = message_from_bytes(one.raw, policy=policy.default)
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
