"""A comparison dated in the future: nothing public, and no mail, tells of it before its time."""

from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from sqlmodel import col, select, update
from starlette.testclient import TestClient

from digest.bootstrap import App, bootstrap
from digest.catalog.tables import Comparison, Contender
from digest.deliver.ledger.worker_lock import worker_lock
from digest.settings import Settings
from digest.web.application import create_app
from store.engine import Store
from subscribers.links import link_token
from subscribers.tables import Subscriber
from subscribers.tokens import Purpose
from tests.integration.web.rows import NOW, Words, add_comparison
from tests.parts.world import Clock

SITE = "https://digest.example.org"
SLUG = "secretlaunch-vs-alpha"
SECRET_WORDS = ("Secretlaunch", "secretlaunch", "Embargoed", "Alpha Nine")
LATER = NOW + timedelta(days=100)


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def app(store: Store, tmp_path: Path, clock: Clock) -> Iterator[App]:
    settings = Settings(
        _env_file=None,
        public_url=SITE,
        secret_key="a secret of the tests that is long enough",
        outbox_dir=tmp_path / "outbox",
    )
    opened = bootstrap(settings, store=store, clock=clock)
    add_comparison(store)
    add_comparison(
        store,
        Words("Secretlaunch 9", "secretlaunch-9"),
        # A tool that readers know, under the name that it is going to have.
        Words("Alpha Nine", "alpha"),
        slug=SLUG,
        title="Secretlaunch 9 vs Alpha Nine",
    )
    with store.write() as session:
        number = session.exec(select(Comparison.id).where(Comparison.slug == SLUG)).one()
        session.execute(
            update(Comparison).where(col(Comparison.id) == number).values(published_at=LATER)
        )
        session.execute(
            update(Contender)
            .where(col(Contender.comparison_id) == number)
            .values(category="Embargoed Category")
        )
    yield opened
    opened.provider.close()


def read_everything(app: App, outbox: Path) -> list[str]:
    """Every public page, and the mail that somebody gets who signs up on the embargoed page."""
    client = TestClient(create_app(app), SITE, follow_redirects=False)
    source = f"{SITE}/comparisons/{SLUG}"
    client.post("/subscribe", data={"email": "ana@example.org", "source": source})
    with app.store.read() as session:
        reader = session.exec(select(Subscriber)).one()
    confirm = link_token(app.tokens, Purpose.CONFIRM, reader)
    assert client.post(f"/confirm/{confirm}").status_code == 200
    with worker_lock(app.store) as lock:
        app.mailer.deliver(lock)
    preferences = link_token(app.tokens, Purpose.PREFERENCES, reader)
    paths = (
        f"/comparisons/{SLUG}",
        "/tools/secretlaunch-9",
        "/tools/alpha",
        "/comparisons/alpha-vs-beta",
        "/sitemap.xml",
        "/feed.xml",
        "/issues/",
        "/subscribe",
        f"/preferences/{preferences}",
    )
    mails = [
        part.get_content()
        for path in outbox.rglob("*.eml")
        for part in message_from_bytes(path.read_bytes(), policy=default).walk()
        if part.get_content_maintype() == "text"
    ]
    assert len(mails) == 2, "the welcome, in both its forms"
    return [client.get(path).text for path in paths] + mails


def test_nothing_tells_of_it_before_its_time(app: App, tmp_path: Path) -> None:
    for told in read_everything(app, tmp_path / "outbox"):
        found = [word for word in SECRET_WORDS if word in told.replace(f"/comparisons/{SLUG}", "")]
        assert not found, told


def test_nobody_can_follow_it_before_its_time(app: App) -> None:
    client = TestClient(create_app(app), SITE, follow_redirects=False)
    assert client.get("/tools/secretlaunch-9").status_code == 404
    assert client.get(f"/comparisons/{SLUG}").status_code == 404
    assert client.get("/tools/alpha").status_code == 200


def test_from_its_time_on_all_tell_of_it(app: App, clock: Clock, tmp_path: Path) -> None:
    clock.now = LATER
    told = read_everything(app, tmp_path / "outbox")
    assert "Secretlaunch 9" in told[0]
    assert "Secretlaunch 9" in told[1]
    assert "Alpha Nine" in told[2]
    assert SLUG in told[4]
    assert "Embargoed Category" in told[8]
    assert any("Secretlaunch 9" in mail for mail in told[9:]), "the welcome"
