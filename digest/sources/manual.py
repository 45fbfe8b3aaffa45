"""Reads a page that an editor pastes, uploads or names by its address; keeps what they agree to.

Nothing is kept while it is only looked at. What an editor changes of what was understood is kept
as corrections (`digest.catalog.corrections`), apart from what the page says.
"""

from codecs import BOM_UTF8
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlmodel import Session

from digest.catalog.corrections import (
    CorrectionError,
    correct,
    correctable,
    read,
)
from digest.catalog.intake import limits
from digest.catalog.intake.cleaning import printable
from digest.catalog.intake.decoding import decode
from digest.catalog.intake.files import FileError
from digest.catalog.intake.sources import read_bytes
from digest.catalog.pages import ComparisonPage, PageError
from digest.catalog.queries import ComparisonView, comparison_by_slug
from digest.catalog.upsert import Change, UpsertResult
from digest.issues.history import issues_with
from digest.sources.errors import FetchError
from digest.sources.http.addresses import AddressPolicy
from digest.sources.http.client import HttpClient
from digest.sources.http.rate import Rate
from digest.sources.http.robots import PRODUCT, Robots
from digest.sources.pages import WANTED, ending_of, known_charset, store_pages
from digest.sources.urls import canonical_url
from store.engine import Store

MOST_PAGES = 20
"""Comparisons in one page, file or address."""
REQUEST_SECONDS = 10.0
WHOLE_SECONDS = 20.0
"""After that no further redirect is followed."""
LONGEST_NAME = 200
PASTED = "the text"


@dataclass(frozen=True, slots=True)
class GivenPage:
    """A page as text. `ending` tells its form as a file's name does; empty: by how it begins.

    `name` is for messages, `address` where it was found, if it was.
    """

    text: str
    name: str = PASTED
    ending: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Understood:
    """One comparison as it would be kept; `problems` says by field what can't be corrected so.

    `values` are the fields that can be corrected, as JSON has them, before an editor's changes;
    None is unknown.
    """

    view: ComparisonView
    result: UpsertResult
    values: Mapping[str, Any]
    notes: tuple[str, ...]
    issues: Sequence[tuple[int, str]]
    problems: Mapping[str, str]
    has_date: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """What was understood of a page, and a line for each part that was not."""

    found: tuple[Understood, ...] = ()
    refused: tuple[str, ...] = ()

    @property
    def has_problems(self) -> bool:
        return any(one.problems for one in self.found)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What an editor asks for: by the place of a comparison on its page, from 0.

    `corrections` are texts by field; only what is `wanted` is kept.
    """

    who: str
    corrections: Mapping[int, Mapping[str, str]]
    wanted: Collection[int] = range(MOST_PAGES)


def given_bytes(data: bytes, name: str, ending: str = "", charset: str = "") -> GivenPage:
    """Return a file's bytes as a page. Raises FileError."""
    if len(data) > limits.FILE_BYTES:
        most = f"{limits.FILE_BYTES // 2**20} MiB"
        raise FileError(f"more than {most}", f"{most} at most")
    shown = printable(name)[:LONGEST_NAME] or "the file"
    return GivenPage(decode(data, ending, charset), shown, ending)


def understand(store: Store, given: GivenPage, wishes: Wishes, now: datetime) -> Reading:
    """Return what would be kept of the page, wanted or not; nothing is."""
    everything = replace(wishes, wanted=range(MOST_PAGES))
    with store.write() as session:
        point = session.begin_nested()
        reading = _take(session, given, everything, now)
        point.rollback()
    return reading


def keep(store: Store, given: GivenPage, wishes: Wishes, now: datetime) -> Reading:
    """Keep the comparisons that are wanted, with the corrections.

    Nothing is kept if one of them can't be corrected so: `Reading.has_problems` says so.
    """
    with store.write() as session:
        point = session.begin_nested()
        reading = _take(session, given, wishes, now)
        if reading.has_problems:
            point.rollback()
    return reading


