"""Limits over all workers of one database, on both databases: by second, day, domain, ramp."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import event
from sqlmodel import func, select, update

from digest.deliver.ledger.claim import claim_batches
from digest.deliver.ledger.progress import Progress
from digest.deliver.ledger.worker_lock import worker_lock
from digest.deliver.providers.base import (
    NO_JOURNAL,
    Accepted,
    Journal,
    Outcome,
    ProviderError,
    Rejected,
    never,
)
from digest.deliver.rate_limit.limiter import RateLimiter
from digest.deliver.rate_limit.limits import Limit, Limits, WarmUp
from digest.deliver.tables import Batch, Delivery, DeliveryState, TokenBucketRow
from digest.message.edition import Edition
from digest.message.personalization import Personalization
from digest.pipeline.sending import Sending
from store.engine import Store
from subscribers.tables import Subscriber
from tests.parts.world import NOW, Clock, Recorder, add_approved, add_people, issue_service, sending

MIDNIGHT = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@dataclass
class Watch:
    """A provider that notes when it took whom; empty batches are passed on as no outcomes."""

    clock: Clock
    name: str = "recorder"
    batch_size: int = 10
    tells_begun: bool = False
    taken: list[tuple[datetime, str]] = field(default_factory=list)
    largest: int = 0

    def submit(
        self,
        edition: Edition,
        batches: Iterable[Sequence[Personalization]],
        should_stop: Callable[[], bool] = never,
        journal: Journal = NO_JOURNAL,
    ) -> Iterator[Sequence[Outcome]]:
        del edition, should_stop, journal
        for personalizations in batches:
            self.largest = max(self.largest, len(personalizations))
            self.taken += [(self.clock(), one.email) for one in personalizations]
            yield [Accepted(one.delivery_id, "r") for one in personalizations]

    def check(self) -> None: ...
    def close(self) -> None: ...

    @property
    def by_second(self) -> dict[float, int]:
        return dict(Counter((at - NOW).total_seconds() for at, _ in self.taken))

    @property
    def by_day(self) -> dict[date, int]:
        return dict(Counter(at.date() for at, _ in self.taken))


def limited(store: Store, provider: Watch | Recorder, clock: Clock, limits: Limits) -> Sending:
    """A sending whose waits move the clock on."""
    engine = sending(store, provider, clock)  # type: ignore[arg-type]
    return replace(engine, limits=limits, pause=lambda seconds: clock.on(seconds=seconds))


def start(store: Store, clock: Clock, limits: Limits, size: int = 10) -> int:
    number = add_approved(store)
    plain = issue_service(store, Recorder(), clock)
    replace(
        plain,
        batch_size=limits.batch_size(size),
        domain_batch_sizes=limits.domain_batch_sizes(size),
    ).start(number)
    return number


def move_to(store: Store, emails: Sequence[str], domain: str) -> list[str]:
    """Gives these people addresses elsewhere."""
    moved = [f"{email.partition('@')[0]}@{domain}" for email in emails]
    with store.write() as session:
        for email, other in zip(emails, moved, strict=True):
            session.execute(
                update(Subscriber)
                .where(Subscriber.email == email)  # type: ignore[arg-type]
                .values(email=other, email_key=other)
            )
    return moved


def to_the_end(
    engine: Sending, number: int, store: Store, clock: Clock, most: int = 50
) -> list[Progress]:
    """Runs again whenever it is said to be due, as the foreground does."""
    runs: list[Progress] = []
    with worker_lock(store) as here:
        while len(runs) < most:
            runs.append(engine.run(number, here))
            if runs[-1].finished:
                return runs
            due = runs[-1].next_due
            assert due is not None, "what waits says until when"
            clock.now = max(clock.now, due)
    raise AssertionError(runs[-1])


def test_so_many_a_second_go_out_and_everybody_gets_it(store: Store, clock: Clock) -> None:
    add_people(store, 45)
    limits = Limits(Limit(10))
    number, watch = start(store, clock, limits), Watch(clock)
    runs = to_the_end(limited(store, watch, clock, limits), number, store, clock)
    assert len(runs) == 1, "a short wait doesn't end the run"
    assert watch.by_second == {0: 10, 1: 10, 2: 10, 3: 10, 4: 5}


def test_two_workers_share_one_rate(store: Store, clock: Clock) -> None:
    add_people(store, 60)
    limits = Limits(Limit(10))
    number = start(store, clock, limits, size=5)
    limiter = RateLimiter("recorder", limits)
    taken: list[tuple[datetime, int]] = []
    with worker_lock(store) as one, worker_lock(store) as two:
        for _ in range(100):
            for worker in (one, two):
                with store.write() as session:
                    claims = claim_batches(
                        session, number, worker.worker_id, clock(), 4, limiter=limiter
                    )
                taken += [(clock(), sum(len(claim.recipients) for claim in claims))]
            clock.on(seconds=0.1)
    assert sum(amount for _, amount in taken) == 60
    for since, _ in taken:
        for until in (since + timedelta(seconds=1), since + timedelta(seconds=3)):
            within = sum(amount for at, amount in taken if since <= at < until)
            # What is saved up for 0.2 s, and one batch of five.
            assert within <= 10 * (until - since).total_seconds() + 2 + 5


def test_two_issues_share_one_rate(store: Store, clock: Clock) -> None:
    """The limit is the provider's, whatever is sent through it."""
    add_people(store, 20)
    limits = Limits(Limit(10))
    first, second = start(store, clock, limits), start(store, clock, limits)
    limiter = RateLimiter("recorder", limits)
    with worker_lock(store) as here, store.write() as session:
        assert claim_batches(session, first, here.worker_id, clock(), limiter=limiter)
        assert not claim_batches(session, second, here.worker_id, clock(), limiter=limiter)
        clock.on(seconds=1)
        assert claim_batches(session, second, here.worker_id, clock(), limiter=limiter)


