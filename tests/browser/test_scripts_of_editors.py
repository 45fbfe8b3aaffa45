"""What editors, readers, pages and servers fill in is words everywhere: nothing of it runs.

The pages are loaded without their content security policy, which would hide a fault.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser
from sqlalchemy import JSON, String
from sqlmodel import Session, select
from starlette.testclient import TestClient

from digest.bootstrap import App, bootstrap
from digest.catalog.corrections import correct
from digest.catalog.hidden import Hidden, set_hidden
from digest.catalog.pages import ComparisonPage
from digest.catalog.upsert import upsert_page
from digest.deliver.ledger.worker_lock import worker_lock
from digest.deliver.tables import Attempt, Delivery
from digest.editors.addresses import add_editor
from digest.editors.editor_events import EditorEvent
from digest.editors.kinds import NoticeKind
from digest.editors.ledger import note
from digest.events.tables import Event, EventKind
from digest.issues.lifecycle import find_issue
from digest.issues.revisions import fields
from digest.issues.tables import Override
from digest.message.personalization import slot_text
from digest.pipeline.editing.changes import Drop, Write
from digest.settings import Settings
from digest.track.bounces.parse import Meaning
from digest.track.bounces.tables import InboundMessageRow
from digest.web.application import create_app
from digest.web.studio.context import StudioContext
from schedules.registry import add_schedule
from schedules.runs import claim
from schedules.tables import Run, RunState
from store.base import Table
from store.engine import Store
from subscribers.links import link_token
from subscribers.tables import Consent, Subscriber, UnsubscribeFeedback
from subscribers.tokens import Purpose
from tests.parts.issues.editing import DAY, OpenGate, keep_week, page
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


def evil_page() -> ComparisonPage:
    """Return a page all of whose words, and its address, are the text."""
    plain = page("Aye", "Bee")
    sides = []
    for side in plain.contenders:
        words = {name: cut(f"{side.name} {EVIL}", 95) for name in WORDS_OF_A_PAGE}
        said = tuple(replace(one, quote=f"{EVIL} So say all of us.") for one in side.reviews)
        sides.append(replace(side, reviews=said, **words))
    return replace(
        plain,
        title=cut(f"Evil {EVIL}", 199),
        slug="evil-vs-evil",
        contenders=(sides[0], sides[1]),
        url=f"https://example.org/'onmouseover='{RUNS}'\"><script>{RUNS}</script>",
        published_at=DAY - timedelta(hours=3),
    )


def fill(app: App) -> int:
    """Fill every field that a command fills; return the issue's number."""
    with app.store.write() as session:
        for side in ("left", "right"):
            for name in WORDS_OF_A_PAGE:
                text = cut(f"{EVIL} {side}", 95)
                correct(session, "aye-vs-bee", f"{side}.{name}", text, who=EVIL[:100], now=DAY)
        correct(session, "aye-vs-bee", "title", EVIL, who=EVIL[:100], now=DAY)
        upsert_page(session, evil_page(), DAY)
        set_hidden(session, "jay-vs-kay", Hidden(EVIL[:100], DAY), DAY)
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
    for path in ("", "/send", "/send?who=example", "/report"):
        found[f"after {path}"] = get(editor, f"/studio/issues/{number}{path}")
    for path in (
        "/studio/bounces",
        "/studio/reports/",
        "/studio/comparisons/",
        "/studio/schedules/",
    ):
        found[path] = get(editor, path)
    for slug in ("aye-vs-bee", "evil-vs-evil", "jay-vs-kay"):
        found[f"a comparison {slug}"] = get(editor, f"/studio/comparisons/{slug}")
    public = TestClient(create_app(app), PUBLIC)
    found |= readers_pages(app, public)
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


