"""Pictures of every page and state of the studio, for the eye.

python -m tests.golden.studio_pictures FOLDER [WORLD...]

Each state is drawn at 1,280 and 375 pixels, light and dark, and the four beside each other in
`sheet-STATE.png`.
"""

import socket
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from digest.database import upgrade
from digest.web.application import create_app
from digest.web.server import server_of
from digest.web.studio.context import StudioContext
from store.engine import open_store
from tests.golden import studio_worlds as worlds
from tests.golden.pictures import chromium
from tests.parts.issues.studio import Studio, open_studio

SCREENS = [(1280, "light"), (1280, "dark"), (375, "light"), (375, "dark")]
SHEET = 1_600
Act = Callable[[Page], None]


@contextmanager
def served(studio: Studio) -> Iterator[str]:
    """Serve the studio on a port of this machine; give its address."""
    stop = threading.Event()
    held = studio.context
    context = StudioContext("ana", stop, held.send, held.send_test)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = server_of(create_app(studio.app, studio=True, context=context), stop)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            stop.set()
            thread.join()


@dataclass(frozen=True)
class Album:
    """Draws states of one studio into a folder."""

    browser: Browser
    folder: Path
    home: str
    studio: Studio

    def draw(self, name: str, path: str, act: Act | None = None, *, whole: bool = True) -> None:
        """Draw the page at `path`, after `act`, at each screen; and a sheet of all."""
        found = []
        for width, scheme in SCREENS:
            found.append(self.folder / f"{name}-{width}-{scheme}.png")
            page = self.browser.new_page(
                viewport={"width": width, "height": 900 if width > 400 else 812},
                color_scheme="dark" if scheme == "dark" else "light",
                has_touch=width < 400,
            )
            page.goto(self.home + path.replace("N", str(self.studio.number)))
            page.locator("#mail, #pane, #main").first.wait_for()
            if act:
                act(page)
            if page.locator("#mail").count():
                page.frame_locator("#mail").locator("table").first.wait_for()
            page.evaluate("scrollTo(0, 0)")
            page.screenshot(path=found[-1], full_page=whole)
            page.context.close()
        self._sheet(name, found)

    def _sheet(self, name: str, found: list[Path]) -> None:
        total = sum(width for width, _ in SCREENS)
        images = "".join(
            f'<img src="{one.as_uri()}" style="width:{SHEET * screen // total}px">'
            for one, (screen, _) in zip(found, SCREENS, strict=True)
        )
        source = self.folder / f"{name}.html"
        source.write_text(
            '<body style="margin:0;display:flex;gap:8px;align-items:start;background:#888">'
            + images
        )
        page = self.browser.new_page(viewport={"width": SHEET + 24, "height": 100})
        page.goto(source.as_uri())
        page.screenshot(path=self.folder / f"sheet-{name}.png", full_page=True)
        page.close()
        source.unlink()


def main(folder: str, *names: str) -> None:
    target = Path(folder).absolute()
    target.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        for name, world in worlds.WORLDS.items():
            if names and name not in names:
                continue
            with tempfile.TemporaryDirectory() as scratch:
                store = open_store(f"sqlite:///{scratch}/digest.db")
                upgrade(store)
                studio = open_studio(store, Path(scratch), is_drafted=name != "empty")
                try:
                    with served(studio) as home:
                        world(Album(browser, target, home, studio))
                finally:
                    studio.close()
                    store.close()
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
