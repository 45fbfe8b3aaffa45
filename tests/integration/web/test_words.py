"""Words from outside stay words, and names stay names: markup, templates and paths in them."""

from bs4 import BeautifulSoup
from starlette.testclient import TestClient

from subscribers.tokens import Purpose
from tests.integration.web.rows import (
    HTML,
    Words,
    add_comparison,
    add_issue,
    add_pick,
    add_subscriber,
)
from tests.integration.web.small_site import SmallSite
from tests.parts.links import make_token

XSS = "\"><script>alert(1)</script><img src=x onerror=alert(2)>'{{7*7}}"


def hostile(site: SmallSite) -> None:
    side = Words(XSS, "alpha", tagline=XSS, quote=XSS)
    comparison = add_comparison(site.store, side, title=XSS, url=f"https://example.org/{XSS}")
    left_out = [{"slug": XSS, "reason": XSS}]
    add_issue(site.store, 8, "finished", subject=XSS, left_out=left_out)
    add_pick(site.store, 8, comparison, [XSS])


def test_words_from_outside_stay_words(
    client: TestClient, studio: TestClient, site: SmallSite
) -> None:
    hostile(site)
    public = ("/issues/", "/comparisons/alpha-vs-beta", "/tools/alpha", "/tools/beta")
    # The edit page needs the whole application: tests/browser/test_scripts_of_editors.py opens it.
    editors = ("/studio/", "/studio/issues/8/send")
    for browser, paths in ((client, public), (studio, editors)):
        for path in paths:
            answer = browser.get(path)
            assert answer.status_code == 200, path
            assert "alert(1)" in answer.text, path
            inert(answer.text)


def test_a_hostile_address_stays_words(client: TestClient, site: SmallSite) -> None:
    reader = add_subscriber(site.store, site.hasher, '<script>alert("x")</script>@example.org')
    for purpose in (Purpose.UNSUBSCRIBE, Purpose.PREFERENCES):
        page = client.get(f"/{purpose}/{make_token(site, purpose, reader)}").text
        inert(page)


def inert(page: str) -> None:
    """No script but the studio's own, no handler or foreign image, no template run on the words."""
    parsed = BeautifulSoup(page, "html.parser")
    assert not parsed.find_all(["object", "embed", "base"])
    for script in parsed.find_all("script"):
        assert str(script["src"]).startswith("/studio/modules/"), script
        assert not script.get_text(), script
    for tag in parsed.find_all(True):
        assert not [name for name in tag.attrs if name.startswith("on")], tag
        for name in ("href", "src", "action"):
            assert not str(tag.get(name, "")).lower().startswith(("javascript:", "data:"))
    assert not [image for image in parsed.find_all("img") if image["src"] == "x"]
    assert "{{7*7}}" in page or "7*7" not in page


def test_there_is_no_way_to_other_files(client: TestClient) -> None:
    for path in (
        "/static/../pyproject.toml",
        "/static/..%2f..%2fbase.html",
        "/static/%2e%2e/base.html",
        "/static/....//base.html",
        "/static/..%5cbase.html",
        "/static//etc/passwd",
        "/static/%00",
        "/static/site.css%00.html",
        "/static/",
        "/issues/..%2f..%2fetc%2fpasswd",
        "/comparisons/..%2f..%2f..%2fetc%2fpasswd",
        "/tools/%2fetc%2fpasswd",
        "/../../etc/passwd",
        "/docs",
        "/redoc",
        "/openapi.json",
    ):
        answer = client.get(path)
        assert answer.status_code == 404, path
        assert "root:" not in answer.text, path


def test_an_issues_archive_page_runs_nothing(client: TestClient, site: SmallSite) -> None:
    """Even if a script got into the frozen bytes, the page's policy does not let it run."""
    add_issue(site.store, html=HTML.replace("</body>", "<script>alert(1)</script></body>"))
    policy = client.get("/issues/7").headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "script" not in policy
