"""What came of the issues, in a real browser: a year of them, one of them, none yet."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from store.engine import Store
from tests.browser.studio import SCREENS, Editor, Serve, at_screen
from tests.parts.issues.studio import Studio, open_studio
from tests.parts.reported_year import ReportedYear
from tests.parts.world import NOW

WEEKS = 14


@pytest.fixture
def studio(sqlite_store: Store, tmp_path: Path) -> Iterator[Studio]:
    made = open_studio(sqlite_store, tmp_path, people=3)
    made.app.issues.approve(made.number, by="ana")
    yield made
    made.close()


@dataclass(frozen=True)
class Year:
    """A studio with issues that went out; `last` is the newest."""

    studio: Studio
    last: int


@pytest.fixture
def year(studio: Studio) -> Year:
    first = NOW - timedelta(days=7 * WEEKS)
    made = ReportedYear(studio.app.store, studio.number, first, people=80)
    return Year(studio, made.add_issues(WEEKS)[-1])


@pytest.mark.parametrize("where", SCREENS)
def test_a_report_and_all_of_them(
    chromium: Browser, serve: Serve, year: Year, tmp_path: Path, where: str
) -> None:
    editor = at_screen(chromium, serve(year.studio.asgi()), tmp_path, where)
    editor.open(f"/studio/issues/{year.last}")
    editor.page.get_by_role("link", name="Report", exact=True).click()
    editor.sees("Where they clicked", "report")
    the_map_shows_counts(editor)
    editor.page.get_by_role("link", name="Reports", exact=True).click()
    editor.sees("How the list grew", "reports")
    assert editor.page.get_by_role("img", name=re.compile("^Opened and clicked")).is_visible()
    editor.page.locator("summary").first.click()
    rows = editor.page.locator("#engagement-title ~ details tbody tr")
    assert rows.count() == 12
    assert rows.first.is_visible()
    editor.sees("What readers did", "reports-table")
    editor.page.get_by_role("link", name="Last 26").click()
    assert rows.count() == WEEKS
    with editor.page.expect_download() as download:
        editor.page.get_by_role("link", name=re.compile("^CSV: By mailbox provider")).click()
    assert download.value.suggested_filename == "providers.csv"
    editor.page.context.close()


def the_map_shows_counts(editor: Editor) -> None:
    frame = editor.page.frame_locator("iframe.click-map")
    badges = frame.locator(".clicks-badge")
    badges.first.wait_for()
    shown = int(badges.first.inner_text())
    table = editor.page.locator(".map-side tbody tr td.n").first.inner_text()
    assert shown == int(table.strip()), "the first link of the mail is the most clicked here"
    assert frame.locator("script").count() == 0


def test_nothing_came_of_it_yet(
    chromium: Browser, serve: Serve, studio: Studio, tmp_path: Path
) -> None:
    editor = at_screen(chromium, serve(studio.asgi()), tmp_path, "phone")
    editor.open(f"/studio/issues/{studio.number}/report")
    editor.sees("Nothing came of it yet", "no-report")
    editor.open("/studio/reports/")
    editor.sees("No issue went out yet", "no-reports")
    editor.page.context.close()


def test_by_keyboard_each_table_can_be_reached_and_scrolled(
    chromium: Browser, serve: Serve, year: Year, tmp_path: Path
) -> None:
    editor = at_screen(chromium, serve(year.studio.asgi()), tmp_path, "phone")
    editor.open(f"/studio/issues/{year.last}/report")
    region = editor.page.get_by_role("region", name="By mailbox provider, as a table")
    region.focus()
    editor.page.keyboard.press("ArrowRight")
    editor.page.wait_for_function("one => one.scrollLeft > 0", arg=region.element_handle())
    editor.page.context.close()
