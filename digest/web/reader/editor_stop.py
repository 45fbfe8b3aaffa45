"""Stopping what an editor is told: a page with one button, opened from any such message."""

from fastapi import APIRouter, Response

from digest.editors.addresses import find_editor, stop_by_link
from digest.web.error_pages import InvalidLinkError
from digest.web.site import Site, SiteDep, TemplatesDep
from subscribers.tokens import Purpose, TokenError

router = APIRouter()


@router.api_route("/editor/{token}", methods=["GET", "HEAD"])
def ask(token: str, site: SiteDep, templates: TemplatesDep) -> Response:
    """Shows the button; scanners open every link (invariant 5, docs/invariants.md)."""
    public_id = _public_id(site, token)
    with site.store.read() as session:
        editor = find_editor(session, public_id)
    return templates.private("studio/editor_stop.html", email=editor.email if editor else "")


@router.post("/editor/{token}")
def stop(token: str, site: SiteDep, templates: TemplatesDep) -> Response:
    """Stops the messages by the time it answers; idempotent."""
    public_id = _public_id(site, token)
    with site.store.write() as session:
        stop_by_link(session, public_id)
    return templates.private("studio/editor_stop.html", email="")


def _public_id(site: Site, token: str) -> int:
    try:
        return site.tokens.read(Purpose.EDITOR, token).subscriber
    except TokenError:
        raise InvalidLinkError from None
