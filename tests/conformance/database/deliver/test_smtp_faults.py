"""An SMTP server in trouble, through the whole pipeline, on both databases: all counts add up."""

import random
import socket
from collections.abc import Iterator

import pytest
from sqlmodel import col, func, select

from digest.deliver.ledger.worker_lock import worker_lock
from digest.deliver.providers.base import ProviderError
from digest.deliver.providers.smtp.limits import MAX_WINDOW
from digest.deliver.providers.smtp.provider import SmtpProvider
from digest.deliver.providers.smtp.url import SmtpUrl
from digest.deliver.tables import Attempt
from digest.pipeline.issue_service import IssueService
from digest.pipeline.sending import Sending
from store.engine import Store
from subscribers.tables import Suppression, SuppressionReason
from tests.parts.issues.sending import by_state, send_to_the_end
from tests.parts.servers.pipelining_server import PipeliningServer
from tests.parts.world import Clock, add_approved, add_people, issue_renderer

PEOPLE = 200
CONNECTIONS = 2
LATER = "451 4.3.0 Later"
NO_SUCH_USER = "550 5.1.1 No such user"
POLICY = "550 5.7.1 Not from you"
STYLES = {
    "BDAT": {"chunking": True},
    "DATA": {"chunking": False},
    "plain": {"chunking": False, "pipelining": False},
}


@pytest.fixture(params=STYLES)
def server(request: pytest.FixtureRequest) -> Iterator[PipeliningServer]:
    """In each way in which it can be talked to; what happens to a recipient happens once."""
    with PipeliningServer(once=True, **STYLES[request.param]) as running:
        yield running


@pytest.fixture
def people(store: Store) -> list[str]:
    """All readers, in an order drawn once and for all: whoever is first is hit first."""
    people = add_people(store, PEOPLE)
    random.Random(7).shuffle(people)
    return people


def smtp(port: int, clock: Clock, wait: float = 30) -> SmtpProvider:
    target = SmtpUrl("127.0.0.1", port, connections=CONNECTIONS)
    return SmtpProvider(target, clock, timeout=wait, body_timeout=wait)


def send(store: Store, server: PipeliningServer, wait: float = 30) -> dict[str, set[str]]:
    """One issue to its end; who is where then. What holds whatever happened is checked."""
    clock, number = Clock(), add_approved(store)
    parts, provider = issue_renderer(), smtp(server.port, clock, wait)
    IssueService(store, parts, provider.batch_size, clock).start(number)
    send_to_the_end(Sending(store, parts, provider, clock), number, clock)
    provider.close()
    return honest(by_state(store, number), server)


def honest(states: dict[str, set[str]], server: PipeliningServer) -> dict[str, set[str]]:
    """Nobody is lost, nobody mailed twice, and what the ledger says of each is so."""
    mailed = server.recipients
    assert len(mailed) == len(set(mailed)), "nobody is mailed twice"
    assert states["submitted"] <= set(mailed), "who counts as mailed has the mail"
    assert not states["failed"] & set(mailed), "who counts as failed has not"
    assert set(mailed) - states["submitted"] <= states["uncertain"]
    assert sum(map(len, states.values())) == PEOPLE
    return states


def at_stake(server: PipeliningServer) -> int:
    """Bodies that are without an answer when a connection ends, at most."""
    return MAX_WINDOW if server.chunking else 1


def tries(store: Store) -> int:
    """Rejected and unknown outcomes that were written down."""
    with store.read() as session:
        return session.exec(select(func.count(col(Attempt.id)))).one()


def test_a_tenth_is_told_to_come_later_and_a_fiftieth_is_unknown_there(
    store: Store, server: PipeliningServer, people: list[str]
) -> None:
    """10 % are answered 451, half of them after the body; 2 % are answered 550 and suppressed."""
    server.rcpt_replies = dict.fromkeys(people[:10], LATER)
    server.body_replies = dict.fromkeys(people[10:20], LATER)
    gone, barred = set(people[20:24]), set(people[24:28])
    server.rcpt_replies |= dict.fromkeys(gone, NO_SUCH_USER) | dict.fromkeys(barred, POLICY)
    states = send(store, server)
    assert states["failed"] == gone | barred
    assert states["submitted"] == set(people) - gone - barred
    assert tries(store) == 28
    with store.read() as session:
        suppressed = session.exec(select(Suppression)).all()
    assert {one.email for one in suppressed} == gone, "policy says nothing about an address"
    assert {one.reason for one in suppressed} == {SuppressionReason.BOUNCED}


def test_who_is_told_to_come_later_for_good_fails_in_the_end(
    store: Store, server: PipeliningServer, people: list[str]
) -> None:
    server.once = False
    server.rcpt_replies = dict.fromkeys(people[:3], LATER)
    states = send(store, server)
    assert states["failed"] == set(people[:3])
    assert states["submitted"] == set(people[3:])


