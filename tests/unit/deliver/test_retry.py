"""Retries: how long they last, how they are spread, and which answers lead to one."""

import itertools
from collections import Counter
from datetime import datetime, timedelta

import pytest

from digest.deliver.bounce_policy.failure import Stage
from digest.deliver.providers.base import Outcome, ProviderError, Rejected, Unknown
from digest.deliver.providers.sendgrid.response import Response, read_response
from digest.deliver.providers.smtp.reply import read_reply, rejected
from digest.deliver.retry import JITTER_STEPS, MAX_ATTEMPTS, next_attempt_at, retry_jitter
from tests.parts.mail import personalizations
from tests.parts.world import NOW

DAY = timedelta(days=1)


def attempts(jitter: float) -> list[datetime]:
    """When a delivery is tried that is rejected for now each time."""
    made = [NOW]
    while again := next_attempt_at(len(made), None, made[-1], jitter):
        made.append(again)
    return made


@pytest.mark.parametrize("jitter", [0.0, 0.5, 0.99])
def test_attempts_last_for_a_day_and_end(jitter: float) -> None:
    """A relay that is out of order for an afternoon or a night fails nobody."""
    made = attempts(jitter)
    assert len(made) == MAX_ATTEMPTS
    assert DAY <= made[-1] - made[0] <= 1.3 * DAY


def test_the_first_retry_comes_soon_and_delays_never_shrink() -> None:
    made = attempts(0.0)
    waits = [later - earlier for earlier, later in itertools.pairwise(made)]
    assert waits[0] == timedelta(minutes=1)
    assert waits == sorted(waits)
    assert waits[-1] == timedelta(hours=4)


def test_jitter_makes_a_delay_longer_by_a_quarter_at_most() -> None:
    plain, jitter, most = (next_attempt_at(5, None, NOW, place) for place in (0.0, 0.5, 1.0))
    assert plain == NOW + timedelta(minutes=16)
    assert jitter == NOW + timedelta(minutes=18)
    assert most == NOW + timedelta(minutes=20)


def test_what_was_rejected_together_comes_back_spread_out_but_in_few_batches() -> None:
    places = Counter(retry_jitter(delivery, 3) for delivery in range(10_000))
    assert len(places) == JITTER_STEPS
    assert min(places.values()) > 2_000, "about as many at each time"
    changed = [
        delivery
        for delivery in range(100)
        if retry_jitter(delivery, 1) != retry_jitter(delivery, 2)
    ]
    assert changed, "not always the same ones are last"


def test_a_retry_after_is_obeyed_within_reason() -> None:
    assert next_attempt_at(1, 600, NOW) == NOW + timedelta(minutes=10)
    assert next_attempt_at(1, 2, NOW) == NOW + timedelta(minutes=1), "not sooner than we would"
    assert next_attempt_at(1, 1e9, NOW) == NOW + DAY, "a garbled one costs a day, not a lifetime"
    assert next_attempt_at(MAX_ATTEMPTS, 600, NOW) is None


SMTP_FOR_NOW = (
    "421",
    "450",
    "450 4.2.1",
    "451",
    "451 4.7.0",
    "452",
    "452 4.3.1",
    "454",
    "454 4.7.0",
)
SMTP_FOR_GOOD = ("550", "550 5.1.1", "551", "552", "552 5.2.2", "553", "554", "554 5.7.1", "556")


@pytest.mark.parametrize("stage", [Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.BODY])
@pytest.mark.parametrize(
    ("status", "permanent"),
    [(status, False) for status in SMTP_FOR_NOW] + [(status, True) for status in SMTP_FOR_GOOD],
)
def test_smtp_says_for_now_with_a_four_and_for_good_with_a_five(
    stage: Stage, status: str, *, permanent: bool
) -> None:
    code, _, enhanced = status.partition(" ")
    said = rejected(
        personalizations(["ada@example.org"])[0],
        read_reply(stage, int(code), f"{enhanced} so it is".strip().encode()),
    )
    assert said.permanent is permanent
    assert said.code == status
    assert not (said.about_address and not permanent), "nobody is suppressed for now"


@pytest.mark.parametrize(
    ("status", "means"),
    [
        (400, "failed"),
        (401, "unusable"),
        (403, "unusable"),
        (408, "later"),
        (413, "failed"),
        (429, "later"),
        (500, "later"),
        (502, "unknown"),
        (503, "later"),
        (504, "unknown"),
    ],
)
def test_sendgrid_says_later_where_it_took_nothing_and_may_take_it_later(
    status: int, means: str
) -> None:
    """A gateway's 502 and 504 may come after SendGrid took the request, so nobody knows."""
    assert _meaning(status) == means


def _meaning(status: int) -> str:
    mail = personalizations(["ada@example.org", "grace@example.org"])
    try:
        outcomes = read_response(Response(status, {}, b""), mail, NOW)
    except ProviderError:
        return "unusable"
    assert [one.delivery_id for one in outcomes] == [one.delivery_id for one in mail]
    return {_word(one) for one in outcomes}.pop()


def _word(outcome: Outcome) -> str:
    if isinstance(outcome, Unknown):
        return "unknown"
    assert isinstance(outcome, Rejected)
    return "failed" if outcome.permanent else "later"
