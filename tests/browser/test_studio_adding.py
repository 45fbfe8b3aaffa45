"""A comparison is added from a file, and another look is tried, with and without a script."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from digest.samples import comparisons
from store.engine import Store
from tests.browser.studio import SCREENS, Serve, at_screen
from tests.browser.watched import PATIENCE_MS
from tests.parts.issues.studio import Studio, open_studio

SAMPLE = (comparisons() / "lanternfish-3-8b-vs-tern-mini-api.txt").read_text(encoding="utf-8")
NEW = SAMPLE.replace("Lanternfish", "Heron")


@pytest.fixture
def office(sqlite_store: Store, tmp_path: Path) -> Iterator[Studio]:
    made = open_studio(sqlite_store, tmp_path, people=1)
    yield made
    made.close()


@pytest.mark.parametrize("where", ["desktop", "phone-plain"])
def test_a_page_is_read_corrected_and_kept(
    chromium: Browser, serve: Serve, office: Studio, tmp_path: Path, where: str
) -> None:
    editor = at_screen(chromium, serve(office.asgi()), tmp_path, where)
    width = SCREENS[where][0]
    page, main = editor.page, editor.page.locator("#main")
    file = tmp_path / "heron.txt"
    file.write_text(NEW.replace("100%", "lots", 1), encoding="utf-8")
    editor.open("/studio/add")
    editor.sees("Add a comparison", f"add-{width}")
    page.get_by_label("A file with it").set_input_files(file)
    editor.press("Read it")
    main.get_by_text('heron.txt, line 7: found "lots"').wait_for()
    editor.sees("The source", f"add-refused-{width}")
    source = page.locator('textarea[name="text"]')
    source.fill(source.input_value().replace("lots", "100%", 1))
    editor.press("Read it again")
    main.get_by_text("This is how the page was understood").wait_for()
    editor.sees("Heron 3 (8B) vs Tern Mini API", f"add-understood-{width}")
    page.get_by_label("Panel score of Heron 3 (8B)").fill("lots")
    editor.press("Keep it")
    main.get_by_text("it is a number from 0 to 100").wait_for()
    page.get_by_label("Panel score of Heron 3 (8B)").fill("75")
    editor.press("Keep it")
    main.get_by_text("Kept: it is new.").wait_for()
    main.get_by_text("the page says 100").wait_for()
    editor.sees("Heron 3 (8B) vs Tern Mini API", f"add-kept-{width}")


def test_another_look_is_tried_as_soon_as_it_is_chosen(
    chromium: Browser, serve: Serve, office: Studio, tmp_path: Path
) -> None:
    editor = at_screen(chromium, serve(office.asgi()), tmp_path)
    editor.open(f"/studio/brand?issue={office.number}")
    main = editor.page.locator("#main")
    editor.sees("Try another look", "brand")
    main.get_by_text("This is how it is set.").wait_for()
    editor.page.get_by_label("Typeface").select_option("Serif")
    expect(editor.page.locator("#lines")).to_have_text("DIGEST_TYPEFACE=serif", timeout=PATIENCE_MS)
    title = editor.page.frame_locator("iframe").locator("h2").first
    expect(title).to_have_css("font-family", re.compile("Palatino"), timeout=PATIENCE_MS)
    editor.sees("Try another look", "brand-serif")
