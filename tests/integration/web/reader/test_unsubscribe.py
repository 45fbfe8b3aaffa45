"""The way off the list: a page that changes nothing and a POST that is in effect at once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlmodel import select
from starlette.testclient import TestClient

from digest.web.application import create_app
from store.engine import Store
from subscribers.suppression import suppress
from subscribers.tables import (
    Consent,
    Suppression,
    SuppressionReason,
    UnsubscribeFeedback,
)
from subscribers.tokens import Purpose, Tokens
from tests.integration.web.reader.conftest import link_to, reader_of
from tests.integration.web.rows import (
    ISSUE,
    add_subscriber,
    events,
    everything,
)
from tests.integration.web.small_site import SECRET, SmallSite, small_site

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def site(store: Store) -> SmallSite:
    """On both databases: the events and suppressions are kept unique by them."""
    return small_site(store)


def link(site: SmallSite, subscriber: int, issue: int = ISSUE) -> str:
    return link_to(site, Purpose.UNSUBSCRIBE, subscriber, issue)


def test_looking_at_the_link_changes_nothing(
    client: TestClient, site: SmallSite, anna: int
) -> None:
    before = everything(site.store)
    for method in ("GET", "HEAD"):
        assert client.request(method, link(site, anna)).status_code == 200
    assert everything(site.store) == before


def test_the_page_has_one_form_with_one_button_and_hides_the_address(
    client: TestClient, site: SmallSite, anna: int
) -> None:
    page = client.get(link(site, anna)).text
    assert page.count("<form") == page.count("<button") == 1
    assert '<form method="post">' in page
    assert "a•••@example.org" in page
    assert "anna@" not in page


@pytest.mark.parametrize("form", ["urlencoded", "multipart", "empty", "broken multipart"])
def test_one_post_unsubscribes_at_once(
    client: TestClient, site: SmallSite, anna: int, form: str
) -> None:
    """RFC 8058 section 3.2: both encodings; no cookie, no Origin, no redirect, 200."""
    path = link(site, anna)
    broken = {"content-type": "multipart/form-data; boundary=x"}
    answer = {
        "urlencoded": lambda: client.post(path, data=ONE_CLICK),
        "multipart": lambda: client.post(path, files={"List-Unsubscribe": (None, "One-Click")}),
        "empty": lambda: client.post(path),
        "broken multipart": lambda: client.post(path, content=b"--y\r\n", headers=broken),
    }[form]()
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    assert reader_of(site, anna).status == "unsubscribed"
    with site.store.read() as session:
        assert session.exec(select(Suppression.reason)).all() == ["unsubscribed"]
        assert session.exec(select(Consent.kind)).all() == ["withdrawn"]


def test_a_post_from_another_site_is_taken_too(
    client: TestClient, site: SmallSite, anna: int
) -> None:
    headers = {"Origin": "https://mail.example", "Sec-Fetch-Site": "cross-site"}
    assert client.post(link(site, anna), data=ONE_CLICK, headers=headers).status_code == 200
    assert reader_of(site, anna).status == "unsubscribed"


def test_twice_is_as_good_as_once(client: TestClient, site: SmallSite, anna: int) -> None:
    assert client.post(link(site, anna), data=ONE_CLICK).status_code == 200
    once = everything(site.store)
    answer = client.post(link(site, anna), data=ONE_CLICK)
    assert answer.status_code == 200
    assert "unsubscribed" in answer.text
    assert everything(site.store) == once


def test_eight_posts_at_once_are_as_good_as_one(
    client: TestClient, site: SmallSite, anna: int
) -> None:
    """Mail programs and impatient readers do; none of them may get an error."""
    together = threading.Barrier(8)

    def post(_: int) -> int:
        own = TestClient(client.app)
        together.wait()
        return int(own.post(link(site, anna), data=ONE_CLICK).status_code)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(post, range(8))) == [200] * 8
    assert len(events(site.store)) == 1
    with site.store.read() as session:
        assert len(session.exec(select(Suppression.id)).all()) == 1
        assert len(session.exec(select(Consent.id)).all()) == 1


def test_the_issue_learns_of_it_once(client: TestClient, site: SmallSite, anna: int) -> None:
    for _ in range(2):
        client.post(link(site, anna), data=ONE_CLICK)
    (event,) = events(site.store)
    assert (event.kind, event.issue_number) == ("unsubscribed", ISSUE)
    assert event.key == f"unsubscribe:{ISSUE}:{anna}"
    assert event.delivery_id is not None


def test_a_link_of_no_issue_unsubscribes_without_an_event(
    client: TestClient, site: SmallSite, anna: int
) -> None:
    assert client.post(link(site, anna, issue=0)).status_code == 200
    assert reader_of(site, anna).status == "unsubscribed"
    assert events(site.store) == []


def test_a_link_of_an_issue_they_never_got_unsubscribes_without_an_event(
    client: TestClient, site: SmallSite
) -> None:
    bert = add_subscriber(site.store, site.hasher, "bert@example.org")
    assert client.post(link(site, bert, issue=99)).status_code == 200
    assert reader_of(site, bert).status == "unsubscribed"
    assert events(site.store) == []


def test_nobody_else_is_touched(client: TestClient, site: SmallSite, anna: int) -> None:
    bert = add_subscriber(site.store, site.hasher, "bert@example.org")
    client.post(link(site, anna))
    assert reader_of(site, bert).status == "active"


def test_a_previews_link_unsubscribes_nobody(
    client: TestClient, site: SmallSite, anna: int
) -> None:
    before = everything(site.store)
    answer = client.post(link(site, 0))
    assert answer.status_code == 200
    assert "preview" in answer.text
    assert everything(site.store) == before


def test_who_was_erased_gets_an_answer(client: TestClient, site: SmallSite) -> None:
    for answer in (client.get(link(site, 4711)), client.post(link(site, 4711))):
        assert answer.status_code == 200
        assert "not on the list" in answer.text


def test_who_is_off_the_list_already_is_told_so(
    client: TestClient, site: SmallSite, anna: int
) -> None:
    client.post(link(site, anna))
    page = client.get(link(site, anna)).text
    assert "already unsubscribed" in page
    assert "List-Unsubscribe" not in page


def test_a_secret_that_was_replaced_still_reads_old_links(site: SmallSite, anna: int) -> None:
    """Unsubscribe links work for as long as a mail may lie in a mailbox."""
    old = link(site, anna)
    newer = ["a newer secret of the tests, long enough", SECRET]
    client = TestClient(create_app(replace(site, tokens=Tokens(newer))))
    assert client.post(old).status_code == 200
    assert reader_of(site, anna).status == "unsubscribed"


def test_the_token_stays_out_of_caches_and_referrers(
    client: TestClient, site: SmallSite, anna: int
) -> None:
    for answer in (client.get(link(site, anna)), client.post(link(site, anna))):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "noindex" in answer.headers["x-robots-tag"]


def test_a_mistake_is_undone_in_one_press(client: TestClient, site: SmallSite, anna: int) -> None:
    page = client.post(link(site, anna)).text
    path = page.split('action="')[1].split('"')[0]
    assert path == f"{link(site, anna)}/undo"
    assert client.get(path).status_code == 405
    for _ in range(2):
        assert "on the list again" in client.post(path).text
    assert reader_of(site, anna).status == "active"
    with site.store.read() as session:
        assert session.exec(select(Suppression)).all() == []
        proofs = session.exec(select(Consent).order_by(Consent.id)).all()  # type: ignore[arg-type]
    assert [one.kind for one in proofs] == ["withdrawn", "confirmed"]
    assert proofs[1].wording == f"I unsubscribed by mistake: send me {site.brand.name} again."
    assert (proofs[1].source, proofs[1].form) == (f"link in issue {ISSUE}", "undo-1")


@pytest.mark.parametrize("state", ["bounced", "complained", "pending"])
def test_what_others_decided_is_not_undone(client: TestClient, site: SmallSite, state: str) -> None:
    bert = add_subscriber(site.store, site.hasher, "bert@example.org", status=state)
    before = everything(site.store)
    assert "can't be undone" in client.post(f"{link(site, bert)}/undo").text
    assert everything(site.store) == before


def test_a_complaint_outlives_the_press(client: TestClient, site: SmallSite, anna: int) -> None:
    """Who left and then called it spam is not brought back by a link that others may have."""
    client.post(link(site, anna))
    with site.store.write() as session:
        suppress(
            session,
            site.hasher.hash("anna@example.org"),
            None,
            SuppressionReason.COMPLAINED,
            site.clock(),
        )
    client.post(f"{link(site, anna)}/undo")
    assert reader_of(site, anna).status == "unsubscribed"


def test_a_reason_is_kept_if_one_is_given(client: TestClient, site: SmallSite, anna: int) -> None:
    path = f"{link(site, anna)}/reason"
    client.post(path, data={"reason": "too_often"})
    assert leavings(site) == [], "who is on the list has not left"
    client.post(link(site, anna))
    said = {"reason": "other", "words": "too\x00 much\n<b>text</b>"}
    assert "That helps" in client.post(path, data=said).text
    client.post(path, data=said | {"reason": "too_often"})
    assert leavings(site) == [("too_often", "too much <b>text</b>", ISSUE)]
    for wrong in ({}, {"reason": "because"}):
        assert client.post(path, data=wrong).status_code == 400


def leavings(site: SmallSite) -> list[tuple[str, str, int | None]]:
    with site.store.read() as session:
        found = session.exec(select(UnsubscribeFeedback)).all()
        return [(one.reason, one.words, one.issue_number) for one in found]
