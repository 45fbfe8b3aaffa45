"""Writes mail as files on this machine, for trying things out without mailing anybody.

It is a Maildir (https://cr.yp.to/proto/maildir.html): a message is written and synced under
``tmp/`` and renamed into ``new/``, so that no half message is ever seen there. The file is named
by the delivery token: submitting a delivery twice replaces the file.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from functools import lru_cache
from itertools import islice
from pathlib import Path

from digest.deliver.providers.base import (
    NO_JOURNAL,
    Accepted,
    Journal,
    Outcome,
    ProviderError,
    Rejected,
    SubmissionStoppedError,
    Unknown,
    never,
)
from digest.deliver.providers.wire_address import to_wire_address
from digest.message.edition import Edition
from digest.message.personalization import Personalization
from digest.message.template import MessageTemplate
from store.files import OWNER_ONLY_FOLDER, make_folder

GROUP = 250
"""Messages for each sync of ``new/``: outcomes are known this many at a time."""
WRITERS = 4
"""Threads. A file system commits several waiting syncs at once, so a few beat one."""
NOT_STORED = "4.3.0"
"""RFC 3463 section 3.4: other or undefined mail system status, transient."""


class MaildirProvider:
    """Write one ``.eml`` for each message under `folder`; `clock` gives its Date."""

    name = "outbox"
    batch_size = 1_000
    tells_begun = True

    def __init__(self, folder: Path, clock: Callable[[], datetime]) -> None:
        self._folder = folder
        self._clock = clock
        self._template = lru_cache(maxsize=4)(MessageTemplate)

    def submit(
        self,
        edition: Edition,
        batches: Iterable[Sequence[Personalization]],
        should_stop: Callable[[], bool] = never,
        journal: Journal = NO_JOURNAL,
    ) -> Iterator[Sequence[Outcome]]:
        """Write the messages and yield outcomes. Raises ProviderError if nothing can be written."""
        template = self._template(edition)
        with ThreadPoolExecutor(WRITERS) as writers:
            for batch in batches:
                if not batch:
                    yield []
                waiting = iter(batch)
                while group := list(islice(waiting, GROUP)):
                    if should_stop():
                        raise SubmissionStoppedError
                    journal.begun([one.delivery_id for one in group])
                    outcomes = self._store(template, group, writers)
                    _raise_if_all_failed(outcomes)
                    yield outcomes

    def check(self) -> None:
        """Write and remove a file. Raises ProviderError."""
        probe = self._folder / "tmp" / "check"
        try:
            self._make_folders()
            probe.write_bytes(b"")
            probe.unlink()
        except OSError as error:
            raise ProviderError(self._explain(error)) from error

    def close(self) -> None:
        """Do nothing: nothing stays open between batches."""

    def _store(
        self, template: MessageTemplate, group: Sequence[Personalization], writers: Executor
    ) -> list[Outcome]:
        """Write a group of messages; return every outcome once all of them are on disk."""
        ready = [to_wire_address(personalization) for personalization in group]
        outcomes: list[Outcome] = [item for item in ready if isinstance(item, Rejected)]
        good = [item for item in ready if isinstance(item, Personalization)]
        try:
            self._make_folders()
            read = self._files_in_cur()
        except OSError as error:
            return outcomes + [self._refuse(personalization, error) for personalization in good]
        moved: list[Personalization] = []
        written = writers.map(lambda personalization: self._write(template, personalization), good)
        for personalization, fault in zip(good, written, strict=True):
            fault = fault or self._move(personalization, read)  # noqa: PLW2901 - the first fault counts
            if fault:
                outcomes.append(self._refuse(personalization, fault))
            else:
                moved.append(personalization)
        return outcomes + self._settle(moved)

    def _write(self, template: MessageTemplate, personalization: Personalization) -> OSError | None:
        path = self._folder / "tmp" / _file_name(personalization)
        message = template.message(personalization, self._clock())
        try:
            # Messages hold links that act in a subscriber's name: nobody else may read them.
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(message)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            with suppress(OSError):
                path.unlink()
            return error
        return None

    def _move(self, personalization: Personalization, read: dict[str, Path]) -> OSError | None:
        name = _file_name(personalization)
        try:
            (self._folder / "tmp" / name).replace(self._folder / "new" / name)
            if name in read:
                read[name].unlink(missing_ok=True)
        except OSError as error:
            return error
        return None

    def _settle(self, moved: Sequence[Personalization]) -> list[Outcome]:
        try:
            _sync_folder(self._folder / "new")
        except OSError as error:
            return [
                Unknown(personalization.delivery_id, self._explain(error))
                for personalization in moved
            ]
        return [
            Accepted(personalization.delivery_id, _file_name(personalization))
            for personalization in moved
        ]

    def _make_folders(self) -> None:
        for part in ("tmp", "new", "cur"):
            make_folder(self._folder / part, OWNER_ONLY_FOLDER)

    def _files_in_cur(self) -> dict[str, Path]:
        """Return the files that a mail reader moved to ``cur/``, by name without flags."""
        with os.scandir(self._folder / "cur") as entries:
            return {entry.name.partition(":")[0]: Path(entry.path) for entry in entries}

    def _refuse(self, personalization: Personalization, error: OSError) -> Rejected:
        return Rejected(personalization.delivery_id, False, NOT_STORED, self._explain(error))

    def _explain(self, error: OSError) -> str:
        return (
            f"the outbox {self._folder} can't be written: {error.strerror or error}; "
            "OUTBOX_DIR should name a folder that can, with room in it"
        )


def _file_name(personalization: Personalization) -> str:
    return f"{personalization.token}.eml"


def _raise_if_all_failed(outcomes: Sequence[Outcome]) -> None:
    """Raise ProviderError if none of a group could be written."""
    rejected = [outcome for outcome in outcomes if isinstance(outcome, Rejected)]
    unstored = [one for one in rejected if one.code == NOT_STORED]
    if unstored and len(rejected) == len(outcomes):
        raise ProviderError(unstored[0].detail)


def _sync_folder(folder: Path) -> None:
    """Sync a folder, which makes renames in it durable; Windows has no such call."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
