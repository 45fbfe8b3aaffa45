"""Figures side by side, as ratios to a reference measured in the same run: make bench

--full                 a million recipients, SendGrid, several senders on PostgreSQL and a flood too
--markdown             the table as docs/performance.md keeps it
--sink NAME=URL        a sink elsewhere instead of our own: chunks, groups or far (20 ms)
"""

import argparse
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from benchmarks.case import Far, Figures, run
from benchmarks.entrances import LIMIT
from benchmarks.machine import describe
from benchmarks.sink import Wiring, running

MEDIUM, SMALL, LARGE = 100_000, 10_000, 1_000_000
CHUNKS, GROUPS = Wiring(), Wiring(chunking=False)
READING_SECONDS = 0.5
FAR = Wiring(round_trip=0.020)


@dataclass(frozen=True, slots=True)
class Line:
    """`ratio` is ours to the reference; `target` is what it should reach at least (or at most)."""

    what: str
    ours: str
    reference: str
    ratio: float | None = None
    target: str = ""


def speed(far: Far) -> list[Line]:
    """At no round trip, over a sink that takes chunks, and over one that does not."""
    lines = []
    for name, wiring, bare in (("chunks", CHUNKS, "bdat"), ("groups", GROUPS, "data")):
        ours = far.measure(name, wiring, "ours", "URL", MEDIUM, 4, "on")
        alone = far.measure(name, wiring, "ours", "URL", MEDIUM, 4, "off")
        plain = far.measure(name, wiring, "references", "smtplib", "ADDRESS", 5_000, 1)
        raw = far.measure(name, wiring, "references", bare, "ADDRESS", 30_000, 1)
        pipelined = far.measure(name, wiring, "references", "data", "ADDRESS", 20_000, 1)
        offers = "PIPELINING, CHUNKING" if wiring.chunking else "PIPELINING alone"
        where = f"{MEDIUM:,} people, ledger on, {offers}"
        lines += [
            _per_cpu(f"{where}: to smtplib", ours, plain, "8"),
            _rate(f"{where}: to a bare pipelined writer", ours, pipelined, "0.5"),
            _rate(f"{where}: to a bare {bare.upper()} writer", ours, raw),
            _rate("the same, to ledger off", ours, alone),
        ]
    return lines


def distance(far: Far) -> list[Line]:
    """At 20 ms, over ten connections."""
    ours = far.measure("far", FAR, "ours", "URL", MEDIUM, 10, "on")
    plain = far.measure("far", FAR, "references", "smtplib", "ADDRESS", 1_000, 10)
    bare = far.measure("far", FAR, "references", "data", "ADDRESS", 300, 1)
    return [
        _rate("20 ms, 10 connections: to smtplib with 10", ours, plain, "50"),
        _rate("20 ms: to a bare pipelined writer, one connection", ours, bare),
    ]


def size(far: Far, large: int) -> list[Line]:
    """A longer list against a short one."""
    few = far.measure("chunks", CHUNKS, "ours", "URL", SMALL, 1, "on")
    many = far.measure("chunks", CHUNKS, "ours", "URL", large, 1, "on")
    each, other = many.cpu / many.people * 1e6, few.cpu / few.people * 1e6
    return [
        Line(
            f"peak memory, {large:,} people: to {SMALL:,}",
            f"{many.mb:.0f} MB",
            f"{few.mb:.0f} MB",
            many.mb / few.mb,
            "at most 1.10",
        ),
        Line(
            f"CPU seconds a million, {large:,} people: to {SMALL:,}",
            f"{each:.1f}",
            f"{other:.1f}",
            each / other,
            "at most 1.15",
        ),
    ]


def rendering() -> list[Line]:
    found = run("rendering", "20", "20")
    return [
        Line(
            "CPU ms to render 20 comparisons, store to bytes: to MJML alone",
            f"{found['ms']:.1f}",
            f"{found['mjml_ms']:.2f}",
            found["ms"] / found["mjml_ms"],
            "at most 25 ms",
        )
    ]


def studio() -> list[Line]:
    found = run("studio")
    return [
        Line(what, f"{found[key]:.0f} {unit}", f"{most} {unit}", found[key] / most, "at most 1")
        for what, key, unit, most in (
            ("studio, 20 comparisons: key to new preview, median", "key_ms", "ms", 120),
            ("studio, 20 comparisons: key to new preview, 95 %", "key_p95_ms", "ms", 250),
            ("studio, 20 comparisons: the edit page at the server", "page_ms", "ms", 100),
            ("studio, 20 comparisons: the edit page in all, compressed", "page_kb", "KB", 100),
        )
    ]


def sendgrid() -> list[Line]:
    found = run("sendgrid_million")
    what = f"SendGrid, {int(found['people']):,} people in {int(found['requests']):,} requests"
    return [Line(what, f"{found['cpu']:.1f} CPU s", "60 CPU s", found["cpu"] / 60, "at most 1")]


def webhook() -> list[Line]:
    found = run("webhook")
    what = f"SendGrid's posts, {int(found['events']):,} events stored"
    rate, bare = found["rate"], found["bare_rate"]
    waits = f"half of the posts in {found['half_ms']} ms, 99 % in {found['p99_ms']} ms"
    return [
        Line(f"{what}, {waits}: to 20,000", f"{rate:,.0f}/s", "20,000/s", rate / 20_000, "1"),
        Line(f"{what}: to parsing alone", f"{rate:,.0f}/s", f"{bare:,.0f}/s", rate / bare),
        Line(
            f"{what}, per CPU second: to parsing alone",
            f"{found['per_cpu']:,.0f}",
            f"{found['bare_per_cpu']:,.0f}",
            found["per_cpu"] / found["bare_per_cpu"],
        ),
    ]


