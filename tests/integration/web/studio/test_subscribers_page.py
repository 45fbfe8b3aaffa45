"""Subscribers in the studio: found by a part of the address, shown, and taken off for a reason."""

import logging

import pytest
from starlette.testclient import TestClient

from digest.readers.lookup import MAX_FOUND
from subscribers.consent import consents_of
from subscribers.service import find_subscriber
from subscribers.suppression import find_suppression
from subscribers.suppression_removal import removals_of
from subscribers.tables import Followed, Subscriber, Suppression
from tests.integration.web.studio.test_schedules_page import soup, words
from tests.integration.web.test_words import XSS, inert
from tests.parts.issues.studio import PEOPLE, Studio
from tests.parts.world import add_people

PAGE = "/studio/subscribers/"
CONFLICT, SEE_OTHER, NOT_FOUND = 409, 303, 404


@pytest.fixture
def ana(office: Studio) -> Subscriber:
    with office.app.store.write() as session:
        person = session.get_one(Subscriber, 3)
        person.email = person.email_key = "ana_b@example.org"
        person.address_hash = office.app.hasher.hash(person.email_key)
        person.first_name = XSS
    return person


def found(editor: TestClient, text: str) -> list[str]:
    page = soup(editor.get(PAGE, params={"find": text}).text)
    return [one.get_text() for one in page.select("tbody a")]


def decide(editor: TestClient, act: str, why: str) -> str:
    answer = editor.post(f"{PAGE}3", data={"do": act, "why": why})
    assert answer.status_code == SEE_OTHER, answer.text
    return words(editor, answer.headers["location"])


def suppressed(office: Studio, ana: Subscriber) -> Suppression | None:
    with office.app.store.read() as session:
        return find_suppression(session, ana.address_hash)


def test_they_are_found_by_any_part_of_the_address_in_whatever_case(
    office: Studio, editor: TestClient, ana: Subscriber
) -> None:
    assert found(editor, "ANA_B@") == [ana.email]
    assert found(editor, "a_b@example.org") == [ana.email], "an underscore is itself, no wildcard"
    assert found(editor, "%") == []
    assert "No address on the list holds “nobody@”." in words(editor, f"{PAGE}?find=nobody@")
    inert(editor.get(PAGE, params={"find": XSS}).text)
    add_people(office.app.store, 1)
    assert len(found(editor, "")) == MAX_FOUND < PEOPLE
    assert "And more. Search to see them." in words(editor, PAGE)


def words_of(editor: TestClient) -> str:
    return words(editor, f"{PAGE}3")


def test_one_is_shown_with_state_consents_topics_and_what_was_sent(
    office: Studio, editor: TestClient, ana: Subscriber
) -> None:
    office.app.issues.approve(office.number, by="ana")
    office.app.issues.start(office.number)
    with office.app.store.write() as session:
        session.add(Followed(subscriber_id=3, topic="category", name="code editors"))
    said = words_of(editor)
    assert ana.email in said
    assert "Topics: code editors" in said
    assert "On the list since 23 November 2026" in said
    assert f"Issue {office.number} queued" in said
    decide(editor, "unsubscribe", "asked by phone")
    assert "withdrawn : Unsubscribed" in words_of(editor)
    inert(editor.get(f"{PAGE}3").text)


def test_they_are_unsubscribed_for_a_reason_that_is_kept_with_who_did_it(
    office: Studio, editor: TestClient, ana: Subscriber
) -> None:
    assert "Unsubscribed" in decide(editor, "unsubscribe", " asked  by phone ")
    with office.app.store.read() as session:
        person = find_subscriber(session, ana.email)
        assert person
        assert person.status == "unsubscribed"
        assert consents_of(session, 3)[-1].source == "studio, ana: asked by phone"
    assert "studio, ana: asked by phone" in words_of(editor)


def test_an_address_is_suppressed_and_that_is_lifted(
    office: Studio, editor: TestClient, ana: Subscriber
) -> None:
    assert "whoever signs it up" in decide(editor, "suppress", "a spam trap")
    kept = suppressed(office, ana)
    assert kept
    assert (kept.reason, kept.note) == ("by_hand", "studio, ana: a spam trap")
    assert "Nothing is sent there since 23 November 2026 : by hand" in words_of(editor)
    assert "No longer suppressed" in decide(editor, "lift", "it was none")
    assert suppressed(office, ana) is None
    with office.app.store.read() as session:
        lifted = removals_of(session, ana.address_hash)
    assert [(one.who, one.why) for one in lifted] == [("studio, ana", "it was none")]
    assert "lifted by studio, ana: it was none" in words_of(editor)


@pytest.mark.parametrize("act", ["unsubscribe", "suppress", "lift"])
@pytest.mark.parametrize("why", ["", "  ", "x" * 151])
def test_without_a_reason_nothing_is_done(
    office: Studio, editor: TestClient, ana: Subscriber, act: str, why: str
) -> None:
    if act == "lift":
        decide(editor, "suppress", "a spam trap")
    before = suppressed(office, ana)
    answer = editor.post(f"{PAGE}3", data={"do": act, "why": why})
    assert answer.status_code == CONFLICT
    told = soup(answer.text).select_one(f"#ask-{act}[open] [role=alert]")
    assert told
    assert "Reason: found" in told.get_text()
    assert suppressed(office, ana) == before


def test_what_is_not_there_is_not_found_and_no_other_site_decides(
    office: Studio, editor: TestClient, ana: Subscriber
) -> None:
    for path in ("4711", "0", "x", "9" * 30, "²"):
        assert editor.get(f"{PAGE}{path}").status_code == NOT_FOUND
    assert editor.post(f"{PAGE}3", data={"do": "lift", "why": "x"}).status_code == CONFLICT
    assert editor.post(f"{PAGE}3", data={"do": XSS, "why": "x"}).status_code == SEE_OTHER
    cross = {"Sec-Fetch-Site": "cross-site"}
    fields = {"do": "suppress", "why": "x"}
    assert editor.post(f"{PAGE}3", data=fields, headers=cross).status_code == 403
    assert suppressed(office, ana) is None


def test_no_address_and_no_reason_reaches_a_log(
    office: Studio, editor: TestClient, ana: Subscriber, caplog: pytest.LogCaptureFixture
) -> None:
    ours = ("digest", "subscribers", "store", "uvicorn")
    with caplog.at_level(logging.DEBUG):
        found(editor, ana.email)
        words_of(editor)
        decide(editor, "suppress", "a spam trap")
        decide(editor, "unsubscribe", "asked by phone")
    said = [one.getMessage() for one in caplog.records if one.name.startswith(ours)]
    assert not [one for one in said if ana.email in one or "spam trap" in one or "phone" in one]
