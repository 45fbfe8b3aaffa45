"""Turns a page's bytes into comparisons in the store, merged by canonical address."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlmodel import Session, select

from digest.catalog.intake import charset, limits
from digest.catalog.intake.sources import read_bytes
from digest.catalog.pages import ComparisonPage, PageError
from digest.catalog.queries import comparison_by_slug
from digest.catalog.slugs import comparison_slug, slugify
from digest.catalog.tables import Comparison
from digest.catalog.upsert import Change, UpsertResult, upsert_page
from digest.sources.http.client import Answer, Wanted
from digest.sources.kinds.entry import Pages
from digest.sources.urls import canonical_url

WANTED = Wanted(
    (
        "text/html",
        "application/xhtml+xml",
        "text/plain",
        "text/markdown",
        "text/x-markdown",
        "application/json",
        "+json",
    ),
    "a page in HTML, text or JSON",
    limits.FILE_BYTES,
)


@dataclass(slots=True)
class Stored:
    """What became of the comparisons of one page."""

    results: list[UpsertResult] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def count(self, change: Change) -> int:
        return sum(one.change is change for one in self.results)


def pages_of(answer: Answer) -> Pages:
    """Return the comparisons in an answer; its content type says in which form they are."""
    ending = ending_of(answer.media_type)
    return read_bytes(answer.body or b"", answer.url, ending, known_charset(answer.charset))


def ending_of(media_type: str) -> str:
    """Return the ending that a file of this content type has; empty where it says nothing."""
    if "html" in media_type:
        return ".html"
    if media_type.endswith("json"):
        return ".json"
    return ".md" if "markdown" in media_type else ""


def store_pages(
    session: Session,
    pages: Iterable[ComparisonPage | PageError],
    *,
    address: str | None,
    dated: datetime | None,
    now: datetime,
) -> Stored:
    """Insert or update the comparisons of a page that stands at `address`.

    Where a page has no date, that of its entry counts, once; where it names no address of its own,
    the one that it was found at.
    """
    stored = Stored()
    found = list(pages)
    for page in found:
        if isinstance(page, PageError):
            stored.refused.append(str(page))
            continue
        at = page.url or (address if len(found) == 1 else None)
        stored.results.append(_store(session, replace(page, url=at), dated, now))
    return stored


def _store(
    session: Session, page: ComparisonPage, dated: datetime | None, now: datetime
) -> UpsertResult:
    slug = page.slug or _slug_at(session, page) or _own_slug(page)
    published = page.published_at
    if published is None and dated is not None and comparison_by_slug(session, slug) is None:
        published = min(dated, now)
    return upsert_page(session, replace(page, slug=slug, published_at=published), now)


def _own_slug(page: ComparisonPage) -> str:
    return comparison_slug(page.contenders[0].name, page.contenders[1].name)


def _slug_at(session: Session, page: ComparisonPage) -> str | None:
    """Return the slug of the comparison that stands at the page's address already, if it is one.

    A tool that is renamed stays the same comparison. One of the two has to be the same: sites
    exist that give all their pages one canonical address.
    """
    if page.url is None:
        return None
    addresses = {page.url, canonical_url(page.url) or page.url}
    for slug in session.exec(
        select(Comparison.slug).where(Comparison.url.in_(addresses))  # type: ignore[union-attr]
    ):
        known = comparison_by_slug(session, slug)
        tools = {one.tool_slug for one in known.contenders} if known else set()
        if tools & {one.slug or slugify(one.name) for one in page.contenders}:
            return slug
    return None


def known_charset(label: str) -> str:
    """Return the charset of an HTTP header, or nothing if no browser knows it."""
    try:
        charset.codec_for(label)
    except charset.UnknownCharsetError:
        return ""
    return label
