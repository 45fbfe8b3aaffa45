"""Lets a thread read on while what it read before is stored."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Semaphore, Thread
from typing import Generic, TypeVar

_SWITCH_SECONDS = 0.0005
"""How long a thread that comes back from the database waits for the one that reads, at most."""

T = TypeVar("T")


class _Ended:
    """What follows the last item: the error that reading ended with, if any."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


class _Reader(Generic[T]):
    """Reads in a thread, one item ahead of whoever takes them."""

    def __init__(self, items: Iterable[T]) -> None:
        self._items = items
        self._read: SimpleQueue[T | _Ended] = SimpleQueue()
        self._wanted = Semaphore(1)
        """One item may be read; two others in memory would be one too many."""
        self._stopped = False
        self._thread = Thread(target=self._run, name="read-ahead", daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[T]:
        while not isinstance(item := self._read.get(), _Ended):
            self._wanted.release()
            yield item
        if item.error is not None:
            raise item.error

    def stop(self) -> None:
        """Let the thread end with the item that it is at; return once it has."""
        self._stopped = True
        self._wanted.release()
        self._thread.join()

    def _run(self) -> None:
        error = None
        try:
            items = iter(self._items)
            while self._wanted.acquire() and not self._stopped:
                self._read.put(next(items))
        except StopIteration:
            pass
        except BaseException as raised:  # noqa: BLE001 - raised where the items are taken
            error = raised
        self._read.put(_Ended(error))


@contextmanager
def read_ahead(items: Iterable[T]) -> Iterator[Iterable[T]]:
    """Yield `items`, each read in a thread while the one before is in use.

    An error in reading is raised after the items before it. When the block ends nobody reads any
    more, however it ends.
    """
    reader = _Reader(items)
    before = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_SECONDS)
    try:
        yield reader
    finally:
        sys.setswitchinterval(before)
        reader.stop()
