"""Every page of the studio as it loads: nothing moves, axe is content, nothing is inline."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from digest.pipeline.editing.changes import Write
from store.engine import Store
from tests.browser.studio import CUT, SHIFTS, Editor, Serve, at_screen, sit_down
from tests.browser.studio_steps import slugs
from tests.parts.issues.studio import Studio, open_studio

ANYTHING = re.compile(".")
STILL = 0.01
"""Of a layout that moves, people notice a tenth: https://web.dev/articles/cls."""


@pytest.fixture
def studio(sqlite_store: Store, tmp_path: Path) -> Iterator[Studio]:
    made = open_studio(sqlite_store, tmp_path)
    yield made
    made.close()


def pages(studio: Studio) -> dict[str, str]:
    """Return the path of each page, by its name."""
    issue = f"/studio/issues/{studio.number}"
    return {
        "issues": "/studio/",
        "edit": issue,
        "text": f"{issue}?view=text",
        "send": f"{issue}/send",
        "report": f"{issue}/report",
        "reports": "/studio/reports/",
        "comparisons": "/studio/comparisons/",
        "comparison": f"/studio/comparisons/{slugs(studio)[0]}",
        "add": "/studio/add",
        "brand": "/studio/brand",
        "bounces": "/studio/bounces",
        "schedules": "/studio/schedules/",
        "subscribers": "/studio/subscribers/",
        "subscriber": "/studio/subscribers/3",
        "sign-up": "/studio/sign-up",
    }


@pytest.mark.parametrize("where", ["desktop", "phone"])
def test_no_page_moves_while_it_loads(
    chromium: Browser, serve: Serve, studio: Studio, tmp_path: Path, where: str
) -> None:
    editor = at_screen(chromium, serve(studio.asgi()), tmp_path, where)
    for name, path in pages(studio).items():
        editor.open(path)
        assert editor.page.evaluate(SHIFTS) < STILL, name
        editor.sees(ANYTHING, name)
    editor.page.context.close()


@pytest.mark.parametrize("where", ["desktop", "phone"])
def test_nothing_moves_when_the_checks_are_through(
    chromium: Browser, serve: Serve, studio: Studio, tmp_path: Path, where: str
) -> None:
    first, second = slugs(studio)[:2]
    for field, words in (
        ("subject", "TK a subject that is far longer than an inbox has room for, " * 2),
        ("closing", "See http://127.0.0.1/ for TK"),
        (f"headline/{first}", "TK"),
        (f"summary/{second}", "TK, to be written"),
    ):
        studio.app.issues.editor.change(studio.number, Write(field, words), by="ben")
    editor = at_screen(chromium, serve(studio.asgi()), tmp_path, where)
    editor.open(f"{pages(studio)['edit']}?open={first}")
    page = editor.page
    page.locator("#found-subject summary").wait_for()
    assert page.evaluate(SHIFTS) < STILL
    assert page.evaluate(CUT) == []
    page.locator("#found-subject summary").click()
    page.locator("#found-subject li").first.wait_for()
    editor.sees(ANYTHING, "found")
    page.context.close()


def test_it_fits_at_twice_the_size_without_motion_and_with_the_systems_colours(
    chromium: Browser, serve: Serve, studio: Studio, tmp_path: Path
) -> None:
    """A window of 1,280 pixels has 640 at 200 %; WCAG 2.2, 1.4.4 and 1.4.10."""
    editor = sit_down(chromium, serve(studio.asgi()), tmp_path, width=640)
    editor.page.emulate_media(reduced_motion="reduce", forced_colors="active")
    for name in ("edit", "send", "issues"):
        editor.open(pages(studio)[name])
        editor.sees(ANYTHING, f"{name}-twice")
        assert moving(editor) == []
    editor.page.context.close()


def moving(editor: Editor) -> list[str]:
    found: list[str] = editor.page.evaluate(
        """() => [...document.querySelectorAll('*')].filter(one => {
            const style = getComputedStyle(one);
            return style.animationName !== 'none' || parseFloat(style.transitionDuration) > 0
              || style.scrollBehavior === 'smooth';
        }).map(one => one.outerHTML.slice(0, 80))"""
    )
    return found
