"""Refusals that speak of us hold the issue; those that speak of readers don't."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from sqlmodel import select

from digest.deliver.ledger.queries import common_replies, suppressed_by
from digest.deliver.ledger.worker_lock import worker_lock
from digest.deliver.providers.smtp.provider import SmtpProvider
from digest.deliver.providers.smtp.url import SmtpUrl
from digest.deliver.tables import Attempt
from digest.issues.tables import IssueState
from digest.pipeline.sending import Sending
from store.engine import Store
from subscribers.suppression_removal import remove_suppressions
from tests.parts.issues.relayed_issue import RelayedIssue
from tests.parts.issues.sending import by_state, send_to_the_end
from tests.parts.servers.pipelining_server import STYLES, PipeliningServer, ScriptedRefusal
from tests.parts.world import NOW

PEOPLE = 120
IN_FLIGHT = 10 + 4 * 64
"""Refusals heard at most before it stops: ten, and what four connections have in flight."""


@pytest.fixture(params=STYLES)
def server(request: pytest.FixtureRequest) -> Iterator[PipeliningServer]:
    with PipeliningServer(**STYLES[request.param]) as running:
        yield running


ABOUT_US = {
    "relaying denied": ScriptedRefusal("RCPT", "550 relay not permitted"),
    "relaying denied, with the address": ScriptedRefusal(
        "RCPT", "554 5.7.1 <{recipient}>: Relay access denied"
    ),
    "an hourly limit, counting on": ScriptedRefusal(
        "RCPT",
        "550 Domain example.org has exceeded the max emails per hour (101/100 (101%)) allowed.",
    ),
    "try again later, with a bare 550": ScriptedRefusal(
        "RCPT", "550 Too many messages, try again later"
    ),
    "a bare 550 without a reason": ScriptedRefusal("RCPT", "550 Administrative prohibition"),
    "a daily limit after the body": ScriptedRefusal(
        "BODY", "550 5.4.5 Daily user sending limit exceeded"
    ),
    "a quota at DATA": ScriptedRefusal("DATA", "550 5.7.1 Quota exceeded"),
    "reputation": ScriptedRefusal(
        "RCPT", "550 5.7.1 Service unavailable, your IP is on a block list"
    ),
    "an unverified sender after the body": ScriptedRefusal(
        "BODY", "554 Message rejected: Email address is not verified."
    ),
    "everybody unknown, as where the server is not the right one": ScriptedRefusal(
        "RCPT", "550 5.1.1 <{recipient}>: User unknown in local recipient table"
    ),
}


@pytest.mark.parametrize("kind", ABOUT_US)
def test_a_refusal_of_everybody_holds_the_issue_and_goes_on_when_told(
    store: Store, server: PipeliningServer, kind: str
) -> None:
    """Half of them from the first message on, half once some were taken."""
    fault, after = ABOUT_US[kind], 40 * (list(ABOUT_US).index(kind) % 2)
    if fault.stage == "DATA" and server.chunking:
        fault = ScriptedRefusal("BODY", fault.reply)  # who offers chunks is sent no DATA
    server.faults = [ScriptedRefusal(fault.stage, fault.reply, after=after)]
    world = RelayedIssue(store, server)
    world.run()
    words = fault.reply.replace("{recipient}", "an address").split(" ", 1)[1].split("<")[0][:12]
    world.assert_held(words, accepted=after)
    with store.read() as session:
        attempts = session.exec(select(Attempt)).all()
    assert 1 <= len(attempts) <= IN_FLIGHT
    assert {one.stage for one in attempts} == {fault.stage.lower()}
    server.faults = []
    world.issues.resume(world.number)
    send_to_the_end(world.sending, world.number, world.clock)
    world.assert_finished()


def test_it_is_held_again_where_nothing_has_changed(store: Store, server: PipeliningServer) -> None:
    server.faults = [ScriptedRefusal("RCPT", "550 relay not permitted")]
    world = RelayedIssue(store, server)
    for _ in range(3):
        world.run()
        world.assert_held("relay not permitted")
        world.issues.resume(world.number)


@pytest.mark.parametrize(
    "reply",
    [
        "550 5.1.1 <{recipient}>: User unknown in virtual mailbox table",
        "550 No such user here",
        "550 5.1.1 User unknown",
    ],
)
def test_an_import_with_many_dead_addresses_is_not_held(
    store: Store, server: PipeliningServer, reply: str
) -> None:
    """A fifth of the list does not exist, spread all over it."""
    server.faults = [ScriptedRefusal("RCPT", reply, only="[05]@")]
    world = RelayedIssue(store, server)
    send_to_the_end(world.sending, world.number, world.clock)
    dead = {one for one in world.people if one.partition("@")[0][-1] in "05"}
    states = by_state(store, world.number)
    assert states["failed"] == dead == world.suppressed
    assert states["submitted"] == set(world.people) - dead


def test_a_tenth_barred_in_the_same_words_fails_and_is_not_suppressed(
    store: Store, server: PipeliningServer
) -> None:
    server.faults = [ScriptedRefusal("RCPT", "550 5.7.1 Not from you", only="7@")]
    world = RelayedIssue(store, server)
    send_to_the_end(world.sending, world.number, world.clock)
    states = by_state(store, world.number)
    assert states["failed"] == {one for one in world.people if "7@" in one}
    assert not world.suppressed


@pytest.mark.parametrize("people", [1, 3, 8])
def test_a_short_list_that_is_refused_as_a_whole_is_held(
    store: Store, server: PipeliningServer, people: int
) -> None:
    server.faults = [ScriptedRefusal("RCPT", "550 relay not permitted")]
    world = RelayedIssue(store, server, people)
    world.run()
    world.assert_held("relay not permitted")


def test_the_few_of_a_short_list_who_are_dead_are_suppressed(
    store: Store, server: PipeliningServer
) -> None:
    server.faults = [ScriptedRefusal("RCPT", "550 5.1.1 User unknown", only="[01]@")]
    world = RelayedIssue(store, server, 3)
    send_to_the_end(world.sending, world.number, world.clock)
    assert world.suppressed == set(world.people[:2])


def test_who_accepts_the_refusals_is_not_held(store: Store, server: PipeliningServer) -> None:
    server.faults = [ScriptedRefusal("RCPT", "550 5.1.1 User unknown")]
    world = RelayedIssue(store, server)
    world.run()
    world.assert_held("User unknown")
    world.issues.resume(world.number, accept_refusals=True)
    send_to_the_end(world.sending, world.number, world.clock)
    assert by_state(store, world.number)["failed"] == set(world.people) == world.suppressed


def test_a_second_worker_in_mid_run_follows_the_hold(
    store: Store, server: PipeliningServer
) -> None:
    """Both have claimed when the first is refused; what the second hears goes back, too."""
    server.faults = [ScriptedRefusal("RCPT", "550 relay not permitted")]
    world = RelayedIssue(store, server)
    provider = SmtpProvider(SmtpUrl("127.0.0.1", server.port), world.clock)
    inner = provider.submit

    def submit(*given: object) -> object:
        outcomes = iter(inner(*given))  # type: ignore[arg-type]
        first = next(outcomes)
        world.run()
        yield first
        yield from outcomes

    provider.submit = submit  # type: ignore[method-assign,assignment]
    with worker_lock(store) as here:
        Sending(store, world.renderer, provider, world.clock).run(world.number, here)
    world.assert_held("relay not permitted")


def test_slices_of_a_run_are_judged_together(store: Store, server: PipeliningServer) -> None:
    """A worker sends quotas; each of them is too short to tell."""
    server.faults = [ScriptedRefusal("RCPT", "550 Administrative prohibition", only="[0-4]@")]
    world = RelayedIssue(store, server, 100)
    with worker_lock(store) as here, ExitStack():
        for _ in range(40):
            stop = _after(3)
            world.sending.run_quota(world.number, here, 3, should_stop=stop)
            if world.issue.state != IssueState.SENDING:
                break
    world.assert_held("Administrative prohibition")


def _after(times: int) -> Callable[[], bool]:
    left = iter(range(times))
    return lambda: next(left, None) is None


def test_the_commonest_replies_are_counted_whatever_numbers_they_hold(store: Store) -> None:
    with PipeliningServer() as server:
        server.faults = [
            ScriptedRefusal("RCPT", "550 5.1.1 <{recipient}>: User unknown", only="[05]@"),
            ScriptedRefusal("RCPT", "550 5.7.1 Not from you", only="3@"),
        ]
        world = RelayedIssue(store, server)
        send_to_the_end(world.sending, world.number, world.clock)
    with store.read() as session:
        replies = common_replies(session, world.number, 5)
    assert [(one.reply, one.stage, one.times) for one in replies] == [
        ("550 5.1.1 <an address>: User unknown", "rcpt", 24),
        ("550 5.7.1 Not from you", "rcpt", 12),
    ]


def test_suppressions_of_one_issue_are_lifted_together(store: Store) -> None:
    with PipeliningServer() as server:
        server.faults = [ScriptedRefusal("RCPT", "550 5.1.1 User unknown", only="[05]@")]
        world = RelayedIssue(store, server)
        send_to_the_end(world.sending, world.number, world.clock)
    assert len(world.suppressed) == 24
    with store.write() as session:
        found = suppressed_by(session, world.number)
        lifted = remove_suppressions(session, found, who="Ed", why="wrong relay", now=NOW)
    assert lifted == 24
    assert not world.suppressed
