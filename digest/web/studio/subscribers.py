"""Subscribers: found by a part of the address, shown, unsubscribed and suppressed for a reason."""

from collections.abc import Callable

from fastapi import APIRouter, HTTPException, Response

from digest.readers.by_editor import (
    MAX_REASON,
    Decision,
    lift_for,
    suppress_for,
    unsubscribe_for,
)
from digest.readers.lookup import MAX_FOUND, search_subscribers, subscriber_details
from digest.web.forms import FormFields
from digest.web.site import TemplatesDep
from digest.web.studio.common import HEADERS, see_other
from digest.web.studio.context import ContextDep, StudioSite, StudioSiteDep
from digest.web.templating import PageTemplates
from store.errors import UserError

router = APIRouter()

REFUSED, MISSING = 409, 404
MAX_DIGITS = 9
MAX_SEARCH = 320
DECISIONS: dict[str, Callable[..., None]] = {
    "unsubscribe": unsubscribe_for,
    "suppress": suppress_for,
    "lift": lift_for,
}
SAID = {
    "unsubscribe": "Unsubscribed: nothing goes there any more.",
    "suppress": "Suppressed: nothing goes to this address any more, whoever signs it up.",
    "lift": "No longer suppressed.",
}
"""What was done, by the name that a redirect carries: no text comes from an address."""


@router.get("/subscribers/")
def search(site: StudioSiteDep, templates: TemplatesDep, find: str = "") -> Response:
    """Lists the subscribers whose address holds `find`; without it, the newest."""
    sought = find.strip()[:MAX_SEARCH].replace("\0", "")
    with site.store.read() as session:
        found = search_subscribers(session, sought)
    return templates.show(
        "studio/subscribers/search.html",
        headers=HEADERS,
        sought=sought,
        found=found[:MAX_FOUND],
        has_more=len(found) > MAX_FOUND,
    )


@router.get("/subscribers/{number}")
def subscriber(
    number: str, site: StudioSiteDep, templates: TemplatesDep, said: str = ""
) -> Response:
    """Shows one subscriber: state, consents, preferences, what was sent to them."""
    return _page(site, templates, _id(number), said=SAID.get(said, ""))


@router.post("/subscribers/{number}")
def decide(
    number: str,
    given: FormFields,
    site: StudioSiteDep,
    templates: TemplatesDep,
    context: ContextDep,
) -> Response:
    """Unsubscribes or suppresses somebody, or lifts the suppression, for the reason given."""
    act, person = given.get("do", ""), _id(number)
    carry_out = DECISIONS.get(act)
    path = f"{templates.base}/studio/subscribers/{person}"
    if carry_out is None:
        return see_other(path)
    decision = Decision(f"studio, {context.editor}", given.get("why", ""), site.clock())
    try:
        with site.store.write() as session:
            carry_out(session, site.hasher, person, decision)
    except UserError as error:
        return _page(site, templates, person, problem=str(error), act=act, why=decision.why)
    return see_other(f"{path}?said={act}")


def _id(number: str) -> int:
    if not (number.isascii() and number.isdecimal() and len(number) <= MAX_DIGITS):
        raise HTTPException(MISSING)
    return int(number)


def _page(
    site: StudioSite,
    templates: PageTemplates,
    number: int,
    *,
    said: str = "",
    problem: str = "",
    act: str = "",
    why: str = "",
) -> Response:
    with site.store.read() as session:
        details = subscriber_details(session, number)
    if details is None:
        raise HTTPException(MISSING)
    return templates.show(
        "studio/subscribers/show.html",
        status=REFUSED if problem else 200,
        headers=HEADERS,
        one=details,
        said=said,
        problem=problem,
        act=act,
        why=why,
        max_reason=MAX_REASON,
    )
