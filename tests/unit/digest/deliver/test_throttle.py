"""The rate limit, on a clock that only waiting moves."""

from digest.deliver.throttle import Throttle


class Time:
    def __init__(self) -> None:
        self.now = 100.0

    def read(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += seconds


def test_a_thousand_messages_at_fifty_a_second_take_twenty_seconds() -> None:
    time = Time()
    throttle = Throttle(50, time.read, time.wait)
    for _ in range(20):
        throttle.take(50)
    assert time.now == 119, "the first second's worth goes at once"


def test_a_pause_is_not_followed_by_a_burst() -> None:
    time = Time()
    throttle = Throttle(10, time.read, time.wait)
    throttle.take(10)
    time.now += 3600
    throttle.take(10)
    before = time.now
    throttle.take(10)
    assert time.now == before + 1


def test_no_limit_never_waits() -> None:
    time = Time()
    throttle = Throttle(0, time.read, time.wait)
    for _ in range(100):
        throttle.take(1000)
    assert time.now == 100


def test_a_batch_holds_a_seconds_worth_at_most() -> None:
    assert Throttle(0).batch_size(1000) == 1000
    assert Throttle(50).batch_size(1000) == 50
    assert Throttle(0.5).batch_size(1000) == 1
    assert Throttle(5000).batch_size(1000) == 1000