def _take(session: Session, given: GivenPage, wishes: Wishes, now: datetime) -> Reading:
    pages, refused = _pages(given)
    address = canonical_url(given.address) if given.address else None
    found = []
    for place, page in enumerate(pages):
        if place not in wishes.wanted:
            continue
        at = address if len(pages) == 1 else None
        [result] = store_pages(session, [page], address=at, dated=None, now=now).results
        before = _view(session, result.slug)
        changes = wishes.corrections.get(place, {})
        problems = _correct(session, result.slug, changes, wishes.who, now)
        found.append(_understood(session, page, result, before, problems))
    return Reading(tuple(found), tuple(refused))


def _pages(given: GivenPage) -> tuple[list[ComparisonPage], list[str]]:
    """Return the comparisons in a page's text, and a line for each that can't be read."""
    if not given.text.strip():
        return [], [f"{given.name}: found nothing, expected a comparison page"]
    data = BOM_UTF8 + given.text.encode("utf-8", "replace")
    if len(data) > limits.FILE_BYTES:
        most = f"{limits.FILE_BYTES // 2**20} MiB"
        return [], [f"{given.name}: found more than {most}, expected {most} at most"]
    pages: list[ComparisonPage] = []
    refused: list[str] = []
    for page in read_bytes(data, given.name, given.ending):
        if isinstance(page, PageError):
            refused.append(str(page))
        else:
            pages.append(page)
    if len(pages) > MOST_PAGES:
        many = f"{given.name}: found {len(pages):,} comparisons, expected {MOST_PAGES} at most"
        return [], [f"{many}; read them with: digest comparisons import"]
    return pages, refused[:MOST_PAGES]


def _correct(
    session: Session, slug: str, changes: Mapping[str, str], who: str, now: datetime
) -> dict[str, str]:
    """Correct each field; return by field why that can't be."""
    problems = {}
    for name, text in changes.items():
        try:
            correct(session, slug, name, text, who=who, now=now)
        except CorrectionError as error:
            problems[name] = str(error)
    return problems


def _view(session: Session, slug: str) -> ComparisonView:
    view = comparison_by_slug(session, slug)
    assert view is not None  # noqa: S101 - stored just now
    return view


def _understood(
    session: Session,
    page: ComparisonPage,
    result: UpsertResult,
    view: ComparisonView,
    problems: Mapping[str, str],
) -> Understood:
    is_dated = page.published_at is not None or result.change is not Change.NEW
    return Understood(
        view=view,
        result=result,
        values={name: read(view, name) for name in correctable(view)},
        notes=page.notes,
        issues=issues_with(session, result.slug),
        problems=problems,
        has_date=is_dated,
    )


ReadAddress = Callable[[str], GivenPage]
"""Reads the page at an address. Raises FetchError or FileError."""


def page_reader(
    policy: AddressPolicy,
    *,
    public_url: str,
    clock: Callable[[], datetime],
    tick: Callable[[], float],
) -> ReadAddress:
    """Return what reads one page at a time: addresses checked, sizes and times bounded."""
    agent = f"{PRODUCT}/1 (+{public_url})"

    def read_address(address: str) -> GivenPage:
        url = canonical_url(address)
        if url is None:
            shown = printable(address)[:LONGEST_NAME]
            raise FetchError(
                f"{shown}: no web address; it should look like https://example.org/a-vs-b",
                is_final=True,
            )
        end = tick() + WHOLE_SECONDS
        client = HttpClient(
            policy, agent, Rate(tick, lambda _: None), tick=tick, seconds=REQUEST_SECONDS
        )
        with client:
            robots = Robots(client, clock)

            def check(at: str) -> None:
                if tick() > end:
                    raise FetchError(f"{printable(at)}: no page within {WHOLE_SECONDS:g} seconds")
                robots.check(at)

            answer = client.get(url, WANTED, check=check)
        ending = ending_of(answer.media_type)
        text = decode(answer.body or b"", ending, known_charset(answer.charset))
        return GivenPage(text, answer.url[:LONGEST_NAME], ending, answer.url)

    return read_address
