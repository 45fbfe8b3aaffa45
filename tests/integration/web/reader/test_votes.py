"""Voting from the email: looking changes nothing, the button counts once a tool."""

import pytest
from sqlmodel import select
from starlette.testclient import TestClient

from digest.catalog.pages import ComparisonPage, ContenderPage, Lens, ReviewPage
from digest.catalog.tables import Comparison, Vote
from digest.catalog.upsert import upsert_page
from digest.issues.tables import Pick
from subscribers.tokens import Purpose
from tests.integration.web.rows import ISSUE, NOW, add_issue, add_subscriber, everything
from tests.integration.web.small_site import SmallSite
from tests.parts.links import make_token


def side(name: str) -> ContenderPage:
    reviews = (ReviewPage(Lens.BUILDER, "It holds."),)
    return ContenderPage(name, "Tools", "A line", "Words.", 100, None, "Free", reviews)


@pytest.fixture
def reader(site: SmallSite) -> int:
    add_issue(site.store)
    with site.store.write() as session:
        upsert_page(session, ComparisonPage("A vs <B>", (side("A"), side("<B>"))), NOW)
        comparison = session.exec(select(Comparison.id)).one()
        assert comparison is not None
        session.add(Pick(issue_number=ISSUE, comparison_id=comparison, position=0, role="lead"))
    return add_subscriber(site.store, site.hasher)


def link(site: SmallSite, subscriber: int) -> str:
    return f"/vote/{make_token(site, Purpose.VOTE, subscriber, ISSUE)}"


def votes(site: SmallSite) -> list[str]:
    with site.store.read() as session:
        return list(session.exec(select(Vote.verdict).order_by(Vote.tool_id)))  # type: ignore[arg-type]


def test_looking_shows_the_tools_and_changes_nothing(
    client: TestClient, site: SmallSite, reader: int
) -> None:
    before = everything(site.store)
    page = client.get(link(site, reader))
    client.head(link(site, reader))
    assert page.status_code == 200
    assert "&lt;B&gt;" in page.text
    assert "<B>" not in page.text
    assert everything(site.store) == before


def test_a_vote_counts_once_a_tool_and_can_be_changed(
    client: TestClient, site: SmallSite, reader: int
) -> None:
    assert "your vote counts" in client.post(link(site, reader), data={"a": "ship"}).text
    assert votes(site) == ["ship"]
    client.post(link(site, reader), data={"a": "skip", "b": "ship"})
    assert votes(site) == ["skip", "ship"]
    assert client.get(link(site, reader)).text.count("checked") == 2


@pytest.mark.parametrize("said", [{}, {"a": "love"}, {"nosuch": "ship"}, {"a": ""}])
def test_what_says_nothing_counts_nothing(
    client: TestClient, site: SmallSite, reader: int, said: dict[str, str]
) -> None:
    answer = client.post(link(site, reader), data=said)
    assert answer.status_code == 200
    assert "nothing was counted" in answer.text
    assert votes(site) == []


def test_a_preview_votes_for_nobody(client: TestClient, site: SmallSite, reader: int) -> None:
    assert client.post(link(site, 0), data={"a": "ship"}).status_code == 200
    assert votes(site) == []


def test_another_links_token_does_not_vote(
    client: TestClient, site: SmallSite, reader: int
) -> None:
    token = make_token(site, Purpose.CLICK, reader, ISSUE)
    assert client.post(f"/vote/{token}", data={"a": "ship"}).status_code == 404
    assert votes(site) == []


def test_a_buttons_link_puts_its_tool_first_with_its_choice_made(
    client: TestClient, site: SmallSite, reader: int
) -> None:
    """Two taps: the one in the email, and the one on the page."""
    before = everything(site.store)
    page = client.get(f"{link(site, reader)}?tool=b&say=skip").text
    assert page.index('name="b"') < page.index('name="a"')
    assert 'name="b" value="skip" checked' in page
    assert page.count("checked") == 1
    assert everything(site.store) == before
    client.post(link(site, reader), data={"b": "skip"})
    assert votes(site) == ["skip"]


@pytest.mark.parametrize("query", ["tool=nosuch&say=ship", "tool=b&say=love", "say=ship", "tool="])
def test_a_link_that_names_nothing_of_the_issue_shows_the_form_as_it_is(
    client: TestClient, site: SmallSite, reader: int, query: str
) -> None:
    page = client.get(f"{link(site, reader)}?{query}")
    assert page.status_code == 200
    assert "checked" not in page.text
