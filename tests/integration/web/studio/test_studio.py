"""The editors' preview: complete, harmless, and on this machine only."""

import pytest
from bs4 import BeautifulSoup
from starlette.testclient import TestClient

from tests.integration.web.rows import (
    TARGET,
    add_comparison,
    add_issue,
    add_pick,
    add_subscriber,
    everything,
)
from tests.integration.web.small_site import SmallSite


@pytest.fixture
def draft(site: SmallSite) -> int:
    comparison = add_comparison(site.store)
    add_comparison(site.store, slug="old-one", title="Old vs One")
    left_out = [
        {"slug": "old-one", "reason": "in issue 6 already"},
        {"slug": "gone", "reason": "older than the last issue"},
    ]
    number = add_issue(site.store, state="draft", links={}, left_out=left_out)
    add_pick(site.store, number, comparison, ["the panel is divided", "new this week"])
    return number


def words(page: str) -> str:
    return " ".join(BeautifulSoup(page, "html.parser").get_text(" ").split())


def test_it_lists_every_issue_whatever_its_state(
    studio: TestClient, site: SmallSite, draft: int
) -> None:
    add_issue(site.store, 8, "finished", subject="Older news")
    page = words(studio.get("/studio/").text)
    assert "draft" in page
    assert "Older news" in page


def test_the_bare_path_leads_in(studio: TestClient) -> None:
    assert studio.get("/studio").headers["location"] == "/studio/"


def test_trying_every_link_of_the_preview_changes_nothing(
    studio: TestClient, client: TestClient, site: SmallSite, draft: int
) -> None:
    add_subscriber(site.store, site.hasher)
    before = everything(site.store)
    page = BeautifulSoup(studio.get("/studio/issues/7/html").text, "html.parser")
    links = [str(link["href"]) for link in page.find_all("a")]
    assert TARGET in links
    assert page.find("img") is None
    for link in links:
        path = link.removeprefix("https://digest.example.org")
        if path != link:
            assert client.get(path).status_code == 200
            assert client.post(path).status_code in (200, 400)
    assert everything(site.store) == before


def test_a_logo_may_come_from_another_host(studio: TestClient, draft: int) -> None:
    """It is the brand's, and shows in the mail; scripts and frames still come from nowhere."""
    policy = studio.get(f"/studio/issues/{draft}/html").headers["content-security-policy"]
    rules = dict(rule.strip().partition(" ")[::2] for rule in policy.split(";"))
    assert "https:" in rules["img-src"].split()
    assert rules["default-src"] == "'none'"
    assert "script-src" not in rules


def test_an_issue_that_is_not_there_is_a_404(studio: TestClient) -> None:
    for path in ("/studio/issues/99", "/studio/issues/99/html", "/studio/issues/x"):
        assert studio.get(path).status_code == 404


@pytest.mark.parametrize(
    "path", ["/studio", "/studio/", "/studio/issues/7", "/studio/issues/7/html"]
)
def test_the_public_site_has_no_studio(client: TestClient, draft: int, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:8000", "127.0.0.1", "127.0.0.1:65535", "[::1]", "[::1]:80"]
)
def test_it_answers_to_this_machines_names(studio: TestClient, draft: int, host: str) -> None:
    assert studio.get("/studio/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8001",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "evil.example#localhost",
        "localhost@evil.example",
        "evil.example:@localhost",
        "127.0.0.1:8001:9",
        "127.0.0.1 ",
        "localhost.",
        "127.1",
        "0.0.0.0",
        "2130706433",
        "[::ffff:127.0.0.1]",
        "192.168.0.2",
        "",
    ],
)
def test_a_name_that_only_points_here_is_refused(studio: TestClient, draft: int, host: str) -> None:
    """DNS rebinding: the attacker's page runs under the attacker's own name."""
    for path in ("/studio", "/studio/", "/studio/issues/7", "/issues/", "/static/site.css"):
        answer = studio.get(path, headers={"Host": host})
        assert answer.status_code == 403
        assert "location" not in answer.headers


def test_two_hosts_are_refused(studio: TestClient, draft: int) -> None:
    headers = [("Host", "127.0.0.1"), ("Host", "evil.example")]
    assert studio.get("/studio/", headers=headers).status_code == 403


@pytest.mark.parametrize(
    ("form", "page"),
    [
        ("/studio/issues/1/send/approve", "/studio/issues/1/send"),
        ("/studio/issues/1/send/test", "/studio/issues/1/send"),
        ("/studio/issues/1/edit", "/studio/issues/1"),
        ("/studio/schedules/weekly", "/studio/schedules/"),
        ("/studio/bounces/unsubscribe", "/studio/bounces"),
    ],
)
def test_the_address_of_a_form_that_is_opened_anew_leads_to_its_page(
    editor: TestClient, form: str, page: str
) -> None:
    answer = editor.get(form, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, page)
    assert editor.get(page).status_code == 200
