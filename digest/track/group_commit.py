"""Group commit: the writes of many concurrent requests go into few transactions.

Comes in: items, from coroutines of an event loop. Goes out: each item's answer, once it is durable.
A commit that waits for the disk costs the same for one item as for a thousand, so items that arrive
while a transaction is being written wait and share the next one.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Generic, TypeVar

from store.errors import DigestError

log = logging.getLogger(__name__)

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class QueueFullError(DigestError):
    """As many items as allowed wait already; this one was not stored."""


class GroupCommit(Generic[Item, Answer]):
    """Writes items in groups, in one dedicated thread.

    `write` is called in that thread with one group. It returns, in the items' order, the answer of
    each; an exception in place of an answer is raised from the `put` of that item. An exception
    that `write` raises is raised from every `put` of the group.
    """

    def __init__(
        self,
        name: str,
        write: Callable[[Sequence[Item]], Sequence[Answer | Exception]],
        *,
        max_group: int,
        max_waiting: int | None = None,
        gather_seconds: float = 0.0,
        size_of: Callable[[Item], int] | None = None,
    ) -> None:
        """`name` is of the items, for the log and the thread.

        `max_group` limits one transaction, since others want to write, too: in items, or in the
        units of `size_of`. `gather_seconds` is how long items gather between two groups while many
        arrive; a single one is written at once.
        """
        self.name = name
        self.write = write
        self.max_group = max_group
        self.max_waiting = max_waiting
        self.gather_seconds = gather_seconds
        self.size_of = size_of
        self._executor = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._queue: _LoopQueue[Item, Answer] | None = None

    async def put(self, item: Item) -> Answer:
        """Returns the item's answer once it is durable. Call it in the event loop's thread.

        Raises QueueFullError, or what was raised for the item as it was written.
        """
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self.add(item, partial(_settle, future))
        return await future

    def add(self, item: Item, done: "Done[Answer]") -> None:
        """Has `done` called, in the event loop's thread, with what `put` would return or raise.

        Raises QueueFullError at once.
        """
        queue = self._queue
        loop = asyncio.get_running_loop()
        if queue is None or queue.loop is not loop:
            self._queue = queue = _LoopQueue(self, loop)
        if self.max_waiting is not None and len(queue.waiting) >= self.max_waiting:
            log.error("%s: one was not stored, %d wait already", self.name, self.max_waiting)
            raise QueueFullError
        queue.add(item, done)

    def submit(self, queue: "_LoopQueue[Item, Answer]", group: "_Group[Item, Answer]") -> None:
        """Hands one group of a loop's queue to the writing thread."""
        self._executor.submit(queue.write, group)


Done = Callable[[Answer | Exception], None]
_Group = Sequence[tuple[Item, Done[Answer]]]


def _settle(future: "asyncio.Future[Answer]", answer: Answer | Exception) -> None:
    if future.done():
        return  # the request is gone; the item stays stored
    if isinstance(answer, Exception):
        future.set_exception(answer)
    else:
        future.set_result(answer)


@dataclass(slots=True)
class _LoopQueue(Generic[Item, Answer]):
    """The items that wait in one event loop. All but `write` runs in the loop's own thread."""

    commit: GroupCommit[Item, Answer]
    loop: asyncio.AbstractEventLoop
    waiting: "list[tuple[Item, Done[Answer]]]" = field(default_factory=list)
    writing: bool = False

    def add(self, item: Item, done: "Done[Answer]") -> None:
        self.waiting.append((item, done))
        if not self.writing:
            self.writing = True
            # Not at once: what this turn of the loop reads after it belongs to the same group.
            self.loop.call_soon(self._write_next)

    def _write_next(self) -> None:
        end = self._group_end()
        group, self.waiting = self.waiting[:end], self.waiting[end:]
        self.commit.submit(self, group)

    def _group_end(self) -> int:
        """Returns how many of the waiting items go into the next group: at least one."""
        size_of, most = self.commit.size_of, self.commit.max_group
        if size_of is None:
            return most
        total = 0
        for place, (item, _) in enumerate(self.waiting):
            total += size_of(item)
            if total >= most:
                return place + 1
        return len(self.waiting)

    def write(self, group: "_Group[Item, Answer]") -> None:
        """Runs in the writing thread."""
        items = [item for item, _ in group]
        answers: Sequence[Answer | Exception]
        try:
            answers = self.commit.write(items)
        except Exception as error:  # noqa: BLE001 - raised from every waiting `put`
            answers = [error] * len(items)
        self.loop.call_soon_threadsafe(self._answer, group, answers)

    def _answer(self, group: "_Group[Item, Answer]", answers: Sequence[Answer | Exception]) -> None:
        for (_, done), answer in zip(group, answers, strict=True):
            try:
                done(answer)
            except Exception:
                log.exception("%s: an answer was not taken", self.commit.name)
        if self.waiting:
            self.loop.call_later(self.commit.gather_seconds, self._write_next)
        else:
            self.writing = False
