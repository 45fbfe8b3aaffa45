"""One journal being written: the file of one claim, locked for as long as its process lives.

What can't be written must not be believed later. Where a word can't be changed the whole file is
removed before the message is begun, and whoever comes next has no journal; where it can't be
removed either, nothing is begun. An answer that can't be written is missing, no more.
"""

import fcntl
import logging
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from digest.deliver.journal.format import WORD, Header, encode_answers, encode_header, words
from digest.deliver.journal.identity import identity_of
from digest.deliver.providers.base import Outcome
from store.errors import UserError

log = logging.getLogger(__name__)


class JournalError(UserError):
    """A journal can be neither written nor removed, so nothing may be begun."""


class JournalFile:
    """The journal of one claim. `places` are its deliveries, counted from 0."""

    def __init__(self, path: Path, header: Header) -> None:
        """Raises OSError where it can't be made; then there is none."""
        self.positions = frozenset(position for position, _ in header.batches)
        self.open_positions = set(self.positions)
        self.places = {one: place for place, one in enumerate(header.delivery_ids)}
        self._path = path
        self._salt = header.salt
        self._told = False
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            whole = encode_header(replace(header, identity=identity_of(self._file)))
            _write(self._file, whole, 0)
        except OSError:
            self.remove()
            raise
        self._end = len(whole)
        self._words = self._end - WORD * len(self.places)

    def begin(self, place: int, count: int) -> None:
        """Note that so many messages from `place` on are begun, before they are.

        Raises JournalError.
        """
        self._change(place, bytes(WORD * count))

    def withdraw(self, place: int, count: int) -> None:
        """Note that of so many messages not one octet left after all. Raises JournalError."""
        self._change(place, words(self._salt, place, count))

    def answer(self, outcomes: Sequence[Outcome]) -> None:
        """Note outcomes; they are missing where the disk is full."""
        if self._file < 0:
            return
        frame = encode_answers(outcomes, self._salt)
        try:
            _write(self._file, frame, self._end)
        except OSError as error:
            # The next frame goes to the same place, so nothing half stays in between.
            self._tell(error)
        else:
            self._end += len(frame)

    def remove(self) -> None:
        """Remove the file: all of its batches are settled."""
        with suppress(OSError):
            self._path.unlink(missing_ok=True)
        self.close()

    def close(self) -> None:
        """Leave the file to whoever comes next."""
        file, self._file = self._file, -1
        if file >= 0:
            os.close(file)

    def _change(self, place: int, raw: bytes) -> None:
        if self._file < 0:
            return
        try:
            _write(self._file, raw, self._words + WORD * place)
        except OSError as error:
            self._tell(error)
            self.discard()

    def discard(self) -> None:
        """Let nobody believe what it says. Raises JournalError."""
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            raise JournalError(
                f"the journal {self._path} can be neither written nor removed "
                f"({error.strerror}), so nothing is sent; free its disk, or set JOURNAL_DIR"
            ) from error
        self.close()

    def _tell(self, error: OSError) -> None:
        if not self._told:
            log.warning("the journal %s can't be written: %s", self._path, error.strerror)
        self._told = True


def _write(file: int, raw: bytes, at: int) -> None:
    """Write all of `raw`. Raises OSError."""
    written = os.pwrite(file, raw, at)
    while written < len(raw):
        written += os.pwrite(file, raw[written:], at + written)
