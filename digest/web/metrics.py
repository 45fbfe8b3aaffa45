"""Serves GET /metrics in Prometheus' text format, to requests with the token."""

import hmac

from fastapi import APIRouter, HTTPException, Request, Response
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from digest.monitoring.counts import read_counts
from digest.monitoring.metrics import StatusCollector
from digest.monitoring.status import read_status
from digest.web.site import SiteDep

router = APIRouter()


@router.api_route("/metrics", methods=["GET", "HEAD"])
def metrics(request: Request, site: SiteDep) -> Response:
    """Answers 404 without the token: the size of the list is private."""
    given = request.headers.get("authorization", "").encode()
    wanted = f"Bearer {site.metrics_token}".encode()
    if not site.metrics_token or not hmac.compare_digest(given, wanted):
        raise HTTPException(404)
    with site.store.read() as session:
        collector = StatusCollector(
            read_status(site.store, session, site.clock()), read_counts(session)
        )
    registry = CollectorRegistry(auto_describe=False)
    registry.register(collector)
    requests = generate_latest(request.app.state.registry)  # of this process
    return Response(generate_latest(registry) + requests, media_type=CONTENT_TYPE_LATEST)
