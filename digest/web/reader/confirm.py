"""The confirmation of a sign-up (double opt-in), by the link that was mailed to the address."""

from dataclasses import replace

from fastapi import APIRouter, Response

from digest.language.message import Message
from digest.readers.signup import complete_signup, never_write_again
from digest.web.public.signup_form import FORMS
from digest.web.reader.token_links import open_link, path_for, read_link, unknown_reader
from digest.web.site import OriginDep, Site, SiteDep, TemplatesDep
from subscribers.signup import ConfirmationResult, can_confirm
from subscribers.tables import SubscriberStatus
from subscribers.tokens import Purpose

router = APIRouter()

WORDING = Message("Yes, send {name} to this address.")


@router.api_route("/confirm/{token}", methods=["GET", "HEAD"])
def ask(token: str, site: SiteDep, templates: TemplatesDep) -> Response:
    """Shows the button that confirms."""
    _, reader = open_link(site, Purpose.CONFIRM, token)
    active = reader.status == SubscriberStatus.ACTIVE
    with site.store.read() as session:
        expired = not active and not can_confirm(session, reader, site.clock())
    if expired:
        return templates.private("confirmation_expired.html", status=410)
    return templates.private(
        "confirm.html", email=reader.email, active=active, wording=_wording(site)
    )


@router.post("/confirm/{token}")
def confirm(token: str, origin: OriginDep, site: SiteDep, templates: TemplatesDep) -> Response:
    """Puts the reader on the list by the time it answers; a second time changes nothing."""
    link = read_link(site, Purpose.CONFIRM, token)
    with site.store.write() as session:
        result = complete_signup(
            session,
            link.subscriber_id,
            request=link.number,
            wording=_wording(site),
            origin=replace(origin, form=FORMS["confirm"]),
            now=site.clock(),
        )
    if result is ConfirmationResult.NOBODY:
        raise unknown_reader(link)
    if result is ConfirmationResult.TOO_LATE:
        return templates.private("confirmation_expired.html", status=410)
    mine = path_for(site, Purpose.PREFERENCES, link)
    return templates.private("confirmed.html", preferences_path=mine)


@router.api_route("/confirm/{token}/never", methods=["GET", "HEAD"])
def ask_never(token: str, site: SiteDep, templates: TemplatesDep) -> Response:
    """Shows the button that forbids us to write to the address again."""
    _, reader = open_link(site, Purpose.CONFIRM, token)
    return templates.private("never_again.html", email=reader.email, done=False)


@router.post("/confirm/{token}/never")
def never(token: str, site: SiteDep, templates: TemplatesDep) -> Response:
    """Suppresses the address for good; a second time changes nothing."""
    link, reader = open_link(site, Purpose.CONFIRM, token)
    with site.store.write() as session:
        never_write_again(session, site.hasher, link.subscriber_id, site.clock())
    return templates.private("never_again.html", email=reader.email, done=True)


def _wording(site: Site) -> str:
    return site.language.say(WORDING, name=site.brand.name)
