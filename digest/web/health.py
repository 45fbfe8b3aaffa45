"""Health checks: whether the process is alive, and whether it can work."""

import logging
from shutil import disk_usage

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from digest.database import SchemaState, schema_state
from digest.monitoring.heartbeats import heartbeats, is_alive
from digest.monitoring.tables import ProcessKind
from digest.web.site import Site, SiteDep
from store.engine import StoreError

router = APIRouter()
log = logging.getLogger(__name__)

MIN_FREE_BYTES = 8 * 1024 * 1024
"""Of the disk with a SQLite database: what its log takes before it is written back."""
FRESH = {"Cache-Control": "no-store"}


@router.api_route("/health", methods=["GET", "HEAD"])
async def health() -> Response:
    """Answers 200 if the process is alive; does not ask the database."""
    return JSONResponse({"status": "alive"}, headers=FRESH)


@router.api_route("/ready", methods=["GET", "HEAD"])
def ready(site: SiteDep) -> Response:
    """Answers 200 if the database answers, has this version's schema and can grow; else 503.

    `worker` and `scheduler` say whether one was seen lately. They don't decide: without them no
    mail goes out, and the pages that mail leads to are needed all the same.
    """
    try:
        schema = schema_state(site.store)
    except StoreError as error:
        if not site.store.outage.notice(error):
            log.warning("not ready: %s", error)
        return JSONResponse({"status": "the database does not answer"}, 503, FRESH)
    if schema is not SchemaState.CURRENT:
        return JSONResponse({"status": f"the database's schema is {schema}"}, 503, FRESH)
    if site.store.path is not None and disk_usage(site.store.path.parent).free < MIN_FREE_BYTES:
        log.warning("not ready: the disk of %s is full", site.store.name)
        return JSONResponse({"status": "the database's disk is full"}, 503, FRESH)
    return JSONResponse({"status": "ready", **_others(site)}, headers=FRESH)


def _others(site: Site) -> dict[str, str]:
    with site.store.read() as session:
        beats = heartbeats(session)
    now = site.clock()
    return {
        kind: "seen lately" if is_alive(beats, kind, now) else "not seen lately"
        for kind in (ProcessKind.WORKER, ProcessKind.SCHEDULER)
    }
