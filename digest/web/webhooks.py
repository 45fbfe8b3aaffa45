"""POST /webhooks/sendgrid: what SendGrid says of deliveries, answered once it is durable."""

import logging
from typing import Annotated, cast

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import PlainTextResponse
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from digest.track.provider_events.group_commit import Intake
from digest.track.provider_events.sendgrid import LARGEST_POST, PostError, read_post
from digest.track.provider_events.sendgrid_signature import (
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
    SignatureError,
)
from digest.web.site import Site, TheSite

router = APIRouter()
log = logging.getLogger(__name__)


async def _intake(request: Request) -> Intake:
    return cast("Intake", request.app.state.intake)


TheIntake = Annotated[Intake, Depends(_intake)]


@router.post("/webhooks/sendgrid")
async def sendgrid(request: Request, site: TheSite, intake: TheIntake) -> Response:
    """204 once every event is stored; 4xx with one line why, and then none is."""
    try:
        body = await _body(request)
        await run_in_threadpool(_take, site, intake, request, body)
    except ClientDisconnect:
        return Response(status_code=400)  # nobody hears it
    except HTTPException as refused:
        log.warning("a post to /webhooks/sendgrid was refused: %s", refused.detail)
        return PlainTextResponse(f"{refused.detail}\n", refused.status_code)
    return Response(status_code=204)


async def _body(request: Request) -> bytes:
    """The raw bytes: they are what is signed. An HTTPException for too many."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_POST:
            raise HTTPException(413, f"the post is larger than {LARGEST_POST} bytes")
    return bytes(body)


def _take(site: Site, intake: Intake, request: Request, body: bytes) -> None:
    headers = request.headers
    signature, stamp = headers.get(SIGNATURE_HEADER, ""), headers.get(TIMESTAMP_HEADER, "")
    try:
        site.signatures.check(signature, stamp, body, site.clock())
        reports = read_post(body, site.tokens)
    except SignatureError as error:
        raise HTTPException(403, str(error)) from None
    except PostError as error:
        raise HTTPException(400, str(error)) from None
    intake.take(reports)
