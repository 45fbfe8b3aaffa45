"""The studio's server ends and comes back while an editor works: no word and no step is lost."""

import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from digest.pipeline.editing.changes import Move
from digest.web.application import create_app
from digest.web.server import server_of
from digest.web.studio.context import StudioContext
from store.engine import Store
from tests.browser.studio import at_screen
from tests.browser.studio_steps import settled, slugs, view
from tests.parts.issues.studio import Studio, open_studio
from tests.parts.servers.ports import closed_port
from tests.parts.servers.processes import environment, start
from tests.parts.waiting import until

AWAY = "Your words are kept here"


@pytest.fixture
def studio(sqlite_store: Store, tmp_path: Path) -> Iterator[Studio]:
    made = open_studio(sqlite_store, tmp_path)
    yield made
    made.close()


Open = Callable[[int], subprocess.Popen[str]]


@pytest.fixture
def port() -> Iterator[int]:
    with closed_port() as held:
        yield held.getsockname()[1]


@pytest.fixture
def open_process(sqlite_store: Store, studio: Studio, tmp_path: Path) -> Iterator[Open]:
    """Starts `digest studio` on a port, and waits until it says its address."""
    started: list[subprocess.Popen[str]] = []
    settings = environment(f"sqlite:///{sqlite_store.path}", 9)

    def open_one(port: int) -> subprocess.Popen[str]:
        process = start(["studio", str(studio.number), "--port", str(port)], settings, tmp_path)
        started.append(process)
        assert process.stdout is not None
        said = process.stdout.readline()
        assert f"127.0.0.1:{port}/studio" in said, process.stderr and process.stderr.read()
        return process

    yield open_one
    for one in started:
        one.kill()
        one.communicate()


def test_words_typed_while_the_process_is_gone_are_saved_when_it_is_back(
    chromium: Browser, open_process: Open, port: int, studio: Studio, tmp_path: Path
) -> None:
    process = open_process(port)
    editor = at_screen(chromium, f"http://127.0.0.1:{port}", tmp_path)
    page = editor.page
    with page.expect_response("**/events*"):
        editor.open(f"/studio/issues/{studio.number}")
    page.locator("#f-intro").click()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("Before. ")
    process.kill()
    process.wait()
    page.keyboard.type("While it is gone. ")
    page.locator("#saved", has_text=AWAY).wait_for()
    page.locator(f"#down-{slugs(studio)[0]}").click()
    page.locator("#saved", has_text="nothing was changed").wait_for()
    page.locator("#f-intro").press("ControlOrMeta+End")
    page.keyboard.type("Still gone. ")
    page.locator("#saved", has_text=AWAY).wait_for()
    editor.draw("gone")
    with page.expect_response("**/events*"):  # the stream comes back by itself
        open_process(port)
    page.keyboard.type("Back.")
    settled(page)
    words = "Before. While it is gone. Still gone. Back."
    until(lambda: view(studio).intro.text == words, "every word in the store")
    first = slugs(studio)[0]
    studio.app.issues.editor.change(studio.number, Move(first, 2), by="ben")
    page.locator("#hint").get_by_text("ben moved").wait_for()
    assert page.locator("#f-intro").input_value() == words
    page.context.close()


class Restartable:
    """The studio's server in this process: ended and begun again at one port."""

    def __init__(self, studio: Studio) -> None:
        self.studio = studio
        self._held = closed_port()
        self.port: int = self._held.getsockname()[1]
        self.begin()

    def begin(self) -> None:
        listener = socket.create_server(("127.0.0.1", self.port))
        self.stop = threading.Event()
        held = self.studio.context
        context = StudioContext(held.editor, self.stop, held.send, held.send_test)
        server = server_of(create_app(self.studio.app, studio=True, context=context), self.stop)
        self._thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        self._thread.start()

    def end(self) -> None:
        self.stop.set()
        self._thread.join()

    def close(self) -> None:
        self.end()
        self._held.close()


@pytest.fixture
def server(studio: Studio) -> Iterator[Restartable]:
    made = Restartable(studio)
    yield made
    studio.provider.opened.set()
    made.close()


def test_an_open_sending_page_goes_on_after_a_restart(
    chromium: Browser, server: Restartable, studio: Studio, tmp_path: Path
) -> None:
    """The stream of progress breaks off, comes back, and ends on the finished issue."""
    studio.app.issues.approve(studio.number, by="ana")
    studio.app.issues.start(studio.number)
    studio.provider.open_for = 20
    studio.sender.send(studio.number)
    until(lambda: studio.provider.begun > 20, "the sender at its twenty-first message")
    editor = at_screen(chromium, f"http://127.0.0.1:{server.port}", tmp_path)
    page = editor.page
    with page.expect_response("**/send/events"):
        editor.open(f"/studio/issues/{studio.number}/send")
    page.locator(".progress-line").get_by_text("of 40 are through").wait_for()
    server.end()
    with page.expect_response("**/send/events"):
        server.begin()
    studio.provider.opened.set()
    page.locator(".progress-line b", has_text="40").wait_for()
    page.locator(".state.finished").wait_for()
    page.context.close()
