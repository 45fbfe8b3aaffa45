"""An editor's whole week in one sitting, in a real browser: from import to finished send."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from digest.samples import comparisons
from store.engine import Store
from tests.browser.hands import Keys, Mouse, Touch
from tests.browser.studio import Serve, sit_down
from tests.browser.studio_steps import Week, slugs
from tests.parts.issues.studio import Studio, open_studio

SAMPLE = (comparisons() / "lanternfish-3-8b-vs-tern-mini-api.txt").read_text(encoding="utf-8")
PAGE = SAMPLE.replace("Lanternfish", "Heron")
WAYS = {
    "mouse": (Mouse, 1280, "light", True),
    "touch": (Touch, 375, "dark", True),
    "keys": (Keys, 1280, "dark", True),
    "no-script": (Mouse, 375, "light", False),
}
"""Hands, width, colour scheme, and whether scripts run."""


@pytest.fixture
def studio(sqlite_store: Store, tmp_path: Path) -> Iterator[Studio]:
    made = open_studio(sqlite_store, tmp_path, is_drafted=False)
    yield made
    made.close()


@pytest.mark.parametrize("way", WAYS)
def test_a_whole_week(
    chromium: Browser, serve: Serve, studio: Studio, tmp_path: Path, way: str
) -> None:
    hands, width, scheme, scripts = WAYS[way]
    editor = sit_down(
        chromium,
        serve(studio.asgi()),
        tmp_path,
        width=width,
        scheme=scheme,
        scripts=scripts,
        touch=hands is Touch,
    )
    week = Week(editor, studio, hands(editor.page))
    week.paste(PAGE, "Heron 3 (8B) vs Tern Mini API")
    week.draft()
    assert "heron-3-8b-vs-tern-mini-api" in slugs(studio)
    first, second, third = slugs(studio)[:3]
    week.lead_with(second)
    week.drop(third)
    week.introduce()
    week.hands.open(second)
    week.quote(second, "left", 1, 1)
    week.quote(second, "right", 2, 1)
    week.test("ana@example.org")
    week.approve()
    week.schedule()
    week.watch_it_go()
    editor.is_quiet()
    assert slugs(studio)[:2] == [second, first]
    editor.page.context.close()
