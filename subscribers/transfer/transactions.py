"""Stores the batches of an import, each in a transaction of its own."""

import gc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from time import sleep

from store.engine import Store
from subscribers.transfer.batch import Batch, import_batch
from subscribers.transfer.bulk_insert import AddressTakenError
from subscribers.transfer.departures import ImportOptions
from subscribers.transfer.duplicates import DuplicateFinder
from subscribers.transfer.refused_rows import Refusals

PAUSE_A_ROW = 0.025 / 20_000
"""Seconds between two transactions on SQLite, where one writes at a time, for each row of the
first: others who wait look each 25 ms whether they can, and more seldom the longer they wait."""
_BATCHES_A_SEARCH = 50
"""Batches between two searches for garbage in cycles: each goes through all rows in memory, and
takes as long as a tenth of storing a batch."""


def store_batches(
    store: Store,
    options: ImportOptions,
    batches: Iterable[tuple[Batch, int]],
    seen: DuplicateFinder,
    refusals: Refusals,
    *,
    dry: bool,
    progress: Callable[[int], None],
) -> None:
    """Store batches, and tell `progress` how far the file was read for each of them."""
    nobody_known, pause = True, 0.0
    with _no_search_for_cycles():
        for count, (made, position) in enumerate(batches, 1):
            if pause:
                sleep(pause)
            # Where somebody is on the list, more of them will be: then they are looked up at once.
            batch = made if nobody_known else made._replace(ready=None)
            nobody_known = _store_batch(store, options, batch, seen, refusals, dry=dry)
            progress(position)
            if store.is_sqlite and not dry:
                pause = PAUSE_A_ROW * len(batch.rows)
            if count % _BATCHES_A_SEARCH == 0:
                gc.collect(1)


def _store_batch(
    store: Store,
    options: ImportOptions,
    batch: Batch,
    seen: DuplicateFinder,
    refusals: Refusals,
    *,
    dry: bool,
) -> bool:
    """Store a batch; return whether nobody was on the list."""
    try:
        with store.read() if dry else store.write() as session:
            return import_batch(session, options, batch, seen, refusals, dry=dry)
    except AddressTakenError:
        known = batch._replace(ready=None)
        with store.write() as session:
            return import_batch(session, options, known, seen, refusals, dry=dry)


@contextmanager
def _no_search_for_cycles() -> Iterator[None]:
    """Let Python look for garbage when it is told to: after each 700 of a million rows takes long.

    Rows hold no cycles, and a batch whose people are all new leaves none.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