def clicks() -> list[Line]:
    found = run("clicks")
    rate, bare = found["rate"], found["bare_rate"]
    waits = f"half answered in {found['half_ms']} ms, 99 % in {found['p99_ms']} ms"
    what = "clicks, one core, each durable before its answer"
    return [
        Line(f"{what}, {waits}: to 10,000", f"{rate:,.0f}/s", "10,000/s", rate / 10_000, "1"),
        Line(f"{what}: to answering alone", f"{rate:,.0f}/s", f"{bare:,.0f}/s", rate / bare, "0.5"),
        Line(
            "clicks per CPU second: to answering alone",
            f"{found['per_cpu']:,.0f}",
            f"{found['bare_per_cpu']:,.0f}",
            found["per_cpu"] / found["bare_per_cpu"],
            "0.5",
        ),
    ]


def startup() -> list[Line]:
    """Commands that only read. More than `READING_SECONDS` ends the benchmark with an error."""
    found = run("startup")
    lines = [
        Line(
            f"CPU seconds, digest issue {name}: to importing sqlmodel",
            f"{found[name]:.2f}",
            f"{found['sqlmodel']:.2f}",
            found[name] / found["sqlmodel"],
            f"at most {READING_SECONDS} s",
        )
        for name in ("list", "status")
    ]
    if max(found["list"], found["status"]) > READING_SECONDS:
        show(lines, markdown=False)
        sys.exit(f"a command that only reads takes more than {READING_SECONDS} s")
    return lines


def worst_texts() -> list[Line]:
    """1 MB of the worst text for each kind of entrance; one over its limit ends the benchmark."""
    return [
        Line(
            f"CPU milliseconds, 1 MB of the worst text: {kind}",
            f"{seconds * 1000:,.0f}",
            f"{LIMIT * 1000:,.0f}",
            seconds / LIMIT,
            "at most 1.00",
        )
        for kind, seconds in run("entrances").items()
    ]


def flood() -> list[Line]:
    """12,000 clicks on one delivery; an unsubscribe over the limit ends the benchmark."""
    found = run("flood")
    return [
        Line(
            f"{name}, 12,000 clicks on one mail: longest of others' unsubscribes, half "
            f"{found[f'{name} half_ms']:.0f} ms",
            f"{found[f'{name} longest_ms']:.0f} ms",
            "300 ms",
            found[f"{name} longest_ms"] / 300,
            "at most 1.00",
        )
        for name in ("SQLite", "PostgreSQL")
    ]


def senders() -> list[Line]:
    """Several processes on one PostgreSQL, into a sink at 20 ms that remembers."""
    rates = {many: _shared(many) for many in (1, 2, 4)}
    return [
        Line(
            f"PostgreSQL, {many} senders, 20 ms: to one",
            f"{rates[many]:,.0f}/s",
            f"{rates[1]:,.0f}/s",
            rates[many] / rates[1],
            "rising",
        )
        for many in (2, 4)
    ]


def _shared(many: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        record = Path(folder) / "record"
        with running(Wiring(round_trip=0.020, record=record)) as sink:
            found = run("workers", sink.url, str(MEDIUM // 2), str(many))
        taken = Counter(line.split()[0] for line in record.read_text().splitlines())
    if len(taken) != found["people"] or set(taken.values()) != {1}:
        sys.exit(f"{many} senders: somebody was mailed twice, or not at all")
    return found["people"] / found["seconds"]


def _rate(what: str, ours: Figures, reference: Figures, target: str = "") -> Line:
    note = " (the sink's limit)" if ours.limited else ""
    return Line(
        f"messages a second, {what}",
        f"{ours.rate:,.0f}{note}",
        f"{reference.rate:,.0f}",
        ours.rate / reference.rate,
        target,
    )


def _per_cpu(what: str, ours: Figures, reference: Figures, target: str) -> Line:
    return Line(
        f"messages per CPU second, {what}",
        f"{ours.per_cpu:,.0f}",
        f"{reference.per_cpu:,.0f}",
        ours.per_cpu / reference.per_cpu,
        target,
    )


def show(lines: list[Line], *, markdown: bool) -> None:
    for line in lines:
        ratio = f"x {line.ratio:.2f}" if line.ratio is not None else ""
        if markdown:
            print(f"| {line.what} | {line.ours} | {line.reference} | {ratio} | {line.target} |")
        else:
            print(f"{line.what:82}{line.ours:>28}{line.reference:>10}{ratio:>10}  {line.target}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench ARGS=", description=__doc__)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--markdown", action="store_true")
    parser.add_argument("--sink", action="append", default=[], metavar="NAME=URL")
    given = parser.parse_args()
    far = Far(dict(one.split("=", 1) for one in given.sink))
    print(f"{describe()}; messages of 35 KB\n", flush=True)
    if given.markdown:
        print("| what | ours | reference | ratio | target |\n| --- | ---: | ---: | ---: | --- |")
    parts = [
        lambda: speed(far),
        lambda: distance(far),
        lambda: size(far, LARGE if given.full else MEDIUM),
        rendering,
        studio,
        webhook,
        clicks,
        startup,
        worst_texts,
    ]
    if given.full:
        parts += [sendgrid, senders, flood]
    for part in parts:
        show(part(), markdown=given.markdown)
        sys.stdout.flush()


main()
