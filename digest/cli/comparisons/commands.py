"""digest comparisons: import, list, pin; registers show, hide and correct."""

import sys
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from digest.cli.common import (
    CommandError,
    format_time,
    open_app,
    open_reader,
    parse_moment,
    print_json,
    print_rows,
)
from digest.cli.comparisons import editing
from digest.cli.comparisons.as_json import comparison_as_json

if TYPE_CHECKING:
    from digest.bootstrap import App
    from digest.catalog.upsert import UpsertResult

app = typer.Typer(help="The comparisons that issues are made of.", no_args_is_help=True)

MOST_CHANGES = 6


def _print_kept(kept: "UpsertResult", concerned: Sequence[tuple[int, str]]) -> None:
    """Print what importing one page changed, and which issues hold it."""
    from digest.catalog.upsert import Change

    if kept.change is not Change.SAME:
        print(f"{kept.change}: {kept.slug}")
    for change in kept.changes[:MOST_CHANGES]:
        print(f"  {change}")
    if len(kept.changes) > MOST_CHANGES:
        print(f"  and {len(kept.changes) - MOST_CHANGES} more changes")
    for number, state in concerned:
        print(f"  it is in issue {number} ({state}): digest issue show {number}")


@app.command(
    "import",
    epilog="Example: digest comparisons import pages/ --published-at 2026-11-20",
)
def import_(
    paths: Annotated[list[str], typer.Argument(help="Files, folders, or - for standard input.")],
    published_at: Annotated[
        str | None, typer.Option(help="Date of pages that carry none (default: now).")
    ] = None,
    url: Annotated[str | None, typer.Option(help="Address of the page, for a single one.")] = None,
) -> None:
    """Read comparison pages: page text, Markdown, HTML or JSON. Importing again changes nothing."""
    from dataclasses import replace

    from digest.catalog.intake.sources import read_sources
    from digest.catalog.pages import PageError
    from digest.catalog.upsert import Change, upsert_page
    from digest.issues.history import issues_with

    moment = parse_moment(published_at, "--published-at") if published_at else None
    if url is not None:
        _check_url(url)
    tally: Counter[str] = Counter()
    with open_app() as app:
        pages = read_sources(paths, sys.stdin.buffer)
        if url is not None:
            pages = iter(_single(list(pages)))
        for page in pages:
            if isinstance(page, PageError):
                tally["refused"] += 1
                print(page, file=sys.stderr)
                continue
            for note in page.notes:
                print(f"{page.source}: {note}", file=sys.stderr)
            stated = replace(page, published_at=page.published_at or moment, url=url or page.url)
            with app.store.write() as session:
                kept = upsert_page(session, stated, app.clock())
                concerned = issues_with(session, kept.slug) if kept.change is Change.CHANGED else []
            tally[kept.change] += 1
            _print_kept(kept, concerned)
    print(
        f"{tally[Change.NEW]} new, {tally[Change.CHANGED]} changed, "
        f"{tally[Change.SAME]} unchanged, {tally['refused']} refused"
    )
    if tally["refused"]:
        raise CommandError


@app.command("list", epilog="Example: digest comparisons list --json")
def list_(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON alone.")] = False,
) -> None:
    """Every comparison in the store, newest first."""
    from digest.catalog.queries import all_comparisons

    with open_reader() as reader, reader.store.read() as session:
        comparisons = all_comparisons(session)
    if as_json:
        print_json([comparison_as_json(view) for view in comparisons])
        return
    if not comparisons:
        print("no comparisons yet; digest comparisons import PATH")
        return
    print_rows(
        ("slug", "published", "panel", "pin", ""),
        [
            (
                view.slug,
                format_time(view.published_at),
                " / ".join(_score(side.panel_score) for side in view.contenders),
                view.pin or "",
                "hidden" if view.hidden else "",
            )
            for view in comparisons
        ],
    )


app.command("show", epilog="Example: digest comparisons show smollm3-vs-phi-4")(editing.show)
app.command("hide", epilog="Example: digest comparisons hide smollm3-vs-phi-4")(editing.hide)
app.command("unhide", epilog="Example: digest comparisons unhide smollm3-vs-phi-4")(editing.unhide)
app.command(
    "correct",
    epilog="Example: digest comparisons correct smollm3-vs-phi-4 left.panel_score=75",
)(editing.correct)


@app.command("pin", epilog="Example: digest comparisons pin smollm3-vs-phi-4 --place 1")
def pin(
    slug: str,
    place: Annotated[
        int | None, typer.Option(min=1, help="1 leads the issue (default: after other pins).")
    ] = None,
) -> None:
    """Put a comparison into the next issue, whatever its rank."""
    from digest.catalog.pins import next_pin

    with open_app() as app:
        if place is None:
            with app.store.read() as session:
                place = next_pin(session)
        _set_pin(app, slug, place)
    print(f"{slug} is pinned at place {place} of the next issue")


@app.command("unpin", epilog="Example: digest comparisons unpin smollm3-vs-phi-4")
def unpin(slug: str) -> None:
    """Take a pin back."""
    with open_app() as app:
        _set_pin(app, slug, None)
    print(f"{slug} is not pinned")


def _set_pin(app: "App", slug: str, place: int | None) -> None:
    from digest.catalog.pins import set_pin

    with app.store.write() as session:
        if not set_pin(session, slug, place):
            msg = f"there is no comparison {slug}; `digest comparisons list` shows those there are"
            raise CommandError(msg)


def _single(pages: list[Any]) -> list[Any]:
    """Refused before anything is kept: one address can't be that of several pages."""
    if len(pages) > 1:
        raise CommandError(f"--url is for a single page, and these are {len(pages)}")
    return pages


def _check_url(url: str) -> None:
    from digest.catalog.urls import is_web_address

    if not is_web_address(url):
        msg = f"--url: {url!r} is no web address; it should look like https://example.org/page"
        raise CommandError(msg)


def _score(score: float | None) -> str:
    return "—" if score is None else f"{score:g}%"