def readers_pages(app: App, public: TestClient) -> dict[str, str]:
    """Return the pages that a reader's own links open, and what sign-up reflects."""
    with app.store.read() as session:
        person = session.exec(select(Subscriber)).one()
    found = {}
    for purpose in (Purpose.PREFERENCES, Purpose.UNSUBSCRIBE, Purpose.CONFIRM):
        found[f"reader's {purpose}"] = public.get(
            f"/{purpose}/{link_token(app.tokens, purpose, person)}"
        ).text
    found["a sign-up"] = public.post(
        "/subscribe", data={"email": EVIL, "first_name": EVIL, "from": EVIL, "form": EVIL}
    ).text
    found["a sign-up's page"] = public.get("/subscribe", params={"from": EVIL, "form": EVIL}).text
    found["evil comparison"] = get(public, "/comparisons/evil-vs-evil")
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
        "/studio/schedules/": ("said", "name"),
        "/studio/subscribers/": ("find",),
        "/studio/subscribers/1": ("said",),
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
        "/studio/schedules/weekly?change": {"do": "change", "days": EVIL, "cron": EVIL},
        "/studio/schedules/": {"name": EVIL, "zone": EVIL, "send": EVIL, "min_picks": EVIL},
        "/studio/subscribers/1": {"do": "suppress", "why": EVIL},
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
    person.email = f"'onmouseover='{RUNS}'<script>{RUNS}</script>@example.org"
    person.source = cut(EVIL, 100)
    session.add(
        Consent(
            subscriber_id=person.id or 0, kind="requested", wording=EVIL, source=cut(EVIL, 200),
            ip="127.0.0.1", user_agent=EVIL, form=cut(EVIL, 40), at=DAY,
        )
    )  # fmt: skip
    session.add(
        UnsubscribeFeedback(
            subscriber_id=person.id or 0, reason="other", words=EVIL, issue_number=number, at=DAY
        )
    )
    delivery = session.exec(select(Delivery)).one()
    delivery.state, delivery.code, delivery.provider_id = "failed", cut(EVIL, 20), EVIL
    session.add(
        Attempt(
            delivery_id=delivery.id or 0, issue_number=number, provider="smtp", outcome="refusal",
            code=cut(EVIL, 20), detail=EVIL, at=DAY,
        )
    )  # fmt: skip
    session.add(
        Event(
            key=EVIL, kind=EventKind.BOUNCED, issue_number=number, delivery_id=delivery.id, at=DAY,
            detail={"reason": EVIL, "response": EVIL},
        )
    )  # fmt: skip
    session.add(
        Override(
            issue_number=number, content_hash="0" * 64, code="x", reason=EVIL,
            decided_by=EVIL[:100], decided_at=DAY,
        )
    )  # fmt: skip
    issue = find_issue(session, number)
    issue.held_because = EVIL
    issue.left_out = [{"slug": "cee-vs-dee", "reason": EVIL}]
    run = session.exec(select(Run)).one()
    run.send_note = cut(EVIL, 500)
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
    assert not unfilled(app), "who fills these? the text goes there, or the field is the program's"
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


OURS = """
    attempt.outcome attempt.provider attempt.stage batch.* comparison.slug consent.ip consent.kind
    correction.field correction.page_now correction.page_was delivery.fault delivery.state
    delivery_count.* editor.* editor_notice.key editor_notice.kind editor_notice.state event.kind
    event.rule gate_override.code gate_override.content_hash inbound_message.meaning instance.*
    issue.content_hash issue.patterns issue.series issue.state issue.zone leaving.reason link.kind
    pick.role pick.series review.lens review.verdict revision.field revision.kind run.if_unapproved
    run.send_state run.state schedule.* subscriber.address_hash subscriber.email_key
    subscriber.frequency subscriber.status subscriber.zone tool.slug variant.imprint variant.key
    variant.sha256
"""
"""Columns that hold what the program chose, or what a command has checked: names and codes."""


def unfilled(app: App) -> set[str]:
    """Return the columns for words, of tables with rows, that nowhere hold the text."""
    empty = set()
    with app.store.read() as session:
        for table in Table.metadata.sorted_tables:
            rows = session.connection().execute(table.select()).mappings().all()
            for column in table.columns:
                values = [str(row[column.name]) for row in rows]
                if (
                    values
                    and isinstance(column.type, String | JSON)
                    and not any("window.ran" in one for one in values)
                ):
                    empty.add(f"{table.name}.{column.name}")
    ours = set(OURS.split())
    return {one for one in empty if not {one, f"{one.partition('.')[0]}.*"} & ours}
