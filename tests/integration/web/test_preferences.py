"""What readers see and change about themselves."""

import pytest
from starlette.testclient import TestClient

from subscribers.tables import Subscriber
from subscribers.tokens import Purpose
from tests.integration.web.rows import ISSUE, NOW, add_issue, add_subscriber, everything
from tests.integration.web.small_site import SmallSite


@pytest.fixture
def anna(site: SmallSite) -> int:
    add_issue(site.store)
    return add_subscriber(site.store, site.hasher, created_at=NOW.replace(year=2025))


def link(site: SmallSite, subscriber: int) -> str:
    return f"/preferences/{site.tokens.make(Purpose.PREFERENCES, subscriber, ISSUE)}"


def tracking(site: SmallSite, subscriber: int) -> bool:
    with site.store.read() as session:
        found = session.get(Subscriber, subscriber)
        assert found is not None
        return found.tracking


def test_looking_shows_the_masked_address_and_changes_nothing(
    client: TestClient, site: SmallSite, anna: int
) -> None:
    before = everything(site.store)
    page = client.get(link(site, anna))
    client.head(link(site, anna))
    assert page.status_code == 200
    assert "a•••@example.org" in page.text
    assert "anna@" not in page.text
    assert "You get every issue" in page.text
    assert everything(site.store) == before


def test_tracking_can_be_switched_off_and_on_again(
    client: TestClient, site: SmallSite, anna: int
) -> None:
    for choice, kept in (("off", False), ("off", False), ("on", True)):
        answer = client.post(link(site, anna), data={"tracking": choice})
        assert answer.status_code == 200
        assert "Saved" in answer.text
        assert tracking(site, anna) is kept


@pytest.mark.parametrize(
    "body", [b"", b"tracking=maybe", b"tracking", b"\xff\xfe", b"&" * 4000, b"a=1&" * 900]
)
def test_a_form_that_says_nothing_clear_changes_nothing(
    client: TestClient, site: SmallSite, anna: int, body: bytes
) -> None:
    before = everything(site.store)
    assert client.post(link(site, anna), content=body).status_code == 400
    assert everything(site.store) == before


def test_a_form_that_is_too_large_is_refused(
    client: TestClient, site: SmallSite, anna: int
) -> None:
    assert client.post(link(site, anna), content=b"tracking=off&" * 10_000).status_code == 413
    assert tracking(site, anna) is True


def test_its_unsubscribe_button_works(client: TestClient, site: SmallSite, anna: int) -> None:
    page = client.get(link(site, anna)).text
    path = "/unsubscribe/" + page.split('action="/unsubscribe/')[1].split('"')[0]
    assert client.post(path).status_code == 200
    after = client.get(link(site, anna)).text
    assert "Nothing is sent to you" in after
    assert "/unsubscribe/" not in after


def test_a_previews_link_belongs_to_nobody(client: TestClient, site: SmallSite, anna: int) -> None:
    before = everything(site.store)
    answers = (client.get(link(site, 0)), client.post(link(site, 0), data={"tracking": "off"}))
    for answer in answers:
        assert "preview" in answer.text
    assert everything(site.store) == before


@pytest.mark.parametrize(
    ("state", "words"),
    [("pending", "confirm"), ("bounced", "came back"), ("complained", "spam")],
)
def test_every_status_has_words(
    client: TestClient, site: SmallSite, state: str, words: str
) -> None:
    reader = add_subscriber(site.store, site.hasher, "b@example.org", status=state)
    page = client.get(link(site, reader)).text
    assert words in page
    assert "<dd>•••@example.org</dd>" in page
