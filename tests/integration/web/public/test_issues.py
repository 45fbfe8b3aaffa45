"""The archive shows what went out, and nobody's tokens."""

from datetime import UTC, datetime

import pytest
from sqlmodel import Session, update
from starlette.testclient import TestClient

from digest.issues.archive import archived_issue, moment_claim, page_query
from digest.issues.lifecycle import find_issue
from digest.issues.tables import Issue
from digest.render.archive import archive_html
from digest.render.slots import MARKS
from digest.web.public import issues
from subscribers.tokens import Purpose
from tests.integration.web.rows import TARGET, add_issue
from tests.integration.web.small_site import SmallSite


def test_the_front_door_leads_to_the_archive(client: TestClient) -> None:
    answer = client.get("/")
    assert (answer.status_code, answer.headers["location"]) == (302, "/issues/")


def test_an_empty_archive_says_so(client: TestClient) -> None:
    assert "has not gone out yet" in client.get("/issues/").text


def test_the_archive_lists_what_went_out_newest_first(client: TestClient, site: SmallSite) -> None:
    for number, state in enumerate(
        ("finished", "sending", "paused", "draft", "approved", "scheduled", "cancelled"), start=1
    ):
        add_issue(site.store, number, state, subject=f"Subject of {state}")
    page = client.get("/issues/").text
    listed = [state for state in ("paused", "sending", "finished") if f"of {state}" in page]
    assert listed == ["paused", "sending", "finished"]
    assert page.index("of paused") < page.index("of sending") < page.index("of finished")
    assert page.count("Subject of") == 3
    assert "4 March 2026" in page


@pytest.mark.parametrize("state", ["draft", "approved", "scheduled", "cancelled", "skipped"])
def test_what_did_not_go_out_has_no_page(client: TestClient, site: SmallSite, state: str) -> None:
    add_issue(site.store, state=state)
    assert client.get("/issues/7").status_code == 404


def test_what_was_cancelled_in_mid_send_stays_readable_and_unlisted(
    client: TestClient, site: SmallSite
) -> None:
    add_issue(site.store, state="sending")
    with site.store.write() as session:
        session.exec(update(Issue).values(state="cancelled", audience=3))
    page = client.get("/issues/7")
    assert page.status_code == 200
    assert TARGET.replace("&", "&amp;") in page.text
    assert page.headers["x-robots-tag"] == "noindex"
    for place in ("/issues/", "/feed.xml", "/feed.json", "/sitemap.xml"):
        assert "issues/7" not in client.get(place).text, place


def test_what_was_cancelled_before_anybody_got_it_has_no_page(
    client: TestClient, site: SmallSite
) -> None:
    add_issue(site.store, state="approved")
    with site.store.write() as session:
        session.exec(update(Issue).values(state="cancelled"))
    assert client.get("/issues/7").status_code == 404


