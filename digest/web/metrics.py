"""Serves GET /metrics in Prometheus' text format, to requests with the token."""

import hmac
from collections.abc import Iterator

from fastapi import APIRouter, HTTPException, Request, Response
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from digest.track.gauges import Gauges, gauges
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
        found = gauges(session)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(GaugeCollector(found))
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


class GaugeCollector:
    """A collector for Prometheus' library, over values read for this one response."""

    def __init__(self, found: Gauges) -> None:
        self._found = found

    def collect(self) -> Iterator[GaugeMetricFamily]:
        found = self._found
        for name, what, label, counts in (
            ("digest_subscribers", "People on the list.", "status", found.subscribers),
            ("digest_issues", "Issues.", "state", found.issues),
            ("digest_runs", "Due times of schedules, by what came of them.", "state", found.runs),
            ("digest_batches", "Batches of issues under way.", "state", found.batches),
        ):
            family = GaugeMetricFamily(name, what, labels=[label])
            for value, many in counts.items():
                family.add_metric([value], many)
            yield family
        family = GaugeMetricFamily(
            "digest_deliveries", "Deliveries of issues under way.", labels=["issue", "state"]
        )
        for number, counts in found.deliveries.items():
            for state, many in counts.items():
                family.add_metric([str(number), state], many)
        yield family
