"""What opens every link of every message decides nothing for anybody."""

import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html import unescape
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from digest.bootstrap import App, bootstrap
from digest.catalog.pages import ComparisonPage, ContenderPage, Lens, ReviewPage
from digest.catalog.upsert import upsert_page
from digest.deliver.ledger.worker_lock import worker_lock
from digest.reports.issue_report import report_of
from digest.settings import Settings
from digest.web.application import create_app
from digest.worker import work
from store.engine import Store
from subscribers.service import find_subscriber
from subscribers.tokens import Purpose
from tests.integration.web.rows import events, everything
from tests.parts.links import make_token
from tests.parts.waiting import until
from tests.parts.world import SECRET

PUBLIC = "https://digest.example.org"
CLIENTS = (
    {"user-agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0"},
    {"user-agent": "Mozilla/5.0 (compatible; SafeLinks)", "purpose": "prefetch"},
    {"user-agent": "GoogleImageProxy", "sec-purpose": "prefetch;prerender"},
    {"user-agent": ""},
)
LINK = re.compile(rf"{re.escape(PUBLIC)}/[^\s\"'<>]+")
CONFIRM = re.compile(rf"{re.escape(PUBLIC)}/confirm/[^/]+")
HREF = re.compile(r'(?:href|action|src)="(/[^"]+)"')


def side(name: str, panel: float) -> ContenderPage:
    reviews = tuple(ReviewPage(lens, f"It holds, says the {lens}.") for lens in Lens)
    return ContenderPage(name, "Writing", "A line", "Words.", panel, None, "Free", reviews)


@pytest.fixture
def app(sqlite_store: Store, tmp_path: Path) -> App:
    settings = Settings(
        _env_file=None,
        public_url=PUBLIC,
        secret_key=SECRET,
        outbox_dir=tmp_path / "outbox",
        postal_address="12 Example Road, 1010 Town",
    )
    with sqlite_store.write() as session:
        page = ComparisonPage("Alpha vs Beta", (side("Alpha", 75), side("Beta", 100)))
        upsert_page(session, page, datetime.now(UTC))
    return bootstrap(settings, store=sqlite_store)


@pytest.fixture
def client(app: App) -> TestClient:
    return TestClient(create_app(app), PUBLIC, follow_redirects=False)


def messages(app: App) -> list[EmailMessage]:
    found = []
    for path in sorted((app.settings.outbox_dir / "new").glob("*.eml")):
        message = message_from_bytes(path.read_bytes(), policy=default)
        assert isinstance(message, EmailMessage)
        found.append(message)
    return found


def links(message: EmailMessage) -> set[str]:
    parts = [message.get_body((kind,)) for kind in ("plain", "html")]
    texts = [part.get_content() for part in parts if part]
    return set(LINK.findall(unescape(" ".join([*texts, str(message["List-Unsubscribe"])]))))


def path_of(link: str) -> str:
    return link.removeprefix(PUBLIC)


@pytest.fixture
def written(app: App, client: TestClient) -> Iterator[App]:
    """Ana is on the list and has asked for another address; Bert has only asked to join."""
    for name in ("ana", "bert"):
        source = f"{PUBLIC}/comparisons/alpha-vs-beta"
        client.post("/subscribe", data={"email": f"{name}@example.org", "source": source})
    client.post(f"/confirm/{make_token(app, Purpose.CONFIRM, 1)}")
    mine = make_token(app, Purpose.PREFERENCES, 1)
    client.post(f"/preferences/{mine}/address", data={"email": "ana@new.example"})
    client.post("/api/v1/subscribers", json={"email": "ana@example.org"})
    number = app.issues.draft()
    app.issues.approve(number, by="an editor")
    app.issues.start(number)
    with worker_lock(app.store) as here:
        app.mailer.deliver(here)
        assert app.sending.run(number, here).finished
    yield app
    app.close()


def test_a_scanner_that_opens_every_link_of_every_message_decides_nothing(
    written: App, client: TestClient
) -> None:
    """With GET and HEAD, as several clients, and the links of the pages behind them too."""
    mail = messages(written)
    subjects = " ".join(str(one["Subject"]) for one in mail)
    for words in ("Confirm your", "Welcome to", "new address", "already"):
        assert words in subjects, words
    assert len(mail) == 5, "these and the issue"
    before = everything(written.store, but=("event",))
    seen: set[str] = set()
    for link in sorted(set().union(*map(links, mail))):
        for headers in CLIENTS:
            for method in ("HEAD", "GET"):
                answer = client.request(method, path_of(link), headers=headers)
                assert answer.status_code in {200, 302}, link
            seen |= {unescape(one) for one in HREF.findall(answer.text)}
    assert any(one.endswith("/erase") for one in seen), "the page that leads to it was looked at"
    for path in sorted(seen):
        for method in ("HEAD", "GET"):
            assert client.request(method, path).status_code in {200, 302, 404, 405}, path
    assert everything(written.store, but=("event",)) == before
    with written.store.read() as session:
        assert [
            find_subscriber(session, f"{one}@example.org").status for one in ("ana", "bert")
        ] == [  # type: ignore[union-attr]
            "active",
            "pending",
        ]


def test_no_click_of_its_counts_as_a_persons(written: App, client: TestClient) -> None:
    for message in messages(written):
        for link in links(message):
            client.head(path_of(link))
    assert {one.kind for one in events(written.store)} <= {"clicked", "opened"}
    with written.store.read() as session:
        people = report_of(session, 1)["people"]
    assert set(people.values()) == {0}


def test_a_worker_sends_what_readers_wait_for(app: App, client: TestClient) -> None:
    """As in `digest serve`: nobody tells it."""
    stop = threading.Event()
    worker = threading.Thread(target=work, args=(app, stop))
    worker.start()
    try:
        client.post("/subscribe", data={"email": "ana@example.org"})
        until(lambda: bool(messages(app)), "the confirmation")
        (asked,) = messages(app)
        (path,) = {path_of(one) for one in links(asked) if CONFIRM.fullmatch(one)}
        client.post(path)
        until(lambda: len(messages(app)) == 2, "the welcome")
    finally:
        stop.set()
        worker.join()
