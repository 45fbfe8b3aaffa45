"""Takes the figures of both sides: the same list, the same message, the same kind of sink."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.beside import listmonk
from benchmarks.beside.listmonk import Tuning
from benchmarks.beside.message import Campaign
from benchmarks.beside.postgresql import Server
from benchmarks.databases import tree_cpu
from benchmarks.harness.process import run
from benchmarks.ours import open_app
from benchmarks.sink import Sink, Wiring, running
from benchmarks.usage import peak
from benchmarks.weekly import add_weekly
from digest.database import upgrade
from digest.message.edition import Edition
from store.engine import open_store
from store.errors import UserError

CONNECTIONS = 4
"""Ours opens so many."""


@dataclass(frozen=True, slots=True)
class Side:
    """`rate` is of messages a second between the first and the last that the sink took."""

    name: str
    rate: float
    per_cpu: float
    mb: float
    stored: float
    octets: float


def write_list(path: Path, people: int, heading: str, row: str) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(heading)
        file.writelines(row.format(n=number) for number in range(people))


def edition(folder: Path) -> Edition:
    """Return the issue that both send."""
    app = open_app(f"sqlite:///{folder / 'edition.db'}", "smtp://127.0.0.1:25?starttls=never")
    number = add_weekly(app)
    with app.store.read() as session:
        found = app.renderer.edition(session, number)
    app.close()
    return found


def theirs(
    built: Path, server: Server, folder: Path, people: int, content: Campaign, *, tuning: Tuning
) -> Side:
    """Import the list into a listmonk and send the campaign, each in a process of its own."""
    path = folder / "listmonk.csv"
    write_list(path, people, "email,name,attributes\n", 'reader{n}@example.org,Reader {n},"{{}}"\n')
    with running(Wiring()) as sink:
        installed = listmonk.install(built, server, "listmonk")
        with listmonk.running(installed) as api:
            api.tune(sink.port, tuning)
        with listmonk.running(installed) as api:
            list_id = api.add_list()
            stored, seconds = timed(lambda: api.import_csv(path, list_id))
        with listmonk.running(installed) as api:
            number = api.add_campaign(content, list_id)
            used = tree_cpu(api.process.pid) + tree_cpu(server.postmaster)
            sent = api.send(number)
            used = tree_cpu(api.process.pid) + tree_cpu(server.postmaster) - used
            mb = peak(api.process.pid)
    _ensure("listmonk", people, stored, sent, sink.accepted)
    return _side("listmonk", sink, used, mb, stored / seconds)


def ours(server: Server | None, folder: Path, people: int) -> Side:
    """Import the list and send the issue; into SQLite where no server is given."""
    kind = "postgresql" if server else "sqlite"
    path = folder / f"{kind}.csv"
    write_list(path, people, "email,first_name\n", "reader{n}@example.org,Reader {n}\n")
    url = server.create("import") if server else f"sqlite:///{folder / 'import.db'}"
    store = open_store(url)
    upgrade(store)
    store.close()
    imported = run("import_million", "--case", "whole", path, url)
    with running(Wiring()) as sink:
        where: list[object] = ["sqlite"]
        if server:
            where = [server.create("send"), "--postmaster", server.postmaster]
        found = run("ours", sink.url, people, CONNECTIONS, "on", *where)
    _ensure("ours", people, int(imported["rows"]), int(found["people"]), sink.accepted)
    name = "ours, PostgreSQL" if server else "ours, SQLite"
    stored = imported["rows"] / imported["seconds"]
    return _side(name, sink, found["cpu"], found["mb"], stored)


def timed(work: Callable[[], int]) -> tuple[int, float]:
    began = time.perf_counter()
    return work(), time.perf_counter() - began


def _side(name: str, sink: Sink, cpu: float, mb: float, stored: float) -> Side:
    sent = sink.accepted
    return Side(name, sent / sink.seconds, sent / cpu, mb, stored, sink.octets / sent)


def _ensure(name: str, people: int, stored: int, sent: int, accepted: int) -> None:
    """Refuse figures unless everybody was stored, and mailed once."""
    if not people == stored == sent == accepted:
        raise UserError(
            f"{name}: of {people} people {stored} were stored, {sent} sent to by its own count, "
            f"and {accepted} messages arrived"
        )
