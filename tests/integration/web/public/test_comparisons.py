"""Pages of a comparison and of a tool."""

from datetime import timedelta

from bs4 import BeautifulSoup
from starlette.testclient import TestClient

from digest.catalog.tables import Comparison
from tests.integration.web.rows import NOW, Words, add_comparison
from tests.integration.web.small_site import SmallSite


def words(page: str) -> str:
    main = BeautifulSoup(page, "html.parser").main
    assert main is not None
    return " ".join(main.get_text(" ").split())


def test_a_comparison_shows_both_contenders_and_every_review(
    client: TestClient, site: SmallSite
) -> None:
    add_comparison(site.store, Words("Alpha", "alpha", quote="Alpha wins.", community=62.5))
    page = words(client.get("/comparisons/alpha-vs-beta").text)
    for expected in ("Alpha vs Beta", "75%", "100%", "62.5%", "no votes yet", "Free"):
        assert expected in page
    for lens in ("builder", "skeptic", "futurist", "founder"):
        assert f"Alpha wins. So says the {lens}." in page
        assert f"It does what it says. So says the {lens}." in page


def test_a_verdict_is_shown_where_it_is_known_and_never_guessed(
    client: TestClient, site: SmallSite
) -> None:
    add_comparison(site.store, Words("Alpha", "alpha", verdict="skip"))
    page = BeautifulSoup(client.get("/comparisons/alpha-vs-beta").text, "html.parser")
    assert [tag.get_text() for tag in page.select(".verdict")] == ["Skip"]


def test_a_comparison_names_its_source_if_that_is_a_web_address(
    client: TestClient, site: SmallSite
) -> None:
    add_comparison(site.store, url="https://example.org/source")
    add_comparison(site.store, slug="other", url="javascript:alert(1)")
    assert 'href="https://example.org/source"' in client.get("/comparisons/alpha-vs-beta").text
    assert "javascript:" not in client.get("/comparisons/other").text


def test_a_tool_lists_its_comparisons_newest_first(client: TestClient, site: SmallSite) -> None:
    older = add_comparison(site.store)
    add_comparison(
        site.store,
        Words("Gamma", "gamma"),
        Words("Alpha", "alpha", tagline="As it is now", panel=None),
        slug="gamma-vs-alpha",
        title="Gamma vs Alpha",
    )
    with site.store.write() as session:
        row = session.get(Comparison, older)
        assert row is not None
        row.published_at = NOW - timedelta(days=7)
    page = words(client.get("/tools/alpha").text)
    assert "As it is now" in page
    assert page.index("Gamma") < page.index("Beta")
    assert "Alpha not reviewed" in page
    assert "Alpha 75%" in page


def test_slugs_that_are_none_are_a_404(client: TestClient, site: SmallSite) -> None:
    add_comparison(site.store)
    for slug in ("nothing", "x" * 5000, "a%00b", "%ff", "%2e%2e%2fissues", "'--"):
        assert client.get(f"/comparisons/{slug}").status_code == 404
        assert client.get(f"/tools/{slug}").status_code == 404


def test_head_is_answered_as_get(client: TestClient, site: SmallSite) -> None:
    add_comparison(site.store)
    assert client.head("/comparisons/alpha-vs-beta").status_code == 200
    assert client.head("/tools/beta").status_code == 200


def test_what_is_not_published_yet_has_no_page_and_no_place_on_a_tools(
    client: TestClient, site: SmallSite
) -> None:
    number = add_comparison(site.store)
    with site.store.write() as session:
        row = session.get(Comparison, number)
        assert row is not None
        row.published_at = NOW + timedelta(minutes=1)
    assert client.get("/comparisons/alpha-vs-beta").status_code == 404
    assert client.get("/tools/alpha").status_code == 404
    assert "alpha" not in client.get("/sitemap.xml").text


def test_a_tools_scores_over_the_weeks_are_told_in_figures_too(
    client: TestClient, site: SmallSite
) -> None:
    older = add_comparison(site.store)
    add_comparison(
        site.store,
        Words("Gamma", "gamma"),
        Words("Alpha", "alpha", panel=50),
        slug="gamma-vs-alpha",
        title="Gamma vs Alpha",
    )
    with site.store.write() as session:
        row = session.get(Comparison, older)
        assert row is not None
        row.published_at = NOW - timedelta(days=7)
    page = words(client.get("/tools/alpha").text)
    assert "2 March 2026 50% 23 February 2026 75%" in page
