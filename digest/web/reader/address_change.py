"""Confirms a new address, by the link that was mailed to it."""

from dataclasses import replace

from fastapi import APIRouter, Response

from digest.readers.address_change import complete_address_change
from digest.web.reader.token_links import path_for, read_link
from digest.web.site import OriginDep, SiteDep, TemplatesDep
from subscribers.preferences import pending_address
from subscribers.tokens import Purpose

router = APIRouter()


@router.api_route("/address/{token}", methods=["GET", "HEAD"])
def ask(token: str, site: SiteDep, templates: TemplatesDep) -> Response:
    """Shows the button: mail scanners open every link (invariant 5, docs/invariants.md)."""
    link = read_link(site, Purpose.ADDRESS, token)
    with site.store.read() as session:
        email = pending_address(session, link.subscriber_id, link.number)
    if email is None:
        return templates.private("no_address_change.html", status=410)
    return templates.private("address_change.html", email=email)


@router.post("/address/{token}")
def confirm(token: str, origin: OriginDep, site: SiteDep, templates: TemplatesDep) -> Response:
    """Changes the address; the next issue goes there once it answers."""
    link = read_link(site, Purpose.ADDRESS, token)
    with site.store.write() as session:
        changed = complete_address_change(
            session,
            site.hasher,
            link.subscriber_id,
            link.number,
            origin=replace(origin, source="link to a new address", form="move-1"),
            now=site.clock(),
        )
    if changed is None:
        return templates.private("no_address_change.html", status=410)
    return templates.private(
        "address_changed.html",
        email=changed.new,
        preferences_path=path_for(site, Purpose.PREFERENCES, link),
    )