def test_each_provider_has_its_own_buckets(store: Store, clock: Clock) -> None:
    add_people(store, 20)
    limits = Limits(Limit(0, 10))
    number = start(store, clock, limits)
    with worker_lock(store) as here, store.write() as session:
        for name in ("smtp", "sendgrid"):
            limiter = RateLimiter(name, limits)
            assert claim_batches(session, number, here.worker_id, clock(), limiter=limiter)
            assert not claim_batches(session, number, here.worker_id, clock(), limiter=limiter)


def test_a_days_limit_ends_the_run_until_the_next_day_in_utc(store: Store, clock: Clock) -> None:
    add_people(store, 60)
    limits = Limits(Limit(0, 25))
    number, watch = start(store, clock, limits), Watch(clock)
    runs = to_the_end(limited(store, watch, clock, limits), number, store, clock)
    assert list(watch.by_day.values()) == [25, 25, 10], "no more, and no less: batches are cut"
    held = runs[0]
    assert held.next_due == MIDNIGHT
    assert held.throttled is not None
    assert held.throttled.reason == "the day's limit of 25 is reached"
    assert held.earliest_finish == MIDNIGHT + timedelta(days=1)
    assert (held.counts["submitted"], held.counts["queued"]) == (25, 35)


def test_a_batch_larger_than_a_limit_set_later_is_cut_and_not_stuck(
    store: Store, clock: Clock
) -> None:
    people = add_people(store, 30)
    number = start(store, clock, Limits(), size=30)
    limits = Limits(Limit(4, 13))
    watch = Watch(clock)
    to_the_end(limited(store, watch, clock, limits), number, store, clock)
    assert watch.largest == 4
    assert list(watch.by_day.values()) == [13, 13, 4]
    assert sorted(email for _, email in watch.taken) == sorted(people), "nobody lost, none twice"


def test_a_warm_up_allows_more_each_day(store: Store, clock: Clock) -> None:
    add_people(store, 40)
    limits = Limits(Limit(0, 17), warm_up=WarmUp(NOW.date(), 5, 2))
    number, watch = start(store, clock, limits), Watch(clock)
    runs = to_the_end(limited(store, watch, clock, limits), number, store, clock)
    assert list(watch.by_day.values()) == [5, 10, 17, 8]
    assert runs[0].earliest_finish == MIDNIGHT + timedelta(days=2), "the estimate knows the ramp"


