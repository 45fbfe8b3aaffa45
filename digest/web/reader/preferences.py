"""The preferences page: what a reader sees and changes without a login, by the link's token."""

from fastapi import APIRouter, HTTPException, Response
from fastapi.responses import RedirectResponse

from digest.readers.address_change import start_address_change
from digest.readers.preferences import (
    change_preferences,
    is_choice,
    read_preferences,
    set_tracking,
)
from digest.web.error_pages import UnknownReaderError
from digest.web.forms import FormFieldList, FormFields
from digest.web.reader.preferences_page import page_values
from digest.web.reader.token_links import read_claims
from digest.web.site import Site, SiteDep, TemplatesDep
from digest.web.templating import PRIVATE, PageTemplates
from subscribers.addresses import AddressError
from subscribers.preferences import MAX_PAUSE_WEEKS, pause_mail
from subscribers.tokens import Purpose, TokenClaims

router = APIRouter()

TRACKING = {"on": True, "off": False}
WEEKS = {str(weeks): weeks for weeks in range(MAX_PAUSE_WEEKS + 1)}


@router.api_route("/preferences/{token}", methods=["GET", "HEAD"])
def show(token: str, site: SiteDep, templates: TemplatesDep, said: str = "") -> Response:
    """Shows the page; `said` names a message of what was just done."""
    claims = read_claims(site, Purpose.PREFERENCES, token)
    return _page(site, templates, claims, said=said)


@router.post("/preferences/{token}")
def track(token: str, form: FormFields, site: SiteDep, templates: TemplatesDep) -> Response:
    """Switches tracking: `tracking=on` or `tracking=off`; saved when it answers."""
    claims = read_claims(site, Purpose.PREFERENCES, token)
    tracking = TRACKING.get(form.get("tracking", ""))
    if tracking is None:
        raise HTTPException(400)
    with site.store.write() as session:
        set_tracking(session, claims.subscriber, site.clock(), tracking=tracking)
    return _page(site, templates, claims, said="saved")


@router.post("/preferences/{token}/choices")
def change(token: str, fields: FormFieldList, site: SiteDep, templates: TemplatesDep) -> Response:
    """Saves `frequency`, `zone`, and any number of `category` and `tool`."""
    claims = read_claims(site, Purpose.PREFERENCES, token)
    given = dict(fields)
    frequency, zone = given.get("frequency", ""), given.get("zone", "")
    if not is_choice(frequency, zone):
        raise HTTPException(400)
    with site.store.write() as session:
        change_preferences(
            session,
            claims.subscriber,
            frequency=frequency,
            zone=zone,
            categories=[value for field, value in fields if field == "category"],
            tools=[value for field, value in fields if field == "tool"],
            now=site.clock(),
        )
    return _back(templates, token, "saved")


@router.post("/preferences/{token}/pause")
def pause(token: str, form: FormFields, site: SiteDep, templates: TemplatesDep) -> Response:
    """Pauses for `weeks`; 0 ends the pause now."""
    claims = read_claims(site, Purpose.PREFERENCES, token)
    weeks = WEEKS.get(form.get("weeks", ""))
    if weeks is None:
        raise HTTPException(400)
    with site.store.write() as session:
        pause_mail(session, claims.subscriber, weeks, site.clock())
    return _back(templates, token, "paused" if weeks else "going")


@router.post("/preferences/{token}/address")
def change_address(
    token: str, form: FormFields, site: SiteDep, templates: TemplatesDep
) -> Response:
    """Asks for a change to `email`; nothing changes before that address's owner confirms."""
    claims = read_claims(site, Purpose.PREFERENCES, token)
    email = form.get("email", "")
    try:
        with site.store.write() as session:
            start_address_change(session, site.hasher, claims.subscriber, email, site.clock())
    except AddressError:
        return _back(templates, token, "address")
    return _back(templates, token, "asked")


def _back(templates: PageTemplates, token: str, said: str) -> Response:
    """Redirects to the page itself, so that a reload submits nothing a second time."""
    return RedirectResponse(f"{templates.base}/preferences/{token}?said={said}", 303, PRIVATE)


def _page(site: Site, templates: PageTemplates, claims: TokenClaims, *, said: str) -> Response:
    with site.store.read() as session:
        found = read_preferences(session, claims.subscriber)
    if found is None:
        raise UnknownReaderError(claims)
    mine = site.tokens.make(Purpose.PREFERENCES, claims.subscriber, claims.issue)
    leave = site.tokens.make(Purpose.UNSUBSCRIBE, claims.subscriber, claims.issue)
    return templates.private(
        "preferences.html",
        path=f"/preferences/{mine}",
        unsubscribe_path=f"/unsubscribe/{leave}",
        **page_values(found, site.clock(), said),
    )
