"""Queries over published comparisons: what public pages list of comparisons, tools and topics."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from digest.catalog.queries import ComparisonView, ContenderView, views
from digest.catalog.tables import Comparison, Contender, Tool


def find_tool(session: Session, slug: str) -> Tool | None:
    """Return the tool with this slug."""
    return session.exec(select(Tool).where(Tool.slug == slug)).first()


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
            col(Comparison.published_at) <= now,
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
        .where(col(Comparison.published_at) <= now)
        .order_by(col(Comparison.published_at).desc())
        .limit(limit)
    )
    return [(slug, changed) for slug, changed in rows]


def published_tools(session: Session, now: datetime, limit: int) -> list[str]:
    """Return slugs of tools that are in a published comparison, in the order of the alphabet."""
    return list(
        session.exec(
            select(Tool.slug)
            .join(Contender, col(Contender.tool_id) == col(Tool.id))
            .join(Comparison, col(Comparison.id) == col(Contender.comparison_id))
            .where(col(Comparison.published_at) <= now)
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


def offered_categories(session: Session) -> set[str]:
    """Return the categories that a reader can follow."""
    return {one for one in session.exec(select(Contender.category).distinct()) if one}


def offered_tools(session: Session, limit: int) -> dict[str, str]:
    """Return tools that a reader can follow, name by slug; of many, those compared last."""
    newest = select(Tool.slug, Tool.name).order_by(col(Tool.id).desc()).limit(limit)
    rows = [(str(slug), str(name)) for slug, name in session.exec(newest).all()]
    return dict(sorted(rows, key=lambda one: one[1].lower()))