def test_a_domain_with_a_limit_has_batches_of_its_own(store: Store, clock: Clock) -> None:
    people = add_people(store, 40)
    gmail = move_to(store, people[:12], "gmail.com")
    lookalikes = move_to(store, people[12:14], "notgmail.com") + move_to(
        store, people[14:16], "gmail.com.example"
    )
    limits = Limits(domains={"gmail.com": Limit(5)})
    start(store, clock, limits)
    with store.read() as session:
        rows = session.exec(
            select(Batch.lane, Batch.position, Subscriber.email)
            .join(Delivery, Delivery.batch_position == Batch.position)  # type: ignore[arg-type]
            .join(Subscriber, Subscriber.id == Delivery.subscriber_id)  # type: ignore[arg-type]
        ).all()
        batches = session.exec(select(Batch.lane).order_by(Batch.position)).all()  # type: ignore[arg-type]
    assert {email for domain, _, email in rows if domain == "gmail.com"} == set(gmail)
    assert {email for domain, _, email in rows if domain == ""} == {*people[16:], *lookalikes}
    assert batches == ["gmail.com"] * 3 + [""] * 3
    assert sorted(Counter(position for _, position, _ in rows).values()) == [2, 5, 5, 8, 10, 10]


def test_a_domain_that_must_wait_holds_up_nobody_else(store: Store, clock: Clock) -> None:
    people = add_people(store, 50)
    gmail = set(move_to(store, people[:20], "gmail.com"))
    limits = Limits(domains={"gmail.com": Limit(0, 6)})
    number, watch = start(store, clock, limits), Watch(clock)
    engine = limited(store, watch, clock, limits)
    runs = to_the_end(engine, number, store, clock)
    today = [email for at, email in watch.taken if at.date() == NOW.date()]
    assert len(today) == 36
    assert len(gmail & set(today)) == 6
    assert runs[0].throttled is not None
    assert runs[0].throttled.reason == "the day's limit of 6 to gmail.com is reached"
    assert len({email for _, email in watch.taken}) == len(watch.taken) == 50


def test_both_the_domains_limit_and_that_on_all_mail_hold(store: Store, clock: Clock) -> None:
    people = add_people(store, 40)
    gmail = set(move_to(store, people[:20], "gmail.com"))
    limits = Limits(Limit(0, 15), {"gmail.com": Limit(0, 8)})
    number, watch = start(store, clock, limits), Watch(clock)
    to_the_end(limited(store, watch, clock, limits), number, store, clock)
    assert list(watch.by_day.values())[:2] == [15, 15]
    per_day = Counter(at.date() for at, email in watch.taken if email in gmail)
    assert max(per_day.values()) == 8


def test_a_domain_without_its_limit_is_sent_like_any_other(store: Store, clock: Clock) -> None:
    people = add_people(store, 20)
    move_to(store, people[:10], "gmail.com")
    number = start(store, clock, Limits(domains={"gmail.com": Limit(1)}))
    for limits in (Limits(domains={"yahoo.com": Limit(1)}), Limits()):
        watch = Watch(clock)
        progress = to_the_end(limited(store, watch, clock, limits), number, store, clock)[-1]
        assert progress.finished
        assert len(watch.taken) == 20
        number = start(store, clock, Limits(domains={"gmail.com": Limit(1)}))


def test_released_batches_are_refunded(store: Store, clock: Clock) -> None:
    add_people(store, 10)
    limits = Limits(Limit(10, 10))
    number = start(store, clock, limits)

    def refuse(personalization: Personalization) -> Outcome:
        del personalization
        raise ProviderError("wrong password")

    with worker_lock(store) as here:
        with pytest.raises(ProviderError):
            limited(store, Recorder(answer=refuse), clock, limits).run(number, here)
        watch = Watch(clock)
        assert limited(store, watch, clock, limits).run(number, here).finished
    assert watch.by_second == {0: 10}
    with store.read() as session:
        assert session.exec(select(TokenBucketRow.used)).one() == 10


