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
    _files: list[JournalFile] = field(default_factory=list)
    """Newest first: who is claimed again is noted in the newer one."""
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
        self._files.insert(0, file)

    def begun(self, delivery_ids: Sequence[int]) -> None:
        """Note that these messages are begun, before they are. Raises JournalError."""
        for file, ids in self._by_file(delivery_ids):
            for first, count in _runs([file.places[one] for one in ids]):
                file.begin(first, count)

    def withdrawn(self, delivery_ids: Sequence[int]) -> None:
        """Note that of these messages not one octet left after all. Raises JournalError."""
        for file, ids in self._by_file(delivery_ids):
            for first, count in _runs([file.places[one] for one in ids]):
                file.withdraw(first, count)

    def answered(self, outcomes: Sequence[Outcome]) -> None:
        """Note outcomes as they come."""
        for file, ids in self._by_file([one.delivery_id for one in outcomes]):
            if len(ids) == len(outcomes):
                file.answer(outcomes)
            else:
                here = set(ids)
                file.answer([one for one in outcomes if one.delivery_id in here])

    def settled(self, positions: Iterable[int]) -> None:
        """Remove the journals of which all batches are settled; called after the commit."""
        for file in list(self._files):
            file.open_positions.difference_update(positions)
            if not file.open_positions:
                file.remove()
                self._files.remove(file)

    def close(self) -> None:
        """Leave what is not settled to whoever comes next."""
        for file in self._files:
            file.close()
        self._files.clear()

    def _disown(self, positions: Iterable[int]) -> None:
        """Let no earlier journal of the run be taken for one of these batches."""
        wanted = set(positions)
        for file in self._files:
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

    def _by_file(self, delivery_ids: Sequence[int]) -> Iterator[tuple[JournalFile, Sequence[int]]]:
        """Yield the files that these deliveries are noted in, each with its own."""
        left = delivery_ids
        for file in self._files:
            if not left:
                return
            places = file.places
            if places.keys() >= set(left):  # nearly always
                yield file, left
                return
            if here := [one for one in left if one in places]:
                yield file, here
                left = [one for one in left if one not in places]


def _runs(places: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield places in a row: the first of them, and how many."""
    first = count = 0
    for place in sorted(places):
        if count and place == first + count:
            count += 1
            continue
        if count:
            yield first, count
        first, count = place, 1
    if count:
        yield first, count
