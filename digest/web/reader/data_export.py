"""A reader's own data: exported to a file, or erased."""

from fastapi import APIRouter, Response

from digest.readers.data_export import DataRequest, request_data
from digest.readers.erasure import erase_reader
from digest.web.reader.token_links import open_link, read_link, unknown_reader
from digest.web.site import SiteDep, TemplatesDep
from subscribers.tokens import Purpose

router = APIRouter()


@router.post("/preferences/{token}/export")
def export(token: str, site: SiteDep, templates: TemplatesDep) -> Response:
    """Mails everything that is stored to the reader's own address.

    Whoever holds a forwarded message has the link too, so the page shows none of it.
    """
    link = read_link(site, Purpose.PREFERENCES, token)
    with site.store.write() as session:
        asked = request_data(session, site.hasher, link.subscriber_id, site.clock())
    if asked is DataRequest.NOBODY:
        raise unknown_reader(link)
    return templates.private(
        "data_mailed.html",
        mailed=asked is DataRequest.MAILED,
        back=f"/preferences/{token}",
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
    site.store.truncate_log()
    return templates.private("erased.html")
