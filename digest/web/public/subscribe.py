"""Signing up: the hosted page, the form on other sites, the JSON endpoint, and the confirmation.

All of it goes one way (`digest.readers.signup`), and every answer is the same whether an address
is known or not. No cookie is set and none is read, so a form on any other site may post here.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from digest.readers.proof_of_work import ProofOfWorkError
from digest.readers.signup import (
    SignupRequest,
    TooManySignupsError,
    complete_signup,
    limit_signups,
    start_signup,
)
from digest.web.forms import FormFields, clean, read_small_body
from digest.web.headers import PAGE_POLICY, WORKING_POLICY
from digest.web.public.signup_form import HONEYPOT, signup_form, signup_wording
from digest.web.public.token_links import read_claims
from digest.web.site import OriginDep, Site, SiteDep, TemplatesDep
from digest.web.templating import PageTemplates
from subscribers.addresses import AddressError
from subscribers.consent import ConsentOrigin
from subscribers.signup import ConfirmationResult, can_confirm
from subscribers.tables import Subscriber, SubscriberStatus
from subscribers.tokens import Purpose

router = APIRouter()

CONFIRM_WORDING = "Yes, send {name} to this address."
FORMS = {"page": "page-1", "embed": "embed-1", "json": "json-1", "confirm": "confirm-1"}
"""The forms there are, with the version of each: raise it when what stands on one changes."""
LONGEST_SOURCE = 200
LONGEST_WORDING = 1_000
THANKS = "Look into your mailbox: the message there has a button that completes it."
# Anybody's page may ask: nothing is told, and no cookie is read.
OPEN = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "POST, GET, OPTIONS",
    "Access-Control-Allow-Headers": "Content-Type",
    "Access-Control-Max-Age": "86400",
    "Cache-Control": "no-store",
}


@router.api_route("/subscribe", methods=["GET", "HEAD"])
def form(site: SiteDep, pages: TemplatesDep, source: str = "") -> Response:
    return _form(site, pages, source=clean(source, LONGEST_SOURCE))


@router.post("/subscribe")
def subscribe(
    request: Request, given: FormFields, origin: OriginDep, site: SiteDep, pages: TemplatesDep
) -> Response:
    """`email`, if they like `first_name`, `source`, `form`; the page says what comes next."""
    source = given.get("source") or request.headers.get("referer", "")
    form_name = given.get("form", "page")
    origin = replace(
        origin,
        source=clean(source, LONGEST_SOURCE),
        form=FORMS.get(form_name, FORMS["page"]),
    )
    try:
        _take(site, given, origin, signup_wording(site))
    except AddressError as error:
        return _form(site, pages, status=400, given=given, source=origin.source, wrong=error.why)
    except ProofOfWorkError:
        return _form(site, pages, status=400, given=given, source=origin.source, unsolved=True)
    except TooManySignupsError as error:
        raise HTTPException(429, headers={"Retry-After": str(error.retry_after)}) from None
    return pages.show("check_mailbox.html", headers={"Cache-Control": "no-store"})


@router.options("/api/v1/subscribers")
@router.options("/api/v1/challenge")
async def preflight() -> Response:
    return Response(status_code=204, headers=OPEN)


@router.get("/api/v1/challenge")
def challenge(site: SiteDep) -> Response:
    """What `work` has to solve; 404 where no proof of work is asked for."""
    if site.proof_of_work is None:
        return _said(404, "no proof of work is asked for here")
    return JSONResponse(site.proof_of_work.challenge(site.clock()), headers=OPEN)


@router.post("/api/v1/subscribers")
async def subscribe_by_json(request: Request, origin: OriginDep, site: SiteDep) -> Response:
    """`{email, first_name?, source?, wording?, work?}`; 202 whether the address is known or not.

    `wording` is what the page showed that the reader agreed to, if it was another text than ours.
    """
    given = _texts(await read_small_body(request))
    if isinstance(given, str):
        return _said(400, given)
    return await run_in_threadpool(_by_json, site, given, origin)


@router.api_route("/confirm/{token}", methods=["GET", "HEAD"])
def ask_to_confirm(token: str, site: SiteDep, pages: TemplatesDep) -> Response:
    """Only shows the button: scanners open every link (invariant 5, docs/invariants.md)."""
    claims = read_claims(site, Purpose.CONFIRM, token)
    with site.store.read() as session:
        person = session.get(Subscriber, claims.subscriber)
        if person is None:
            return pages.private("nobody.html", preview=not claims.subscriber)
        active = person.status == SubscriberStatus.ACTIVE
        if not active and not can_confirm(session, person, site.clock()):
            return pages.private("too_late.html", status=410)
        return pages.private(
            "confirm.html", email=person.email, active=active, wording=_confirming(site)
        )


@router.post("/confirm/{token}")
def confirm(token: str, origin: OriginDep, site: SiteDep, pages: TemplatesDep) -> Response:
    """On the list when it answers; twice is as good as once."""
    claims = read_claims(site, Purpose.CONFIRM, token)
    with site.store.write() as session:
        found = complete_signup(
            session,
            claims.subscriber,
            wording=_confirming(site),
            origin=replace(origin, form=FORMS["confirm"]),
            now=site.clock(),
        )
    if found is ConfirmationResult.NOBODY:
        return pages.private("nobody.html", preview=not claims.subscriber)
    if found is ConfirmationResult.TOO_LATE:
        return pages.private("too_late.html", status=410)
    token = site.tokens.make(Purpose.PREFERENCES, claims.subscriber)
    return pages.private("confirmed.html", preferences_path=f"/preferences/{token}")


def _take(site: Site, given: Mapping[str, str], origin: ConsentOrigin, wording: str) -> None:
    """Raises AddressError, UnsolvedError or TooManyError."""
    now = site.clock()
    application = SignupRequest(
        given.get("email", ""), given.get("first_name", ""), wording, origin
    )
    # On its own, so that who is refused is counted as well.
    with site.store.write() as session:
        limit_signups(session, site.hasher, origin.ip, now)
    if given.get(HONEYPOT):
        return
    with site.store.write() as session:
        if site.proof_of_work is not None:
            site.proof_of_work.use(session, site.hasher, given.get("work", ""), now)
        start_signup(session, site.hasher, application, now)


def _by_json(site: Site, given: Mapping[str, str], origin: ConsentOrigin) -> Response:
    origin = replace(
        origin, source=clean(given.get("source", ""), LONGEST_SOURCE), form=FORMS["json"]
    )
    wording = clean(given.get("wording", ""), LONGEST_WORDING) or signup_wording(site)
    try:
        _take(site, given, origin, wording)
    except AddressError as error:
        return _said(400, f"email: {error.why}")
    except ProofOfWorkError:
        return _said(400, "work: expected the solution of a challenge from /api/v1/challenge")
    except TooManySignupsError as error:
        return _said(429, "too many from this network", {"Retry-After": str(error.retry_after)})
    return JSONResponse({"status": "accepted", "message": THANKS}, 202, OPEN)


def _said(status: int, why: str, headers: Mapping[str, str] | None = None) -> Response:
    return JSONResponse({"error": why}, status, {**OPEN, **(headers or {})})


def _texts(body: bytes) -> dict[str, str] | str:
    """The texts of a JSON object; one line of what is wrong with anything else."""
    try:
        given: Any = json.loads(body)
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict):
        return 'expected a JSON object like {"email": "ana@example.org"}'
    for name in ("email", "first_name", "source", "wording", "work", HONEYPOT):
        if not isinstance(given.get(name, ""), str):
            return f"{name}: expected a text"
    return {name: value for name, value in given.items() if isinstance(value, str)}


def _form(
    site: Site,
    pages: PageTemplates,
    *,
    source: str,
    status: int = 200,
    given: Mapping[str, str] | None = None,
    wrong: str = "",
    unsolved: bool = False,
) -> Response:
    given = given or {}
    return pages.show(
        "subscribe.html",
        status=status,
        headers={
            "Content-Security-Policy": WORKING_POLICY if site.proof_of_work else PAGE_POLICY,
            "Cache-Control": "no-store",
        },
        source=source,
        email=given.get("email", ""),
        first_name=given.get("first_name", ""),
        **asdict(signup_form(site)),
        wrong=wrong,
        unsolved=unsolved,
    )


def _confirming(site: Site) -> str:
    return CONFIRM_WORDING.format(name=site.brand.name)
