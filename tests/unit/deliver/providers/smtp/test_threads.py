"""Threads that wait for servers: everything begins at once, and all of them end."""

import threading
from queue import SimpleQueue

from digest.deliver.providers.smtp.threads import Threads

NAME = "threads under test"


def test_work_begins_though_other_work_has_not_ended() -> None:
    threads, begun = Threads(NAME), threading.Barrier(5)
    for _ in range(4):
        threads.run(lambda: begun.wait() and None)
    # Passes only once all four wait with it.
    begun.wait()
    threads.end()
    _join()


def test_threads_end_once_everything_was_done() -> None:
    threads, done = Threads(NAME), SimpleQueue[int]()
    for number in range(50):
        threads.run(lambda number=number: done.put(number))  # type: ignore[misc]
    threads.end()
    _join()
    assert sorted(done.get() for _ in range(done.qsize())) == list(range(50))


def test_a_thread_that_has_done_its_work_takes_the_next() -> None:
    threads, seen = Threads(NAME), SimpleQueue[int | None]()
    own: set[int | None] = set()
    # A thread is free a moment after its work has ended, so not always for the very next.
    for _ in range(200):
        threads.run(lambda: seen.put(threading.current_thread().ident))
        own.add(seen.get())
    threads.end()
    _join()
    assert len(own) < 200


def _join() -> None:
    for thread in threading.enumerate():
        if thread.name == NAME:
            thread.join()
