"""A real browser and a real server for it."""

import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, Error, sync_playwright
from starlette.types import ASGIApp

from tests.parts.second_try import give_second_try
from tests.parts.servers.machine import without

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    give_second_try(one for one in items if Path(__file__).parent in one.path.parents)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The system's Chromium, headless; skips where there is none.

    With DIGEST_TESTS_NO_SKIP=1 it fails instead, so that no run passes for want of a browser.
    """
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        without("no Chromium on this machine; install one, for example: apt-get install chromium")
    with sync_playwright() as playwright:
        try:
            # Containers run as root, where Chromium's own sandbox does not start.
            browser = playwright.chromium.launch(
                executable_path=path, args=["--no-sandbox", "--disable-gpu"]
            )
        except Error as error:
            without(f"{path} does not start: {str(error).splitlines()[0]}")
        yield browser
        browser.close()


@pytest.fixture
def serve() -> Iterator[Callable[[ASGIApp], str]]:
    """Serves an application on a free port of 127.0.0.1 and returns its address."""
    running: list[tuple[uvicorn.Server, threading.Thread]] = []

    def start(app: ASGIApp) -> str:
        # Listening before the server runs: a request that comes early waits in the queue.
        listener = socket.create_server(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        running.append((server, thread))
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield start
    for server, thread in running:
        server.should_exit = True
        thread.join()
