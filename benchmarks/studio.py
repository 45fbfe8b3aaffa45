"""What an editor waits for in the studio: the first page, and the mail after a key was pressed.

    python -m benchmarks.studio [KEYS]

An issue of twenty comparisons is opened in headless Chromium, and a text is typed key by key; a
preview is there when the frame has been painted again. Prints milliseconds, and the kilobytes of
the page with its styles and modules, compressed, as JSON.
"""

import gzip
import json
import shutil
import socket
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

import uvicorn
from playwright.sync_api import Page, sync_playwright
from pydantic import SecretStr
from starlette.testclient import TestClient

from benchmarks.rendering import issue_of
from benchmarks.week import SECRET
from digest.bootstrap import bootstrap
from digest.database import ensure_current
from digest.settings import ProviderName, read_settings
from digest.web.application import create_app
from digest.web.studio.context import StudioContext

COMPARISONS = 20
PAGES = 20
PRESS = """async key => {
  const area = document.querySelector('#f-intro');
  const frame = document.querySelector('#mail');
  const before = frame.dataset.shown || '0';
  const began = performance.now();
  area.value += key;
  area.dispatchEvent(new Event('input', {bubbles: true}));
  while ((frame.dataset.shown || '0') === before) await new Promise(requestAnimationFrame);
  return performance.now() - began;
}"""


def main(keys: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        settings = read_settings(
            database_url=f"sqlite:///{folder}/digest.db",
            provider=ProviderName.OUTBOX,
            outbox_dir=Path(folder) / "outbox",
            public_url="https://digest.example",
            postal_address="1 Example Road, Town",
            secret_key=SecretStr(SECRET),
        )
        app = bootstrap(settings)
        ensure_current(app.store)
        number = issue_of(app, COMPARISONS)
        context = StudioContext("ana")
        pages = create_app(app, studio=True, context=context)
        path = f"/studio/issues/{number}"
        figures = _first_page(TestClient(pages, "http://127.0.0.1"), path)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            server = uvicorn.Server(uvicorn.Config(pages, log_level="warning", lifespan="off"))
            thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
            thread.start()
            home = f"http://127.0.0.1:{listener.getsockname()[1]}"
            try:
                figures |= _typing(home + path, keys)
            finally:
                context.stop.set()
                server.should_exit = True
                thread.join()
        app.close()
    print(json.dumps(figures))


def _first_page(client: TestClient, path: str) -> dict[str, float]:
    client.get(path)
    times = []
    for _ in range(PAGES):
        began = time.perf_counter()
        answer = client.get(path)
        times.append((time.perf_counter() - began) * 1000)
    modules = client.app.state.modules.compressed.values()  # type: ignore[attr-defined]
    statics = client.app.state.templates.statics  # type: ignore[attr-defined]
    bodies = [answer.content, statics["site.css"], statics["studio.css"], statics["mark.svg"]]
    size = sum(len(gzip.compress(one)) for one in bodies) + sum(map(len, modules))
    return {"page_ms": statistics.median(times), "page_kb": size / 1000}


def _typing(address: str, keys: int) -> dict[str, float]:
    with sync_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(address)
        page.frame_locator("#mail").locator("h2").first.wait_for()
        times = sorted(_press(page, keys))
        browser.close()
    return {
        "key_ms": statistics.median(times),
        "key_p95_ms": times[min(len(times) - 1, int(0.95 * len(times)))],
    }


def _press(page: Page, keys: int) -> list[float]:
    page.evaluate(PRESS, "a")
    return [float(page.evaluate(PRESS, "abcdefgh "[one % 9])) for one in range(keys)]


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 100)
