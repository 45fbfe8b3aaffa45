"""An editor at a browser, who sees what a reader of the picture would not."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from starlette.types import ASGIApp

from tests.browser.test_emails import RULES, SPREAD
from tests.browser.watched import Watched, draw, watch


@dataclass
class Editor:
    """Somebody at a browser. `pictures` is where the pages that were seen are drawn."""

    watched: Watched
    pictures: Path
    scripts: bool = True

    @property
    def page(self) -> Page:
        return self.watched.page

    def open(self, path: str) -> None:
        self.page.goto(self.watched.home + path)

    def press(self, name: str | re.Pattern[str]) -> None:
        self.page.get_by_role("button", name=name).first.click()

    def sees(self, heading: str | re.Pattern[str], name: str) -> None:
        """There is that heading; axe finds nothing, the console is silent, and the page fits."""
        self.page.get_by_role("heading", name=heading).first.wait_for()
        self.draw(name)
        self.page.evaluate("scrollTo(0, 0)")  # what a bar covers while scrolled is no target
        if self.scripts:  # axe is one, and no page looks another way without
            found = Axe().run(self.page, options=RULES).response["violations"]
            assert not found, [
                (one["id"], [node["html"] for node in one["nodes"]]) for one in found
            ]
        assert self.page.evaluate(SPREAD) <= 0, f"{name} must be pushed sideways"
        self.is_quiet()

    def is_quiet(self) -> None:
        # Chromium writes down every answer of 400 and above, which a refusal is due.
        said = [one for one in self.watched.complaints if "responded with a status of 4" not in one]
        assert said == [], said
        assert self.watched.strangers == []
        assert self.watched.lax == []

    def draw(self, name: str) -> None:
        draw(self.page, self.pictures, name)


def sit_down(
    chromium: Browser,
    home: str,
    folder: Path,
    *,
    width: int = 1280,
    scheme: str = "light",
    scripts: bool = True,
    touch: bool = False,
) -> Editor:
    """Open a browser for somebody."""
    watched = watch(chromium, home, width, scheme, javascript=scripts, touch=touch)
    return Editor(watched, folder / "pictures", scripts)


CUT = """() => [...document.querySelectorAll('#main :is(button, input, select, textarea, .button)')]
  .filter(one => one.checkVisibility() && !one.closest('.aside, .scroll'))
  .filter(one => {
    const right = one.getBoundingClientRect().right;
    for (let at = one.parentElement; at; at = at.parentElement)
      if (right > at.getBoundingClientRect().right + 1) return true;
    return false;
  }).map(one => one.outerHTML.slice(0, 120))"""
"""Controls that reach beyond what they stand in, where they may be cut off."""
SHIFTS = """() => new Promise(done => {
  new PerformanceObserver(list => { window.shifts = (window.shifts || 0)
    + list.getEntries().filter(one => !one.hadRecentInput).reduce((sum, one) => sum + one.value, 0);
  }).observe({type: 'layout-shift', buffered: true});
  requestAnimationFrame(() => requestAnimationFrame(() => done(window.shifts || 0)));
})"""
"""How far what is seen has moved by itself: https://web.dev/articles/cls."""
SCREENS = {
    "desktop": (1280, "light", True),
    "phone": (375, "dark", True),
    "desktop-plain": (1280, "dark", False),
    "phone-plain": (375, "light", False),
}
"""Width, colour scheme, and whether scripts run."""


def at_screen(chromium: Browser, home: str, folder: Path, where: str = "desktop") -> Editor:
    """Open a browser for somebody at one of the screens."""
    width, scheme, scripts = SCREENS[where]
    return sit_down(chromium, home, folder, width=width, scheme=scheme, scripts=scripts)


Serve = Callable[[ASGIApp], str]
MOMENT = datetime.fromisoformat("2026-11-30T08:00:00+01:00")
"""When the schedule is due next."""
