"""A worker reads sources in a thread of its own, and ends with the others."""

import threading
from pathlib import Path

import pytest

from digest.bootstrap import bootstrap
from digest.catalog.queries import all_comparisons
from digest.settings import Settings
from digest.sources.registry import add_source
from digest.sources.tables import First, Kind
from digest.worker import has_sources, read_sources
from store.engine import Store
from tests.parts.site import days, feed, page, site
from tests.parts.waiting import until
from tests.parts.world import SECRET


def test_a_worker_brings_in_what_a_source_names(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("digest.worker.SOURCES_POLL_SECONDS", 0.05)
    settings = Settings(
        _env_file=None,  # type: ignore[call-arg]
        secret_key=SECRET,  # type: ignore[arg-type]
        outbox_dir=tmp_path / "outbox",
        source_allow="127.0.0.1",
    )
    app = bootstrap(settings, store=store)
    stop = threading.Event()
    worker = threading.Thread(target=read_sources, args=(app, stop))
    with site() as web:
        web.name = "127.0.0.1"
        web.put("/a", page("Ada", "Bob"))
        web.put("/feed.xml", feed(web, {"/a": days(1)}), "text/xml")
        worker.start()
        assert not has_sources(app)
        with store.write() as session:
            add_source(
                session,
                "site",
                web.url("/feed.xml"),
                Kind.FEED,
                now=app.clock(),
                first=First.NEW,
            )

        def has_come() -> bool:
            with store.read() as session:
                return [one.slug for one in all_comparisons(session)] == ["ada-vs-bob"]

        try:
            until(has_come, "the page came in")
        finally:
            stop.set()
            worker.join()
