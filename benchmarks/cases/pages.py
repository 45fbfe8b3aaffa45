"""What people wait for: rendering, the studio, the archive, reading commands, the worst texts."""

from benchmarks.entrances import LIMIT
from benchmarks.harness.case import Case, Options, Row
from benchmarks.harness.process import run

RENDERING = 25
"""The most milliseconds that an issue of 20 comparisons may take, from the store to its bytes."""
ARCHIVE = 3
"""The most milliseconds of a page of the archive."""
READING_SECONDS = 0.5
"""The most that a command may take that only reads."""
STUDIO = (
    ("key_ms", "key to new preview, median", "ms", 120),
    ("key_p95_ms", "key to new preview, 95 %", "ms", 250),
    ("page_ms", "the edit page at the server", "ms", 100),
    ("page_kb", "the edit page in all, compressed", "KB", 100),
)


def rendering(options: Options) -> list[Row]:
    del options
    found = run("rendering", 20, 20)
    what = "CPU milliseconds to render 20 comparisons, store to bytes"
    ours, alone = found["ms"], found["mjml_ms"]
    return [
        Row("mjml", what, "ms", ours, alone, to="MJML alone", less=True),
        Row.below("limit", what, "ms", ours=ours, most=RENDERING),
    ]


def studio(options: Options) -> list[Row]:
    del options
    found = run("studio")
    return [
        Row.below(key, f"studio, 20 comparisons: {what}", unit, ours=found[key], most=most)
        for key, what, unit, most in STUDIO
    ]


def archive(options: Options) -> list[Row]:
    del options
    found = run("archive")
    what, ours = "a page of the archive, CPU milliseconds a request", found["page_ms"]
    return [
        Row("anew", what, "ms", ours, found["made_anew_ms"], to="made anew each time", less=True),
        Row.below("limit", what, "ms", ours=ours, most=ARCHIVE),
    ]


def startup(options: Options) -> list[Row]:
    """Commands that only read, beside the import of what they read with."""
    del options
    found = run("startup")
    alone = found["sqlmodel"]
    rows = []
    for name in ("list", "status"):
        what, ours = f"digest issue {name}", found[name]
        rows += [
            Row(name, what, "CPU s", ours, alone, to="importing sqlmodel", less=True),
            Row.below(f"{name} limit", what, "CPU s", ours=ours, most=READING_SECONDS),
        ]
    return rows


def worst_texts(options: Options) -> list[Row]:
    """1 MB of the worst text for each kind of entrance."""
    del options
    what, most = "1 MB of the worst text", LIMIT * 1_000
    return [
        Row.below(kind, f"{what}: {kind}", "CPU ms", ours=seconds * 1_000, most=most)
        for kind, seconds in run("entrances").items()
    ]


CASES = [
    Case("rendering", rendering, minutes=0.3),
    Case("studio", studio, minutes=0.5),
    Case("archive", archive, minutes=0.2),
    Case("startup", startup, minutes=0.3),
    Case("worst-texts", worst_texts, minutes=1.5),
]
