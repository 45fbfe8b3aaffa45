"""Which rates of refusals hold an issue: 1 % to 100 % of runs of 50 to 1,000 (docs/servers.md).

Outcomes come in the order in which four connections hear them: each in its own order, its window
growing with what was accepted, refusals a hundred times quicker than messages that are stored.
"""

import heapq
import random
from collections import deque
from dataclasses import dataclass, field

import pytest

from digest.deliver.bounce_policy.failure import Cause, Failure, FailureClass, Stage
from digest.deliver.circuit_breaker import MOST_LIMIT, CircuitBreaker
from digest.deliver.providers.base import Accepted, Rejected
from digest.deliver.providers.smtp.limits import MAX_WINDOW
from digest.deliver.providers.smtp.url import DEFAULT_CONNECTIONS

DEAD = Failure(FailureClass.HARD, Cause.NO_MAILBOX)
POLICY = Failure(FailureClass.SENDER, Cause.POLICY)
RUNS = (50, 100, 200, 500, 1_000)
RATES = (1, 2, 5, 10, 15, 20, 25, 30, 40, 50, 60, 70, 80, 90, 100)
SEEDS = range(6)
LONG = 500
"""Of runs that long half as many are drawn: they differ less."""
SLOW = 100.0
"""How much longer a server takes to store a message than to refuse a recipient."""


@dataclass
class _Line:
    window: int = 1
    in_flight: deque[int] = field(default_factory=deque)


def heard_order(refused: list[bool], seed: int) -> list[int]:
    """The messages in the order in which their outcomes are heard."""
    drawn, waiting = random.Random(seed), deque(range(len(refused)))
    lines = [_Line() for _ in range(DEFAULT_CONNECTIONS)]
    events: list[tuple[float, int]] = []
    heard: list[int] = []

    def go_on(place: int, now: float) -> None:
        line = lines[place]
        while waiting and len(line.in_flight) < line.window:
            line.in_flight.append(waiting.popleft())
        if line.in_flight:
            rate = 1.0 if refused[line.in_flight[0]] else 1 / SLOW
            heapq.heappush(events, (now + drawn.expovariate(rate), place))

    for place in range(len(lines)):
        go_on(place, 0.0)
    while events:
        now, place = heapq.heappop(events)
        line = lines[place]
        heard.append(line.in_flight.popleft())
        # After a refusal a connection goes on in groups, with one body in flight.
        line.window = 1 if refused[heard[-1]] else min(MAX_WINDOW, line.window + 1)
        go_on(place, now)
    return heard


def is_held(refused: list[bool], failure: Failure, seed: int) -> bool:
    breaker = CircuitBreaker()
    breaker.begin_run()
    for number in heard_order(refused, seed):
        no = Rejected(number, True, "550", "no", failure=failure, stage=Stage.RCPT)
        breaker.record([no if refused[number] else Accepted(number, "")])
    breaker.end_run()
    return breaker.is_open


def spread(count: int, rate: int, seed: int) -> list[bool]:
    """So many in a hundred, at random places, and at least one."""
    places = set(random.Random(f"{seed} {count}").sample(range(count), max(1, count * rate // 100)))
    return [place in places for place in range(count)]


def in_rows(count: int, rate: int, seed: int, row: int = 10) -> list[bool]:
    """So many in a hundred, `row` of them one after another, as of one dead company."""
    period = row * 100 // rate
    start = random.Random(f"{seed} {count}").randrange(period)
    return [(place + start) % period < row for place in range(count)]


def share_held(count: int, rate: int, failure: Failure) -> float:
    seeds = SEEDS if count < LONG else SEEDS[:3]
    held = [is_held(spread(count, rate, seed), failure, seed) for seed in seeds]
    return sum(held) / len(held)


@pytest.mark.parametrize("count", RUNS)
def test_up_to_two_fifths_may_be_dead_and_three_fifths_hold(count: int) -> None:
    shares = {rate: share_held(count, rate, DEAD) for rate in RATES}
    assert {rate for rate, share in shares.items() if share == 0} >= set(RATES[:9])
    assert {rate for rate, share in shares.items() if share == 1} >= set(RATES[10:])


@pytest.mark.parametrize("count", RUNS)
def test_a_tenth_may_be_refused_in_the_same_words_and_two_fifths_hold(count: int) -> None:
    shares = {rate: share_held(count, rate, POLICY) for rate in RATES}
    assert {rate for rate, share in shares.items() if share == 0} >= set(RATES[:4])
    assert {rate for rate, share in shares.items() if share == 1} >= {
        rate for rate in RATES if rate >= (40 if count >= 100 else 60)
    }


@pytest.mark.parametrize("rate", [1, 2, 5, 10, 20, 30, 40])
@pytest.mark.parametrize("row", [10, 20, 40])
def test_dead_addresses_one_after_another_hold_nothing(rate: int, row: int) -> None:
    for count in RUNS[::2]:
        for seed in SEEDS[:3]:
            refused = in_rows(count, rate, seed, row)
            if sum(refused) * 2 < count:
                assert not is_held(refused, DEAD, seed), (count, seed)


def test_more_dead_ones_in_a_row_than_the_limit_hold() -> None:
    """One dead company of so many readers: `--accept-refusals` goes on."""
    alive = [False] * 400
    for seed in SEEDS:
        assert is_held([*alive, *[True] * (5 * MOST_LIMIT), *alive], DEAD, seed)
        assert not is_held([*alive, *[True] * (MOST_LIMIT // 2), *alive], DEAD, seed)


@pytest.mark.parametrize("taken", [0, 1, 40, 400])
@pytest.mark.parametrize("failure", [DEAD, POLICY], ids=["dead", "same words"])
def test_a_limit_from_which_on_all_is_refused_holds(taken: int, failure: Failure) -> None:
    for seed in SEEDS:
        assert is_held([False] * taken + [True] * 200, failure, seed)
