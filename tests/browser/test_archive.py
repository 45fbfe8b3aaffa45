"""Who comes by the archive, in a real browser: reads, and signs up right there."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser
from sqlmodel import select
from starlette.types import ASGIApp

from digest.render.environment import email_environment, templates_folder
from digest.web.application import create_app
from store.engine import Store
from subscribers.tables import Consent, Subscriber
from tests.browser.test_emails import RULES, SPREAD
from tests.golden.emails import EMAILS
from tests.integration.web.rows import ISSUE, add_comparison, add_issue
from tests.integration.web.small_site import SmallSite, small_site

Serve = Callable[[ASGIApp], str]
PLACES = ("/issues/", f"/issues/{ISSUE}", "/comparisons/alpha-vs-beta", "/tools/alpha")


@pytest.fixture
def site(sqlite_store: Store) -> SmallSite:
    site = small_site(sqlite_store)
    mailed = EMAILS["issue"](email_environment(templates_folder()))
    add_issue(site.store, html=mailed.html, links={one.number: one.url for one in mailed.links})
    add_comparison(site.store)
    return site


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1200])
def test_axe_finds_nothing_on_a_public_page(
    chromium: Browser, serve: Serve, site: SmallSite, width: int, scheme: Any
) -> None:
    home = serve(create_app(site))
    page = chromium.new_page(
        viewport={"width": width, "height": 800}, color_scheme=scheme, bypass_csp=True
    )
    for place in PLACES:
        page.goto(home + place)
        assert Axe().run(page, options=RULES).response["violations"] == [], place
        assert page.evaluate(SPREAD) <= 0, place
    page.close()


@pytest.mark.parametrize("place", PLACES)
def test_a_visitor_signs_up_where_they_are(
    chromium: Browser, serve: Serve, site: SmallSite, place: str
) -> None:
    """Without a script, and the page they stood on is kept with what they agreed to."""
    home = serve(create_app(site))
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(home + place)
    page.get_by_label("Email address").fill("visitor@example.org")
    page.get_by_role("button", name="Subscribe").click()
    page.get_by_role("heading", level=1).wait_for()
    context.close()
    with site.store.read() as session:
        person = session.exec(select(Subscriber)).one()
        agreed = session.exec(select(Consent)).one()
    assert (person.email, person.status) == ("visitor@example.org", "pending")
    assert agreed.source == place
