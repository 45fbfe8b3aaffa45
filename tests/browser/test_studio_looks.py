"""The mail as any subscriber gets it, its line in three inboxes, and words that are refused."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route

from digest.pipeline.editing.changes import Write
from store.engine import Store
from subscribers.service import find_subscriber
from tests.browser.studio import CUT, Serve, at_screen, sit_down
from tests.browser.studio_steps import view
from tests.parts.issues.studio import Studio, open_studio
from tests.parts.waiting import until

LONG = "A subject that goes on and on, far beyond what any inbox has room for, and then on again"
LINES = """(all) => all.map(one => [...one.querySelectorAll('.from, .subject, .preheader')]
  .filter(one => one.scrollWidth > one.clientWidth || one.scrollHeight > one.clientHeight + 1)
  .map(one => one.className))"""
"""Which parts of each inbox's line are cut."""


@pytest.fixture
def studio(sqlite_store: Store, tmp_path: Path) -> Iterator[Studio]:
    made = open_studio(sqlite_store, tmp_path)
    yield made
    made.close()


def test_as_a_subscriber_and_in_three_inboxes_on_a_phone(
    chromium: Browser, serve: Serve, studio: Studio, tmp_path: Path
) -> None:
    with studio.app.store.write() as session:
        person = find_subscriber(session, "reader3@example.org")
        assert person is not None
        person.first_name = "Ida"
    for name in ("subject", "preheader"):
        studio.app.issues.editor.change(studio.number, Write(name, LONG * 2), by="ana")
    editor = sit_down(chromium, serve(studio.asgi()), tmp_path, width=375, touch=True)
    page = editor.page
    editor.open(f"/studio/issues/{studio.number}")
    page.frame_locator("#mail").get_by_text("Hello Sam,").wait_for()
    page.locator("#who").tap()
    page.keyboard.type("reader3@example.org")
    page.keyboard.press("Enter")
    page.frame_locator("#mail").get_by_text("Hello Ida,").wait_for()
    page.locator("#f-closing").fill("Written while it is looked at as Ida")
    page.frame_locator("#mail").get_by_text("looked at as Ida").wait_for()
    page.frame_locator("#mail").get_by_text("Hello Ida,").wait_for()
    page.locator("[data-look=text]").tap()
    page.locator("pre", has_text="Hello Ida,").wait_for()
    page.locator("[data-look=inbox]").focus()
    page.keyboard.press("Enter")
    page.locator(".outlook").wait_for()
    cut = page.locator(".inbox").evaluate_all(LINES)
    assert [sorted(one) for one in cut] == [["preheader", "subject"]] * 3
    assert page.evaluate(CUT) == []
    page.locator("#who").fill("nobody@example.org")
    page.keyboard.press("Enter")
    page.get_by_role("alert").get_by_text("nobody@example.org is not on the list").wait_for()
    editor.is_quiet()
    page.context.close()


def test_words_that_are_refused_are_kept_until_they_can_be_saved(
    chromium: Browser, serve: Serve, studio: Studio, tmp_path: Path
) -> None:
    editor = at_screen(chromium, serve(studio.asgi()), tmp_path)
    page = editor.page
    editor.open(f"/studio/issues/{studio.number}")
    page.locator("#f-intro").click()
    studio.app.issues.approve(studio.number, by="ben")
    page.locator("#f-intro").fill("Too late")
    page.locator("#f-intro").blur()
    page.locator("#saved", has_text="Not saved, kept here: issue 1 is approved now").wait_for()
    assert page.locator("#f-intro").input_value() == "Too late"
    page.reload()
    page.get_by_role("button", name="Edit it again").click()
    page.locator("#undo").wait_for()
    page.reload()
    until(lambda: view(studio).intro.text == "Too late", "the words that were refused")
    editor.is_quiet()
    page.context.close()


def test_words_typed_before_the_mail_is_there_are_shown_in_it(
    chromium: Browser, serve: Serve, studio: Studio, tmp_path: Path
) -> None:
    editor = at_screen(chromium, serve(studio.asgi()), tmp_path)
    page = editor.page
    held: list[Route] = []
    page.route("**/mail?**", lambda route: held.append(route))  # noqa: PLW0108 - it looks inside
    address = f"{editor.watched.home}/studio/issues/{studio.number}"
    page.goto(address, wait_until="domcontentloaded")
    page.locator("#f-closing").fill("Early words.")
    page.locator("#f-closing").blur()
    until(lambda: view(studio).closing.text == "Early words.", "the words that were typed")
    for route in held:
        route.continue_()
    page.frame_locator("#mail").get_by_text("Early words.").wait_for()
    editor.is_quiet()
    page.context.close()
