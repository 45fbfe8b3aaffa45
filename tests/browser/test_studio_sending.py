"""An editor approves, schedules, calls back, sends, pauses and cleans up, in a real browser."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from digest.issues.lifecycle import find_issue
from store.engine import Store
from tests.browser.studio import MOMENT, Editor, Serve, at_screen
from tests.parts.issues.studio import Studio, open_studio
from tests.parts.waiting import until
from tests.parts.world import NOW


@pytest.fixture
def studio(sqlite_store: Store, tmp_path: Path) -> Iterator[Studio]:
    made = open_studio(sqlite_store, tmp_path)
    yield made
    made.close()


def with_a_clock(chromium: Browser, home: str, folder: Path, where: str = "desktop") -> Editor:
    """Somebody at a screen; where scripts run, time starts at the tests' moment."""
    editor = at_screen(chromium, home, folder, where)
    if editor.scripts:
        editor.page.clock.install(time=NOW)
    return editor


@pytest.mark.parametrize("where", ["phone", "desktop-plain"])
def test_from_draft_to_the_end(
    chromium: Browser, serve: Serve, studio: Studio, tmp_path: Path, where: str
) -> None:
    editor = with_a_clock(chromium, serve(studio.asgi()), tmp_path, where)
    try_and_approve(editor, studio)
    schedule_and_call_back(editor, studio)
    send(editor, studio)
    clean_up(editor, studio)
    editor.page.context.close()


def try_and_approve(editor: Editor, studio: Studio) -> None:
    editor.open(f"/studio/issues/{studio.number}/send")
    editor.sees("Ready to approve", "draft")
    assert "40 people" in editor.page.locator(".sentence").inner_text()
    editor.page.get_by_label("To", exact=True).fill("nobody")
    editor.press("Send test")
    editor.page.get_by_role("alert").wait_for()
    assert editor.page.get_by_label("To", exact=True).input_value() == "nobody"
    editor.page.get_by_label("To", exact=True).fill("ana@example.org, ben@example.org")
    editor.press("Send test")
    editor.page.get_by_text("Test message submitted.").first.wait_for()
    assert studio.tested == ["ana@example.org", "ben@example.org"]
    editor.press(re.compile("Approve issue"))
    editor.sees("When should it go out?", "approved")
    with studio.app.store.read() as session:
        assert find_issue(session, studio.number).approved_by == "ana"


def schedule_and_call_back(editor: Editor, studio: Studio) -> None:
    field = editor.page.get_by_label(re.compile("Day and time in Europe/Berlin"))
    assert field.input_value() == "2026-11-30T08:00"
    field.fill("2026-11-20T08:00")
    editor.press("Review")
    editor.page.get_by_role("alert").wait_for()
    field.fill("2026-11-30T08:00")
    editor.press("Review")
    editor.sees("Ready to schedule", "confirm")
    sentence = editor.page.locator(".sentence").inner_text()
    assert "40 people" in sentence
    assert "Monday 30 November 2026, 08:00 (Europe/Berlin)" in sentence
    editor.press("Schedule it")
    editor.sees("It is scheduled", "scheduled")
    with studio.app.store.read() as session:
        assert find_issue(session, studio.number).send_at == MOMENT
    editor.press("Unschedule")
    editor.sees("When should it go out?", "unscheduled")
    assert studio.state() == "approved"
    editor.page.get_by_label("Now", exact=True).check()
    editor.press("Review")
    editor.sees("Ready to send", "confirm-now")
    editor.press("Send to 40 people now")
    editor.sees("It goes out in a moment", "minute")
    editor.press("Call it back")
    editor.page.get_by_text("Nobody got it; the approval stays.").first.wait_for()
    assert studio.state() == "approved"
    assert studio.provider.taken == []


def send(editor: Editor, studio: Studio) -> None:
    studio.provider.refused, studio.provider.unknown = (
        ("reader3@example.org",),
        ("reader5@example.org",),
    )
    studio.provider.open_for = 20
    editor.page.get_by_label("Now", exact=True).check()
    editor.press("Review")
    editor.press("Send to 40 people now")
    editor.page.get_by_role("heading", name="It goes out in a moment").wait_for()
    studio.clock.on(seconds=61)
    until(lambda: studio.provider.begun > 20, "the sender at its twenty-first message")
    if editor.scripts:
        editor.page.clock.fast_forward(63_000)
    else:
        editor.page.reload()
    editor.sees(re.compile("of 40 are through"), "sending")
    assert editor.page.get_by_text("message refused").first.is_visible()
    editor.press("Pause")
    editor.page.get_by_text("The batch in hand was finished.").first.wait_for()
    editor.sees(re.compile("of 40 are through"), "paused")
    editor.press("Resume")
    editor.page.get_by_text("Sending goes on.").first.wait_for()
    studio.provider.opened.set()
    until(lambda: studio.state() == "finished", "the end of the issue")
    if not editor.scripts:
        editor.page.reload()
    editor.page.locator(".state.finished").wait_for()
    editor.sees("40 of 40 are through", "finished")
    assert sorted(studio.provider.taken) == sorted({*studio.provider.taken})


