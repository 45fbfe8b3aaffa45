"""The studio's page of letters that wait for an editor."""

from sqlmodel import Session, select
from starlette.testclient import TestClient

from digest.track.bounces.parse import Meaning
from digest.track.bounces.tables import InboundMessageRow
from subscribers.service import find_subscriber
from subscribers.tables import Subscriber
from tests.integration.web.test_words import XSS, inert
from tests.parts.issues.studio import Studio
from tests.parts.world import NOW

PAGE = "/studio/bounces"
ASKS, UNCLEAR = Meaning.UNSUBSCRIBE_REQUEST, Meaning.NOT_UNDERSTOOD


def arrives(office: Studio, name: str, meaning: Meaning, reader: int | None = None) -> int:
    with office.app.store.write() as session:
        row = InboundMessageRow(
            name=name, meaning=meaning, note="", subscriber_id=reader, read_at=NOW
        )
        session.add(row)
        session.flush()
        assert row.id is not None
        return row.id


def _email(session: Session, reader: int) -> str:
    return session.exec(select(Subscriber.email).where(Subscriber.id == reader)).one() or ""


def status(office: Studio, email: str) -> str:
    with office.app.store.read() as session:
        person = find_subscriber(session, email)
        assert person is not None
        return person.status


def test_who_asks_in_words_is_shown_and_unsubscribed_by_a_button(
    office: Studio, editor: TestClient
) -> None:
    wish = arrives(office, "new/17.eml", ASKS, 3)
    arrives(office, "new/18.eml", ASKS, 3)
    with office.app.store.read() as session:
        email = _email(session, 3)
    page = editor.get(PAGE).text
    assert page.count(f"Unsubscribe {email}") == 1, "one row a reader"
    answer = editor.post(f"{PAGE}/unsubscribe", data={"wish": wish})
    assert answer.status_code == 303
    assert status(office, email) == "unsubscribed"
    page = editor.get(answer.headers["location"]).text
    assert "Unsubscribed" in page
    assert email not in page
    assert "Nobody waits" in page


def test_only_such_a_letter_unsubscribes_and_only_its_author(
    office: Studio, editor: TestClient
) -> None:
    other = arrives(office, "a", UNCLEAR, 4)
    stranger = arrives(office, "b", ASKS)
    for wish in (other, stranger, 999):
        assert editor.post(f"{PAGE}/unsubscribe", data={"wish": wish}).status_code == 303
    assert editor.post(f"{PAGE}/unsubscribe", data={"wish": "x"}).status_code in (400, 422)
    with office.app.store.read() as session:
        assert status(office, _email(session, 4)) == "active"


def test_looking_changes_nothing_and_no_other_site_may_press(office: Studio) -> None:
    wish = arrives(office, "a", ASKS, 5)
    stranger = TestClient(office.asgi(), "http://127.0.0.1:8026", follow_redirects=False)
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert (
        stranger.post(f"{PAGE}/unsubscribe", data={"wish": wish}, headers=headers).status_code
        == 403
    )
    assert stranger.get(f"{PAGE}/unsubscribe").status_code == 303  # back to the list
    with office.app.store.read() as session:
        assert status(office, _email(session, 5)) == "active"


def test_names_and_notes_of_strangers_are_text(office: Studio, editor: TestClient) -> None:
    arrives(office, XSS[:200], UNCLEAR)
    arrives(office, f"b{XSS[:200]}", ASKS, 6)
    page = editor.get(PAGE).text
    assert "alert(1)" in page
    inert(page)
