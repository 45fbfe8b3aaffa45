"""A reader from the first form to the last page, in a real browser, by real mail in the outbox."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from sqlmodel import select
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp

from digest.bootstrap import App, bootstrap
from digest.catalog.pages import ComparisonPage, ContenderPage, Lens, ReviewPage
from digest.catalog.upsert import upsert_page
from digest.deliver.ledger.worker_lock import worker_lock
from digest.settings import Settings
from digest.web.application import create_app
from digest.worker import deliver_transactional_mail
from store.engine import Store
from subscribers.service import find_subscriber
from subscribers.tables import Consent
from tests.browser.test_emails import RULES, SPREAD
from tests.browser.watched import Watched, draw, watch
from tests.parts.waiting import until
from tests.parts.world import SECRET

PUBLIC = "https://digest.example.org"
LINK = re.compile(rf"{re.escape(PUBLIC)}(/\S+)")
Serve = Callable[[ASGIApp], str]


@dataclass
class Reader:
    """Somebody with a browser and a mailbox."""

    app: App
    watched: Watched
    pictures: Path
    scripts: bool = True
    read: set[Path] = field(default_factory=set)

    @property
    def page(self) -> Page:
        return self.watched.page

    def open(self, path: str) -> None:
        self.page.goto(self.watched.home + path)

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def sees(self, heading: str) -> None:
        """The page has that title, breaks no rule of axe's, and fits."""
        self.page.get_by_role("heading", level=1, name=heading).wait_for()
        if self.scripts:  # axe is one, and no page looks another way without
            found = Axe().run(self.page, options=RULES).response["violations"]
            assert found == [], heading
            assert self.page.evaluate(SPREAD) <= 0, f"{heading} must be pushed sideways"
        # Chromium writes down every answer of 400 and above, which a wrong address is due.
        said = [one for one in self.watched.complaints if "responded with a status of 4" not in one]
        assert said == []
        draw(self.page, self.pictures, re.sub("[^a-z]+", "-", heading.lower()).strip("-"))

    def mail(self) -> EmailMessage:
        """The next message that arrives."""
        folder = self.app.settings.outbox_dir / "new"
        until(lambda: bool(set(folder.glob("*.eml")) - self.read), "a message")
        (path,) = set(folder.glob("*.eml")) - self.read
        self.read.add(path)
        message = message_from_bytes(path.read_bytes(), policy=default)
        assert isinstance(message, EmailMessage)
        return message

    def status(self, email: str = "ana@example.org") -> str | None:
        with self.app.store.read() as session:
            person = find_subscriber(session, email)
            return person.status if person else None


def link_in(message: EmailMessage, start: str) -> str:
    """The path of the first link that begins so."""
    text = message.get_body(("plain",))
    assert text is not None
    return next(one for one in LINK.findall(text.get_content()) if one.startswith(start))


def side(name: str, panel: float) -> ContenderPage:
    reviews = tuple(ReviewPage(lens, f"It holds, says the {lens}.") for lens in Lens)
    return ContenderPage(name, "Writing", "A line", "Words.", panel, None, "Free", reviews)


@pytest.fixture
def app(sqlite_store: Store, tmp_path: Path) -> Iterator[App]:
    """The whole application over the outbox, with the worker's letters going out."""
    made = bootstrap(settings(tmp_path), store=sqlite_store)
    with sqlite_store.write() as session:
        page = ComparisonPage("Alpha vs Beta", (side("Alpha", 75), side("Beta", 100)))
        upsert_page(session, page, datetime.now(UTC))
    stop = threading.Event()
    mailer = threading.Thread(target=deliver_transactional_mail, args=(made, stop))
    mailer.start()
    yield made
    stop.set()
    mailer.join()


def settings(folder: Path, **more: object) -> Settings:
    return Settings(
        _env_file=None,
        public_url=PUBLIC,
        secret_key=SECRET,
        outbox_dir=folder / "outbox",
        postal_address="12 Example Road, 1010 Town",
        **more,
    )


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "plain"])
@pytest.mark.parametrize("width", [375, 1280])
def test_a_reader_comes_chooses_votes_leaves_returns_and_is_erased(
    chromium: Browser,
    serve: Serve,
    app: App,
    tmp_path: Path,
    width: int,
    *,
    javascript: bool,
) -> None:
    home = serve(create_app(app))
    scheme = "light" if width == 375 else "dark"
    watched = watch(chromium, home, width, scheme, javascript=javascript)
    reader = Reader(app, watched, tmp_path, javascript)
    come(reader)
    choose(reader)
    vote(reader)
    leave_and_return(reader)
    move(reader)
    erase(reader)
    assert watched.strangers == []
    watched.page.context.close()


