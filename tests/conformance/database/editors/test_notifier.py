"""Editors are told once of what asks for them, by mail and webhook, and can stop it."""

import json
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select, update
from starlette.testclient import TestClient

from digest.bootstrap import App, bootstrap
from digest.deliver.ledger.worker_lock import worker_lock
from digest.deliver.providers.base import Accepted, Outcome, ProviderError
from digest.editors import ledger
from digest.editors.addresses import (
    EditorAddressError,
    add_editor,
    all_editors,
    remove_editor,
)
from digest.editors.editor_events import editor_events
from digest.editors.tables import EditorNotice, NoticeState
from digest.editors.webhook import post_json
from digest.issues.tables import Issue, IssueState
from digest.message.personalization import Personalization
from digest.settings import Settings, SettingsError
from digest.web.application import create_app
from digest.worker import maintenance_of, work
from schedules.registry import add_schedule
from schedules.runner import tick
from schedules.tables import Run, RunState
from store.engine import Store
from tests.parts.issues.editing import DAY, keep, keep_week, page
from tests.parts.world import SECRET, Clock, Recorder, add_people

PUBLIC = "https://digest.example"
LINK = re.compile(r"https?://[^\s<>\"]+")


@pytest.fixture
def clock() -> Clock:
    return Clock(DAY)


def settings(folder: Path, **more: Any) -> Settings:
    values: dict[str, Any] = {
        "public_url": PUBLIC,
        "secret_key": SECRET,
        "outbox_dir": folder / "outbox",
        "postal_address": "1 Road, Town",
        "gate_tools": False,
        "studio_url": "https://studio.example",
    }
    return Settings(_env_file=None, **(values | more))


@pytest.fixture
def app(store: Store, clock: Clock, tmp_path: Path) -> Iterator[App]:
    """A site with a week of comparisons and a weekly schedule; Ana is told everything."""
    made = bootstrap(settings(tmp_path), store=store, clock=clock)
    keep_week(store, clock)
    with store.write() as session:
        add_schedule(session, "weekly", "0 8 * * sat", "Europe/Vienna", DAY)
        add_editor(session, "ana@example.org", (), DAY)
    return made


def mails(app: App) -> list[EmailMessage]:
    found = []
    for path in sorted((app.settings.outbox_dir / "new").glob("*.eml")):
        message = message_from_bytes(path.read_bytes(), policy=default)
        assert isinstance(message, EmailMessage)
        found.append(message)
    return found


def told(app: App) -> list[tuple[str, str]]:
    """Return who was told what, by recipient and subject."""
    return sorted((str(one["To"]), str(one["Subject"])) for one in mails(app))


def look(app: App) -> int:
    """Note and deliver, twice over: what was told is not told again."""
    app.notifier.note()
    count = app.notifier.deliver()
    assert app.notifier.note() == 0
    assert app.notifier.deliver() == 0
    return count


def run_schedule(app: App, clock: Clock) -> None:
    clock.now = DAY + timedelta(hours=20, minutes=5)
    tick(app.store, clock(), maintenance_of(app).draft_due)