def test_a_page_is_made_once_and_anew_when_its_issue_changes(
    client: TestClient, site: SmallSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []
    read = issues.archived_issue

    def counted(session: Session, number: int) -> object:
        made.append(number)
        return read(session, number)

    monkeypatch.setattr(issues, "archived_issue", counted)
    add_issue(site.store, state="sending")
    first = client.get("/issues/7")
    assert client.get("/issues/7").text == first.text
    assert client.head("/issues/7").headers["content-length"] == str(len(first.content))
    assert made == [7]
    assert "x-robots-tag" not in first.headers
    with site.store.write() as session:
        session.exec(update(Issue).values(subject="Corrected <b>"))
    assert "Corrected &lt;b&gt;" in client.get("/issues/7").text
    with site.store.write() as session:
        session.exec(update(Issue).values(state="cancelled", audience=3))
    assert client.get("/issues/7").headers["x-robots-tag"] == "noindex"
    with site.store.write() as session:
        session.exec(update(Issue).values(state="draft"))
    assert client.get("/issues/7").status_code == 404
    assert made == [7, 7, 7]


def link_of(site: SmallSite, number: int) -> str:
    """Return the token in a test message of an issue."""
    with site.store.read() as session:
        made_for = moment_claim(find_issue(session, number))
    return site.tokens.make(Purpose.TEST, made_for, number)


def test_a_mailed_link_opens_no_issue_of_the_same_number_in_another_store(
    client: TestClient, site: SmallSite
) -> None:
    add_issue(site.store, state="finished")
    with site.store.read() as session:
        mailed = page_query(find_issue(session, 7).public_id)
    assert client.get(f"/issues/7?{mailed}").status_code == 200
    assert client.get("/issues/7").status_code == 200
    for other in ("issue=1", "issue=x", f"{mailed}0"):
        assert client.get(f"/issues/7?{other}").status_code == 404


def test_a_test_message_opens_no_draft_of_the_same_number_in_another_store(
    client: TestClient, site: SmallSite
) -> None:
    add_issue(site.store, state="draft")
    before = link_of(site, 7)
    with site.store.write() as session:
        session.exec(update(Issue).values(as_of=datetime(2026, 11, 27, 8, 0, 1, tzinfo=UTC)))
    assert client.get("/issues/7", params={"test": before}).status_code == 404
    assert client.get("/issues/7", params={"test": link_of(site, 7)}).status_code == 200


@pytest.mark.parametrize("state", ["draft", "approved", "scheduled", "cancelled", "skipped"])
def test_who_has_a_test_message_sees_the_issue_in_any_state(
    client: TestClient, site: SmallSite, state: str
) -> None:
    add_issue(site.store, state=state)
    page = client.get("/issues/7", params={"test": link_of(site, 7)})
    assert page.status_code == 200
    assert page.headers["x-robots-tag"] == "noindex"
    assert not MARKS.search(page.text)
    assert "Alpha or Beta?" in page.text


def test_a_test_message_opens_no_other_issue_and_no_other_token_opens_one(
    client: TestClient, site: SmallSite
) -> None:
    add_issue(site.store, state="draft")
    add_issue(site.store, number=8, state="draft")
    wrong = [
        link_of(site, 8),
        site.tokens.make(Purpose.TEST, 0, 7),
        site.tokens.make(Purpose.TEST, 1, 7),
        site.tokens.make(Purpose.VOTE, 0, 7),
        "x",
        "é" * 22,
    ]
    for token in wrong:
        assert client.get("/issues/7", params={"test": token}).status_code == 404
    site.preview.fault = "issue 7 has no pick"
    good = link_of(site, 7)
    assert client.get("/issues/7", params={"test": good}).status_code == 404


@pytest.mark.parametrize("state", ["sending", "paused", "finished"])
def test_an_issue_is_shown_with_nobodys_tokens(
    client: TestClient, site: SmallSite, state: str
) -> None:
    add_issue(site.store, state=state)
    page = client.get("/issues/7")
    assert page.status_code == 200
    assert not MARKS.search(page.text)
    assert TARGET.replace("&", "&amp;") in page.text
    assert "<p>Hello,</p>" in page.text
    assert "/o/" not in page.text
    assert "/unsubscribe/" not in page.text


def test_an_issues_page_may_use_inline_styles_and_nothing_else(
    client: TestClient, site: SmallSite
) -> None:
    add_issue(site.store)
    policy = client.get("/issues/7").headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "style-src 'unsafe-inline'" in policy
    assert "script-src" not in policy


@pytest.mark.parametrize("number", ["0", "007", "-1", "x", "7x", "9" * 5000, "٧"])
def test_an_issue_that_is_no_issue_is_a_404(
    client: TestClient, site: SmallSite, number: str
) -> None:
    add_issue(site.store)
    assert client.get(f"/issues/{number}").status_code == 404


def test_an_issues_page_ends_with_a_form_and_changes_nothing_of_the_mail(
    client: TestClient, site: SmallSite
) -> None:
    add_issue(site.store)
    page = client.get("/issues/7")
    assert "form-action 'self'" in page.headers["content-security-policy"]
    assert '<form method="post" action="/subscribe"' in page.text
    assert '<input type="hidden" name="source" value="/issues/7">' in page.text
    assert '<meta property="og:title" content="Alpha beats Beta">' in page.text
    with site.store.read() as session:
        found = archived_issue(session, 7)
    assert found is not None
    mailed = archive_html(found.html, found.links, "/issues/", "/subscribe")
    assert mailed is not None
    body = mailed.partition("<body>")[2].rpartition("</body>")[0]
    assert f"<main>{body}</main>" in page.text
