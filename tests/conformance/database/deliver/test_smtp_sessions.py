"""Servers that take so many messages a session or an hour: all arrive once, none in doubt."""

from collections.abc import Iterator

import pytest
from sqlmodel import func, select

from digest.deliver.ledger.worker_lock import worker_lock
from digest.deliver.providers.smtp.url import DEFAULT_MESSAGES
from digest.deliver.tables import Attempt
from store.engine import Store
from tests.parts.issues.relayed_issue import RelayedIssue
from tests.parts.issues.sending import by_state, send_to_the_end
from tests.parts.servers.pipelining_server import STYLES, PipeliningServer, ScriptedRefusal

SPENT = {
    "421 and close": ScriptedRefusal("MAIL", "421 4.4.2 Maximum message count reached", close=True),
    "421 and stay": ScriptedRefusal("MAIL", "421 too many messages in this connection"),
    "452 at MAIL": ScriptedRefusal("MAIL", "452 4.3.2 Too many messages in this session"),
    "452 4.5.3 at RCPT": ScriptedRefusal("RCPT", "452 4.5.3 Too many recipients in this session"),
    "421 at RCPT and close": ScriptedRefusal("RCPT", "421 4.7.0 Enough", close=True),
    "RSET refused and close": ScriptedRefusal("RSET", "554 Too many nonmail commands", close=True),
    "421 at RSET": ScriptedRefusal("RSET", "421 Goodbye", close=True),
}


@pytest.fixture(params=STYLES)
def server(request: pytest.FixtureRequest) -> Iterator[PipeliningServer]:
    with PipeliningServer(**STYLES[request.param]) as running:
        yield running


def tries(store: Store) -> int:
    with store.read() as session:
        return session.exec(select(func.count()).select_from(Attempt)).one()


@pytest.mark.parametrize("kind", SPENT)
def test_a_session_that_is_spent_is_left_and_costs_nobody_a_try(
    sqlite_store: Store, server: PipeliningServer, kind: str
) -> None:
    fault = SPENT[kind]
    server.faults = [
        ScriptedRefusal(fault.stage, fault.reply, per_connection=20, close=fault.close),
    ]
    world = RelayedIssue(sqlite_store, server)
    world.run()
    world.assert_finished()
    assert tries(sqlite_store) == 0


def test_a_connection_carries_a_hundred_messages_unless_told_otherwise(
    sqlite_store: Store, server: PipeliningServer
) -> None:
    world = RelayedIssue(sqlite_store, server, 2 * DEFAULT_MESSAGES + 20, connections=1)
    world.provider._target = world.provider._target.__class__(
        "127.0.0.1", server.port, connections=1
    )
    world.run()
    world.assert_finished()
    assert server.connections == 3


FOR_NOW = {
    "disk full": ScriptedRefusal("MAIL", "452 4.3.1 Insufficient system storage"),
    "an hourly limit": ScriptedRefusal("MAIL", "421 4.7.0 Hourly limit reached", close=True),
    "no connection": ScriptedRefusal("CONNECT", "421 4.3.2 Too many connections"),
    "no greeting": ScriptedRefusal("EHLO", "421 4.3.2 Come back later"),
    "DATA": ScriptedRefusal("DATA", "451 4.3.0 Queue file write error"),
}


@pytest.mark.parametrize("kind", FOR_NOW)
@pytest.mark.parametrize("after", [0, 50])
def test_a_server_that_takes_nothing_for_now_is_waited_for_without_counting(
    store: Store, kind: str, after: int
) -> None:
    fault = FOR_NOW[kind]
    with PipeliningServer(chunking=False) as server:
        server.faults = [ScriptedRefusal(fault.stage, fault.reply, after=after, close=fault.close)]
        if after and fault.stage in {"CONNECT", "EHLO"}:
            server.faults.append(
                ScriptedRefusal("MAIL", "421 Enough", per_connection=10, close=True)
            )
        world = RelayedIssue(store, server)
        with worker_lock(store) as here:
            for _ in range(20):
                progress = world.sending.run(world.number, here)
                assert progress.next_due
                world.clock.now = max(world.clock.now, progress.next_due)
        counts = world.counts
        assert counts["failed"] == counts["uncertain"] == 0
        assert counts["submitted"] == len(server.recipients) >= after
        assert fault.reply[4:] in (world.issue.held_because or "")
        assert server.connections < 120, "it is not hammered"
        server.faults = []
        send_to_the_end(world.sending, world.number, world.clock)
        world.assert_finished()
    assert tries(store) == 0


def test_so_many_an_hour_and_all_arrive(store: Store) -> None:
    """The limit clears each hour; nobody's tries are used up by it."""
    with PipeliningServer() as server:
        world = RelayedIssue(store, server, 200)
        hour = world.clock.now
        limit = ScriptedRefusal("MAIL", "452 4.7.0 Over quota for this hour", after=50)
        server.faults = [limit]
        with worker_lock(store) as here:
            for _ in range(100):
                progress = world.sending.run(world.number, here)
                if progress.finished:
                    break
                assert progress.next_due
                world.clock.now = max(world.clock.now, progress.next_due)
                if (world.clock.now - hour).total_seconds() >= 3600:
                    hour, limit.after = world.clock.now, len(server.recipients) + 50
        world.assert_finished()
    assert tries(store) == 0


def test_one_reader_who_is_refused_at_data_for_now_holds_up_nobody(
    sqlite_store: Store,
) -> None:
    with PipeliningServer(chunking=False) as server:
        world = RelayedIssue(sqlite_store, server, 60)
        one = world.people[0]
        server.faults = [ScriptedRefusal("DATA", "451 4.7.1 Greylisted", only=f"^{one}$")]
        world.run()
        assert set(server.recipients) == set(world.people) - {one}
        server.faults = []
        send_to_the_end(world.sending, world.number, world.clock)
        world.assert_finished()


def test_refused_recipients_leave_nothing_in_doubt_where_errors_end_the_session(
    sqlite_store: Store, server: PipeliningServer
) -> None:
    """Exim hangs up after three commands out of sequence, and a chunk without recipient is one."""
    server.errors_per_connection = 3
    server.faults = [ScriptedRefusal("RCPT", "550 Unrouteable address", only="[3]@")]
    world = RelayedIssue(sqlite_store, server, 200)
    send_to_the_end(world.sending, world.number, world.clock)
    states = by_state(sqlite_store, world.number)
    dead = {one for one in world.people if "3@" in one}
    assert states["failed"] == dead
    assert states["submitted"] == set(world.people) - dead == set(server.recipients)
