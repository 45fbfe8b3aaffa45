"""Pages that are open at the same time share a reading, and a slow one keeps no other waiting."""

import threading
from concurrent.futures import ThreadPoolExecutor

from digest.reports.readings import MAX_KEPT, MIN_REST, READ_AGAIN_SECONDS, Readings


def test_a_reading_is_shared_until_it_is_old() -> None:
    now = [0.0]
    readings, values = Readings(lambda: now[0]), iter(range(9))
    assert [readings.get("a", lambda: next(values)) for _ in range(3)] == [0, 0, 0]
    now[0] = READ_AGAIN_SECONDS
    assert readings.get("a", lambda: next(values)) == 1


def test_one_that_takes_long_rests_longer() -> None:
    now = [0.0]
    readings, values = Readings(lambda: now[0]), iter(range(9))

    def slow() -> int:
        now[0] += 10
        return next(values)

    assert readings.get("a", slow) == 0
    now[0] += 10 * MIN_REST - 1
    assert readings.get("a", slow) == 0
    now[0] += 1
    assert readings.get("a", slow) == 1


def test_a_slow_reading_keeps_no_other_waiting_and_is_read_once() -> None:
    readings, begun, go = Readings(), threading.Event(), threading.Event()
    read = []

    def slow() -> str:
        read.append(1)
        begun.set()
        go.wait()
        return "slow"

    with ThreadPoolExecutor(2) as pool:
        two = [pool.submit(readings.get, "slow", slow) for _ in range(2)]
        begun.wait()
        assert readings.get("quick", lambda: "quick") == "quick"
        go.set()
        assert [one.result() for one in two] == ["slow", "slow"]
    assert len(read) == 1


def test_no_more_than_so_many_are_kept() -> None:
    readings = Readings(lambda: 0.0)
    for key in range(3 * MAX_KEPT):
        readings.get(key, lambda: 0)
    assert len(readings._kept) == MAX_KEPT
    assert len(readings._reading) == MAX_KEPT
