"""Numbers for Prometheus, and for nobody else."""

from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from tests.integration.web.rows import add_delivery, add_issue, add_subscriber
from tests.integration.web.small_site import SmallSite


def test_who_has_the_token_sees_how_the_whole_stands(client: TestClient, site: SmallSite) -> None:
    add_issue(site.store, state="sending")
    add_delivery(site.store, add_subscriber(site.store, site.hasher))
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {site.metrics_token}"})
    assert answer.status_code == 200
    told = {
        (one.name, *one.labels.values()): one.value
        for family in text_string_to_metric_families(answer.text)
        for one in family.samples
    }
    assert told["digest_subscribers", "active"] == 1
    assert told["digest_issues", "sending"] == 1
    assert told["digest_batches", "queued"] == 0
    assert sum(value for name, value in told.items() if name[:2] == ("digest_deliveries", "7")) == 1


def test_nobody_else_sees_that_there_is_anything(client: TestClient) -> None:
    for headers in ({}, {"Authorization": "Bearer "}, {"Authorization": "Bearer wrong é".encode()}):
        assert client.get("/metrics", headers=headers).status_code == 404  # type: ignore[arg-type]
