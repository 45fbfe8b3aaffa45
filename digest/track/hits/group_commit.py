"""Hits of many requests at once into few transactions (group commit), for one event loop.

A commit that waits for the disk costs the same for one hit as for a thousand: while one is being
written, those that come meanwhile gather, and go together in the next.
"""

import asyncio
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from digest.track.hits.store import Hit, HitWriter
from store.engine import Store
from store.errors import DigestError

MOST_TOGETHER = 2_000
"""Hits in a transaction: others want to write, too."""
MOST_WAITING = 20_000
"""Hits that wait at once; a reader who comes then is shown the way, and asked to come again."""
GATHER_SECONDS = 0.005
"""How long hits gather while many come: as long as nobody notices. A single one goes at once."""
log = logging.getLogger(__name__)

Answer = str | None
_Waiting = tuple[Hit, "asyncio.Future[Answer]"]


class HitNotStoredError(DigestError):
    """A hit could not be stored; `target` is where it leads, None where that is not known."""

    def __init__(self, target: str | None) -> None:
        super().__init__("a hit was not stored")
        self.target = target


@dataclass(slots=True)
class Gathering:
    """Where the hits of a process come together. `put` is for its event loop's thread alone."""

    store: Store
    book: HitWriter
    most_waiting: int = MOST_WAITING
    _writer: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="hits")
    )
    _line: "_Line | None" = None

    async def put(self, hit: Hit) -> Answer:
        """The hit's answer (`HitWriter.targets`) once it is durable. Raises NotKeptError."""
        line = self._line
        loop = asyncio.get_running_loop()
        if line is None or line.loop is not loop:
            self._line = line = _Line(self, loop)
        if len(line.waiting) >= self.most_waiting:
            log.error("a hit was not stored: %d wait already", self.most_waiting)
            raise HitNotStoredError(None)
        return await line.join(hit)

    def write(self, hits: Sequence[Hit]) -> list[Answer]:
        """In the writer's thread. Raises what the database raises, and then nothing is stored."""
        with self.store.write() as session:
            return self.book.keep(session, hits)

    def targets(self, hits: Sequence[Hit]) -> list[Answer]:
        """Where each leads, though nothing can be written; None where that can't be read either."""
        try:
            with self.store.read() as session:
                return self.book.targets(session, hits)
        except Exception:  # noqa: BLE001 - it is logged already that the database fails
            return [None] * len(hits)

    def submit(self, line: "_Line", group: Sequence[_Waiting]) -> None:
        self._writer.submit(line.write, group)


@dataclass(slots=True)
class _Line:
    """Those who wait in one event loop. Everything but `write` runs in the loop's own thread."""

    gathering: Gathering
    loop: asyncio.AbstractEventLoop
    waiting: list[_Waiting] = field(default_factory=list)
    writing: bool = False

    def join(self, hit: Hit) -> "asyncio.Future[Answer]":
        future: asyncio.Future[Answer] = self.loop.create_future()
        self.waiting.append((hit, future))
        if not self.writing:
            self.writing = True
            # Not at once: what else this turn of the loop has read belongs to the same group.
            self.loop.call_soon(self._next)
        return future

    def _next(self) -> None:
        group, self.waiting = self.waiting[:MOST_TOGETHER], self.waiting[MOST_TOGETHER:]
        self.gathering.submit(self, group)

    def write(self, group: Sequence[_Waiting]) -> None:
        hits = [hit for hit, _ in group]
        try:
            answers, kept = self.gathering.write(hits), True
        except Exception as error:  # noqa: BLE001 - every one that waits is told
            log.error("%d hits were not stored: %s", len(hits), type(error).__name__)  # noqa: TRY400 - one line, and no values of theirs
            answers, kept = self.gathering.targets(hits), False
        self.loop.call_soon_threadsafe(self._tell, group, answers, kept)

    def _tell(self, group: Sequence[_Waiting], answers: Sequence[Answer], kept: bool) -> None:  # noqa: FBT001 - by position, as call_soon gives it
        for (_, future), answer in zip(group, answers, strict=True):
            if future.done():
                continue  # whoever asked is gone; the hit stays
            if kept:
                future.set_result(answer)
            else:
                future.set_exception(HitNotStoredError(answer))
        if self.waiting:
            self.loop.call_later(GATHER_SECONDS, self._next)
        else:
            self.writing = False
