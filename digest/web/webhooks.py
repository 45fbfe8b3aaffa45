"""POST /webhooks/sendgrid: receives SendGrid's events and answers once they are durable."""

import logging
from typing import Annotated, cast

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import PlainTextResponse
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from digest.track.provider_events.delivery_event import DeliveryEvent
from digest.track.provider_events.sendgrid import (
    MAX_WEBHOOK_BYTES,
    parse_webhook,
)
from digest.track.provider_events.sendgrid_signature import (
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
)
from digest.track.provider_events.webhook_ingest import WebhookIngest
from digest.web.error_pages import status_of
from digest.web.site import Site, SiteDep
from store.errors import DigestError

router = APIRouter()
log = logging.getLogger(__name__)


async def _ingest(request: Request) -> WebhookIngest:
    return cast("WebhookIngest", request.app.state.webhook_ingest)


WebhookIngestDep = Annotated[WebhookIngest, Depends(_ingest)]


@router.post("/webhooks/sendgrid")
async def sendgrid(request: Request, site: SiteDep, ingest: WebhookIngestDep) -> Response:
    """Answers 204 once every event is stored; 4xx with one line why, and then none is."""
    try:
        body = await _body(request)
        events = await run_in_threadpool(_read, site, request, body)
        await ingest.put(events)
    except ClientDisconnect:
        return Response(status_code=400)  # nobody hears it
    except HTTPException as refused:
        return _refuse(refused.status_code, refused.detail)
    except DigestError as refused:
        return _refuse(status_of(refused), str(refused))
    return Response(status_code=204)


async def _body(request: Request) -> bytes:
    """Reads the raw body, which is what the signature covers. Raises HTTPException if too large."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_WEBHOOK_BYTES:
            raise HTTPException(413, f"the post is larger than {MAX_WEBHOOK_BYTES} bytes")
    return bytes(body)


def _read(site: Site, request: Request, body: bytes) -> list[DeliveryEvent]:
    """Returns the events of a signed post. Raises SignatureError or WebhookPayloadError."""
    signature = request.headers.get(SIGNATURE_HEADER, "")
    timestamp = request.headers.get(TIMESTAMP_HEADER, "")
    site.signature_verifier.verify(signature, timestamp, body, site.clock())
    return parse_webhook(body, site.tokens, site.clock())


def _refuse(status: int, why: str) -> Response:
    log.warning("a post to /webhooks/sendgrid was refused: %s", why)
    return PlainTextResponse(f"{why}\n", status)
