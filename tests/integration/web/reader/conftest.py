"""Anna, who has an issue, and the links in it."""

import pytest

from subscribers.tables import Subscriber
from subscribers.tokens import Purpose
from tests.integration.web.rows import ISSUE, NOW, add_delivery, add_issue, add_subscriber
from tests.integration.web.small_site import SmallSite
from tests.parts.links import make_token


@pytest.fixture
def anna(site: SmallSite) -> int:
    """Her number: on the list for a year, and an issue was delivered to her."""
    add_issue(site.store)
    number = add_subscriber(site.store, site.hasher, created_at=NOW.replace(year=2025))
    add_delivery(site.store, number)
    return number


def link_to(site: SmallSite, purpose: Purpose, subscriber: int, issue: int = ISSUE) -> str:
    """Return the path of a link in the issue that somebody got."""
    return f"/{purpose}/{make_token(site, purpose, subscriber, issue)}"


def reader_of(site: SmallSite, subscriber: int) -> Subscriber:
    with site.store.read() as session:
        return session.get_one(Subscriber, subscriber)
