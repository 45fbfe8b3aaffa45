"""The preferences page: what a reader sees and changes without a login, by the link's token."""

from fastapi import APIRouter, HTTPException, Response
from fastapi.responses import RedirectResponse

from digest.readers.address_change import start_address_change
from digest.readers.links import ReaderLink
from digest.readers.preferences import (
    change_preferences,
    is_choice,
    read_preferences,
    rename,
    set_tracking,
    void_own_links,
)
from digest.web.forms import FormFieldList, FormFields
from digest.web.reader.preferences_page import page_values
from digest.web.reader.token_links import read_link, unknown_reader
from digest.web.site import Site, SiteDep, TemplatesDep
from digest.web.templating import PRIVATE, PageTemplates
from subscribers.addresses import AddressError
from subscribers.links import link_token
from subscribers.preferences import MAX_PAUSE_WEEKS, pause_mail
from subscribers.tokens import Purpose

router = APIRouter()

TRACKING = {"on": True, "off": False}
WEEKS = {str(weeks): weeks for weeks in range(MAX_PAUSE_WEEKS + 1)}


@router.api_route("/preferences/{token}", methods=["GET", "HEAD"])
def show(token: str, site: SiteDep, templates: TemplatesDep, said: str = "") -> Response:
    """Shows the page; `said` names a message of what was just done."""
    link = read_link(site, Purpose.PREFERENCES, token)
    return _page(site, templates, link, said=said)


@router.post("/preferences/{token}")
def track(token: str, form: FormFields, site: SiteDep, templates: TemplatesDep) -> Response:
    """Switches tracking: `tracking=on` or `tracking=off`; saved when it answers."""
    link = read_link(site, Purpose.PREFERENCES, token)
    tracking = TRACKING.get(form.get("tracking", ""))
    if tracking is None:
        raise HTTPException(400)
    with site.store.write() as session:
        set_tracking(session, link.subscriber_id, site.clock(), tracking=tracking)
    return _page(site, templates, link, said="saved")


@router.post("/preferences/{token}/choices")
def change(token: str, fields: FormFieldList, site: SiteDep, templates: TemplatesDep) -> Response:
    """Saves `frequency`, `zone`, and any number of `category` and `tool`."""
    link = read_link(site, Purpose.PREFERENCES, token)
    given = dict(fields)
    frequency, zone = given.get("frequency", ""), given.get("zone", "")
    if not is_choice(frequency, zone):
        raise HTTPException(400)
    with site.store.write() as session:
        change_preferences(
            session,
            link.subscriber_id,
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
    link = read_link(site, Purpose.PREFERENCES, token)
    weeks = WEEKS.get(form.get("weeks", ""))
    if weeks is None:
        raise HTTPException(400)
    with site.store.write() as session:
        pause_mail(session, link.subscriber_id, weeks, site.clock())
    return _back(templates, token, "paused" if weeks else "going")


@router.post("/preferences/{token}/address")
def change_address(
    token: str, form: FormFields, site: SiteDep, templates: TemplatesDep
) -> Response:
    """Asks for a change to `email`; nothing changes before that address's owner confirms."""
    link = read_link(site, Purpose.PREFERENCES, token)
    email = form.get("email", "")
    try:
        with site.store.write() as session:
            start_address_change(session, site.hasher, link.subscriber_id, email, site.clock())
    except AddressError:
        return _back(templates, token, "address")
    return _back(templates, token, "asked")


@router.post("/preferences/{token}/name")
def change_name(token: str, form: FormFields, site: SiteDep, templates: TemplatesDep) -> Response:
    """Saves `first_name`, which may be empty."""
    link = read_link(site, Purpose.PREFERENCES, token)
    with site.store.write() as session:
        rename(session, link.subscriber_id, form.get("first_name", ""), site.clock())
    return _back(templates, token, "saved")


@router.post("/preferences/{token}/void-links")
def void(token: str, site: SiteDep, templates: TemplatesDep) -> Response:
    """Makes every link sent so far void, this one too; a new one is mailed to the reader."""
    link = read_link(site, Purpose.PREFERENCES, token)
    with site.store.write() as session:
        done = void_own_links(session, link.subscriber_id, site.clock())
    if not done:
        raise unknown_reader(link)
    return templates.private("links_void.html")


def _back(templates: PageTemplates, token: str, said: str) -> Response:
    """Redirects to the page itself, so that a reload submits nothing a second time."""
    return RedirectResponse(f"{templates.base}/preferences/{token}?said={said}", 303, PRIVATE)


def _page(site: Site, templates: PageTemplates, link: ReaderLink, *, said: str) -> Response:
    with site.store.read() as session:
        found = read_preferences(session, link.subscriber_id, site.clock())
    if found is None:
        raise unknown_reader(link)
    mine = link_token(site.tokens, Purpose.PREFERENCES, found.reader, link.issue_id)
    leave = link_token(site.tokens, Purpose.UNSUBSCRIBE, found.reader, link.issue_id)
    return templates.private(
        "preferences.html",
        path=f"/preferences/{mine}",
        unsubscribe_path=f"/unsubscribe/{leave}",
        **page_values(found, site.clock(), said, site.language),
    )
