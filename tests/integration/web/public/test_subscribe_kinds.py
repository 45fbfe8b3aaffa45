"""Signing up as people and robots really do: slips, floods, lost links, no wish for mail."""

from dataclasses import replace

import pytest
from sqlmodel import select
from starlette.testclient import TestClient

from digest.readers.signup import MESSAGES_PER_MONTH
from digest.web.application import create_app
from store.engine import Store
from subscribers.rate_counter import mailbox_of
from subscribers.tables import RequestedName, Subscriber, Suppression
from tests.integration.web.public.signing_up import confirm_link, letters, sign_up, status
from tests.integration.web.rows import NOW
from tests.integration.web.small_site import BRAND, SmallSite, small_site
from tests.parts.world import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def site(store: Store, clock: Clock) -> SmallSite:
    return replace(small_site(store), clock=clock)


def test_a_month_of_entering_somebodys_address_causes_few_letters(
    client: TestClient, site: SmallSite, clock: Clock
) -> None:
    for _ in range(20):
        sign_up(client)
        clock.on(hours=12)
    assert len(letters(site)) <= 2 * MESSAGES_PER_MONTH  # ten days may lie in two windows


def test_never_again_holds_against_every_later_request(
    client: TestClient, site: SmallSite, clock: Clock
) -> None:
    sign_up(client)
    link = f"{confirm_link(site)}/never"
    assert "Never write to this address again?" in client.get(link).text
    assert status(site) == "pending"  # a scanner opens every link
    for _ in range(2):
        assert "We won’t write again" in client.post(link).text
    clock.on(days=1)
    sign_up(client)
    assert letters(site) == ["confirmation"]
    with site.store.read() as session:
        assert session.exec(select(Suppression.reason)).all() == ["by_hand"]


def test_a_flood_through_many_networks_stops_at_the_sites_ceiling(
    site: SmallSite, clock: Clock
) -> None:
    few = replace(site, confirmations_per_day=3)
    client = TestClient(create_app(few), BRAND.public_url)
    for number in range(3):
        sign_up(client, f"reader{number}@example.org")
    answer = client.post("/subscribe", data={"email": "one.more@example.org"})
    assert answer.status_code == 429
    assert len(letters(site)) == 3
    clock.on(days=1)
    sign_up(client, "one.more@example.org")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("ana@gmial.com", "ana@gmail.com"),
        ("ana@gmail.con", "ana@gmail.com"),
        ("ana@gmai.com", "ana@gmail.com"),
        ("ana@hotmial.com", "ana@hotmail.com"),
        ("ana@yahooo.com", "ana@yahoo.com"),
        ("ana@outlok.com", "ana@outlook.com"),
    ],
)
def test_a_slip_in_a_common_domain_is_asked_about(
    client: TestClient, site: SmallSite, typed: str, meant: str
) -> None:
    answer = client.post("/subscribe", data={"email": typed})
    assert answer.status_code == 400
    assert f"Did you mean <strong>{meant}</strong>" in answer.text
    assert f'name="sure" value="{typed}"' in answer.text
    said = client.post("/api/v1/subscribers", json={"email": typed})
    assert (said.status_code, said.json()["suggestion"]) == (400, meant)
    assert letters(site) == []
    sign_up(client, typed, sure=typed)
    assert letters(site) == ["confirmation"]


@pytest.mark.parametrize(
    "email", ["ana@gmx.at", "ana@mail.com", "ana@ymail.com", "ana@example.org"]
)
def test_a_domain_of_its_own_is_not_asked_about(client: TestClient, email: str) -> None:
    sign_up(client, email)


@pytest.mark.parametrize(
    "email", ["root@localhost", "|cmd@example.org", "a!b@example.org", "x@nas.local"]
)
def test_what_is_no_readers_address_is_refused(
    client: TestClient, site: SmallSite, email: str
) -> None:
    assert client.post("/subscribe", data={"email": email}).status_code == 400
    assert letters(site) == []


def test_a_script_may_send_form_data_and_null(client: TestClient, site: SmallSite) -> None:
    form = {"email": (None, "ana@example.org"), "first_name": (None, "Zoë")}
    assert client.post("/subscribe", files=form).status_code == 200
    given = {"email": "bob@example.org", "first_name": None, "source": None}
    assert client.post("/api/v1/subscribers", json=given).status_code == 202
    with site.store.read() as session:
        emails = session.exec(select(Subscriber.email).order_by(Subscriber.id)).all()
        names = session.exec(select(RequestedName.first_name)).all()
    assert emails == ["ana@example.org", "bob@example.org"]
    assert "Zoë" in names
    broken = {"content-type": "multipart/form-data; boundary=x"}
    assert client.post("/subscribe", content=b"--y\r\n", headers=broken).status_code == 400


@pytest.mark.parametrize(
    "names",
    [
        ["ana-one@yahoo.com", "ana-two@yahoo.com", "ana+x@yahoo.com", "ana@ymail.com"],
        ["x@ana.fastmail.com", "ana@fastmail.com", "ana+y@fastmail.fm"],
        ["a.na@proton.me", "an-a@protonmail.com", "a_n_a+x@pm.me"],
        ["a.n.a@gmail.com", "ana+x@googlemail.com"],
        ["ana@me.com", "ana+x@icloud.com"],
    ],
)
def test_the_forms_of_one_mailbox_are_counted_together(names: list[str]) -> None:
    assert len({mailbox_of(one) for one in names}) == 1


def test_a_lost_preferences_link_is_mailed_and_never_shown(
    client: TestClient, site: SmallSite, clock: Clock
) -> None:
    assert '"/preferences"' in client.get("/preferences/nonsense").text.replace(
        "https://digest.example.org", ""
    )
    sign_up(client)
    client.post(confirm_link(site))
    before = letters(site)
    clock.on(minutes=30)
    known = client.post("/preferences", data={"email": "ana@example.org"})
    unknown = client.post("/preferences", data={"email": "bob@example.org"})
    assert known.status_code == unknown.status_code == 200
    assert known.text == unknown.text
    assert letters(site)[len(before) :] == ["already"]
    assert client.post("/preferences", data={"email": "nonsense"}).status_code == 400
