"""What comes back: SendGrid's posts, clicks, and a flood of them."""

from collections.abc import Mapping
from functools import partial

from benchmarks.harness.case import Case, Options, Row
from benchmarks.harness.process import run

CLICKS, EVENTS = 10_000, 50_000
"""A second, at least."""
REPORT, LONG = 2, 20_000_000
"""The most seconds of a report, and the events that it may be over."""
WAIT = 300
"""The most milliseconds that an unsubscribe may wait in a flood."""


def webhook(options: Options) -> list[Row]:
    del options
    found = run("webhook")
    what = f"SendGrid's posts, {int(found['events']):,} events stored"
    return [
        Row.above("aim", what, "events/s", ours=found["rate"], least=EVENTS),
        *_beside(found, what, unit="events", to="parsing alone"),
    ]


def clicks(options: Options) -> list[Row]:
    del options
    found = run("clicks")
    what = "clicks, one core, each durable before its answer"
    return [
        Row.above("aim", what, "clicks/s", ours=found["rate"], least=CLICKS),
        *_beside(found, what, unit="clicks", to="a bare application", aim=0.6),
    ]


def flood(options: Options) -> list[Row]:
    """12,000 clicks on one delivery; an unsubscribe over the limit is an error."""
    del options
    found = run("flood")
    return [
        Row.below(
            f"{name} {kind}",
            f"{name}, 12,000 clicks on one mail: others' unsubscribes, {words}",
            "ms",
            ours=found[f"{name} {kind}_ms"],
            most=WAIT,
        )
        for name in ("SQLite", "PostgreSQL")
        for kind, words in (("half", "half of them"), ("longest", "the longest"))
    ]


def report(database: str, events: int, options: Options) -> list[Row]:
    """Ten issues, four events a delivery: the reports of one and of all, beside a bare count."""
    del options
    found = run("report", events, *(["--postgresql"] if database == "postgresql" else []))
    what = f"{events:,} events, {database}"
    one, every = f"report of one issue of ten, {what}", f"report of all ten issues, {what}"
    return [
        Row("raw", every, "s", found["all"], found["raw"], to="SELECT count(*)", less=True),
        Row("kept", every, "s", found["all"], found["all_counted"], to="counted", less=True),
        Row.below("one", one, "s", ours=found["one"], most=REPORT),
        Row.below("all", every, "s", ours=found["all"], most=REPORT),
    ]


def _beside(
    found: Mapping[str, float], what: str, *, unit: str, to: str, aim: float | None = None
) -> list[Row]:
    """To what does the least; and how long the tail of the waits is."""
    waits, half = found["p99_ms"], found["half_ms"]
    per_cpu, bare = found["per_cpu"], found["bare_per_cpu"]
    return [
        Row("bare", what, f"{unit}/s", found["rate"], found["bare_rate"], to=to, aim=aim),
        Row("cpu", what, f"{unit}/CPU s", per_cpu, bare, to=to, aim=aim),
        Row("waits", f"{what}: 99 of 100 within", "ms", waits, half, to="half within", less=True),
    ]


CASES = [
    Case("webhook", webhook, minutes=0.7),
    Case("clicks", clicks, minutes=1),
    Case("flood", flood, minutes=3, full=True),
    *(
        Case(f"report-{database}", partial(report, database, 2_000_000), minutes=1.5, full=True)
        for database in ("sqlite", "postgresql")
    ),
    *(
        Case(f"report-long-{database}", partial(report, database, LONG), minutes=15, full=True)
        for database in ("sqlite", "postgresql")
    ),
]
