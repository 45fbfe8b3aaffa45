"""An editor adds a schedule, changes it and removes it again, in a real browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from schedules.registry import all_schedules, find_schedule
from store.engine import Store
from tests.browser.studio import CUT, Serve, at_screen
from tests.parts.issues.studio import SERIES, Studio, open_studio


@pytest.fixture
def studio(sqlite_store: Store, tmp_path: Path) -> Iterator[Studio]:
    made = open_studio(sqlite_store, tmp_path)
    yield made
    made.close()


@pytest.mark.parametrize("where", ["desktop", "phone", "phone-plain"])
def test_a_schedule_is_added_changed_and_removed(
    chromium: Browser, serve: Serve, studio: Studio, tmp_path: Path, where: str
) -> None:
    editor = at_screen(chromium, serve(studio.asgi()), tmp_path, where)
    page = editor.page
    editor.open("/studio/schedules/")
    page.get_by_text("Add a schedule").click()
    form = page.locator("#add")
    form.get_by_label("Name").fill("thursdays")
    form.locator("#days-new").select_option("Thursdays")
    expect(form.locator("#cron-new")).to_be_hidden()
    form.locator("#send-new").select_option("Fridays")
    form.locator("#send-time-new").fill("07:15")
    editor.sees("Schedules", "adding")
    assert page.evaluate(CUT) == []
    editor.press("Add it")
    editor.sees("thursdays", "added")
    assert "Drafts next on Thu 26 Nov 2026 08:00, sends Fri 27 Nov 2026 07:15" in (
        page.locator(".schedule", has_text="Added.").inner_text()
    )
    page.locator("summary", has_text="Change thursdays").click()
    change = page.locator("#change-thursdays")
    change.locator("#days-thursdays").select_option("Another rule")
    rule = change.get_by_role("textbox", name="Rule: minute")
    rule.fill("often")
    editor.press("Save thursdays")
    expect(change.get_by_role("alert")).to_contain_text("Cron rule: found 'often'")
    expect(rule).to_have_value("often")
    rule.fill("0 8 1,15 * *")
    editor.sees("thursdays", "changing")
    editor.press("Save thursdays")
    page.locator(".notice", has_text="Changed. Issues").wait_for()
    if editor.scripts:
        expect(page.locator("#change-thursdays > summary")).to_be_focused()
    with studio.app.store.read() as session:
        assert find_schedule(session, "thursdays").cron == "0 8 1,15 * *"
    page.locator("summary", has_text="Change thursdays").click()
    page.locator("#ask-remove-thursdays").click()
    editor.press("Yes, remove thursdays")
    page.locator(".notice", has_text="Removed: nothing").wait_for()
    editor.sees("Schedules", "removed")
    with studio.app.store.read() as session:
        assert [one.name for one in all_schedules(session)] == [SERIES]
    page.context.close()
