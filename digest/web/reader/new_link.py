"""Mails a reader a new preferences link, who has lost theirs; no page shows it."""

from fastapi import APIRouter, Response

from digest.readers.signup import limit_signups, send_preferences_link
from digest.web.address_words import address_words
from digest.web.forms import FormFields
from digest.web.site import OriginDep, SiteDep, TemplatesDep
from subscribers.addresses import AddressError

router = APIRouter()


@router.api_route("/preferences", methods=["GET", "HEAD"])
def form(templates: TemplatesDep) -> Response:
    """Shows the form."""
    return templates.private("new_link.html", email="", wrong="", done=False)


@router.post("/preferences")
def send(given: FormFields, origin: OriginDep, site: SiteDep, templates: TemplatesDep) -> Response:
    """Takes `email`; the answer is the same whether the address is known or not."""
    email, now = given.get("email", ""), site.clock()
    with site.store.write() as session:
        limit_signups(session, site.hasher, origin.ip, now)
    try:
        with site.store.write() as session:
            send_preferences_link(session, site.hasher, email, now)
    except AddressError as error:
        return templates.private(
            "new_link.html",
            status=400,
            email=email,
            wrong=address_words(error, site.language),
            done=False,
        )
    return templates.private("new_link.html", email=email, wrong="", done=True)
