"""Counts the sign-ups that the page of each comparison brought: ours, or the published one."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import func
from sqlmodel import Session, col, select

from digest.catalog.tables import Comparison
from digest.issues.tables import Pick
from digest.readers.signup import comparison_in
from subscribers.consent import ConsentKind
from subscribers.tables import Consent


@dataclass(frozen=True, slots=True)
class ComparisonSignups:
    """How many asked to be put on the list from the page of a comparison, and confirmed it."""

    slug: str
    title: str
    requested: int
    confirmed: int


def signups_by_comparison(
    session: Session, slugs: Collection[str] | None = None
) -> list[ComparisonSignups]:
    """Return the sign-ups of each comparison that brought any, most confirmed first.

    With `slugs` of these alone, in their order, those without any too.
    """
    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    comparisons = dict(session.exec(select(Comparison.slug, Comparison.title)).all())
    pages = _published_on(session)
    for source, kind, people in _by_source(session):
        slug = pages.get(source) or comparison_in(source)
        if slug in comparisons:
            counts[slug][kind] += people
    wanted = list(slugs) if slugs is not None else list(counts)
    found = [
        ComparisonSignups(
            slug,
            comparisons[slug],
            counts[slug][ConsentKind.REQUESTED],
            counts[slug][ConsentKind.CONFIRMED],
        )
        for slug in wanted
        if slug in comparisons
    ]
    if slugs is None:
        found.sort(key=lambda one: (-one.confirmed, -one.requested, one.slug))
    return found


def slugs_of_issue(session: Session, number: int) -> list[str]:
    """Return the comparisons of an issue, in its order."""
    rows = session.exec(
        select(Comparison.slug)
        .join(Pick, col(Pick.comparison_id) == col(Comparison.id))
        .where(Pick.issue_number == number)
        .order_by(col(Pick.position))
    )
    return list(rows)


def _published_on(session: Session) -> dict[str, str]:
    rows = session.exec(
        select(Comparison.url, Comparison.slug).where(col(Comparison.url).is_not(None))
    )
    return {url: slug for url, slug in rows if url}


def _by_source(session: Session) -> list[tuple[str, str, int]]:
    """Return how many people gave each kind of consent on each page that may be a comparison's."""
    source = col(Consent.source)
    urls = select(Comparison.url).where(col(Comparison.url).is_not(None))
    rows = session.exec(
        select(Consent.source, Consent.kind, func.count(func.distinct(col(Consent.subscriber_id))))
        .where(
            col(Consent.kind).in_((ConsentKind.REQUESTED, ConsentKind.CONFIRMED)),
            source.contains("/comparisons/") | source.in_(urls),
        )
        .group_by(source, col(Consent.kind))
    )
    return [(page, kind, people) for page, kind, people in rows]
