"""Whatever is asked of the public pages, in whatever shape: no answer is a fault of ours."""

import warnings
from collections import Counter
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error

from digest.web.application import create_app, pages_of
from store.engine import Store
from subscribers.tokens import Purpose
from tests.integration.web.rows import (
    ISSUE,
    add_comparison,
    add_delivery,
    add_issue,
    add_subscriber,
)
from tests.integration.web.small_site import SmallSite, small_site
from tests.parts.links import make_token

PURPOSES = {"o": Purpose.OPEN} | {str(purpose): purpose for purpose in Purpose}
ANY_TEXTS = {"type": "object", "additionalProperties": {"type": "string"}}
ANYTHING: dict[str, Any] = {}
BODY = {
    "content": {
        "application/x-www-form-urlencoded": {"schema": ANY_TEXTS},
        "multipart/form-data": {"schema": ANY_TEXTS},
        "application/json": {"schema": ANYTHING},
    }
}


def described(app: FastAPI, site: SmallSite, *, known_values: bool) -> dict[str, Any]:
    """The pages' own description, with bodies of every kind, and values that lead somewhere."""
    known = {
        "number": ["7"],
        "slug": ["alpha-vs-beta", "alpha"],
        "link": ["1"],
        "name": ["site.css"],
    }
    with warnings.catch_warnings():
        # Two methods of one function share an operation's id, which nobody here goes by.
        warnings.simplefilter("ignore")
        found: dict[str, Any] = app.openapi()
    for path, operations in found["paths"].items():
        purpose = PURPOSES.get(path.split("/")[1], Purpose.CLICK)
        known["token"] = [make_token(site, purpose, 1, ISSUE)]
        for method, operation in operations.items():
            if method == "post":
                operation["requestBody"] = BODY
            for parameter in operation.get("parameters", []):
                values = known.get(parameter["name"])
                if values and known_values:
                    parameter["schema"] = {"enum": values}
    return found


@pytest.mark.parametrize("known_values", [True, False])
def test_no_question_is_answered_by_a_fault(sqlite_store: Store, *, known_values: bool) -> None:
    site = small_site(sqlite_store)
    add_comparison(site.store)
    add_issue(site.store)
    add_delivery(site.store, add_subscriber(site.store, site.hasher))
    description = described(pages_of(site), site, known_values=known_values)
    schema = schemathesis.openapi.from_dict(description)
    schema.app = create_app(site)
    asked: Counter[int] = Counter()
    for result in schema.get_all_operations():
        operation = result.ok()

        @settings(
            max_examples=25,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def ask(case: schemathesis.Case) -> None:
            answer = case.call_and_validate(checks=[not_a_server_error])
            asked[answer.status_code] += 1

        ask()
    # Most questions reach something, and enough of them are odd.
    assert asked[200] > 50
    assert known_values or sum(asked.values()) > 300
