"""A reader's own data: exported to a file, or erased."""

import json

from fastapi import APIRouter, Response

from digest.readers.data_export import erase_reader, export_reader
from digest.web.reader.token_links import open_link, read_link, unknown_reader
from digest.web.site import SiteDep, TemplatesDep
from digest.web.templating import PRIVATE
from subscribers.tokens import Purpose

router = APIRouter()


@router.post("/preferences/{token}/export")
def export(token: str, site: SiteDep) -> Response:
    """Downloads everything that is stored; a POST, so that no scanner fetches it."""
    link = read_link(site, Purpose.PREFERENCES, token)
    with site.store.read() as session:
        found = export_reader(session, link.subscriber_id)
    if found is None:
        raise unknown_reader(link)
    return Response(
        json.dumps(found, ensure_ascii=False, indent=2),
        media_type="application/json",
        headers={**PRIVATE, "Content-Disposition": 'attachment; filename="my-data.json"'},
    )


@router.api_route("/preferences/{token}/erase", methods=["GET", "HEAD"])
def ask_to_erase(token: str, site: SiteDep, templates: TemplatesDep) -> Response:
    """Shows the button that erases."""
    _, reader = open_link(site, Purpose.PREFERENCES, token)
    return templates.private("erase.html", email=reader.email, back=f"/preferences/{token}")


@router.post("/preferences/{token}/erase")
def erase(token: str, site: SiteDep, templates: TemplatesDep) -> Response:
    """Erases the reader; done when it answers."""
    link = read_link(site, Purpose.PREFERENCES, token)
    with site.store.write() as session:
        erased = erase_reader(session, site.hasher, link.subscriber_id, site.clock())
    if not erased:
        raise unknown_reader(link)
    return templates.private("erased.html")
