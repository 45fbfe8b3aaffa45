"""Feeds of the issues that went out: Atom (RFC 4287) and JSON Feed 1.1 (jsonfeed.org)."""

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring

from fastapi import APIRouter, Request, Response

from digest.issues.archive import ArchiveEntry, public_issues
from digest.render.filters import sanitize
from digest.web.site import SiteDep

router = APIRouter()

ATOM = "http://www.w3.org/2005/Atom"
ATOM_TYPE = "application/atom+xml; charset=utf-8"
JSON_TYPE = "application/feed+json; charset=utf-8"
MAX_ENTRIES = 30
"""Entries of a feed: a reader that slept for half a year misses none."""


@router.api_route("/feed.xml", methods=["GET", "HEAD"])
def atom(request: Request, site: SiteDep) -> Response:
    with site.store.read() as session:
        entries = public_issues(session, MAX_ENTRIES)
    return _fresh(request, _atom(site, entries), ATOM_TYPE)


@router.api_route("/feed.json", methods=["GET", "HEAD"])
def json_feed(request: Request, site: SiteDep) -> Response:
    with site.store.read() as session:
        entries = public_issues(session, MAX_ENTRIES)
    return _fresh(request, _json(site, entries), JSON_TYPE)


def _fresh(request: Request, body: bytes, kind: str) -> Response:
    """Answers 304 if the client's copy is current (RFC 9110 section 13.1.2), else the feed."""
    tag = f'"{hashlib.sha256(body).hexdigest()[:24]}"'
    headers = {"ETag": tag, "Cache-Control": "public, max-age=300"}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=kind, headers=headers)


def _atom(site: SiteDep, entries: Sequence[ArchiveEntry]) -> bytes:
    register_namespace("", ATOM)
    root = site.brand.public_url
    feed = Element(f"{{{ATOM}}}feed", {"xml:lang": site.brand.language})
    _add(feed, "id", f"{root}/issues/")
    _add(feed, "title", site.brand.name)
    _add(feed, "subtitle", site.brand.tagline)
    updated = max((entry.day for entry in entries), default=datetime.fromtimestamp(0, UTC))
    _add(feed, "updated", updated.isoformat())
    _add(_add(feed, "author"), "name", site.brand.name)
    _add(feed, "link", rel="self", href=f"{root}/feed.xml")
    _add(feed, "link", rel="alternate", href=f"{root}/issues/")
    for entry in entries:
        one = _add(feed, "entry")
        _add(one, "id", f"{root}/issues/{entry.number}")
        _add(one, "title", entry.subject)
        _add(one, "updated", entry.day.isoformat())
        _add(one, "published", entry.day.isoformat())
        _add(one, "summary", entry.preheader)
        _add(one, "link", rel="alternate", href=f"{root}/issues/{entry.number}")
    body: bytes = tostring(feed, encoding="utf-8", xml_declaration=True)
    return body


def _add(parent: Element, name: str, text: str = "", **attributes: str) -> Element:
    child = SubElement(parent, f"{{{ATOM}}}{name}", attributes)
    child.text = sanitize(text) or None
    return child


def _json(site: SiteDep, entries: Sequence[ArchiveEntry]) -> bytes:
    root = site.brand.public_url
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": site.brand.name,
        "description": site.brand.tagline,
        "language": site.brand.language,
        "home_page_url": f"{root}/issues/",
        "feed_url": f"{root}/feed.json",
        "authors": [{"name": site.brand.name}],
        "items": [
            {
                "id": f"{root}/issues/{entry.number}",
                "url": f"{root}/issues/{entry.number}",
                "title": entry.subject,
                "summary": entry.preheader,
                "content_text": entry.preheader or entry.subject,
                "date_published": entry.day.isoformat(),
            }
            for entry in entries
        ],
    }
    return json.dumps(feed, ensure_ascii=False).encode()