def clean_up(editor: Editor, studio: Studio) -> None:
    rows = editor.page.locator("#people tbody tr")
    assert rows.count() == 2
    editor.page.get_by_label(re.compile("Find by any part")).fill("READER12")
    editor.press("Find")
    editor.page.get_by_role("rowheader", name="reader12@example.org").wait_for()
    editor.sees("People", "found")
    editor.open(f"/studio/issues/{studio.number}/send")
    editor.press("Give up reader5@example.org")
    editor.page.get_by_text("counted as failed").first.wait_for()
    studio.provider.refused = ()
    editor.press("Resend to reader3@example.org")
    editor.page.get_by_text("Queued again.").first.wait_for()
    until(lambda: "reader3@example.org" in studio.provider.taken, "the second try")
    until(lambda: studio.state() == "finished", "the end of the second try")
    assert "reader5@example.org" not in studio.provider.taken


def test_by_keyboard_alone(chromium: Browser, serve: Serve, studio: Studio, tmp_path: Path) -> None:
    """Tab, space, enter and arrows; where the focus is can be seen, and it is not lost."""
    editor = with_a_clock(chromium, serve(studio.asgi()), tmp_path)
    editor.open(f"/studio/issues/{studio.number}/send")
    tab_to(editor, re.compile("^Approve issue"))
    editor.page.keyboard.press("Enter")
    editor.page.get_by_role("heading", name="When should it go out?").wait_for()
    tab_to(editor, re.compile("^at$"))
    editor.page.keyboard.press("ArrowDown")
    tab_to(editor, re.compile("^Review"))
    editor.page.keyboard.press("Enter")
    editor.page.get_by_role("heading", name="Ready to send").wait_for()
    tab_to(editor, re.compile("^Send to 40 people now"))
    editor.page.keyboard.press("Space")
    editor.page.get_by_role("heading", name="It goes out in a moment").wait_for()
    tab_to(editor, re.compile("^Call it back"))
    editor.page.keyboard.press("Enter")
    editor.page.get_by_text("Nobody got it; the approval stays.").first.wait_for()
    assert "Nobody got it" in editor.page.locator("#said").inner_text()
    assert studio.state() == "approved"
    editor.is_quiet()
    editor.page.context.close()


FOCUSED = """() => {
  const one = document.activeElement;
  const ring = getComputedStyle(one).outlineStyle;
  return [one.innerText || one.value || one.localName, ring];
}"""


def tab_to(editor: Editor, name: re.Pattern[str]) -> None:
    """Presses Tab until something of that name has the focus, which must be visible."""
    for _ in range(40):
        editor.page.keyboard.press("Tab")
        words, ring = editor.page.evaluate(FOCUSED)
        if name.search(words):
            assert ring != "none", words
            return
    raise AssertionError(f"Tab never reaches {name.pattern}")


def test_what_was_typed_stays_when_the_studio_is_gone(
    chromium: Browser, serve: Serve, studio: Studio, tmp_path: Path
) -> None:
    editor = with_a_clock(chromium, serve(studio.asgi()), tmp_path)
    editor.open(f"/studio/issues/{studio.number}/send")
    editor.page.get_by_label("To", exact=True).fill("ana@example.org")
    editor.page.context.set_offline(True)
    editor.press("Send test")
    editor.page.get_by_text("your words are still here").wait_for()
    assert editor.page.get_by_label("To", exact=True).input_value() == "ana@example.org"
    editor.draw("offline")
    editor.page.context.set_offline(False)
    editor.press("Send test")
    editor.page.get_by_text("Test message submitted.").first.wait_for()
    assert studio.tested == ["ana@example.org"]
    editor.page.context.close()


def test_a_page_that_nobody_looks_at_asks_for_nothing(
    chromium: Browser, serve: Serve, studio: Studio, tmp_path: Path
) -> None:
    """Neither a finished issue's page nor a hidden one of an issue that is being sent."""
    editor = with_a_clock(chromium, serve(studio.asgi()), tmp_path)
    studio.app.issues.approve(studio.number, by="ana")
    studio.app.issues.start(studio.number)
    asked: list[str] = []
    editor.page.on("request", lambda request: asked.append(request.url))
    with editor.page.expect_request("**/send/events"):
        editor.open(f"/studio/issues/{studio.number}/send")
    editor.page.evaluate(HIDE)
    asked.clear()
    editor.page.clock.fast_forward(24 * 3_600_000)
    assert asked == []
    studio.app.issues.cancel(studio.number)
    editor.page.evaluate(SHOW)
    editor.page.locator(".state.cancelled").wait_for()
    asked.clear()
    editor.page.clock.fast_forward(24 * 3_600_000)
    assert asked == []
    editor.page.context.close()


HIDE = """() => {
  Object.defineProperty(document, 'hidden', {value: true, configurable: true});
  document.dispatchEvent(new Event('visibilitychange'));
}"""
SHOW = HIDE.replace("true, c", "false, c")
