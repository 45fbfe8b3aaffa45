"""The sending page's answers: what it counts, whom it obeys, what it streams."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import col, update
from starlette.testclient import TestClient

from digest.deliver.audience.eligible import count_eligible
from digest.deliver.tables import Attempt, Delivery
from digest.issues.tables import Issue
from digest.monitoring.heartbeats import beat, new_heartbeat
from digest.monitoring.tables import ProcessKind
from digest.settings import ProviderName
from digest.web.application import create_app
from digest.web.studio.send.page_data import choose
from digest.web.studio.send.progress import SendingMonitor, parts_of
from digest.web.studio.send.routes import send_events
from subscribers.tables import Subscriber
from tests.integration.web.test_words import XSS, inert
from tests.parts.issues.studio import Studio
from tests.parts.world import NOW

PAGE = "/studio/issues/1/send"
BERLIN = ZoneInfo("Europe/Berlin")
Told = list[tuple[str | None, str | None]]
"""Events of a stream: name and data."""


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1:8026"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://127.0.0.1:8027"},
        {"Origin": "null"},
        {"Origin": "http://["},
        {},
    ],
)
def test_no_other_site_changes_anything(office: Studio, headers: dict[str, str]) -> None:
    stranger = TestClient(office.asgi(), "http://127.0.0.1:8026", follow_redirects=False)
    for action in ("approve", "cancel", "test", "schedule", "resend"):
        answer = stranger.post(f"{PAGE}/{action}", data={"when": "now"}, headers=headers)
        assert answer.status_code == 403
    assert office.state() == "draft"
    assert office.tested == []


def test_an_editor_is_told_that_mail_is_kept_in_a_folder(
    editor: TestClient, office: Studio
) -> None:
    told = "Nothing leaves this machine"
    assert told in editor.get(PAGE).text
    assert str(office.app.settings.outbox_dir.absolute()) in editor.get(PAGE).text
    smtp = office.app.settings.model_copy(update={"provider": ProviderName.SMTP})
    site = replace(office.app, settings=smtp)
    sends = TestClient(create_app(site, studio=True), "http://127.0.0.1:8026")
    assert told not in sends.get(PAGE).text


def test_its_own_origin_is_enough_for_an_older_browser(office: Studio) -> None:
    browser = TestClient(office.asgi(), "http://127.0.0.1:8026", follow_redirects=False)
    answer = browser.post(f"{PAGE}/approve", headers={"Origin": "http://127.0.0.1:8026"})
    assert answer.status_code == 303
    assert office.state() == "approved"


def test_it_says_how_many_the_freeze_will_find(office: Studio, editor: TestClient) -> None:
    with office.app.store.write() as session:
        for place, status in enumerate(("unsubscribed", "bounced", "pending"), start=1):
            session.execute(
                update(Subscriber).where(col(Subscriber.id) == place).values(status=status)
            )
    with office.app.store.read() as session:
        expected = count_eligible(session, 1, office.clock())
    assert expected == 37
    assert "<b>37 people</b>" in editor.get(PAGE).text
    editor.post(f"{PAGE}/approve")
    assert "Send to 37 people now" in editor.get(f"{PAGE}?when=now").text
    assert office.app.issues.start(1) == expected


def test_a_policy_without_unsafe_words_and_with_no_script_of_the_page(editor: TestClient) -> None:
    answer = editor.get(PAGE)
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    inert(answer.text)
    assert " style=" not in answer.text


def test_modules_are_small_and_only_served_as_they_are_now(
    office: Studio, editor: TestClient
) -> None:
    modules = editor.app.state.modules  # type: ignore[attr-defined]
    assert sum(map(len, modules.files.values())) < 20 * 1024
    assert sum(map(len, modules.compressed.values())) < 10_000
    assert b"/*" not in b"".join(modules.files.values())
    for name in modules.files:
        answer = editor.get(f"/studio/modules/{modules.mark}/{name}")
        assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
        assert "immutable" in answer.headers["cache-control"]
        assert editor.get(f"/studio/modules/000000000000/{name}").status_code == 404
    assert editor.get(f"/studio/modules/{modules.mark}/..%2f..%2foverview.html").status_code == 404


def test_what_is_refused_comes_back_with_the_reason(office: Studio, editor: TestClient) -> None:
    for action, data, words in (
        ("test", {"to": "no address"}, "at most"),
        ("test", {"to": " , ".join(f"a{n}@example.org" for n in range(6))}, "one to 5 addresses"),
        ("schedule", {"when": "at", "at": "2020-01-01T08:00"}, "has passed"),
        ("schedule", {"when": "at", "at": "2062-11-30T08:00"}, "is more than a year ahead"),
        ("schedule", {"when": "at", "at": "soon"}, "Choose a day"),
        ("schedule", {}, "Choose when"),
        ("resume", {}, "not paused"),
        ("unschedule", {}, "is not scheduled"),
        ("approve", {"despite": "no-such-code", "because": "x"}, "no code of the gate"),
    ):
        answer = editor.post(f"{PAGE}/{action}", data=data)
        assert answer.status_code == 409, action
        assert words in answer.text or action == "test", (action, words)
        assert "digest issue" not in answer.text.split("<form")[0], action
    assert editor.post("/studio/issues/99/send/approve").status_code == 404
    assert office.state() == "draft"


def test_unscheduling_keeps_the_approval_and_scheduling_moves_it(
    office: Studio, editor: TestClient
) -> None:
    editor.post(f"{PAGE}/approve")
    for at in ("2026-11-30T08:00", "2026-12-01T09:30"):
        answer = editor.post(f"{PAGE}/schedule", data={"when": "at", "at": at})
        assert answer.headers["location"] == f"{PAGE}?said=scheduled"
    assert "Tuesday 1 December 2026, 09:30 (Europe/Berlin)" in editor.get(PAGE).text
    editor.post(f"{PAGE}/unschedule")
    assert "Approved by ana" in editor.get(PAGE).text
    assert office.state() == "approved"


def test_an_editor_learns_whether_a_worker_sends_it_when_its_time_comes(
    office: Studio, editor: TestClient
) -> None:
    editor.post(f"{PAGE}/approve")
    chosen = {"when": "at", "at": "2026-11-30T08:00"}
    assert "No worker is running:" in editor.get(PAGE, params=chosen).text
    editor.post(f"{PAGE}/schedule", data=chosen)
    assert "No worker is running:" in editor.get(PAGE).text
    worker = new_heartbeat(ProcessKind.WORKER, office.clock())
    beat(office.app.store, [worker], office.clock())
    assert "A worker is running and sends it then" in editor.get(PAGE).text


def test_a_time_is_read_in_the_issues_zone() -> None:
    assert choose("at", "2026-11-30T08:00", BERLIN, NOW).at == datetime(2026, 11, 30, 7, tzinfo=UTC)
    assert choose("now", "", BERLIN, NOW).when == "now"
    assert choose("", "2026-11-30T08:00", BERLIN, NOW).when == ""
    # 02:30 does not exist on the night of 28 March 2027 in Berlin: it is read as before the gap.
    assert choose("at", "2027-03-28T02:30", BERLIN, NOW).at == datetime(
        2027, 3, 28, 1, 30, tzinfo=UTC
    )


def test_scripts_in_every_word_stay_words(office: Studio, editor: TestClient) -> None:
    with office.app.store.write() as session:
        session.execute(update(Issue).values(subject=XSS, preheader=XSS, approved_by=XSS))
    editor.post(f"{PAGE}/approve")
    office.app.issues.start(1)
    with office.app.store.write() as session:
        session.execute(update(Subscriber).values(email=Subscriber.id + XSS))
        session.execute(update(Delivery).values(state="failed", code="<b>", attempts=1))
        session.add(
            Attempt(delivery_id=1, provider="x", outcome="refusal", detail=XSS, code="5", at=NOW)
        )
        session.execute(update(Issue).values(held_because=XSS, state="paused"))
    for query in ("", f"?who={XSS}", f"?state={XSS}&said={XSS}", f"?when={XSS}&at={XSS}"):
        page = editor.get(PAGE + query).text
        assert "alert(1)" in page
        inert(page)


def in_a_loop(work: Coroutine[Any, Any, Told]) -> Told:
    """Runs a coroutine in a thread: Playwright's own loop may live in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


