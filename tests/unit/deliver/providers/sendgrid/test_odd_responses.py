"""Whatever an answer of SendGrid's holds, each recipient has an outcome that can be stored."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.deliver.providers.base import Accepted, RefusedForAllError, Rejected, Unknown
from digest.deliver.providers.sendgrid.rate_headers import RateWindow
from digest.deliver.providers.sendgrid.response import MAX_DETAIL, Response, read_response
from tests.parts.mail import personalizations
from tests.parts.world import NOW

RECIPIENTS = personalizations(["ada@example.org", "grace@example.org"])
STEERING = "\x1b]0;title\x07 \x00 \x9b31m \u202e \ud800"
"""What a terminal or a database would stumble over."""
VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)
ERRORS = st.lists(
    st.fixed_dictionaries(
        {"message": VALUES | st.just(STEERING)},
        optional={"field": VALUES | st.from_regex(r"personalizations\.\d{1,9}(\.to)?")},
    )
    | VALUES,
    max_size=4,
)
HEADERS = st.dictionaries(
    st.sampled_from(
        ["X-Message-Id", "X-RateLimit-Reset", "X-RateLimit-Remaining", "Retry-After", "Date"]
    ),
    st.text(st.characters(max_codepoint=255))
    | st.integers(0, 500).map("9".__mul__)
    | st.just(STEERING)
    | st.datetimes().map(lambda moment: moment.strftime("%a, %d %b %Y %H:%M:%S -0000")),
)


def told(response: Response) -> list[str]:
    """Returns what would be stored or shown of the answer, as `read_response` has it."""
    RateWindow().update(response, NOW)
    response.rejected(RECIPIENTS)
    try:
        outcomes = read_response(response, RECIPIENTS, NOW)
    except RefusedForAllError as refused:
        return [str(refused)]
    assert [one.delivery_id for one in outcomes] == [one.delivery_id for one in RECIPIENTS]
    words = []
    for one in outcomes:
        assert isinstance(one, Accepted | Rejected | Unknown)
        words.append(one.provider_id if isinstance(one, Accepted) else one.detail)
    return words


@given(
    st.sampled_from([202, 302, 400, 401, 413, 429, 500, 502, 503]),
    HEADERS,
    ERRORS.map(lambda errors: json.dumps({"errors": errors}).encode()) | st.binary(),
)
def test_whatever_is_answered_is_one_short_printable_line(
    status: int, headers: dict[str, str], body: bytes
) -> None:
    for words in told(Response(status, headers, body)):
        assert words.isprintable()
        assert len(words) <= max(MAX_DETAIL, 200) + 60


@pytest.mark.parametrize(
    "body",
    [
        b'{"errors":' + b"[" * 900_000,
        json.dumps({"errors": [{"message": "a@" * 500_000}]}).encode(),
        json.dumps(
            {"errors": [{"message": "x", "field": "personalizations." + "9" * 9_000}]}
        ).encode(),
        json.dumps({"errors": [{"message": "x", "field": {"a": 1}}] * 9_000}).encode(),
    ],
    ids=["nested", "a megabyte of addresses", "a number without end", "fields that are none"],
)
def test_a_megabyte_of_the_worst_is_read_to_a_bound(body: bytes) -> None:
    found: Any = told(Response(400, {"X-RateLimit-Reset": "9" * 9_000}, body))
    assert {len(words) <= MAX_DETAIL for words in found} == {True}
