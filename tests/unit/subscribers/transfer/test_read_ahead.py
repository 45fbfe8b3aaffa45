"""A thread reads one item ahead, and none when nobody takes them any more."""

import sys
import threading
from collections.abc import Iterator

import pytest

from subscribers.transfer.read_ahead import read_ahead


def test_items_come_in_order_and_from_another_thread() -> None:
    readers = set()

    def items() -> Iterator[int]:
        for number in range(100):
            readers.add(threading.get_ident())
            yield number

    with read_ahead(items()) as read:
        assert list(read) == list(range(100))
    assert len(readers) == 1
    assert threading.get_ident() not in readers


def test_at_most_one_is_read_before_it_is_asked_for() -> None:
    begun: list[int] = []
    second = threading.Event()

    def items() -> Iterator[int]:
        for number in range(10):
            begun.append(number)
            if number == 1:
                second.set()
            yield number

    with read_ahead(items()) as read:
        taken = iter(read)
        assert next(taken) == 0
        assert second.wait(60)  # read while the first is in use
        assert begun == [0, 1]
        assert list(taken) == list(range(1, 10))


def test_an_error_comes_after_the_items_before_it() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise ValueError("no more")

    taken: list[int] = []

    def take() -> None:
        with read_ahead(items()) as read:
            for one in read:
                taken.append(one)  # noqa: PERF402 - `extend` may take all or none

    with pytest.raises(ValueError, match="no more"):
        take()
    assert taken == [1]


def test_nobody_reads_on_once_the_block_has_ended() -> None:
    read_so_far: list[int] = []
    interval = sys.getswitchinterval()

    def items() -> Iterator[int]:
        for number in range(1_000_000):
            read_so_far.append(number)
            yield number

    def interrupted() -> None:
        with read_ahead(items()) as read:
            for one in read:
                if one == 2:
                    raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert "read-ahead" not in [one.name for one in threading.enumerate()]
    assert read_so_far in ([0, 1, 2], [0, 1, 2, 3])
    assert sys.getswitchinterval() == interval


def test_nothing_to_read() -> None:
    with read_ahead(iter(())) as read:
        assert list(read) == []
    with read_ahead(iter([1])):
        pass  # and nobody takes it