def test_a_stream_tells_progress_and_ends_with_the_state_or_the_process(office: Studio) -> None:
    office.app.issues.approve(1, by="ana")
    office.app.issues.start(1)
    app = TestClient(office.asgi()).app
    context, templates = office.context, app.state.templates  # type: ignore[attr-defined]
    monitor = SendingMonitor(office.app, lambda: 0.0)

    async def stopped() -> Told:
        stream = send_events(1, monitor, templates, context)
        first = await anext(stream)
        office.stop.set()
        return [(first.event, first.raw_data), *[(one.event, None) async for one in stream]]

    (told,) = in_a_loop(stopped())
    assert told[0] == "progress"
    assert "of 40 are through" in str(told[1])
    office.stop.clear()
    office.app.issues.pause(1)
    monitor.forget(1)

    async def paused() -> Told:
        return [
            (one.event, one.raw_data) async for one in send_events(1, monitor, templates, context)
        ]

    assert in_a_loop(paused()) == [("state", "paused")]


def test_a_stream_of_no_issue_or_of_a_draft_is_over_at_once(editor: TestClient) -> None:
    assert editor.get("/studio/issues/99/send/events").status_code == 404
    answer = editor.get(f"{PAGE}/events")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.text == "event: state\ndata: draft\n\n"


def test_many_open_pages_cost_one_reading(office: Studio) -> None:
    office.app.issues.approve(1, by="ana")
    office.app.issues.start(1)
    steady = iter(range(1_000))
    monitor = SendingMonitor(office.app, lambda: next(steady) / 1_000)
    first = monitor.read(1)
    assert all(monitor.read(1) is first for _ in range(100))
    monitor.forget(1)
    assert monitor.read(1) is not first


def test_the_bar_is_full_of_everybody_and_shows_the_few() -> None:
    counts = dict.fromkeys(
        ("queued", "submitting", "submitted", "delivered", "bounced", "complained", "failed",
         "uncertain", "suppressed"), 0,
    )  # fmt: skip
    parts = parts_of(counts | {"delivered": 99_999, "failed": 1}, 100_000)
    assert [(one.state, one.width) for one in parts] == [("delivered", 999), ("failed", 4)]
    assert parts_of(counts, 0) == ()
