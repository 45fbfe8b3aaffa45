"""The page of an issue in the archive: processor time a request in the server.

    python -m benchmarks.archive [REQUESTS]

The whole application in this process, on SQLite, with an issue of the sample week; no socket. The
reference is the same page made anew for each request, as it is for the first one. Prints as JSON
milliseconds of processor, the median of three rounds, and the page's bytes.
"""

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Callable, Hashable
from datetime import UTC, datetime
from statistics import median
from typing import Any

from starlette.types import ASGIApp

from benchmarks.week import SECRET, add_issue
from digest.bootstrap import bootstrap
from digest.database import upgrade
from digest.issues.tables import Issue, IssueState
from digest.settings import read_settings
from digest.web.application import pages_of
from digest.web.page_cache import PageCache

ROUNDS = 3


def main(requests: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        app = bootstrap(
            read_settings(
                database_url=f"sqlite:///{folder}/digest.db",
                secret_key=SECRET,
                outbox_dir=f"{folder}/outbox",
            )
        )
        upgrade(app.store)
        number = add_issue(app)
        with app.store.write() as session:
            issue = session.get_one(Issue, number)
            issue.state, issue.audience, issue.started_at = IssueState.SENDING, 1, datetime.now(UTC)
        site = pages_of(app)
        kept = _median(site, number, requests)
        site.state.pages = Forgetful()
        anew = _median(site, number, requests // 10 or 1)
        size = asyncio.run(_get(site, f"/issues/{number}", 1))
        app.close()
    print(json.dumps({"page_ms": kept, "made_anew_ms": anew, "octets": size}))


class Forgetful(PageCache):
    """Keeps nothing."""

    def get(self, name: Hashable, version: Hashable, make: Callable[[], bytes]) -> bytes:
        """Make the page now."""
        del name, version
        return make()


def _median(site: ASGIApp, number: int, requests: int) -> float:
    return round(median(_cpu(site, f"/issues/{number}", requests) for _ in range(ROUNDS)), 2)


def _cpu(site: ASGIApp, path: str, requests: int) -> float:
    """Return the milliseconds of processor a request; the first is not counted."""
    asyncio.run(_get(site, path, 1))
    began = time.process_time()
    asyncio.run(_get(site, path, requests))
    return (time.process_time() - began) / requests * 1000


async def _get(site: ASGIApp, path: str, requests: int) -> int:
    """Ask so often; return the bytes of the last answer."""
    size = 0
    scope = {
        "type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "root_path": "",
        "query_string": b"", "headers": [(b"host", b"localhost:8000")], "http_version": "1.1",
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8000), "scheme": "http",
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        nonlocal size
        if message["type"] == "http.response.start" and message["status"] != 200:
            sys.exit(f"the page was answered with {message['status']}")
        size = size + len(message["body"]) if message["type"] == "http.response.body" else 0

    for _ in range(requests):
        await site(dict(scope), receive, send)
    return size


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000)
