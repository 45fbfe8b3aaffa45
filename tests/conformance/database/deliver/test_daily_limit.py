"""A daily limit that hits the same tail of the list week after week suppresses nobody."""

from collections.abc import Iterator

import pytest
from sqlmodel import select

from digest.deliver.ledger.worker_lock import worker_lock
from digest.deliver.tables import Delivery, DeliveryState
from digest.issues.tables import IssueState
from store.engine import Store
from tests.parts.issues.relayed_issue import RelayedIssue
from tests.parts.issues.sending import by_state, send_to_the_end
from tests.parts.servers.pipelining_server import PipeliningServer, ScriptedRefusal
from tests.parts.world import add_approved

WEEKS = 4
"""One more than soft bounces in a row suppress."""
PEOPLE, TAKEN = 30, 16
RUNS = 4
"""Rounds of a worker until the editor gives the week up."""
LIMITS = {
    "5.4.5 at RCPT": ScriptedRefusal("RCPT", "550 5.4.5 Daily user sending limit exceeded"),
    "5.4.5 after the body": ScriptedRefusal("BODY", "550 5.4.5 Daily sending quota exceeded"),
    "a bare 550": ScriptedRefusal("RCPT", "550 Daily message limit of 16 reached for news"),
    "no reason at all": ScriptedRefusal("RCPT", "550 Rejected"),
    "5.2.0": ScriptedRefusal("RCPT", "554 5.2.0 STOREDRV; recipient thread limit exceeded"),
    "5.1.90": ScriptedRefusal("BODY", "550 5.1.90 Message rejected: recipient rate limit"),
    "5.7.232 tenant limit": ScriptedRefusal("BODY", "550 5.7.232 tenant recipient limit reached"),
    "bare 450": ScriptedRefusal("RCPT", "450 Too many messages today"),
    "bare 451": ScriptedRefusal("BODY", "451 Try again tomorrow"),
    "4.4.2": ScriptedRefusal("RCPT", "451 4.4.2 Daily limit"),
    "452 at MAIL": ScriptedRefusal("MAIL", "452 4.5.3 Daily quota of the account reached"),
}


@pytest.fixture
def relayed(sqlite_store: Store) -> Iterator[RelayedIssue]:
    with PipeliningServer() as server:
        yield RelayedIssue(sqlite_store, server, PEOPLE, connections=1)


def next_week(world: RelayedIssue, limit: ScriptedRefusal) -> None:
    """A new issue to the same readers, of whom the server takes `TAKEN`."""
    server = world.server
    assert isinstance(server, PipeliningServer)
    server.received.clear()
    server.faults = [ScriptedRefusal(limit.stage, limit.reply, after=TAKEN)]
    world.clock.on(days=7)
    world.number = add_approved(world.store)
    world.issues.start(world.number)


def tail(world: RelayedIssue) -> set[int]:
    """Who has not been mailed."""
    with world.store.read() as session:
        rows = session.exec(
            select(Delivery.subscriber_id).where(
                Delivery.issue_number == world.number,
                Delivery.state != DeliveryState.SUBMITTED,
            )
        ).all()
    return set(rows)


def run_for_days(world: RelayedIssue) -> None:
    """As a worker would, until it is held, finished, or given up."""
    with worker_lock(world.store) as here:
        for _ in range(RUNS):
            if world.issue.state != IssueState.SENDING:
                return
            progress = world.sending.run(world.number, here)
            if progress.next_due:
                world.clock.now = max(world.clock.now, progress.next_due)


@pytest.mark.parametrize("kind", LIMITS)
def test_the_same_tail_four_weeks_running_loses_nobody(relayed: RelayedIssue, kind: str) -> None:
    """Held or waiting, and cancelled by an editor who gives up each time."""
    world = relayed
    with worker_lock(world.store) as here:
        world.sending.run(world.number, here)
    tails = []
    for _ in range(WEEKS):
        next_week(world, LIMITS[kind])
        run_for_days(world)
        assert not world.suppressed
        tails.append(tail(world))
        if world.issue.state not in {IssueState.FINISHED, IssueState.CANCELLED}:
            world.issues.cancel(world.number)
    assert len(set.intersection(*tails)) >= 4, "the same people each week"
    next_week(world, LIMITS[kind])
    world.server.faults = []  # type: ignore[attr-defined]
    send_to_the_end(world.sending, world.number, world.clock)
    assert by_state(world.store, world.number)["submitted"] == set(world.people)


@pytest.mark.parametrize("kind", ["no reason at all", "5.2.0", "bare 451"])
def test_who_accepts_the_refusals_each_week_loses_nobody_either(
    relayed: RelayedIssue, kind: str
) -> None:
    world = relayed
    with worker_lock(world.store) as here:
        world.sending.run(world.number, here)
    for _ in range(WEEKS):
        next_week(world, LIMITS[kind])
        run_for_days(world)
        if world.issue.state == IssueState.PAUSED:
            world.issues.resume(world.number, accept_refusals=True)
            run_for_days(world)
        assert not world.suppressed
        if world.issue.state != IssueState.FINISHED:
            world.issues.cancel(world.number)
