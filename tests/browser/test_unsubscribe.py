"""A reader with a real browser: leaving the list, and pages that can be read."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser
from starlette.types import ASGIApp

from digest.web.application import create_app
from store.engine import Store
from subscribers.tables import Subscriber
from subscribers.tokens import Purpose
from tests.browser.watched import watch
from tests.integration.web.rows import (
    ISSUE,
    Words,
    add_comparison,
    add_delivery,
    add_issue,
    add_pick,
    add_subscriber,
    events,
)
from tests.integration.web.small_site import SmallSite, small_site
from tests.parts.links import make_token

Serve = Callable[[ASGIApp], str]


@pytest.fixture
def site(sqlite_store: Store) -> SmallSite:
    site = small_site(sqlite_store)
    add_issue(site.store)
    verdicts = (Words("Alpha", "alpha", verdict="ship"), Words("Beta", "beta", verdict="skip"))
    add_pick(site.store, ISSUE, add_comparison(site.store, *verdicts), ["the panel is divided"])
    add_delivery(site.store, add_subscriber(site.store, site.hasher))
    return site


def link(site: SmallSite, purpose: Purpose) -> str:
    return f"/{purpose}/{make_token(site, purpose, 1, ISSUE)}"


def reader(site: SmallSite) -> Subscriber:
    with site.store.read() as session:
        found = session.get(Subscriber, 1)
        assert found is not None
        session.expunge(found)
        return found


def test_one_press_of_the_button_unsubscribes(
    chromium: Browser, serve: Serve, site: SmallSite
) -> None:
    home = serve(create_app(site))
    watched = watch(chromium, home, 375, "light")
    page = watched.page
    page.goto(home + link(site, Purpose.UNSUBSCRIBE))
    assert reader(site).status == "active"
    page.get_by_role("button", name="Unsubscribe").click()
    page.get_by_role("heading", name="You are unsubscribed").wait_for()
    assert reader(site).status == "unsubscribed"
    assert [event.kind for event in events(site.store)] == ["unsubscribed"]
    page.reload()
    page.get_by_role("heading", name="You are unsubscribed").wait_for()
    assert len(events(site.store)) == 1
    assert watched.complaints == []
    page.context.close()


def test_it_takes_no_mouse(chromium: Browser, serve: Serve, site: SmallSite) -> None:
    home = serve(create_app(site))
    page = watch(chromium, home, 1200, "light").page
    page.goto(home + link(site, Purpose.UNSUBSCRIBE))
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    for _ in range(5):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.tagName") == "BUTTON":
            break
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="You are unsubscribed").wait_for()
    assert reader(site).status == "unsubscribed"
    page.context.close()


def test_preferences_switch_tracking_and_lead_off_the_list(
    chromium: Browser, serve: Serve, site: SmallSite
) -> None:
    home = serve(create_app(site))
    page = watch(chromium, home, 375, "dark").page
    page.goto(home + link(site, Purpose.PREFERENCES))
    page.get_by_role("button", name="Switch tracking off").click()
    page.get_by_role("status").wait_for()
    assert reader(site).tracking is False
    page.get_by_role("button", name="Unsubscribe").click()
    page.get_by_role("heading", name="You are unsubscribed").wait_for()
    assert reader(site).status == "unsubscribed"
    page.context.close()


def test_the_pixel_is_an_image(chromium: Browser, serve: Serve, site: SmallSite) -> None:
    home = serve(create_app(site))
    page = watch(chromium, home, 375, "light").page
    page.goto(f"{home}/o/{make_token(site, Purpose.OPEN, 1, ISSUE)}.gif")
    assert page.evaluate("document.images[0].naturalWidth") == 1
    assert [event.kind for event in events(site.store)] == ["opened"]
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 1200])
def test_every_page_can_be_read(
    chromium: Browser, serve: Serve, site: SmallSite, width: int, scheme: str
) -> None:
    """Nothing wider than the screen, 4.5:1, nothing from elsewhere, nothing its policy refuses."""
    home = serve(create_app(site, studio=True))
    watched = watch(chromium, home, width, scheme)
    for path in (
        "/issues/",
        "/comparisons/alpha-vs-beta",
        "/tools/alpha",
        link(site, Purpose.UNSUBSCRIBE),
        link(site, Purpose.PREFERENCES),
        "/studio/",
    ):
        watched.page.goto(home + path)
        assert not watched.is_too_wide(), path
        assert watched.poor_contrast() == [], path
        assert watched.page.get_by_role("main").count() == 1, path
        assert watched.page.get_by_role("heading", level=1).count() == 1, path
    assert watched.complaints == []
    assert watched.strangers == []
    watched.page.goto(f"{home}/unsubscribe/nothing")
    assert watched.poor_contrast() == []
    watched.page.context.close()


def test_an_issues_page_loads_nothing_from_elsewhere(
    chromium: Browser, serve: Serve, site: SmallSite
) -> None:
    home = serve(create_app(site))
    watched = watch(chromium, home, 1200, "light")
    watched.page.goto(f"{home}/issues/{ISSUE}")
    assert watched.page.evaluate("getComputedStyle(document.links[0]).color") == "rgb(255, 0, 0)"
    assert watched.strangers == []
    assert watched.complaints == []
    watched.page.context.close()
