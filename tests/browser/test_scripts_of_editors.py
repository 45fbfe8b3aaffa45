"""What editors, readers, pages and servers fill in is words everywhere: nothing of it runs.

The pages are loaded without their content security policy, which would hide a fault.
"""

from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser
from sqlmodel import Session, select
from starlette.testclient import TestClient

from digest.bootstrap import App, bootstrap
from digest.catalog.corrections import correct
from digest.deliver.ledger.worker_lock import worker_lock
from digest.deliver.tables import Delivery
from digest.editors.addresses import add_editor
from digest.editors.editor_events import EditorEvent
from digest.editors.kinds import NoticeKind
from digest.editors.ledger import note
from digest.issues.revisions import fields
from digest.message.personalization import slot_text
from digest.pipeline.editing.changes import Drop, Write
from digest.settings import Settings
from digest.track.bounces.parse import Meaning
from digest.track.bounces.tables import InboundMessageRow
from digest.web.application import create_app
from digest.web.studio.context import StudioContext
from schedules.registry import add_schedule
from schedules.runs import claim
from schedules.tables import RunState
from store.engine import Store
from subscribers.tables import Subscriber, UnsubscribeFeedback
from tests.parts.issues.editing import DAY, OpenGate, keep_week
from tests.parts.world import SECRET, Clock, add_people

SERVER_ERROR = 500
PUBLIC = "https://digest.example"
RUNS = "window.ran=(window.ran||0)+1"
EVIL = (
    f'<script>{RUNS}</script><img src=x onerror="{RUNS}">"><svg onload={RUNS}>'
    f"' onmouseover='{RUNS}' {{{{ 7*7 }}}} ~~unsubscribe~~"
)
MARKDOWN = f'{EVIL}\n\n[link](javascript:{RUNS}) <javascript:{RUNS}>\n\n![x](x "onerror={RUNS}")'
WORDS_OF_A_PAGE = ("name", "category", "tagline", "description", "entry_price")


def cut(text: str, most: int) -> str:
    return text[:most]


@pytest.fixture
def app(sqlite_store: Store, tmp_path: Path) -> Iterator[App]:
    clock = Clock(DAY)
    settings = Settings(
        _env_file=None,
        public_url=PUBLIC,
        secret_key=SECRET,
        outbox_dir=tmp_path / "outbox",
        postal_address="1 Road, Town",
        gate_tools=False,
    )
    made = bootstrap(settings, store=sqlite_store, clock=clock)
    made = replace(made, issues=replace(made.issues, gate=OpenGate()))
    keep_week(sqlite_store, clock)
    add_people(sqlite_store, 1)
    yield made
    made.close()


def fill(app: App) -> int:
    """Fill every field that a command fills; return the issue's number."""
    with app.store.write() as session:
        for side in ("left", "right"):
            for name in WORDS_OF_A_PAGE:
                text = cut(f"{EVIL} {side}", 95)
                correct(session, "aye-vs-bee", f"{side}.{name}", text, who=EVIL[:100], now=DAY)
        correct(session, "aye-vs-bee", "title", EVIL, who=EVIL[:100], now=DAY)
        weekly = add_schedule(session, "weekly", "0 8 * * mon", "UTC", now=DAY)
        session.flush()
        claim(session, weekly, DAY, RunState.HELD, note=cut(EVIL, 500), now=DAY)
    number = app.issues.draft()
    with app.store.read() as session:
        slugs = [one.slug for one in app.renderer.content(session, number).briefs]
    assert slugs
    most = 199
    changes: list[Any] = [
        Write(fields.SUBJECT, cut(EVIL, most)),
        Write(fields.PREHEADER, cut(EVIL, most)),
        Write(fields.INTRO, MARKDOWN),
        Write(fields.CLOSING, MARKDOWN),
        Write(fields.headline("aye-vs-bee"), cut(EVIL, most)),
        Write(fields.summary("aye-vs-bee"), EVIL),
        Write(fields.headline(slugs[-1]), cut(EVIL, most)),
        Write(fields.summary(slugs[-1]), EVIL),
    ]
    app.issues.editor.change(number, *changes, by=EVIL[:100])
    dropped = next(one for one in slugs if one not in {"aye-vs-bee", slugs[-1]})
    app.issues.editor.change(number, Drop(dropped, EVIL), by=EVIL[:100])
    return number