@pytest.mark.parametrize("when", ["drop_in_body", "drop_before_reply"])
def test_connections_that_end_at_a_body_leave_only_those_in_doubt(
    store: Store, server: PipeliningServer, people: list[str], when: str
) -> None:
    victims = getattr(server, when)
    victims.update(people[:6])
    states = send(store, server)
    # One who was in doubt over another's connection already is not tried again.
    hit = set(people[:6]) - victims
    assert hit
    assert set(people[:6]) <= states["uncertain"]
    assert len(states["uncertain"]) <= len(hit) * at_stake(server)
    assert states["submitted"] == set(people) - states["uncertain"]
    assert tries(store) == len(states["uncertain"])


def test_a_server_that_falls_silent_leaves_only_bodies_in_doubt(
    store: Store, server: PipeliningServer, people: list[str]
) -> None:
    server.silent = {people[0]}
    server.mute = {people[1]}
    states = send(store, server, wait=1)
    assert not server.silent | server.mute
    assert people[0] in states["uncertain"]
    assert len(states["uncertain"]) <= 2 * at_stake(server)
    assert states["submitted"] == set(people) - states["uncertain"]


@pytest.mark.parametrize("chunking", [True, False], ids=["BDAT", "DATA"])
@pytest.mark.parametrize("lie", ["forget", "503"])
def test_a_lie_about_pipelining_costs_nobody_their_mail(
    store: Store, people: list[str], lie: str, *, chunking: bool
) -> None:
    with PipeliningServer(chunking=chunking, lie=lie) as server:
        assert send(store, server, wait=1)["submitted"] == set(people)


def test_so_many_messages_a_connection_and_no_more(
    store: Store, server: PipeliningServer, people: list[str]
) -> None:
    server.messages_per_connection = 7
    assert send(store, server)["submitted"] == set(people)
    assert server.connections >= PEOPLE // 7


def test_connections_that_are_turned_away_cost_nothing(
    store: Store, server: PipeliningServer, people: list[str]
) -> None:
    server.greetings = ["421 4.3.2 Not now", "", "554 5.7.1 Go away", "Hello, sailor"]
    assert send(store, server)["submitted"] == set(people)
    assert not server.greetings
    assert tries(store) == 0


def test_a_server_that_is_away_is_waited_for(
    store: Store, server: PipeliningServer, people: list[str]
) -> None:
    """Nobody listens at first."""
    clock, number, parts = Clock(), add_approved(store), issue_renderer()
    with socket.socket() as nobody, worker_lock(store) as here:
        nobody.bind(("127.0.0.1", 0))
        away = smtp(nobody.getsockname()[1], clock)
        IssueService(store, parts, away.batch_size, clock).start(number)
        for _ in range(3):
            with pytest.raises(ProviderError, match="can't reach"):
                Sending(store, parts, away, clock).run(number, here)
    send_to_the_end(Sending(store, parts, smtp(server.port, clock), clock), number, clock)
    assert honest(by_state(store, number), server)["submitted"] == set(people)
    assert tries(store) == 0, "a try that never began does not count"


@pytest.mark.parametrize("stage", ["rcpt_replies", "body_replies"])
def test_an_answer_that_is_not_smtp_ends_that_connection_alone(
    store: Store, server: PipeliningServer, people: list[str], stage: str
) -> None:
    hit = set(people[:5])
    setattr(server, stage, dict.fromkeys(hit, "<html>\x00 it works"))
    states = send(store, server)
    hit -= set(getattr(server, stage))
    assert hit
    assert states["submitted"] == set(people) - states["uncertain"]
    in_doubt = at_stake(server) if stage == "body_replies" or server.chunking else 0
    assert len(states["uncertain"]) <= len(hit) * in_doubt


@pytest.mark.parametrize("seed", [1, 2])
def test_all_of_it_together(
    store: Store, server: PipeliningServer, people: list[str], seed: int
) -> None:
    drawn = random.Random(seed)
    hit = iter(drawn.sample(people, 60))

    def some(count: int) -> list[str]:
        return [next(hit) for _ in range(count)]

    server.rcpt_replies = dict.fromkeys(some(20), LATER)
    server.body_replies = dict.fromkeys(some(5), "452 4.3.1 Full")
    gone = set(some(4))
    server.rcpt_replies |= dict.fromkeys(gone, NO_SUCH_USER)
    server.drop_in_body.update(some(3))
    server.drop_before_reply.update(some(3))
    server.rcpt_replies |= dict.fromkeys(some(2), "nonsense")
    server.body_replies |= dict.fromkeys(some(2), "nonsense")
    server.data_replies = dict.fromkeys(some(3), "421 4.3.2 Closing")
    server.messages_per_connection = 20
    server.greetings = ["220 mx.test", "421 4.3.2 Not now", "220 mx.test", ""]
    states = send(store, server)
    assert states["failed"] <= gone
    assert len(states["uncertain"]) <= 8 * at_stake(server)
    assert states["submitted"] | states["uncertain"] | states["failed"] == set(people)
