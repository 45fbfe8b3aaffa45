"""The studio over the whole application: the sample week as a draft, a provider that waits."""

import threading
from dataclasses import dataclass, field
from pathlib import Path

from starlette.types import ASGIApp

from digest.bootstrap import App, bootstrap
from digest.catalog.intake.sources import read_sources
from digest.catalog.pages import PageError
from digest.catalog.upsert import upsert_page
from digest.deliver.providers.base import Accepted, Outcome, Rejected, Unknown
from digest.issues.lifecycle import find_issue
from digest.message.personalization import Personalization
from digest.samples import comparisons
from digest.settings import Settings
from digest.web.application import create_app
from digest.web.studio.context import StudioContext
from digest.worker import BackgroundSender
from schedules.registry import add_schedule
from store.engine import Store
from tests.parts.world import NOW, SECRET, Clock, Recorder, add_people

SERIES = "weekly"
PEOPLE = 40


@dataclass
class Turnstile(Recorder):
    """A provider that takes `open_for` messages and then waits until it is opened."""

    open_for: int = 1_000_000
    refused: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    opened: threading.Event = field(default_factory=threading.Event)
    begun: int = 0

    def __post_init__(self) -> None:
        self.answer = self.judge

    def judge(self, personalization: Personalization) -> Outcome:
        self.begun += 1
        if self.begun > self.open_for:
            self.opened.wait()
        number, email = personalization.delivery_id, personalization.email
        if email in self.refused:
            return Rejected(number, permanent=True, code="550 5.7.1", detail="message refused")
        if email in self.unknown:
            return Unknown(number, "the connection broke after the message was handed over")
        return Accepted(number, f"r-{number}")


@dataclass
class Studio:
    """The application with one draft, and the process that an editor has started."""

    app: App
    clock: Clock
    provider: Turnstile
    number: int
    stop: threading.Event = field(default_factory=threading.Event)
    tested: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.sender = BackgroundSender(self.app, self.stop)

    @property
    def context(self) -> StudioContext:
        return StudioContext("ana", self.stop, self.sender.send, self._test)

    def asgi(self) -> ASGIApp:
        return create_app(self.app, studio=True, context=self.context)

    def state(self) -> str:
        with self.app.store.read() as session:
            return find_issue(session, self.number).state

    def close(self) -> None:
        self.stop.set()
        self.provider.opened.set()
        self.sender.join()

    def _test(self, number: int, to: str) -> str:
        del number
        self.tested.append(to)
        return to


def open_studio(
    store: Store, folder: Path, people: int = PEOPLE, *, is_drafted: bool = True
) -> Studio:
    """The sample week as a draft of a weekly schedule in Berlin, and a list of readers.

    Unless `is_drafted`, there is no issue yet, and its number is 0.
    """
    clock, provider = Clock(), Turnstile()
    app = bootstrap(
        Settings(
            _env_file=None,
            public_url="https://digest.example.org",
            secret_key=SECRET,
            outbox_dir=folder / "outbox",
            postal_address="12 Example Road, 1010 Town",
            gate_tools=False,
        ),
        store=store,
        provider=provider,
        clock=clock,
    )
    add_people(store, people)
    with store.write() as session:
        for page in read_sources([str(comparisons())], None):
            assert not isinstance(page, PageError)
            upsert_page(session, page, NOW)
        add_schedule(session, SERIES, "0 8 * * mon", "Europe/Berlin", now=NOW)
    return Studio(app, clock, provider, app.issues.draft(SERIES) if is_drafted else 0)
