"""Health checks: whether the process is alive, and whether it can work."""

import logging

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from digest.database import SchemaState, schema_state
from digest.web.site import SiteDep
from store.engine import StoreError

router = APIRouter()
log = logging.getLogger(__name__)

FRESH = {"Cache-Control": "no-store"}


@router.api_route("/health", methods=["GET", "HEAD"])
async def health() -> Response:
    """Answers 200 if the process is alive; does not ask the database."""
    return JSONResponse({"status": "alive"}, headers=FRESH)


@router.api_route("/ready", methods=["GET", "HEAD"])
def ready(site: SiteDep) -> Response:
    """Answers 200 if the database answers and its schema is this version's, else 503."""
    try:
        schema = schema_state(site.store)
    except StoreError as error:
        log.warning("not ready: %s", error)
        return JSONResponse({"status": "the database does not answer"}, 503, FRESH)
    if schema is not SchemaState.CURRENT:
        return JSONResponse({"status": f"the database's schema is {schema}"}, 503, FRESH)
    return JSONResponse({"status": "ready"}, headers=FRESH)
