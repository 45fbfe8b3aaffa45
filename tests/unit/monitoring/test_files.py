"""The files for Prometheus and Grafana name no metric that /metrics does not have."""

import json
import re
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml
from prometheus_client import CollectorRegistry

import digest.monitoring
from digest.monitoring.counts import read_counts
from digest.monitoring.metrics import StatusCollector
from digest.monitoring.status import read_status
from digest.web.middleware.request_id import RequestMetrics
from store.engine import Store
from tests.parts.world import NOW

FILES = Path(digest.monitoring.__file__).parent / "files"
RULES = yaml.safe_load((FILES / "alerts.yml").read_text())["groups"][0]["rules"]
DASHBOARD = json.loads((FILES / "dashboard.json").read_text())
NAME = re.compile(r"\bdigest_[a-z_]+")


@pytest.fixture
def known(sqlite_store: Store) -> set[str]:
    """The metrics that there are; counters and histograms by the names of their samples."""
    with sqlite_store.read() as session:
        status = StatusCollector(read_status(sqlite_store, session, NOW), read_counts(session))
    registry = CollectorRegistry()
    requests = RequestMetrics(registry)
    requests.requests.labels("GET", "/", "200").inc()
    requests.seconds.labels("/").observe(1)
    families = [*status.collect(), *registry.collect()]
    return {family.name for family in families} | {
        sample.name for family in families for sample in family.samples
    }


def expressions() -> list[str]:
    return [
        *(rule["expr"] for rule in RULES),
        *(target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]),
    ]


@pytest.mark.parametrize("expression", expressions())
def test_each_expression_is_promql_over_metrics_that_there_are(
    expression: str, known: set[str]
) -> None:
    promql_parser.parse(expression)
    assert set(NAME.findall(expression)) <= known


@pytest.mark.parametrize("rule", RULES, ids=[rule["alert"] for rule in RULES])
def test_each_alert_says_what_to_do(rule: dict[str, Any]) -> None:
    assert set(rule) == {"alert", "expr", "for", "labels", "annotations"}
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert all(rule["annotations"][name] for name in ("summary", "description"))


def test_panels_do_not_lie_on_each_other() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken
        taken |= cells
    assert max(x for x, _ in taken) < 24
