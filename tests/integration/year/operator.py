"""An operator's installation in one folder: a worker's rounds, commands, faults, and what is told.

The clock goes only when told. Commands are the real ones; a round does what `digest serve` does.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, nullcontext, suppress
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from alembic import command as alembic
from alembic.config import Config
from sqlmodel import Session

from digest.bootstrap import App, bootstrap
from digest.database import MIGRATIONS
from digest.deliver.ledger.worker_lock import worker_lock
from digest.deliver.providers.base import (
    Accepted,
    Outcome,
    ProviderError,
    SubmissionStoppedError,
    never,
)
from digest.gate import Finding, Gate, SampleMessage
from digest.issues.lifecycle import find_issue
from digest.message.edition import Edition
from digest.message.personalization import Personalization
from digest.pipeline.issue_renderer import IssueRenderer
from digest.render.rendered import Rendered
from digest.settings import read_settings
from digest.sources.reader import SourceReader
from digest.worker import fetcher_of, maintenance_of
from schedules.runner import tick
from store.engine import open_store
from tests.golden.seams.outside import Outside
from tests.parts.world import RENDERED, Clock

ANA = "ana@example.org"
LENSES = ("builder", "skeptic", "futurist", "founder")


@dataclass
class Relay:
    """The mail server: remembers what it took, and is away where it is told so."""

    clock: Clock
    name: str = "relay"
    batch_size: int = 10
    tells_begun: bool = False
    fault: str = ""
    told: list[tuple[date, str]] = field(default_factory=list)
    """What Ana got: the day, and the subject up to its colon."""
    sent: list[tuple[str, int, str]] = field(default_factory=list)
    """What readers got: series, issue and address."""

    def submit(
        self,
        edition: Edition,
        batches: Iterable[Sequence[Personalization]],
        should_stop: Any = never,
        _journal: Any = None,
    ) -> Iterator[Sequence[Outcome]]:
        for batch in batches:
            if self.fault:
                raise ProviderError(self.fault)
            if should_stop():
                raise SubmissionStoppedError
            for one in batch:
                if one.email == ANA:
                    self.told.append((self.clock().date(), edition.subject.partition(": ")[0]))
                else:
                    self.sent.append((edition.series, edition.number, one.email))
            yield [Accepted(one.delivery_id, f"r-{one.delivery_id}") for one in batch]

    def check(self) -> None: ...
    def close(self) -> None: ...


@dataclass(frozen=True)
class StatedGate(Gate):
    """Finds what it is told to; it is quick."""

    stated: list[Finding] = field(default_factory=list)

    def check(self, mail: SampleMessage) -> list[Finding]:
        del mail
        return self.stated

    check_quickly = check


class BriefRenderer(IssueRenderer):
    """Renders each issue in two lines, quickly."""

    __slots__ = ()

    def rendered_anew(
        self, session: Session, number: int, typed: Mapping[str, str] | None = None
    ) -> Rendered:
        del typed
        issue = find_issue(session, number)
        return replace(RENDERED, subject=issue.subject, preheader=issue.preheader)


class Operator:
    """`app` is the running process; `restart` makes it anew over the same folder."""

    def __init__(self, outside: Outside, clock: Clock) -> None:
        self.outside = outside
        self.clock = clock
        self.relay = Relay(clock)
        self.gate = StatedGate()
        self.folder = outside.home / "pages"
        self.folder.mkdir()
        self._pages = 0
        self.app, self.reader = self._start()

    def restart(self) -> None:
        self.app.close()
        self.app, self.reader = self._start()

    def _start(self) -> tuple[App, SourceReader]:
        app = bootstrap(read_settings(), provider=self.relay, clock=self.clock)
        real = app.issues.renderer
        brief = BriefRenderer(**{one.name: getattr(real, one.name) for one in fields(real)})
        app = replace(app, issues=replace(app.issues, gate=self.gate, renderer=brief))
        # A folder is read without a client for HTTP, which takes time to make.
        client: Any = nullcontext(SimpleNamespace(requests=0))
        fetcher = replace(fetcher_of(app), open_client=lambda: client)
        return app, SourceReader(app.store, self.clock, fetcher)

    def digest(self, *arguments: str) -> str:
        """Run a command; return what it printed."""
        return self.outside.done(*arguments)

    def round(self, day: date, hour: int, minute: int = 5) -> None:
        """Do what scheduler and workers do at that time (UTC), as `digest serve` does."""
        self.clock.now = datetime.combine(day, time(hour, minute), UTC)
        jobs = maintenance_of(self.app)
        tick(self.app.store, self.clock(), jobs.draft_due)
        with worker_lock(self.app.store) as lock:
            jobs.approve_automatic()
            jobs.settle_scheduled()
            with suppress(ProviderError):
                jobs.send_due(lock)
            if self.app.guard.may_send():
                self.reader.read_due(lock, lambda: False)
                with suppress(ProviderError):
                    self.app.notifier.note()
                    self.app.notifier.deliver()

    def publish(self, day: date, count: int = 2) -> None:
        """Put new pages into the folder that the source reads."""
        for _ in range(count):
            self._pages += 1
            left, right = f"Tool {self._pages} A", f"Tool {self._pages} B"
            page = {
                "title": f"{left} vs {right}",
                "published_at": day.isoformat(),
                "url": f"https://verdicts.example/compare/{self._pages}",
                "contenders": [_contender(left, 75), _contender(right, 50)],
            }
            file = self.folder / f"{self._pages:03}.json"
            file.write_text(json.dumps({"comparisons": [page]}), encoding="utf-8")

    def age_store(self, revision: str) -> None:
        """Make the store one of an older version, with everything that one could hold."""
        self.app.close()
        path = self.outside.home / "var/digest.db"
        new = path.with_suffix(".new")
        _age(path, new, revision)
        with closing(sqlite3.connect(path)) as live, closing(sqlite3.connect(new)) as old:
            old.backup(live)
        new.unlink()

    def received(self) -> Counter[tuple[str, int, str]]:
        return Counter(self.relay.sent)


def _contender(name: str, score: int) -> dict[str, Any]:
    return {
        "name": name,
        "category": "Design",
        "tagline": f"What {name} is for",
        "description": f"{name} does one thing, and this is where it is told at more length.",
        "panel_score": score,
        "community_score": None,
        "entry_price": "Free",
        "reviews": [
            {
                "lens": lens,
                "quote": f"{name} held up for a week of real work. So says the {lens} of {name}.",
                "verdict": "ship" if place else "skip",
            }
            for place, lens in enumerate(LENSES)
        ],
    }


def _age(path: Path, new: Path, revision: str) -> None:
    """Write a store of `revision` to `new` with the rows of `path`, as far as it has columns."""
    store = open_store(f"sqlite:///{new}")
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with store.engine.begin() as connection:
        config.attributes["connection"] = connection
        alembic.upgrade(config, revision)
    store.close()
    with closing(sqlite3.connect(new, isolation_level=None)) as old:
        old.execute("ATTACH ? AS live", (str(path),))
        old.execute("PRAGMA foreign_keys = OFF")
        tables = [
            name
            for (name,) in old.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'")
            if name != "alembic_version" and not name.startswith("sqlite_")
        ]
        old.execute("BEGIN")
        for table in tables:
            both = _columns(old, "main", table) & _columns(old, "live", table)
            names = ", ".join(f'"{name}"' for name in sorted(both))
            old.execute(f'DELETE FROM main."{table}"')
            old.execute(f'INSERT INTO main."{table}" ({names}) SELECT {names} FROM live."{table}"')
        old.execute("DELETE FROM main.sqlite_sequence")
        old.execute("INSERT INTO main.sqlite_sequence SELECT * FROM live.sqlite_sequence")
        old.execute("COMMIT")


def _columns(connection: sqlite3.Connection, schema: str, table: str) -> set[str]:
    return {row[1] for row in connection.execute(f'PRAGMA {schema}.table_info("{table}")')}
