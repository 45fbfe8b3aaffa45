"""The pages of a comparison and of a tool."""

from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Response

from digest.catalog.pages import Lens, ReviewPage
from digest.catalog.published import find_tool, matches_of, published_comparison
from digest.catalog.queries import ComparisonView, ContenderView
from digest.catalog.trends import trends
from digest.web.public.signup_form import signup_form
from digest.web.site import SiteDep, TemplatesDep

router = APIRouter()

MAX_SLUG_LENGTH = 400
MAX_WEEKS = 52


@router.api_route("/comparisons/{slug}", methods=["GET", "HEAD"])
def comparison(slug: str, site: SiteDep, templates: TemplatesDep) -> Response:
    with site.store.read() as session:
        view = published_comparison(session, fit_slug(slug), site.clock())
    if view is None:
        raise HTTPException(404)
    path = f"/comparisons/{quote(view.slug)}"
    return templates.show(
        "comparison.html",
        view=view,
        scorecard=scorecard(view),
        path=path,
        signup_form=signup_form(site),
    )


@router.api_route("/tools/{slug}", methods=["GET", "HEAD"])
def tool(slug: str, site: SiteDep, templates: TemplatesDep) -> Response:
    """Shows the tool as in its newest comparison, and lists every comparison it is in."""
    with site.store.read() as session:
        now = site.clock()
        found = find_tool(session, fit_slug(slug), now)
        if found is None:
            raise HTTPException(404)
        matches = matches_of(session, found.id, now)
        weeks = trends(session, [found.id], now).get(found.id, [])
    return templates.show(
        "tool.html",
        name=found.name,
        matches=matches,
        weeks=weeks[-MAX_WEEKS:],
        path=f"/tools/{quote(found.slug)}",
        signup_form=signup_form(site),
    )


def fit_slug(slug: str) -> str:
    """Returns `slug` if it can be one, else raises a 404: PostgreSQL takes no NUL in a text."""
    if len(slug) > MAX_SLUG_LENGTH or not slug.isprintable():
        raise HTTPException(404)
    return slug


def scorecard(view: ComparisonView) -> list[tuple[Lens, list[tuple[ContenderView, ReviewPage]]]]:
    """Returns the reviews by lens, in the page's order, the left contender's first."""
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
