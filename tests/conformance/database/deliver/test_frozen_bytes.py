"""What approval froze is what is sent, or nothing is: on both databases."""

import pytest
from sqlmodel import select

from digest.deliver.ledger.worker_lock import worker_lock
from digest.deliver.tables import Batch
from digest.issues.lifecycle import IssueError
from store.engine import Store
from tests.parts.world import Clock, Recorder, add_approved, add_people, issue_service, sending


def test_altered_bytes_are_not_sent(store: Store, clock: Clock) -> None:
    from digest.issues.tables import Variant

    add_people(store, 1)
    number = add_approved(store)
    with store.write() as session:
        variant = session.exec(select(Variant)).one()
        variant.html += "<p>and buy this</p>"
        session.add(variant)
    with pytest.raises(IssueError, match="not what was approved"):
        issue_service(store, Recorder(), clock).start(number)


def test_batches_are_as_large_as_the_provider_takes(store: Store, clock: Clock) -> None:
    add_people(store, 21)
    number = add_approved(store)
    issue_service(store, Recorder(batch_size=10), clock).start(number)
    with store.read() as session:
        assert len(session.exec(select(Batch)).all()) == 3


def test_altered_bytes_found_by_a_worker_leave_everybody_queued(store: Store, clock: Clock) -> None:
    from digest.issues.tables import Variant

    people = add_people(store, 12)
    number = add_approved(store)
    provider = Recorder()
    issue_service(store, provider, clock).start(number)
    with store.write() as session:
        variant = session.exec(select(Variant)).one()
        good, variant.html = variant.html, "evil"
    with worker_lock(store) as here:
        for _ in range(3):
            with pytest.raises(IssueError, match="not what was approved"):
                sending(store, provider, clock).run(number, here)
        with store.write() as session:
            session.exec(select(Variant)).one().html = good
        assert sending(store, provider, clock).run(number, here).finished
    assert sorted(provider.taken) == sorted(people)


def test_a_sender_changed_after_approval_is_not_put_over_frozen_bytes(
    store: Store, clock: Clock
) -> None:
    from dataclasses import replace

    from digest.message.edition import Sender
    from tests.parts.world import issue_renderer

    number = add_approved(store)
    other = replace(issue_renderer(), sender=Sender("Other", "other@evil.example"))
    with store.read() as session:
        assert other.edition(session, number).sender.address == "digest@d.example"