def come(reader: Reader) -> None:
    reader.open("/subscribe?source=https://site.example/comparisons/alpha-vs-beta")
    reader.sees("Get Weekly AI Tool Verdicts")
    reader.page.get_by_label("Email address").fill("ana@example")
    reader.press("Subscribe")
    reader.sees("Get Weekly AI Tool Verdicts")
    assert "can't be right" in reader.page.get_by_role("alert").inner_text()
    reader.page.get_by_label("Email address").fill("ana@example.org")
    reader.page.get_by_label("First name").fill("Ana")
    reader.press("Subscribe")
    reader.sees("Look into your mailbox")
    assert reader.status() == "pending"
    asked = reader.mail()
    assert asked["Auto-Submitted"] == "auto-generated"
    assert asked["List-Unsubscribe"] is None
    reader.open(link_in(asked, "/confirm/"))
    reader.sees("Is this address yours?")
    assert reader.status() == "pending"
    reader.press("Confirm my address")
    reader.sees("You are on the list")
    assert reader.status() == "active"


def choose(reader: Reader) -> None:
    welcome = reader.mail()
    assert "Alpha vs Beta" in str(welcome.get_body(("plain",)))
    assert welcome["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    reader.open(link_in(welcome, "/preferences/"))
    reader.sees("Your preferences")
    page = reader.page
    page.get_by_label("Once a week").check()
    page.get_by_label("Writing").check()
    page.get_by_text("Tools to follow").click()
    page.get_by_label("Beta").check()
    page.get_by_label("Time zone").select_option("Europe/Berlin")
    reader.press("Save")
    page.get_by_role("status").get_by_text("Saved.").wait_for()
    assert page.get_by_label("Once a week").is_checked()
    assert page.get_by_label("Beta").is_checked()
    assert page.get_by_label("Time zone").input_value() == "Europe/Berlin"
    page.get_by_label("No issue for").select_option("4 weeks")
    reader.press("Pause")
    page.get_by_role("status").get_by_text("Paused.").wait_for()
    reader.sees("Your preferences")
    reader.press("Go on now")
    page.get_by_role("status").get_by_text("It goes on").wait_for()
    reader.press("Switch tracking off")
    page.get_by_role("status").wait_for()


def vote(reader: Reader) -> None:
    app = reader.app
    number = app.issues.draft()
    app.issues.approve(number, by="an editor")
    app.issues.start(number)
    with worker_lock(app.store) as here:
        assert app.sending.run(number, here).finished
    issue = reader.mail()
    html = issue.get_body(("html",))
    assert html is not None
    found = re.search(rf'{PUBLIC}(/vote/[^"]+)tool=beta&(?:amp;)?say=skip', html.get_content())
    assert found is not None
    reader.open(f"{found[1].replace('&amp;', '&')}tool=beta&say=skip")
    reader.sees("Ship or skip?")
    assert reader.page.get_by_role("group").first.get_by_label("Skip").is_checked()
    reader.press("Vote")
    reader.page.get_by_role("status").get_by_text("your vote counts").wait_for()
    reader.sees("Ship or skip?")
    reader.open(link_in(issue, "/unsubscribe/"))


def leave_and_return(reader: Reader) -> None:
    reader.sees("Unsubscribe?")
    reader.press("Unsubscribe")
    reader.sees("You are unsubscribed")
    assert reader.status() == "unsubscribed"
    reader.page.get_by_label("It comes too often").check()
    reader.page.get_by_label("In your words").fill("Twice a day is a lot.")
    reader.press("Send")
    reader.sees("Thank you")
    reader.press("Subscribe again")
    reader.sees("You are on the list again")
    assert reader.status() == "active"
    reader.page.get_by_role("link", name="yours to choose").click()
    reader.sees("Your preferences")


def move(reader: Reader) -> None:
    reader.page.get_by_label("New email address").fill("ana@new.example")
    reader.press("Change address")
    reader.page.get_by_role("status").get_by_text("Look into the mailbox").wait_for()
    asked = reader.mail()
    assert asked["To"] == "ana@new.example"
    reader.open(link_in(asked, "/address/"))
    reader.sees("Is this your new address?")
    reader.press("Confirm my new address")
    reader.sees("Your address is changed")
    assert reader.status("ana@new.example") == "active"
    assert reader.status() is None
    assert reader.mail()["To"] == "ana@example.org"


def erase(reader: Reader) -> None:
    reader.page.get_by_role("link", name="Back to my preferences").click()
    reader.press("Mail me my data")
    mailed = reader.mail()
    assert mailed["To"] == "ana@new.example"
    words = mailed.get_body(("plain",)).get_content()
    data = json.loads(words[words.index("{") : words.rindex("}") + 1])
    assert data["email"] == "ana@new.example"
    assert [one["verdict"] for one in data["votes"]] == ["skip"]
    assert data["left_because"]["words"] == "Twice a day is a lot."
    reader.page.get_by_role("link", name="Back to my preferences").click()
    reader.page.get_by_role("link", name="Erase me").click()
    reader.sees("Erase everything about you?")
    reader.press("Erase me")
    reader.sees("You are erased")
    assert reader.status("ana@new.example") is None
    reader.page.go_back()
    reader.page.reload()
    reader.sees("This address is not on the list")


def test_a_browser_shows_that_it_is_no_robot(
    chromium: Browser, serve: Serve, sqlite_store: Store, tmp_path: Path
) -> None:
    made = bootstrap(settings(tmp_path, proof_of_work=True), store=sqlite_store)
    watched = watch(chromium, serve(create_app(made)), 375, "light")
    reader = Reader(made, watched, tmp_path)
    reader.open("/subscribe")
    reader.sees("Get Weekly AI Tool Verdicts")
    reader.page.get_by_label("Email address").fill("ana@example.org")
    reader.press("Subscribe")
    reader.sees("Look into your mailbox")
    assert reader.status() == "pending"
    watched.page.context.close()


def test_without_javascript_it_says_what_is_missing(
    chromium: Browser, serve: Serve, sqlite_store: Store, tmp_path: Path
) -> None:
    made = bootstrap(settings(tmp_path, proof_of_work=True), store=sqlite_store)
    watched = watch(chromium, serve(create_app(made)), 375, "light", javascript=False)
    reader = Reader(made, watched, tmp_path, scripts=False)
    reader.open("/subscribe")
    reader.page.get_by_text("needs JavaScript").wait_for()
    reader.page.get_by_label("Email address").fill("ana@example.org")
    reader.press("Subscribe")
    reader.sees("Get Weekly AI Tool Verdicts")
    assert reader.status() is None
    watched.page.context.close()


@pytest.mark.parametrize("working", [False, True], ids=["plain", "proof-of-work"])
def test_the_form_to_embed_works_on_another_site(
    chromium: Browser, serve: Serve, sqlite_store: Store, tmp_path: Path, *, working: bool
) -> None:
    """As the studio shows it, on a page of another origin; with nothing asked for, unscripted."""
    made = bootstrap(settings(tmp_path, proof_of_work=working), store=sqlite_store)
    home = serve(create_app(made, studio=True))
    watched = watch(chromium, home, 1280, "light", javascript=working)
    reader = Reader(made, watched, tmp_path, scripts=working)
    reader.open("/studio/sign-up")
    reader.sees("A form for your site")
    code = reader.page.get_by_label("HTML").input_value()
    there = "https://site.example/comparisons/alpha-vs-beta"
    code = code.replace("ADDRESS OF THE PAGE IT STANDS ON", there).replace(PUBLIC, home)
    elsewhere = serve(HTMLResponse(f"<!doctype html><title>x</title>{code}"))
    reader.page.goto(elsewhere)
    reader.page.get_by_label("Email address").fill("ana@example.org")
    reader.press("Subscribe")
    reader.sees("Look into your mailbox")
    with sqlite_store.read() as session:
        (proof,) = session.exec(select(Consent)).all()
    assert (proof.source, proof.form) == (there, "embed-1")
    assert proof.wording in code
    watched.page.context.close()
