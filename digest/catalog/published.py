"""Queries over published comparisons: what public pages list of comparisons, tools and topics.

What an editor hid is not published.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import func
from sqlalchemy import select as select_rows
from sqlmodel import Session, col, select

from digest.catalog.queries import ComparisonView, ContenderView, comparison_by_slug, views
from digest.catalog.tables import Comparison, Contender, Tool


class PublishedTool(NamedTuple):
    """A tool as its newest published comparison names it."""

    id: int
    slug: str
    name: str


def published_comparison(session: Session, slug: str, now: datetime) -> ComparisonView | None:
    """The comparison with this slug; None before its time, or where it is hidden."""
    view = comparison_by_slug(session, slug)
    return view if view is not None and view.published_at <= now and not view.hidden else None


def _public(now: datetime) -> Any:
    """Return the condition under which readers see a comparison."""
    return (col(Comparison.published_at) <= now) & col(Comparison.hidden_at).is_(None)


def find_tool(session: Session, slug: str, now: datetime) -> PublishedTool | None:
    """The tool with this slug; None if no comparison that is published has it."""
    found = session.execute(_tools(now).where(col(Tool.slug) == slug).limit(1)).first()
    return PublishedTool(*found) if found else None


def _tools(now: datetime) -> Any:
    """Tools as published comparisons name them, a row for each comparison, the newest first."""
    rows: Any = select_rows(col(Tool.id), col(Tool.slug), col(Contender.name))
    return (
        rows.join(Contender, col(Contender.tool_id) == col(Tool.id))
        .join(Comparison, col(Comparison.id) == col(Contender.comparison_id))
        .where(_public(now))
        .order_by(col(Comparison.published_at).desc(), col(Comparison.id).desc())
    )


def matches_of(
    session: Session, tool_id: int, now: datetime
) -> Sequence[tuple[ComparisonView, ContenderView, ContenderView]]:
    """Return the tool's published comparisons with its side and its rival's, newest first."""
    rows = session.exec(
        select(Comparison)
        .where(
            col(Comparison.id).in_(
                select(Contender.comparison_id).where(Contender.tool_id == tool_id)
            ),
            _public(now),
        )
        .order_by(col(Comparison.published_at).desc(), col(Comparison.slug))
    ).all()
    return [(view, *_sides(view, tool_id)) for view in views(session, rows)]


def _sides(view: ComparisonView, tool_id: int) -> tuple[ContenderView, ContenderView]:
    left, right = view.contenders
    return (left, right) if left.tool_id == tool_id else (right, left)


def published_comparisons(
    session: Session, now: datetime, limit: int
) -> list[tuple[str, datetime]]:
    """Return slugs of published comparisons and when each changed last, newest first."""
    rows = session.exec(
        select(Comparison.slug, Comparison.changed_at)
        .where(_public(now))
        .order_by(col(Comparison.published_at).desc())
        .limit(limit)
    )
    return [(slug, changed) for slug, changed in rows]


def published_mark(session: Session, now: datetime) -> str:
    """Return a text that changes when others are published, or one of them is changed."""
    number = col(Comparison.id)
    found = session.exec(
        select(func.count(number), func.sum(number), func.max(Comparison.changed_at)).where(
            _public(now)
        )
    ).one()
    return " ".join(map(str, found))


def published_tools(session: Session, now: datetime, limit: int) -> list[str]:
    """Return slugs of tools that are in a published comparison, in the order of the alphabet."""
    return list(
        session.exec(
            select(Tool.slug)
            .join(Contender, col(Contender.tool_id) == col(Tool.id))
            .join(Comparison, col(Comparison.id) == col(Contender.comparison_id))
            .where(_public(now))
            .distinct()
            .order_by(col(Tool.slug))
            .limit(limit)
        )
    )


def comparison_titles(session: Session, slugs: Sequence[str]) -> dict[str, str]:
    """Titles by slug."""
    rows = session.exec(
        select(Comparison.slug, Comparison.title).where(col(Comparison.slug).in_(slugs))
    )
    return dict(rows.all())


def offered_categories(session: Session, now: datetime) -> set[str]:
    """The categories that a reader can follow: those of published comparisons."""
    rows = session.exec(
        select(Contender.category)
        .join(Comparison, col(Comparison.id) == col(Contender.comparison_id))
        .where(_public(now))
        .distinct()
    )
    return {one for one in rows if one}


def offered_tools(session: Session, limit: int, now: datetime) -> dict[str, str]:
    """Names of tools that a reader can follow, by slug; of very many, those compared last."""
    names: dict[str, str] = {}
    for _, slug, name in session.execute(_tools(now)):
        names.setdefault(slug, name)
        if len(names) == limit:
            break
    return dict(sorted(names.items(), key=lambda one: one[1].lower()))


class FoundComparison(NamedTuple):
    """A comparison that was looked for."""

    slug: str
    title: str
    published_at: datetime
    is_hidden: bool


def find_comparisons(
    session: Session, text: str, now: datetime, limit: int, *, hidden: bool = False
) -> list[FoundComparison]:
    """Return published comparisons whose title or slug has every word of `text`, newest first.

    With `hidden`, those that an editor hid are among them.
    """
    query: Any = select_rows(
        col(Comparison.slug),
        col(Comparison.title),
        col(Comparison.published_at),
        col(Comparison.hidden_at).is_not(None),
    )
    if not hidden:
        query = query.where(col(Comparison.hidden_at).is_(None))
    for word in text.split()[:10]:
        query = query.where(
            col(Comparison.title).icontains(word, autoescape=True)
            | col(Comparison.slug).icontains(word, autoescape=True)
        )
    query = (
        query.where(col(Comparison.published_at) <= now)
        .order_by(col(Comparison.published_at).desc(), col(Comparison.slug))
        .limit(limit)
    )
    return [FoundComparison(*row) for row in session.execute(query)]


def pinned_slugs(session: Session, slugs: Sequence[str]) -> set[str]:
    """Return those of the comparisons that are pinned for the next issue."""
    rows = session.exec(
        select(Comparison.slug).where(
            col(Comparison.slug).in_(slugs), col(Comparison.pin).is_not(None)
        )
    )
    return set(rows)
