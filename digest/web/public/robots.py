"""What search engines may read, and where to begin: RFC 9309 and sitemaps.org."""

from datetime import datetime
from urllib.parse import quote
from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring

from fastapi import APIRouter, Response
from sqlmodel import Session, col, select

from digest.catalog.tables import Comparison, Contender, Tool
from digest.web.public.issues import public_issues
from digest.web.site import SiteDep

router = APIRouter()

SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
MOST = 50_000
"""Addresses of one sitemap."""
CLOSED = (
    "/l/",
    "/o/",
    "/unsubscribe/",
    "/preferences/",
    "/confirm/",
    "/address/",
    "/vote/",
    "/studio",
    "/api/",
)


@router.api_route("/robots.txt", methods=["GET", "HEAD"])
def robots(site: SiteDep) -> Response:
    """A token in an address is nobody's business but its reader's."""
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in CLOSED)]
    lines += ["", f"Sitemap: {site.brand.public_url}/sitemap.xml", ""]
    return Response("\n".join(lines), media_type="text/plain; charset=utf-8")


@router.api_route("/sitemap.xml", methods=["GET", "HEAD"])
def sitemap(site: SiteDep) -> Response:
    register_namespace("", SITEMAP)
    urls = Element(f"{{{SITEMAP}}}urlset")
    with site.store.read() as session:
        places = _places(session, site.clock())
    for path, changed in places[:MOST]:
        url = SubElement(urls, f"{{{SITEMAP}}}url")
        SubElement(url, f"{{{SITEMAP}}}loc").text = f"{site.brand.public_url}{path}"
        if changed is not None:
            SubElement(url, f"{{{SITEMAP}}}lastmod").text = changed.isoformat()
    body = tostring(urls, encoding="utf-8", xml_declaration=True)
    return Response(body, media_type="application/xml; charset=utf-8")


def _places(session: Session, now: datetime) -> list[tuple[str, datetime | None]]:
    """Paths and when each changed last: issues, comparisons, tools, the newest first."""
    published = col(Comparison.published_at) <= now
    comparisons = session.exec(
        select(Comparison.slug, Comparison.changed_at)
        .where(published)
        .order_by(col(Comparison.published_at).desc())
        .limit(MOST)
    )
    tools = session.exec(
        select(Tool.slug)
        .join(Contender, col(Contender.tool_id) == col(Tool.id))
        .join(Comparison, col(Comparison.id) == col(Contender.comparison_id))
        .where(published)
        .distinct()
        .order_by(col(Tool.slug))
        .limit(MOST)
    )
    places: list[tuple[str, datetime | None]] = [("/issues/", None)]
    places += [(f"/issues/{entry.number}", entry.day) for entry in public_issues(session)]
    places += [(f"/comparisons/{quote(slug)}", changed) for slug, changed in comparisons]
    places += [(f"/tools/{quote(slug)}", None) for slug in tools]
    return places
