"""Signing up by JSON: `/api/v1/subscribers` and its proof of work, for scripts on other sites.

Every answer is the same whether an address is known or not.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from digest.language.message import Message
from digest.readers.proof_of_work import ProofOfWorkError
from digest.readers.signup import TooManySignupsError
from digest.readers.signup_address import MisspeltDomainError
from digest.web.error_pages import headers_of, status_of
from digest.web.forms import clean, read_small_body
from digest.web.public.signup_form import (
    FORMS,
    HONEYPOT,
    MAX_SOURCE_LENGTH,
    signup_wording,
    submit,
)
from digest.web.site import OriginDep, Site, SiteDep
from subscribers.addresses import AddressError
from subscribers.consent import ConsentOrigin

router = APIRouter()

MAX_WORDING_LENGTH = 1_000
THANKS = Message("Look into your mailbox: the message there has a button that completes it.")
# Any site's script may ask: the answers tell nothing, and no cookie is read.
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "POST, GET, OPTIONS",
    "Access-Control-Allow-Headers": "Content-Type",
    "Access-Control-Max-Age": "86400",
    "Cache-Control": "no-store",
}


@router.options("/api/v1/subscribers")
@router.options("/api/v1/challenge")
async def preflight() -> Response:
    """Answers a browser's CORS preflight."""
    return Response(status_code=204, headers=CORS)


@router.get("/api/v1/challenge")
def challenge(site: SiteDep) -> Response:
    """Answers with the challenge for `work`; 404 if no proof of work is required."""
    if site.proof_of_work is None:
        return _error(404, "no proof of work is asked for here")
    return JSONResponse(site.proof_of_work.challenge(site.clock()), headers=CORS)


@router.post("/api/v1/subscribers")
async def subscribe(request: Request, origin: OriginDep, site: SiteDep) -> Response:
    """Takes `{email, first_name?, source?, wording?, work?, sure?}`; 202 known or not.

    An address at a domain that looks misspelt is answered with a `suggestion`; `sure`, holding the
    same address, takes it as it is.

    `wording` is what the page showed that the reader agreed to, if it was another text than ours.
    """
    given = _texts(await read_small_body(request))
    if isinstance(given, str):
        return _error(400, given)
    return await run_in_threadpool(_submit, site, given, origin)


def _submit(site: Site, given: Mapping[str, str], origin: ConsentOrigin) -> Response:
    source = clean(given.get("source", ""), MAX_SOURCE_LENGTH)
    wording = clean(given.get("wording", ""), MAX_WORDING_LENGTH) or signup_wording(site)
    try:
        submit(site, given, replace(origin, source=source, form=FORMS["json"]), wording)
    except MisspeltDomainError as error:
        said = {"error": f"email: did you mean {error.meant}?", "suggestion": error.meant}
        return JSONResponse(said, 400, CORS)
    except AddressError as error:
        return _error(400, f"email: {error.why}")
    except ProofOfWorkError:
        return _error(400, "work: expected the solution of a challenge from /api/v1/challenge")
    except TooManySignupsError as error:
        return _error(status_of(error), "too many from this network", headers_of(error))
    return JSONResponse({"status": "accepted", "message": site.language.say(THANKS)}, 202, CORS)


def _error(status: int, why: str, headers: Mapping[str, str] | None = None) -> Response:
    return JSONResponse({"error": why}, status, {**CORS, **(headers or {})})


def _texts(body: bytes) -> dict[str, str] | str:
    """Returns the text members of a JSON object, or one line saying what is wrong with it."""
    try:
        given: Any = json.loads(body)
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict):
        return 'expected a JSON object like {"email": "ana@example.org"}'
    for name in ("email", "first_name", "source", "wording", "work", "sure", HONEYPOT):
        if not isinstance(given.get(name, ""), str | None):
            return f"{name}: expected a text"
    return {name: value for name, value in given.items() if isinstance(value, str)}
