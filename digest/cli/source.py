"""digest source: where new comparisons come from."""

import logging
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from digest.cli.common import (
    AsJson,
    CommandError,
    format_time,
    open_app,
    open_reader,
    print_json,
    print_rows,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from digest.bootstrap import App
    from digest.sources.preview import Found, Preview
    from digest.sources.tables import Kind, Source, SourceFetch

app = typer.Typer(help="Where new comparisons come from.", no_args_is_help=True)

Location = Annotated[str, typer.Argument(metavar="URL|FOLDER", help="An address, or a folder.")]
KindOption = Annotated[
    str | None,
    typer.Option(metavar="feed|sitemap|page|json|folder", help="By default what is found there."),
]
Match = Annotated[
    str,
    typer.Option(help="Of the addresses only those with this part, or of this form: /compare/*"),
]


@app.command(
    "add", epilog="Example: digest source add site https://example.org/feed.xml --every 1h"
)
def add(
    name: Annotated[str, typer.Argument(help="Lower-case letters, digits and dashes.")],
    location: Location,
    kind: KindOption = None,
    *,
    match: Match = "",
    every: Annotated[str, typer.Option(help="How often it is read: 5m to 90d.")] = "1h",
    first: Annotated[
        str,
        typer.Option(metavar="seen|new", help="What becomes of the pages that are there already."),
    ] = "seen",
) -> None:
    """Add a source that workers read from now on; what is there already is not brought in."""
    from digest.sources.registry import add_source, parse_every, parse_first
    from digest.sources.tables import First

    minutes, first_pages = parse_every(every), parse_first(first)
    with open_app() as app:
        with _preview(app) as preview:
            address, found = _place(preview, location, kind)
        with app.store.write() as session:
            add_source(
                session,
                name,
                address,
                found,
                now=app.clock(),
                match=match,
                every_minutes=minutes,
                first=first_pages,
            )
    print(f"{name}: {found} at {address}, read every {every}; digest source fetch {name}")
    if first_pages is First.SEEN:
        print("what is there now is not brought in; to have it, remove and add with --first new")


@app.command("list", epilog="Example: digest source list --json")
def list_(as_json: AsJson = False) -> None:
    """Every source, when it was read and when it is due."""
    from digest.sources.registry import all_sources
    from store.durations import minutes_words

    with open_reader() as reader, reader.store.read() as session:
        sources = all_sources(session)
        now = reader.clock()
    if as_json:
        print_json([_as_json(one, now) for one in sources])
        return
    if not sources:
        print("no sources yet; digest source add NAME URL|FOLDER")
        return
    print_rows(
        ("name", "kind", "every", "read", "brought", "next", "state"),
        [
            (
                one.name,
                one.kind,
                minutes_words(one.every_minutes),
                format_time(one.read_at),
                format_time(one.brought_at),
                format_time(one.next_at) if one.active else "-",
                _state(one, now),
            )
            for one in sources
        ],
    )


@app.command("try", epilog="Example: digest source try https://example.org/feed.xml")
def try_(
    location: Location,
    kind: KindOption = None,
    match: Match = "",
    count: Annotated[int, typer.Option(min=1, max=1000, help="How many pages to read.")] = 10,
) -> None:
    """Say what would come in from a place; keeps nothing."""
    with open_app() as app, _preview(app) as preview:
        address, found = _place(preview, location, kind)
        listed = preview.look(address, found, match)
        print(f"{found} at {address}: {len(listed.entries)} pages")
        for note in (*listed.notes, *listed.refused):
            print(note, file=sys.stderr)
        for one in preview.read(listed, count):
            _print_found(one)
    if len(listed.entries) > count:
        print(f"and {len(listed.entries) - count} more, not read")


@app.command("fetch", epilog="Example: digest source fetch site")
def fetch(
    name: Annotated[str | None, typer.Argument(help="By default every active source.")] = None,
) -> None:
    """Read a source now, whether it is due or not."""
    from digest.deliver.ledger.worker_lock import worker_lock
    from digest.sources.registry import all_sources, find_source
    from digest.sources.tables import FetchState
    from digest.worker import source_reader_of

    with open_app() as app:
        with app.store.read() as session:
            sources: Sequence[Source] = (
                [find_source(session, name)] if name else all_sources(session)
            )
        if name and not sources[0].active:
            raise CommandError(f"{name} is paused; digest source resume {name}")
        if not sources:
            print("no sources yet; digest source add NAME URL|FOLDER")
        reader = source_reader_of(app)
        failed = False
        with worker_lock(app.store) as lock, _unlogged():
            for source in sources:
                if not source.active:
                    continue
                record = reader.read(source, lock)
                if record is None:
                    print(f"{source.name}: a worker is reading it now")
                    continue
                failed = failed or record.state == FetchState.FAILED
                print(f"{source.name}: {_summary(record)}")
                for line in record.lines:
                    print(f"  {line}", file=sys.stderr)
    if failed:
        raise CommandError


@app.command("log", epilog="Example: digest source log site")
def log(
    name: str,
    as_json: AsJson = False,
    count: Annotated[int, typer.Option(min=1, max=10000, help="How many, newest first.")] = 20,
) -> None:
    """The fetches of a source, newest first, and each page that was refused."""
    from digest.sources.registry import fetches

    with open_reader() as reader, reader.store.read() as session:
        records = fetches(session, name, count)
    if as_json:
        print_json([_fetch_as_json(one) for one in records])
        return
    if not records:
        print(f"{name} was not read yet; digest source fetch {name}")
    for record in records:
        print(f"{format_time(record.at)}  {_summary(record)}")
        for line in record.lines:
            print(f"  {line}")


@app.command("pause", epilog="Example: digest source pause site")
def pause(name: str) -> None:
    """Stop reading a source, until it is resumed."""
    _set_active(name, active=False)


@app.command("resume", epilog="Example: digest source resume site")
def resume(name: str) -> None:
    """Read a paused source again, at once."""
    _set_active(name, active=True)


@app.command("remove", epilog="Example: digest source remove site")
def remove(name: str) -> None:
    """Forget a source and its pages. The comparisons that came from it stay."""
    from digest.sources.registry import remove_source

    with open_app() as app, app.store.write() as session:
        remove_source(session, name)
    print(f"{name} is removed; its comparisons stay")


@contextmanager
def _unlogged() -> "Iterator[None]":
    """Keep out of the log what the command says itself: whether a source can be read."""
    logger = logging.getLogger("digest.sources.fetch")
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before


def _set_active(name: str, *, active: bool) -> None:
    from digest.sources.registry import set_active

    with open_app() as app, app.store.write() as session:
        is_news = set_active(session, name, active=active, now=app.clock())
    word = "read again" if active else "paused"
    print(f"{name} is {word}" if is_news else f"{name} is {'active' if active else word} already")


@contextmanager
def _preview(app: "App") -> "Iterator[Preview]":
    from digest.sources.preview import Preview
    from digest.worker import fetcher_of

    with fetcher_of(app).open_client() as client:
        yield Preview(app.store, app.clock, client)


def _place(preview: "Preview", location: str, kind: str | None) -> "tuple[str, Kind]":
    """Return the address or folder, and its kind: the one given, or what is found there."""
    from digest.sources.errors import FetchError
    from digest.sources.registry import parse_kind, parse_location
    from digest.sources.tables import Kind

    given = parse_kind(kind)
    address, is_folder = parse_location(location)
    if is_folder or given is Kind.FOLDER:
        if not is_folder or given not in (None, Kind.FOLDER):
            raise CommandError(f"--kind {kind} does not fit {location}")
        return address, Kind.FOLDER
    if given is not None:
        return address, given
    try:
        return address, preview.detect(address)
    except FetchError as error:
        raise CommandError(f"{error}; to add it all the same, say what it is with --kind") from None


def _state(source: "Source", now: Any) -> str:
    from digest.sources.silence import silence_of

    if not source.active:
        return "paused"
    if source.failures:
        return f"failing ({source.failures}): {source.error}"
    return "silent" if silence_of(source, now) else "ok"


def _summary(record: "SourceFetch") -> str:
    if record.state == "failed":
        return f"failed: {record.note}"
    if record.state == "unchanged":
        return "unchanged" + (f" ({record.note})" if record.note else "")
    counts = [
        f"{many} {word}"
        for word, many in (
            ("listed", record.listed),
            ("new", record.new),
            ("changed", record.changed),
            ("unchanged", record.unchanged),
            ("marked as seen", record.seen),
            ("refused", record.refused),
            ("waiting", record.waiting),
        )
        if many or word in ("listed", "new", "changed")
    ]
    return ", ".join(counts) + (f" ({record.note})" if record.note else "")


def _print_found(found: "Found") -> None:
    for result in found.results:
        print(f"{result.change}: {result.slug}  {found.location}")
    for line in found.refused:
        print(f"refused: {line}")


def _as_json(source: "Source", now: Any) -> dict[str, Any]:
    return {
        "name": source.name,
        "kind": source.kind,
        "location": source.location,
        "match": source.match,
        "every_minutes": source.every_minutes,
        "active": source.active,
        "state": _state(source, now).partition(" ")[0],
        "failures": source.failures,
        "error": source.error,
        "read_at": source.read_at,
        "brought_at": source.brought_at,
        "next_at": source.next_at if source.active else None,
    }


def _fetch_as_json(record: "SourceFetch") -> dict[str, Any]:
    return {
        "at": record.at,
        "state": record.state,
        "status": record.status,
        "requests": record.requests,
        "listed": record.listed,
        "new": record.new,
        "changed": record.changed,
        "unchanged": record.unchanged,
        "seen": record.seen,
        "refused": record.refused,
        "waiting": record.waiting,
        "note": record.note,
        "lines": record.lines,
    }
