"""Reads whole comparisons out of their tables, as plain values."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from digest.catalog.pages import Lens, ReviewPage, Verdict
from digest.catalog.tables import Comparison, Contender, Review, Tool

CHUNK = 500


@dataclass(frozen=True, slots=True)
class ContenderView:
    """A contender with its reviews in the page's order."""

    tool_id: int
    tool_slug: str
    name: str
    category: str
    tagline: str
    description: str
    panel_score: float | None
    community_score: float | None
    entry_price: str
    reviews: tuple[ReviewPage, ...]


@dataclass(frozen=True, slots=True)
class ComparisonView:
    """A comparison with its two contenders, left one first."""

    id: int
    slug: str
    title: str
    url: str | None
    published_at: datetime
    imported_at: datetime
    pin: int | None
    contenders: tuple[ContenderView, ContenderView]
    hidden: bool = False
    """Whether an editor hid it from drafts and readers."""


def comparison_by_slug(session: Session, slug: str) -> ComparisonView | None:
    """Return the comparison with that slug, or None; readers see it from its date on only."""
    found = views(session, list(session.exec(select(Comparison).where(Comparison.slug == slug))))
    return found[0] if found else None


def all_comparisons(session: Session) -> list[ComparisonView]:
    """Return every comparison, the newest first."""
    order = (col(Comparison.published_at).desc(), col(Comparison.slug))
    return views(session, list(session.exec(select(Comparison).order_by(*order))))


def comparisons_by_id(session: Session, ids: Sequence[int]) -> dict[int, ComparisonView]:
    """Return the comparisons with these ids, by id."""
    rows = session.exec(select(Comparison).where(col(Comparison.id).in_(ids)))
    return {view.id: view for view in views(session, list(rows))}


def views(session: Session, comparisons: Sequence[Comparison]) -> list[ComparisonView]:
    """Return the given rows as views, in their order; two queries for every 500 of them."""
    result = []
    for start in range(0, len(comparisons), CHUNK):
        chunk = comparisons[start : start + CHUNK]
        contenders = _contenders(session, [row.id for row in chunk])
        result += [_view(row, contenders[row.id]) for row in chunk]
    return result


def _view(row: Comparison, contenders: Sequence[ContenderView]) -> ComparisonView:
    assert row.id is not None  # noqa: S101 - it came from the database
    left, right = contenders
    return ComparisonView(
        id=row.id,
        slug=row.slug,
        title=row.title,
        url=row.url,
        published_at=row.published_at,
        imported_at=row.imported_at,
        pin=row.pin,
        contenders=(left, right),
        hidden=row.hidden_at is not None,
    )


def _contenders(session: Session, ids: Sequence[int | None]) -> dict[Any, list[ContenderView]]:
    rows = session.exec(
        select(Contender, Tool.slug)
        .join(Tool, col(Tool.id) == col(Contender.tool_id))
        .where(col(Contender.comparison_id).in_(ids))
        .order_by(col(Contender.comparison_id), col(Contender.position))
    ).all()
    reviews = _reviews(session, [contender.id for contender, _ in rows])
    result: dict[Any, list[ContenderView]] = defaultdict(list)
    for contender, slug in rows:
        result[contender.comparison_id].append(
            ContenderView(
                tool_id=contender.tool_id,
                tool_slug=slug,
                name=contender.name,
                category=contender.category,
                tagline=contender.tagline,
                description=contender.description,
                panel_score=contender.panel_score,
                community_score=contender.community_score,
                entry_price=contender.entry_price,
                reviews=tuple(reviews[contender.id]),
            )
        )
    return result


def _reviews(session: Session, ids: Sequence[int | None]) -> dict[int | None, list[ReviewPage]]:
    result: dict[int | None, list[ReviewPage]] = defaultdict(list)
    # Columns, not rows of the class: there are eight to a comparison, and most pages read many.
    rows = session.exec(
        select(Review.contender_id, Review.lens, Review.quote, Review.verdict)
        .where(col(Review.contender_id).in_(ids))
        .order_by(col(Review.contender_id), col(Review.position))
    )
    for contender, lens, quote, verdict in rows:
        said = Verdict(verdict) if verdict else None
        result[contender].append(ReviewPage(Lens(lens), quote, said))
    return result
