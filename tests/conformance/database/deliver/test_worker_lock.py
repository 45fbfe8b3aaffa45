"""A worker's lock tells the live from the dead, whichever process asks, on both databases."""

import multiprocessing
from multiprocessing.connection import Connection

from sqlalchemy import text

from digest.deliver.ledger.worker_lock import worker_lock
from store.engine import Store, open_store
from tests.parts.waiting import until


def _hold_lock(url: str, pipe: Connection) -> None:
    """Holds a worker's lock in a process of its own until it is killed or told to end."""
    store = open_store(url)
    with worker_lock(store) as lock:
        pipe.send(lock.worker_id)
        pipe.recv()
    store.close()


def test_a_lock_is_held_within_its_block_and_by_nobody_else(store: Store) -> None:
    first, second = worker_lock(store), worker_lock(store)
    assert first.worker_id != second.worker_id
    with second:
        with first:
            assert first.is_alive(first.worker_id)
            assert second.is_alive(first.worker_id)
        # PostgreSQL ends a connection a moment after it was closed.
        until(lambda: not second.is_alive(first.worker_id), "the lock to end with its block")
        assert second.is_alive(second.worker_id)


def test_a_number_that_no_worker_has_is_dead(store: Store) -> None:
    with worker_lock(store) as lock:
        assert not lock.is_alive(4711)


def test_asking_takes_nothing_away(store: Store) -> None:
    """A dead worker's lock is not left held by whoever asked for it."""
    dead = worker_lock(store)
    with worker_lock(store) as one, worker_lock(store) as two:
        with dead:
            assert one.is_alive(dead.worker_id)
        until(lambda: not one.is_alive(dead.worker_id), "the lock to end with its block")
        for _ in range(3):
            assert not one.is_alive(dead.worker_id)
            assert not two.is_alive(dead.worker_id)


def test_a_killed_process_leaves_no_lock(database_url: str, store: Store) -> None:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_hold_lock, args=(database_url, theirs))
    process.start()
    try:
        number = ours.recv()
        with worker_lock(store) as lock:
            assert lock.is_alive(number)
            process.kill()
            process.join()
            until(lambda: not lock.is_alive(number), "the lock to end with its process")
    finally:
        process.kill()
        process.join()


def test_a_lock_whose_connection_was_cut_is_taken_again(postgresql_store: Store) -> None:
    """A restart, an idle limit or a pooler ends the connection, and with it the lock."""
    with worker_lock(postgresql_store) as lock, worker_lock(postgresql_store) as other:
        cut = text(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_locks WHERE locktype = 'advisory' "
            "AND (classid::bigint << 32) + objid::bigint = :number"
        )
        with postgresql_store.engine.connect() as connection:
            assert connection.execute(cut, {"number": lock.worker_id}).scalar_one() == 1
        until(lambda: not other.is_alive(lock.worker_id), "the lock to end with its connection")
        lock.ensure_held()
        assert other.is_alive(lock.worker_id)
        lock.ensure_held()
        assert other.is_alive(lock.worker_id)