def text_of(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def notices(app: App) -> list[EditorNotice]:
    with app.store.read() as session:
        return list(session.exec(select(EditorNotice).order_by(col(EditorNotice.id))))


def test_a_draft_that_waits_is_told_with_picks_deadline_and_a_button(
    app: App, clock: Clock
) -> None:
    run_schedule(app, clock)
    assert look(app) == 1
    (mail,) = mails(app)
    with app.store.read() as session:
        subject = session.exec(select(Issue.subject)).one()
    assert str(mail["Subject"]) == f"Issue 1 waits for you: {subject}"
    said = " ".join(text_of(mail).split())
    assert "It has 5 comparisons: " in said
    assert "Aye vs Bee" in said
    assert "The next issue comes due Sat 5 Dec 2026, 08:00 (Europe/Vienna)" in said
    links = LINK.findall(text_of(mail))
    assert [one for one in links if "studio" in one] == ["https://studio.example/studio/issues/1"]
    html = mail.get_body(("html",))
    assert html is not None
    assert html.get_content().count('href="https://studio.example/studio/issues/1"') >= 1
    assert "Auto-Submitted" in mail


def test_every_letter_has_a_link_that_stops_them(app: App, clock: Clock) -> None:
    run_schedule(app, clock)
    look(app)
    (link,) = [one for one in LINK.findall(text_of(mails(app)[0])) if "/editor/" in one]
    assert str(mails(app)[0]["List-Unsubscribe"]) == f"<{link}>"
    assert str(mails(app)[0]["List-Unsubscribe-Post"]) == "List-Unsubscribe=One-Click"
    client = TestClient(create_app(app), PUBLIC, follow_redirects=False)
    path = link.removeprefix(PUBLIC)
    for method in ("GET", "HEAD", "GET"):
        assert client.request(method, path).status_code == 200
    with app.store.read() as session:
        assert len(all_editors(session)) == 1, "scanners open every link"
    assert "example.org" in client.get(path).text
    for _ in range(2):  # RFC 8058: no cookie, no page before it, no redirect, idempotent
        answer = client.post(path, data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
    with app.store.read() as session:
        assert all_editors(session) == []
    assert client.get("/editor/AAAAAAAAAAAAAAAAAAAAAA").status_code == 404
    clock.on(days=7)
    tick(app.store, clock(), maintenance_of(app).draft_due)
    assert look(app) == 0


def test_a_run_without_an_issue_is_told_with_its_reason(app: App, clock: Clock) -> None:
    run_schedule(app, clock)
    look(app)
    clock.on(days=7)
    tick(app.store, clock(), maintenance_of(app).draft_due)
    look(app)
    said = [text_of(one) for one in mails(app) if "was skipped" in str(one["Subject"])]
    assert len(said) == 1
    assert "nothing new" in " ".join(said[0].split())


@pytest.mark.parametrize("state", [RunState.HELD, RunState.MISSED])
def test_a_run_that_was_held_or_missed_is_told(app: App, clock: Clock, state: RunState) -> None:
    with app.store.write() as session:
        session.add(Run(schedule_id=1, due_at=DAY, state=state, note="too late", at=clock()))
    look(app)
    assert told(app) == [
        (
            "ana@example.org",
            f"weekly: the run of Fri 27 Nov 2026, 13:00 (Europe/Vienna) was {state}",
        )
    ]


def test_a_page_that_changed_after_approval_is_told_again_when_it_changes_again(
    app: App, clock: Clock
) -> None:
    number = app.issues.draft()
    app.issues.approve(number, by="ana")
    assert look(app) == 0
    for score in (10.0, 20.0):
        keep(app.store, clock, page("Aye", "Bee", panel_score=score))
        assert look(app) == 1
    said = " ".join(text_of(mails(app)[-1]).split())
    assert "Aye, panel score was" in said
    assert f"digest issue diff {number}" in said


def test_a_send_that_finished_and_one_that_hangs_are_told(app: App, clock: Clock) -> None:
    add_people(app.store, 3)
    first, second = app.issues.draft("one"), app.issues.draft("two")
    for number in (first, second):
        app.issues.approve(number, by="ana")
        with worker_lock(app.store) as lock:
            app.issues.start(number)
            app.sending.run(number, lock)
            app.sending.finish(number)
    with app.store.write() as session:
        session.exec(
            update(Issue)
            .where(col(Issue.number) == second)
            .values(state=IssueState.PAUSED, held_because="the server refuses us", held_at=clock())
        )
    assert look(app) == 2
    subjects = [subject for to, subject in told(app) if to == "ana@example.org"]
    assert subjects[0].startswith(f"Issue {first} is through")
    assert subjects[1:] == [f"Issue {second} hangs"]
    assert any("the server refuses us" in text_of(one) for one in mails(app))


def test_a_send_that_stands_still_is_told_after_an_hour(app: App, clock: Clock) -> None:
    add_people(app.store, 3)
    number = app.issues.draft()
    app.issues.approve(number, by="ana")
    app.issues.start(number)
    clock.on(minutes=59)
    assert look(app) == 0
    clock.on(minutes=2)
    assert look(app) == 1
    assert "nothing has gone out since 2026-11-27 12:00 UTC" in " ".join(
        text_of(mails(app)[0]).split()
    )


def test_who_came_later_or_wants_less_is_not_told(app: App, clock: Clock) -> None:
    with app.store.write() as session:
        add_editor(session, "bob@example.org", ("finished", "held"), DAY)
    run_schedule(app, clock)
    clock.on(minutes=1)
    with app.store.write() as session:
        add_editor(session, "late@example.org", (), clock())
    look(app)
    assert {to for to, _ in told(app)} == {"ana@example.org"}


def test_an_address_is_added_once_and_removed(app: App) -> None:
    with app.store.write() as session:
        add_editor(session, "ANA@example.org", ("held",), DAY)
        (ana,) = all_editors(session)
        assert (ana.email, ana.about) == ("ana@example.org", ["held"])
        with pytest.raises(EditorAddressError, match="there is no 'nope'"):
            add_editor(session, "ana@example.org", ("nope",), DAY)
        remove_editor(session, "Ana@example.org")
        with pytest.raises(EditorAddressError, match="is told nothing"):
            remove_editor(session, "ana@example.org")


def test_two_workers_note_and_hand_over_once(app: App, clock: Clock) -> None:
    """They look at the same moment: the second finds the rows of the first."""
    run_schedule(app, clock)
    with app.store.read() as session:
        editors = all_editors(session)
    with app.store.read() as session:
        found = editor_events(session, clock())
    for _ in range(2):
        with app.store.write() as session:
            ledger.note(session, found, editors, clock(), webhook=False)
    (row,) = notices(app)
    with app.store.write() as session:
        assert ledger.claim(session, row.id or 0, clock())
    with app.store.write() as session:
        assert not ledger.claim(session, row.id or 0, clock())
    assert app.notifier.deliver() == 0, "it may have gone out: never twice"


def test_what_was_not_handed_over_is_tried_again(
    store: Store, clock: Clock, tmp_path: Path
) -> None:
    failures = iter([True, True, False])

    def answer(one: Personalization) -> Outcome:
        if next(failures):
            msg = "the server is away"
            raise ProviderError(msg)
        return Accepted(one.delivery_id, "r-1")

    provider = Recorder(answer=answer)
    app = bootstrap(settings(tmp_path), store=store, provider=provider, clock=clock)
    keep_week(store, clock)
    with store.write() as session:
        add_schedule(session, "weekly", "0 8 * * sat", "UTC", DAY)
        add_editor(session, "ana@example.org", (), DAY)
    run_schedule(app, clock)
    app.notifier.note()
    for _ in range(2):
        with pytest.raises(ProviderError):
            app.notifier.deliver()
        assert app.notifier.deliver() == 0, "not at once"
        clock.on(minutes=10)
    assert app.notifier.deliver() == 1
    assert provider.taken == ["ana@example.org"]
    assert [one.state for one in notices(app)] == [NoticeState.SUBMITTED]


def test_the_worker_tells_them(store: Store, clock: Clock, tmp_path: Path) -> None:
    stop = threading.Event()

    def answer(one: Personalization) -> Outcome:
        stop.set()
        return Accepted(one.delivery_id, "r-1")

    provider = Recorder(answer=answer)
    app = bootstrap(settings(tmp_path), store=store, provider=provider, clock=clock)
    keep_week(store, clock)
    with store.write() as session:
        add_schedule(session, "weekly", "0 8 * * sat", "UTC", DAY)
        add_editor(session, "ana@example.org", (), DAY)
    run_schedule(app, clock)
    with ThreadPoolExecutor(1) as executor:  # a browser test leaves its loop running in this one
        executor.submit(work, app, stop).result()
    assert provider.taken == ["ana@example.org"]
    assert [one.state for one in notices(app)] == [NoticeState.SUBMITTED]


class Hook(BaseHTTPRequestHandler):
    """Takes what is posted; answers as it is told to."""

    taken: list[dict[str, Any]] = []  # noqa: RUF012 - set anew by the fixture
    answers: list[int] = []  # noqa: RUF012 - as above

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self.taken.append(json.loads(self.rfile.read(length)))
        status = self.answers.pop(0) if self.answers else 204
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/elsewhere")
        self.end_headers()

    def log_message(self, *_: Any) -> None: ...


@pytest.fixture
def hook() -> Iterator[str]:
    Hook.taken, Hook.answers = [], []
    server = HTTPServer(("127.0.0.1", 0), Hook)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/hook"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_webhook_is_told_once_as_json(
    store: Store, clock: Clock, tmp_path: Path, hook: str
) -> None:
    app = bootstrap(settings(tmp_path, editors_webhook=hook), store=store, clock=clock)
    keep_week(store, clock)
    with store.write() as session:
        add_schedule(session, "weekly", "0 8 * * sat", "UTC", DAY)
    run_schedule(app, clock)
    Hook.answers = [503]
    app.notifier.note()
    assert app.notifier.deliver() == 0
    clock.on(minutes=2)
    assert app.notifier.deliver() == 1
    assert look(app) == 0
    refused, event = Hook.taken
    assert refused == event
    assert event["event"] == "draft"
    assert event["issue"] == 1
    assert event["url"] == "https://studio.example/studio/issues/1"
    assert event["key"] == "draft/1"
    assert event["text"].startswith(event["subject"])
    assert mails(app) == []


def test_a_webhook_that_redirects_is_not_followed(hook: str) -> None:
    Hook.answers = [302]
    with pytest.raises(OSError, match="302"):
        post_json(hook, {"event": "draft"})
    assert len(Hook.taken) == 1


def test_a_webhook_that_is_no_address_is_named_at_start(store: Store, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="DIGEST_EDITORS_WEBHOOK should look like"):
        bootstrap(settings(tmp_path, editors_webhook="file:///etc/passwd"), store=store)