def pages(app: App, number: int) -> dict[str, str]:
    """Return all that shows it: the mail, the studio, the archive, readers' pages, the notice."""
    with app.store.read() as session:
        edition = app.renderer.edition(session, number)
        found = {
            "mail": slot_text(
                edition.html, app.renderer.sample_personalization(edition), as_html=True
            )
        }
    studio = create_app(app, studio=True, context=StudioContext(EVIL[:100]))
    editor = TestClient(studio, "http://localhost:8026")
    for path in ("", "/mail", "/send", "?view=text", "?view=source", "?view=inbox", "?checks=1"):
        found[f"studio{path}"] = get(editor, f"/studio/issues/{number}{path}")
    found["studio list"] = get(editor, "/studio/")
    found |= reflected(editor, number)
    app.issues.approve(number, by=EVIL[:100])
    with worker_lock(app.store) as lock:
        app.issues.start(number)
        app.sending.run(number, lock)
        app.sending.finish(number)
    with app.store.write() as session:
        reader_says(session, number)
    for path in (f"/studio/issues/{number}/send", f"/studio/issues/{number}/report"):
        found[f"after {path}"] = get(editor, path)
    for path in (
        "/studio/bounces",
        "/studio/reports/",
        "/studio/comparisons/",
        "/studio/schedules/",
    ):
        found[path] = get(editor, path)
    found["a comparison"] = get(editor, "/studio/comparisons/aye-vs-bee")
    public = TestClient(create_app(app), PUBLIC)
    for path in (f"/issues/{number}", "/issues/", "/comparisons/aye-vs-bee", "/tools/aye"):
        found[path] = get(public, path)
    happening = EditorEvent("k", NoticeKind.DRAFT, DAY, EVIL, (EVIL, EVIL), number)
    with app.store.write() as session:
        editors = [add_editor(session, "ana@example.org", (), DAY)]
        note(session, [happening], editors, DAY, webhook=False)
    app.notifier.deliver()
    for place, path in enumerate((app.settings.outbox_dir / "new").glob("*.eml")):
        message = message_from_bytes(path.read_bytes(), _class=EmailMessage, policy=default)
        body = message.get_body(("html",))
        assert body is not None
        found[f"sent {place}"] = body.get_content()
    return found


def reflected(editor: TestClient, number: int) -> dict[str, str]:
    """Return each page of the studio with the text in every field of its address and its forms."""
    issue, found = f"/studio/issues/{number}", {}
    asked: dict[str, tuple[str, ...]] = {
        issue: ("view", "who", "find", "said", "open"),
        f"{issue}/send": ("when", "at", "who", "state", "said"),
        f"{issue}/report": ("said",),
        "/studio/reports/": ("series", "last"),
        "/studio/comparisons/": ("find", "said"),
        "/studio/schedules/": ("said",),
        f"/studio/{quote(EVIL, safe='')}": ("said",),
        "/studio/brand": ("accent", "logo_url", "typeface", "issue", "view"),
    }
    for path, names in asked.items():
        for name in names:
            found[f"{path}?{name}"] = editor.get(path, params={name: EVIL}).text
    given: dict[str, dict[str, str]] = {
        f"{issue}/edit": {"do": "drop", "slug": EVIL, "because": EVIL, "text:intro": EVIL},
        f"{issue}/send/test": {"to": EVIL},
        f"{issue}/send/schedule": {"when": "at", "at": EVIL},
        f"{issue}/send/give-up": {"email": EVIL},
        "/studio/issues": {"series": EVIL},
        "/studio/comparisons/aye-vs-bee": {"do": "correct", "field": EVIL, "value": EVIL},
        "/studio/add": {"do": "read", "text": EVIL, "url": "", "name": EVIL},
        "/studio/bounces/unsubscribe": {"wish": EVIL},
        f"/studio/schedules/{quote(EVIL, safe='')}": {"do": "pause"},
        "/studio/schedules/weekly": {"do": "skip", "date": EVIL},
        "/studio/schedules/weekly?until": {"do": "pause", "until": EVIL},
    }
    for path, fields_of in given.items():
        answer = editor.post(path, data=fields_of, headers={"Sec-Fetch-Site": "same-origin"})
        assert answer.status_code < SERVER_ERROR, path
        found[f"POST {path}"] = answer.text
    upload = {"file": (f"{EVIL}.txt".replace("/", ""), EVIL.encode())}
    own = {"Sec-Fetch-Site": "same-origin"}
    found["a file"] = editor.post("/studio/add", files=upload, headers=own).text
    return found


def reader_says(session: Session, number: int) -> None:
    """Keep what readers, their servers and other people's letters say."""
    person = session.exec(select(Subscriber)).one()
    person.first_name = cut(EVIL, 100)
    session.add(
        UnsubscribeFeedback(
            subscriber_id=person.id or 0, reason="other", words=EVIL, issue_number=number, at=DAY
        )
    )
    delivery = session.exec(select(Delivery)).one()
    delivery.state, delivery.code = "failed", cut(EVIL, 20)
    for meaning in (Meaning.UNSUBSCRIBE_REQUEST, Meaning.NOT_UNDERSTOOD):
        session.add(
            InboundMessageRow(
                name=f"{EVIL} {meaning}", meaning=meaning, note=EVIL, read_at=DAY,
                subscriber_id=person.id if meaning == Meaning.UNSUBSCRIBE_REQUEST else None,
            )
        )  # fmt: skip


def get(client: TestClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.text


def test_nothing_that_an_editor_writes_runs(chromium: Browser, app: App) -> None:
    found = pages(app, fill(app))
    assert sum(name.startswith("sent") for name in found) == 2, "the issue and the notice"
    tab, control = chromium.new_page(), chromium.new_page()
    control.set_content(f"<p>{EVIL}</p>", wait_until="domcontentloaded")
    assert control.evaluate("window.ran") >= 1, "it would run where it was let"
    for name, html in found.items():
        tab.set_content(html, wait_until="domcontentloaded")
        said = tab.evaluate(
            """() => ({
                ran: window.ran || 0,
                scripts: [...document.scripts].filter(one => one.text.includes('ran')).length,
                hooks: [...document.querySelectorAll('*')].filter(one => [...one.attributes].some(
                    a => a.name.startsWith('on') || /^\\s*javascript:/i.test(a.value))).length,
            })"""
        )
        assert said == {"ran": 0, "scripts": 0, "hooks": 0}, name
        assert f"<script>{RUNS}" not in html, name
    assert any("window.ran" in html for html in found.values()), "it is there, as words"