def test_who_was_suppressed_meanwhile_uses_nothing_up(store: Store, clock: Clock) -> None:
    people = add_people(store, 10)
    limits = Limits(Limit(0, 10))
    number = start(store, clock, limits)
    with store.write() as session:
        session.execute(
            update(Subscriber)
            .where(Subscriber.email.in_(people[:4]))  # type: ignore[attr-defined]
            .values(status="unsubscribed")
        )
    with worker_lock(store) as here:
        assert limited(store, Watch(clock), clock, limits).run(number, here).finished
    with store.read() as session:
        assert session.exec(select(TokenBucketRow.used)).one() == 6


def test_a_retry_keeps_its_domain_queue_and_counts_again(store: Store, clock: Clock) -> None:
    people = add_people(store, 12)
    gmail = set(move_to(store, people[:6], "gmail.com"))
    limits = Limits(domains={"gmail.com": Limit(3, 10)})
    busy = set(gmail)

    def answer(personalization: Personalization) -> Outcome:
        if personalization.email in busy:
            busy.discard(personalization.email)
            return Rejected(personalization.delivery_id, False, "421 4.7.28", "too much from you")
        return Accepted(personalization.delivery_id, "r")

    number, provider = start(store, clock, limits), Recorder(answer=answer)
    engine = limited(store, provider, clock, limits)
    with worker_lock(store) as here:
        assert engine.run(number, here).counts["queued"] == 6
    with store.read() as session:
        waiting = session.exec(select(Batch.lane).where(Batch.state == "queued")).all()
    assert set(waiting) == {"gmail.com"}
    to_the_end(engine, number, store, clock)
    assert len(provider.taken) == 12
    with store.read() as session:
        used = session.exec(select(TokenBucketRow.used, TokenBucketRow.day)).one()
    assert used == (2, MIDNIGHT.date()), "ten of twelve tries were the first day's"


def test_a_resend_keeps_domain_queues(store: Store, clock: Clock) -> None:
    people = add_people(store, 12)
    move_to(store, people[:6], "gmail.com")
    limits = Limits(domains={"gmail.com": Limit(3)})
    number = start(store, clock, limits)
    provider = Recorder(
        answer=lambda one: Rejected(one.delivery_id, True, "550", "no", is_local=True)
    )
    to_the_end(limited(store, provider, clock, limits), number, store, clock)
    editor = replace(
        issue_service(store, provider, clock), domain_batch_sizes=limits.domain_batch_sizes(10)
    )
    assert editor.resend(number, [DeliveryState.FAILED]) == 12
    with store.read() as session:
        domains = session.exec(
            select(Batch.lane, func.count()).where(Batch.state == "queued").group_by(Batch.lane)
        ).all()
    assert sorted(domains) == [("", 1), ("gmail.com", 2)]


def test_a_paused_issue_waits_for_no_limit(store: Store, clock: Clock) -> None:
    add_people(store, 20)
    limits = Limits(Limit(0, 10))
    number, provider = start(store, clock, limits), Recorder()
    engine = limited(store, provider, clock, limits)
    issue_service(store, provider, clock).pause(number)
    with worker_lock(store) as here:
        progress = engine.run(number, here)
    assert (progress.next_due, progress.throttled, provider.taken) == (None, None, [])


def test_a_pause_while_the_rate_is_waited_for_is_the_end(store: Store, clock: Clock) -> None:
    add_people(store, 30)
    limits = Limits(Limit(10))
    number, watch = start(store, clock, limits), Watch(clock)
    editor = issue_service(store, Recorder(), clock)

    def pause(seconds: float) -> None:
        if clock() == NOW:
            editor.pause(number)
        clock.on(seconds=seconds)

    with worker_lock(store) as here:
        progress = replace(limited(store, watch, clock, limits), pause=pause).run(number, here)
    assert (len(watch.taken), progress.counts["queued"]) == (10, 20)


def test_without_limits_there_is_no_statement_and_no_row(store: Store, clock: Clock) -> None:
    add_people(store, 20)
    number = start(store, clock, Limits())
    said: list[str] = []
    event.listen(store.engine, "before_cursor_execute", lambda *one: said.append(str(one[2])))
    with worker_lock(store) as here:
        assert limited(store, Recorder(), clock, Limits()).run(number, here).finished
    assert not [one for one in said if "pace" in one.lower()]
    with store.read() as session:
        assert not session.exec(select(TokenBucketRow)).all()
