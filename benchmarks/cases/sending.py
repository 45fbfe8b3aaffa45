"""A whole send over SMTP beside smtplib and bare writers, near and far; SendGrid; many senders."""

import tempfile
from collections import Counter
from functools import partial
from pathlib import Path

from benchmarks.harness.case import Case, Options, Row
from benchmarks.harness.process import CaseError, Figures, run
from benchmarks.sink import Wiring, running

SMALL, LARGE = 10_000, 1_000_000
CHUNKS, GROUPS = Wiring(), Wiring(chunking=False)
FAR = Wiring(round_trip=0.020)
MEMORY = 128
"""The most MB of the sending process."""
FREEZE = {"sqlite": 5, "postgresql": 8}
"""The most seconds."""
COUNT = 100
"""The most milliseconds that `digest issue status` may wait for its counts."""
CPU_AIM = {"chunks": 8.0, "groups": 6.0}
CONNECTIONS = {"chunks": 4, "groups": 8}
"""With DATA each has one body in flight, and those that are answered together are one turn."""


def whole_send(wiring: Wiring, database: str, options: Options) -> list[Row]:
    """The ledger durable, no round trip, over a sink that offers CHUNKING or PIPELINING alone."""
    name, bare = ("chunks", "bdat") if wiring.chunking else ("groups", "data")
    measure = partial(options.far_end.measure, name, wiring)
    ours = measure("ours", "URL", options.people, CONNECTIONS[name], "on", database)
    alone = measure("ours", "URL", options.people, CONNECTIONS[name], "off", database)
    reference = partial(measure, "references")
    plain = reference("smtplib", "ADDRESS", 5_000, 1, ours.octets)
    raw = reference(bare, "ADDRESS", 30_000, 1, ours.octets)
    limit = reference(f"{bare}-limit", "ADDRESS", 60_000, 4, ours.octets).rate
    offers = "PIPELINING, CHUNKING" if wiring.chunking else "PIPELINING alone"
    where = f"{options.people:,} people, {database}, {offers}"
    to = f"a bare {bare.upper()} writer"
    what, per_cpu = f"messages a second, {where}", f"messages per CPU second, {where}"
    return [
        _rate("smtplib", what, ours, plain, to="smtplib", limit=limit),
        _per_cpu("cpu", per_cpu, ours, plain, to="smtplib", aim=CPU_AIM[name]),
        _rate("bare", what, ours, raw, to=to, limit=limit),
        _rate("ledger", what, ours, alone, to="the ledger off", limit=limit),
        Row.below("mb", f"peak memory, {where}", "MB", ours=ours.mb, most=MEMORY),
    ]


def distance(options: Options) -> list[Row]:
    """At 20 ms, over ten connections."""
    measure = partial(options.far_end.measure, "far", FAR)
    ours = measure("ours", "URL", options.people, 10, "on", "sqlite")
    plain = measure("references", "smtplib", "ADDRESS", 1_000, 10, ours.octets)
    bare = measure("references", "data", "ADDRESS", 300, 1, ours.octets)
    what = f"messages a second, {options.people:,} people, 20 ms, 10 connections"
    return [
        _rate("smtplib", what, ours, plain, to="smtplib with 10", aim=50),
        _rate("bare", what, ours, bare, to="a bare pipelined writer, one connection"),
    ]


def size(large: int, options: Options) -> list[Row]:
    """A longer list against a short one."""
    measure = partial(options.far_end.measure, "chunks", CHUNKS)
    few = measure("ours", "URL", SMALL, 1, "on", "sqlite")
    many = measure("ours", "URL", large, 1, "on", "sqlite")
    to = f"{SMALL:,} people"
    what = f"CPU microseconds a message, {large:,} people"
    each, other = 1e6 / many.per_cpu, 1e6 / few.per_cpu
    return [
        Row("mb", f"peak memory, {large:,} people", "MB", many.mb, few.mb, to, 1.1, less=True),
        Row("cpu", what, "us", each, other, to, 1.15, less=True),
    ]


def freeze(database: str, options: Options) -> list[Row]:
    """The audience of a million, with frequency, topics, pause and suppression."""
    del options
    found = run("freeze", LARGE, *(["--postgresql"] if database == "postgresql" else []))
    what, ours = f"freeze of {LARGE:,}, {database}", found["seconds"]
    counted = f"deliveries of an issue of {LARGE:,} counted, {database}"
    return [
        Row("bare", what, "s", ours, found["bare_seconds"], to="a bare INSERT SELECT", less=True),
        Row.below("limit", what, "s", ours=ours, most=FREEZE[database]),
        Row.below("count", counted, "ms", ours=found["count_ms"], most=COUNT),
    ]


def sendgrid(options: Options) -> list[Row]:
    del options
    found = run("sendgrid_million")
    what = f"SendGrid, {int(found['people']):,} people in {int(found['requests']):,} requests"
    return [Row.below("cpu", what, "CPU s", ours=found["cpu"], most=60)]


def senders(options: Options) -> list[Row]:
    """Several processes on one PostgreSQL, into a sink at 20 ms that remembers."""
    rates = {many: _shared(many, options.people // 2) for many in (1, 2, 4)}
    return [
        Row(
            str(many),
            f"messages a second, PostgreSQL, {many} senders, 20 ms",
            "messages/s",
            rates[many],
            rates[1],
            "one sender",
        )
        for many in (2, 4)
    ]


def _shared(many: int, people: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        record = Path(folder) / "record"
        with running(Wiring(round_trip=0.020, record=record)) as sink:
            found = run("workers", sink.url, people, many)
        taken = Counter(line.split()[0] for line in record.read_text().splitlines())
    if len(taken) != found["people"] or set(taken.values()) != {1}:
        raise CaseError(f"{many} senders: somebody was mailed twice, or not at all")
    return found["people"] / found["seconds"]


def _rate(
    key: str,
    what: str,
    ours: Figures,
    reference: Figures,
    *,
    to: str,
    aim: float | None = None,
    limit: float | None = None,
) -> Row:
    rates = (ours.rate, reference.rate)
    return Row(key, what, "messages/s", *rates, to=to, aim=aim, octets=ours.octets, limit=limit)


def _per_cpu(key: str, what: str, ours: Figures, reference: Figures, *, to: str, aim: float) -> Row:
    rates = (ours.per_cpu, reference.per_cpu)
    return Row(key, what, "messages/CPU s", *rates, to=to, aim=aim, octets=ours.octets)


CASES = [
    *(
        Case(f"smtp-{name}-{database}", partial(whole_send, wiring, database), minutes=1.5)
        for name, wiring in (("chunks", CHUNKS), ("groups", GROUPS))
        for database in ("sqlite", "postgresql")
    ),
    Case("smtp-far", distance, minutes=1.5),
    Case("size", partial(size, 100_000), minutes=1),
    Case("size-million", partial(size, LARGE), minutes=3, full=True),
    Case("freeze-sqlite", partial(freeze, "sqlite"), minutes=1.5, full=True),
    Case("freeze-postgresql", partial(freeze, "postgresql"), minutes=3, full=True),
    Case("sendgrid", sendgrid, minutes=2, full=True),
    Case("senders", senders, minutes=2, full=True),
]
