"""Signing up too often, or by a robot: limits, the hidden field and proof of work."""

from dataclasses import replace

import pytest
from altcha import Challenge, Payload, solve_challenge
from sqlmodel import select
from starlette.testclient import TestClient

from digest.readers.proof_of_work import ProofOfWork
from digest.readers.signup import MESSAGES_PER_DAY, PER_NETWORK
from digest.web.application import create_app
from store.engine import Store
from subscribers.tables import RateCounter
from tests.integration.web.public.signing_up import letters, sign_up
from tests.integration.web.rows import NOW, everything
from tests.integration.web.small_site import SmallSite, small_site
from tests.parts.world import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def site(store: Store, clock: Clock) -> SmallSite:
    return replace(small_site(store), clock=clock)


def test_a_form_sent_twice_causes_one_letter_and_a_day_few(
    client: TestClient, site: SmallSite, clock: Clock
) -> None:
    sign_up(client)
    sign_up(client)
    assert letters(site) == ["confirmation"]
    for _ in range(10):
        clock.on(minutes=10)
        sign_up(client)
    assert len(letters(site)) <= MESSAGES_PER_DAY
    clock.on(days=1)
    before = len(letters(site))
    sign_up(client)
    assert len(letters(site)) == before + 1


@pytest.mark.parametrize(
    "names",
    [
        [f"ana+{one}@example.org" for one in range(9)],
        [
            "a.na@gmail.com",
            "an.a@gmail.com",
            "a.n.a@googlemail.com",
            "ana+x@gmail.com",
            "Ana@gmail.com",
        ],
    ],
)
def test_many_names_of_one_mailbox_are_counted_as_one(
    client: TestClient, site: SmallSite, names: list[str]
) -> None:
    for name in names:
        sign_up(client, name)
    assert len(letters(site)) == MESSAGES_PER_DAY


def test_a_network_is_stopped_for_an_hour(
    client: TestClient, site: SmallSite, clock: Clock
) -> None:
    for number in range(PER_NETWORK):
        sign_up(client, f"reader{number}@example.org")
    before = everything(site.store, but=("knock",))
    answer = client.post("/subscribe", data={"email": "one.more@example.org"})
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "3600")
    as_json = client.post("/api/v1/subscribers", json={"email": "one.more@example.org"})
    assert (as_json.status_code, as_json.headers["retry-after"]) == (429, "3600")
    assert everything(site.store, but=("knock",)) == before
    clock.on(hours=1)
    sign_up(client, "one.more@example.org")


def test_counters_hold_no_address_and_go_when_they_are_over(
    client: TestClient, site: SmallSite, clock: Clock
) -> None:
    sign_up(client)
    with site.store.read() as session:
        assert all(len(one) == 64 for one in session.exec(select(RateCounter.key)))
    clock.on(days=31)
    sign_up(client, "bert@example.org")
    with site.store.read() as session:  # network, mailbox a day and a month, all sign-ups
        assert len(session.exec(select(RateCounter.key)).all()) == 4


def test_a_robot_that_fills_every_field_gets_the_same_page_and_nothing_else(
    client: TestClient, site: SmallSite
) -> None:
    before = everything(site.store, but=("knock",))
    robots = sign_up(client, website="https://spam.example")
    assert everything(site.store, but=("knock",)) == before
    assert robots == sign_up(client)


class TestWithProofOfWork:
    @pytest.fixture
    def site(self, sqlite_store: Store) -> SmallSite:
        """The library looks at the real clock, so this site does."""
        from digest.bootstrap import clock

        return replace(
            small_site(sqlite_store),
            proof_of_work=ProofOfWork("a secret of the tests"),
            clock=clock,
        )

    def solved(self, client: TestClient) -> str:
        challenge = Challenge.from_dict(client.get("/api/v1/challenge").json())
        solution = solve_challenge(challenge)
        assert solution is not None
        return Payload(challenge, solution).to_base64()

    def test_work_is_taken_once(self, client: TestClient, site: SmallSite) -> None:
        work = self.solved(client)
        sign_up(client, work=work)
        again = client.post("/subscribe", data={"email": "bert@example.org", "work": work})
        assert again.status_code == 400
        assert letters(site) == ["confirmation"]

    @pytest.mark.parametrize("work", ["", "x", "e30=", "ä", "A" * 5_000])
    def test_nothing_is_done_without_it(
        self, client: TestClient, site: SmallSite, work: str
    ) -> None:
        answer = client.post("/subscribe", data={"email": "ana@example.org", "work": work})
        assert answer.status_code == 400
        as_json = client.post(
            "/api/v1/subscribers", json={"email": "ana@example.org", "work": work}
        )
        assert as_json.status_code == 400
        assert letters(site) == []

    def test_another_secrets_work_is_refused(self, client: TestClient, site: SmallSite) -> None:
        other = replace(site, proof_of_work=ProofOfWork("another secret"))
        work = self.solved(TestClient(create_app(other)))
        answer = client.post("/subscribe", data={"email": "ana@example.org", "work": work})
        assert answer.status_code == 400


def test_no_work_is_asked_for_unless_the_operator_wants_it(client: TestClient) -> None:
    assert client.get("/api/v1/challenge").status_code == 404
    assert "<script" not in client.get("/subscribe").text
