"""What readers see and change about themselves."""

import pytest
from sqlmodel import select
from starlette.testclient import TestClient

from digest.deliver.transactional.tables import TransactionalMessage
from subscribers.preferences import Preferences, preferences_of, save_preferences
from subscribers.tables import Frequency, Subscriber
from subscribers.tokens import Purpose
from tests.integration.web.reader.conftest import link_to, reader_of
from tests.integration.web.rows import (
    ISSUE,
    NOW,
    add_comparison,
    add_subscriber,
    everything,
)
from tests.integration.web.small_site import SmallSite
from tests.parts.links import make_token


def link(site: SmallSite, subscriber: int) -> str:
    return link_to(site, Purpose.PREFERENCES, subscriber)


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
        assert reader_of(site, anna).tracking is kept


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
    assert reader_of(site, anna).tracking is True


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


def chosen(site: SmallSite, subscriber: int) -> Preferences:
    with site.store.read() as session:
        person = session.get(Subscriber, subscriber)
        assert person is not None
        return preferences_of(session, person)


GOOD = {"frequency": "weekly", "zone": "Europe/Berlin"}


def test_choices_are_kept_and_shown(client: TestClient, site: SmallSite, anna: int) -> None:
    add_comparison(site.store)
    given = GOOD | {"category": ["Developer Tools", "No Such"], "tool": ["alpha", "gone"]}
    answer = client.post(f"{link(site, anna)}/choices", data=given)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"{link(site, anna)}?said=saved"
    assert answer.headers["cache-control"] == "no-store"
    assert chosen(site, anna) == Preferences(
        Frequency.WEEKLY, "Europe/Berlin", frozenset({"Developer Tools"}), frozenset({"alpha"})
    )
    page = client.get(answer.headers["location"]).text
    assert "Saved." in page
    assert 'value="weekly" checked' in page
    assert 'value="Developer Tools" checked' in page
    client.post(f"{link(site, anna)}/choices", data=GOOD)
    assert chosen(site, anna).categories == frozenset()


def test_what_was_followed_stays_to_be_had_when_nothing_is_of_it_any_more(
    client: TestClient, site: SmallSite, anna: int
) -> None:
    with site.store.write() as session:
        old = Preferences(Frequency.EVERY, "UTC", frozenset({"Gone"}), frozenset({"gone"}))
        save_preferences(session, anna, old, NOW)
    page = client.get(link(site, anna)).text
    assert 'value="Gone" checked' in page
    given = GOOD | {"category": "Gone", "tool": "gone"}
    client.post(f"{link(site, anna)}/choices", data=given)
    assert chosen(site, anna).categories == {"Gone"}


@pytest.mark.parametrize(
    ("path", "given"),
    [
        ("choices", {}),
        ("choices", {"frequency": "hourly", "zone": "UTC"}),
        ("choices", {"frequency": "weekly", "zone": "Mars/Olympus"}),
        ("choices", {"frequency": "weekly", "zone": "../../etc/passwd"}),
        ("pause", {}),
        ("pause", {"weeks": "27"}),
        ("pause", {"weeks": "-1"}),
        ("pause", {"weeks": "00260000"}),
        ("pause", {"weeks": "²"}),
    ],
)
def test_a_choice_that_is_none_changes_nothing(
    client: TestClient, site: SmallSite, anna: int, path: str, given: dict[str, str]
) -> None:
    before = everything(site.store)
    assert client.post(f"{link(site, anna)}/{path}", data=given).status_code == 400
    assert everything(site.store) == before


def test_a_pause_is_said_with_its_last_day_and_can_be_ended(
    client: TestClient, site: SmallSite, anna: int
) -> None:
    client.post(f"{link(site, anna)}/pause", data={"weeks": "2"})
    assert "Paused. It goes on by itself on 18 March 2026." in client.get(link(site, anna)).text
    client.post(f"{link(site, anna)}/pause", data={"weeks": "0"})
    assert "You get every issue" in client.get(link(site, anna)).text


def test_an_address_that_is_none_is_said_and_not_written_to(
    client: TestClient, site: SmallSite, anna: int
) -> None:
    before = everything(site.store)
    answer = client.post(f"{link(site, anna)}/address", data={"email": "nowhere"})
    assert "can&#39;t be right" in client.get(answer.headers["location"]).text
    assert everything(site.store) == before


def test_data_are_mailed_and_never_shown_to_whoever_holds_a_link(
    client: TestClient, site: SmallSite, anna: int
) -> None:
    path = f"{link(site, anna)}/export"
    assert client.get(path).status_code == 405
    answer = client.post(path)
    assert "Look into your mailbox" in answer.text
    assert "anna" not in answer.text
    with site.store.read() as session:
        assert session.exec(select(TransactionalMessage.kind)).all() == ["data"]


def test_a_reader_makes_old_links_void_and_gets_a_new_one_by_mail(
    client: TestClient, site: SmallSite, anna: int
) -> None:
    path, leave = link(site, anna), make_token(site, Purpose.UNSUBSCRIBE, anna, ISSUE)
    assert "are void" in client.post(f"{path}/void-links").text
    for answer in (client.get(path), client.post(f"{path}/export"), client.get(f"{path}/erase")):
        assert answer.status_code == 410
        assert "no longer in use" in answer.text
    assert client.get(link(site, anna)).status_code == 200, "a link made since"
    page = client.get(f"/unsubscribe/{leave}").text
    assert "Unsubscribe?" in page
    assert "example.org</strong>" not in page, "nothing of the address is shown"
    assert client.post(f"/unsubscribe/{leave}/undo").status_code == 410
    answer = client.post(f"/unsubscribe/{leave}")
    assert answer.status_code == 200
    assert "undo" not in answer.text
    with site.store.read() as session:
        assert session.get_one(Subscriber, anna).status == "unsubscribed"
        assert session.exec(select(TransactionalMessage.kind)).all() == ["links"]


def test_a_reader_changes_their_name(client: TestClient, site: SmallSite, anna: int) -> None:
    assert client.post(f"{link(site, anna)}/name", data={"first_name": " Anna\nMaria"}).is_redirect
    assert 'value="Anna Maria"' in client.get(link(site, anna)).text


def test_erasure_takes_a_press(client: TestClient, site: SmallSite, anna: int) -> None:
    path = f"{link(site, anna)}/erase"
    before = everything(site.store)
    assert "can't be undone" in client.get(path).text
    assert everything(site.store) == before
    assert "You are erased" in client.post(path).text
    assert "anna" not in str(everything(site.store))
    for _ in range(2):
        assert "not on the list" in client.post(path).text


@pytest.mark.parametrize(
    "path", ["choices", "pause", "address", "export", "erase", "name", "void-links"]
)
def test_a_preview_and_an_erased_reader_change_nothing(
    client: TestClient, site: SmallSite, anna: int, path: str
) -> None:
    given = GOOD | {"weeks": "2", "email": "new@example.org"}
    before = everything(site.store, but=("knock",))
    for nobody in (0, 4711):
        assert client.post(f"{link(site, nobody)}/{path}", data=given).status_code in {200, 303}
    assert everything(site.store, but=("knock",)) == before


@pytest.mark.parametrize("path", ["choices", "pause", "address", "export", "erase"])
def test_another_links_token_chooses_nothing(
    client: TestClient, site: SmallSite, anna: int, path: str
) -> None:
    before = everything(site.store)
    token = make_token(site, Purpose.UNSUBSCRIBE, anna, ISSUE)
    assert client.post(f"/preferences/{token}/{path}", data=GOOD).status_code == 404
    assert everything(site.store) == before
