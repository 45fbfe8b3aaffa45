"""Writes the journals of one run: a file for each claim, removed once its batches are settled."""

import logging
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from digest.deliver.journal.file import JournalFile
from digest.deliver.journal.folder import JournalFolder
from digest.deliver.journal.format import MAX_SALT, Header
from digest.deliver.providers.base import Outcome

Batches = Sequence[tuple[int, Sequence[int]]]
"""Positions, each with the ids of the deliveries that may be begun."""
log = logging.getLogger(__name__)


@dataclass(slots=True)
class JournalWriter:
    """The journals of one worker's run of one issue; a provider notes in it what it begins.

    `instance` is the store's key. Without a folder, or where a file can't be made, nothing is
    noted, and what is claimed then counts as begun for whoever comes next.
    """

    folder: JournalFolder | None
    instance: str
    worker: int
    issue: int
    provider: str
    tells_begun: bool
    _files: list[tuple[int, JournalFile]] = field(default_factory=list)
    """Each with the place of its first delivery among all of the run."""
    _places: dict[int, int] = field(default_factory=dict)
    _next: int = 0
    _told: bool = False

    def claimed(self, batches: Batches, at: datetime) -> None:
        """Begin a journal for these batches; called before the claim is committed."""
        if self.folder is None or not (self.instance and any(ids for _, ids in batches)):
            return
        try:
            path = self.folder.new_path(self.instance, self.worker, at)
            file = JournalFile(path, self._header(batches, self.folder.boot, at))
        except OSError as error:
            if not self._told:
                log.warning("no journal can be kept in %s: %s", self.folder.path, error.strerror)
            self._told = True
            self._disown(position for position, _ in batches)
            return
        first = self._next
        # One place stays free between two files, so that no run of places is in both.
        self._next += len(file.delivery_ids) + 1
        self._places.update(zip(file.delivery_ids, range(first, self._next), strict=False))
        self._files.append((first, file))

    def begun(self, delivery_ids: Sequence[int]) -> None:
        """Note that these messages are begun, before they are. Raises JournalError."""
        for first, count in self._runs(delivery_ids):
            start, file = self._file_at(first)
            file.begin(first - start, count)

    def withdrawn(self, delivery_ids: Sequence[int]) -> None:
        """Note that of these messages not one octet left after all. Raises JournalError."""
        for first, count in self._runs(delivery_ids):
            start, file = self._file_at(first)
            file.withdraw(first - start, count)

    def answered(self, outcomes: Sequence[Outcome]) -> None:
        """Note outcomes as they come."""
        places, noted = self._places, [one for one in outcomes if one.delivery_id in self._places]
        while noted:
            start, file = self._file_at(places[noted[0].delivery_id])
            end = start + len(file.delivery_ids)
            here = [one for one in noted if start <= places[one.delivery_id] < end]
            file.answer(here)
            if len(here) == len(noted):
                return
            noted = [one for one in noted if not start <= places[one.delivery_id] < end]

    def settled(self, positions: Sequence[int]) -> None:
        """Remove the journals of which all batches are settled; called after the commit."""
        for entry in list(self._files):
            file = entry[1]
            file.open_positions.difference_update(positions)
            if not file.open_positions:
                file.remove()
                self._files.remove(entry)
                self._forget(*entry)

    def close(self) -> None:
        """Leave what is not settled to whoever comes next."""
        for _, file in self._files:
            file.close()
        self._files.clear()
        self._places.clear()

    def _forget(self, start: int, file: JournalFile) -> None:
        """Forget the places of a file's deliveries, but of those that were claimed again since."""
        for place, one in enumerate(file.delivery_ids, start):
            if self._places.get(one) == place:
                del self._places[one]

    def _disown(self, positions: Iterable[int]) -> None:
        """Let no earlier journal of the run be taken for one of these batches."""
        wanted = set(positions)
        for _, file in self._files:
            if not wanted.isdisjoint(file.positions):
                file.discard()

    def _header(self, batches: Batches, boot: str, at: datetime) -> Header:
        return Header(
            instance=self.instance,
            boot=boot,
            identity="",
            worker=self.worker,
            issue=self.issue,
            claimed_at=at.astimezone(UTC).isoformat(),
            provider=self.provider,
            tells_begun=self.tells_begun,
            salt=1 + secrets.randbelow(MAX_SALT),
            batches=batches,
        )

    def _file_at(self, place: int) -> tuple[int, JournalFile]:
        return next(entry for entry in reversed(self._files) if entry[0] <= place)

    def _runs(self, delivery_ids: Sequence[int]) -> Iterator[tuple[int, int]]:
        """Yield the deliveries' places as runs: the first of each, and how many."""
        first = count = 0
        for one in delivery_ids:
            place = self._places.get(one)
            if place is None:
                continue
            if count and place == first + count:
                count += 1
                continue
            if count:
                yield first, count
            first, count = place, 1
        if count:
            yield first, count
