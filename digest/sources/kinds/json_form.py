"""Reads comparisons in this project's own JSON form (`docs/json-form.md`) from one document."""

from functools import partial

from digest.catalog.intake.sources import read_bytes
from digest.catalog.pages import ComparisonPage, PageError
from digest.catalog.slugs import comparison_slug
from digest.sources.errors import FetchError
from digest.sources.kinds.entry import MOST_ENTRIES, Entry, Listing
from digest.sources.urls import hash_of


def read_json_form(body: bytes, url: str) -> Listing:
    """Return the comparisons in a document. Raises FetchError if it holds none at all."""
    listing = Listing()
    for page in read_bytes(body, url, ".json"):
        if isinstance(page, PageError):
            listing.refused.append(str(page))
        elif len(listing.entries) < MOST_ENTRIES:
            left, right = page.contenders
            slug = page.slug or comparison_slug(left.name, right.name)
            place = page.url or f"{url}#{slug}"
            listing.entries.append(
                Entry(place, hash_of(repr(page)), page.published_at, partial(_only, page))
            )
    if not listing.entries and listing.refused:
        raise FetchError(listing.refused[0].removeprefix(f"{url}, ").removeprefix(f"{url}: "))
    return listing


def _only(page: ComparisonPage) -> tuple[ComparisonPage]:
    return (page,)
