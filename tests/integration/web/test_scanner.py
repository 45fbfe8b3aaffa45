"""A scanner that opens every link of every message, by GET and HEAD, from many addresses.

Real messages of a real issue, sent into the outbox: nobody is unsubscribed, confirmed or voted,
and no click of its counts as a person's.
"""

import html
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from digest.bootstrap import App, bootstrap
from digest.deliver.ledger.worker_lock import worker_lock
from digest.reports.issue_report import report_of
from digest.settings import Settings
from digest.track.hits.classification import classify_all
from digest.web.application import create_app
from store.engine import Store
from tests.integration.web.rows import NOW, Words, add_comparison, add_subscriber, everything
from tests.parts.traces import BROWSERS, PHONE

SITE = "https://digest.example.org"
PEOPLE = 6


@dataclass
class Clock:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def app(store: Store, tmp_path: Path, clock: Clock) -> Iterator[App]:
    settings = Settings(
        _env_file=None,
        public_url=SITE,
        secret_key="a secret of the tests that is long enough",
        outbox_dir=tmp_path / "outbox",
        gate_tools=False,
    )
    opened = bootstrap(settings, store=store, clock=clock)
    for place in range(4):
        left, right = (Words(f"{name} {place}", f"{name}-{place}") for name in ("left", "right"))
        add_comparison(store, left, right, slug=f"match-{place}", title=f"Match {place}")
    yield opened
    opened.provider.close()


def sent(app: App, folder: Path) -> tuple[int, list[tuple[str, str]]]:
    """The issue's number, and the HTML and text of every message of it."""
    for place in range(PEOPLE):
        add_subscriber(app.store, app.hasher, f"reader{place}@example.org")
    number = app.issues.draft()
    app.issues.approve(number, by="an editor")
    app.issues.start(number)
    with worker_lock(app.store) as here:
        app.sending.run(number, here)
    return number, [_parts(path) for path in sorted(folder.rglob("*.eml"))]


def _parts(path: Path) -> tuple[str, str]:
    message = message_from_bytes(path.read_bytes(), policy=default)
    rich, plain = message.get_body(("html",)), message.get_body(("plain",))
    assert rich is not None
    assert plain is not None
    return rich.get_content(), plain.get_content()


def addresses(rich: str, plain: str) -> list[str]:
    """All that a scanner finds: whatever looks like an address, in either part."""
    found = re.findall(r'(?:href|src)="([^"]+)"', rich) + re.findall(r"https://\S+", plain)
    return list(dict.fromkeys(html.unescape(one) for one in found if one.startswith(SITE)))


def from_somewhere(app: App, chance: random.Random) -> TestClient:
    where = (f"192.0.2.{chance.randint(1, 254)}", 50_000)
    return TestClient(create_app(app), SITE, follow_redirects=False, client=where)


def scan(app: App, clock: Clock, messages: list[tuple[str, str]], delay: float) -> None:
    """Every address by GET and HEAD, each from an address of its own, with browsers' names."""
    chance = random.Random(11)
    began = clock.now
    for rich, plain in messages:
        clock.now = began + timedelta(seconds=delay)
        for address in addresses(rich, plain):
            for method in chance.sample(("GET", "HEAD"), 2):
                clock.now += timedelta(seconds=chance.uniform(0.05, 1.2))
                client = from_somewhere(app, chance)
                agent = {"User-Agent": chance.choice(BROWSERS)}
                assert client.request(method, address, headers=agent).status_code < 500
    clock.now = began


@pytest.mark.parametrize("delay", [1.0, 43.0, 600.0])
def test_a_scanner_decides_nothing_and_counts_as_no_person(
    app: App, clock: Clock, tmp_path: Path, delay: float
) -> None:
    number, messages = sent(app, tmp_path / "outbox")
    assert len(messages) == PEOPLE
    before = everything(app.store, but=("event",))
    scan(app, clock, messages, delay)
    assert everything(app.store, but=("event",)) == before
    classify_all(app.store)
    with app.store.read() as session:
        found = report_of(session, number)
    assert found["people"] == {"opens": 0, "clicks": 0, "votes": 0, "unsubscribes": 0}
    links = sum("/l/" in one for parts in messages for one in addresses(*parts))
    assert found["machines"]["clicks"] == 2 * links > 12 * PEOPLE, "by GET and by HEAD"
    assert found["unlabelled"] == {"opens": 0, "clicks": 0}


def test_the_reader_behind_the_scanner_is_counted(app: App, clock: Clock, tmp_path: Path) -> None:
    number, messages = sent(app, tmp_path / "outbox")
    scan(app, clock, messages, 43)
    rich, _ = messages[0]
    client = TestClient(create_app(app), SITE, follow_redirects=False)
    found = addresses(rich, "")
    pixel, click = (next(one for one in found if part in one) for part in ("/o/", "/l/"))
    for after, address in ((5_000, pixel), (5_030, click)):
        clock.now = NOW + timedelta(seconds=after)
        client.get(address, headers={"User-Agent": PHONE})
    classify_all(app.store)
    with app.store.read() as session:
        people = report_of(session, number)["people"]
    assert (people["opens"], people["clicks"]) == (1, 1)
