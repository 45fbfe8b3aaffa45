"""The rate limiter by itself, on both databases: check, consume, refund."""

from datetime import timedelta

import pytest
from sqlmodel import select

from digest.deliver.rate_limit.limiter import Consumed, RateLimiter
from digest.deliver.rate_limit.limits import ANY_DOMAIN, Limit, Limits
from digest.deliver.tables import TokenBucketRow
from store.engine import Store
from tests.parts.world import NOW

GMAIL = "gmail.com"
BOTH = RateLimiter("smtp", Limits(Limit(0, 100), {GMAIL: Limit(5)}))


def used(store: Store) -> dict[tuple[str, str], int]:
    with store.read() as session:
        rows = session.exec(select(TokenBucketRow)).all()
    return {(row.provider, row.lane): row.used for row in rows}


def test_a_limiter_without_limits_is_falsy() -> None:
    assert not RateLimiter("smtp", Limits())
    assert BOTH


def test_a_check_consumes_nothing(store: Store) -> None:
    for _ in range(2):
        with store.write() as session:
            allowance = BOTH.check(session, NOW)
        assert allowance.available("example.org") == 100
        assert allowance.available(GMAIL) == 5, "the lower of its own limit and that on all mail"
        assert not allowance.exhausted
    assert used(store) == {("smtp", ANY_DOMAIN): 0, ("smtp", GMAIL): 0}


def test_what_is_reserved_is_available_no_more_but_not_consumed(store: Store) -> None:
    with store.write() as session:
        allowance = BOTH.check(session, NOW)
        allowance.reserve("example.org", 97)
        assert (allowance.available("example.org"), allowance.available(GMAIL)) == (3, 3)
        allowance.reserve(GMAIL, 3)
        assert (allowance.available("example.org"), allowance.available(GMAIL)) == (0, 0)
    assert set(used(store).values()) == {0}


def test_what_is_consumed_counts_for_its_domain_and_for_all_mail(store: Store) -> None:
    with store.write() as session:
        BOTH.consume(session, BOTH.check(session, NOW), {GMAIL: 5, ANY_DOMAIN: 20}, NOW)
    assert used(store) == {("smtp", ANY_DOMAIN): 25, ("smtp", GMAIL): 5}
    with store.write() as session:
        allowance = BOTH.check(session, NOW)
        assert allowance.exhausted == {GMAIL}
        assert allowance.available("example.org") == 75
        assert BOTH.check(session, NOW + timedelta(seconds=1)).available(GMAIL) == 5


def test_a_refund_is_available_again(store: Store) -> None:
    with store.write() as session:
        BOTH.consume(session, BOTH.check(session, NOW), {GMAIL: 5}, NOW)
    with store.write() as session:
        BOTH.refund(session, [Consumed(GMAIL, 5, NOW)], NOW)
    assert used(store) == {("smtp", ANY_DOMAIN): 0, ("smtp", GMAIL): 0}
    with store.write() as session:
        assert BOTH.check(session, NOW).available(GMAIL) == 5


def test_buckets_belong_to_one_provider(store: Store) -> None:
    other = RateLimiter("sendgrid", BOTH.limits)
    with store.write() as session:
        BOTH.consume(session, BOTH.check(session, NOW), {GMAIL: 5}, NOW)
        assert BOTH.check(session, NOW).available(GMAIL) == 0
        assert other.check(session, NOW).available(GMAIL) == 5
        assert other.buckets(session, other.limits_on(NOW), NOW)[ANY_DOMAIN].used == 0


@pytest.mark.parametrize("all_mail", [Limit(), Limit(10)])
def test_a_domain_without_a_limit_has_that_on_all_mail_or_none(
    store: Store, all_mail: Limit
) -> None:
    limiter = RateLimiter("smtp", Limits(all_mail, {GMAIL: Limit(5)}))
    with store.write() as session:
        allowance = limiter.check(session, NOW)
    assert allowance.available("example.org") == (10 if all_mail else None)
