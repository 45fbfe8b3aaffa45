"""A comparison's page and a tool's page."""

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Response
from sqlmodel import Session, col, select

from digest.catalog.pages import Lens, ReviewPage
from digest.catalog.queries import ComparisonView, ContenderView, comparison_by_slug, views
from digest.catalog.tables import Comparison, Contender, Tool
from digest.catalog.trends import trends
from digest.web.public.signup_form import signup_form
from digest.web.site import SiteDep, TemplatesDep

router = APIRouter()

LONGEST_SLUG = 400
MOST_WEEKS = 52


@router.api_route("/comparisons/{slug}", methods=["GET", "HEAD"])
def comparison(slug: str, site: SiteDep, pages: TemplatesDep) -> Response:
    with site.store.read() as session:
        view = comparison_by_slug(session, fit_slug(slug))
    if view is None or view.published_at > site.clock():
        raise HTTPException(404)
    path = f"/comparisons/{quote(view.slug)}"
    return pages.show(
        "comparison.html",
        view=view,
        scorecard=scorecard(view),
        path=path,
        signup_form=signup_form(site),
    )


@router.api_route("/tools/{slug}", methods=["GET", "HEAD"])
def tool(slug: str, site: SiteDep, pages: TemplatesDep) -> Response:
    """The tool as its newest comparison shows it, and every comparison it is in."""
    with site.store.read() as session:
        found = session.exec(select(Tool).where(Tool.slug == fit_slug(slug))).first()
        if found is None or found.id is None:
            raise HTTPException(404)
        now = site.clock()
        matches = matches_of(session, found.id, now)
        weeks = trends(session, [found.id], now).get(found.id, [])
    return pages.show(
        "tool.html",
        name=found.name,
        matches=matches,
        weeks=weeks[-MOST_WEEKS:],
        path=f"/tools/{quote(found.slug)}",
        signup_form=signup_form(site),
    )


def fit_slug(slug: str) -> str:
    """`slug` if a slug can look like it; a 404 otherwise (PostgreSQL takes no NUL in a text)."""
    if len(slug) > LONGEST_SLUG or not slug.isprintable():
        raise HTTPException(404)
    return slug


def scorecard(view: ComparisonView) -> list[tuple[Lens, list[tuple[ContenderView, ReviewPage]]]]:
    """The panel's words by lens, in the page's order, the left contender's first."""
    rows = [
        (
            lens,
            [
                (side, review)
                for side in view.contenders
                for review in side.reviews
                if review.lens == lens
            ],
        )
        for lens in Lens
    ]
    return [(lens, cells) for lens, cells in rows if cells]


def matches_of(
    session: Session, tool_id: int, now: datetime
) -> Sequence[tuple[ComparisonView, ContenderView, ContenderView]]:
    """Each published comparison of the tool with the tool's side and its rival's, newest first."""
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
