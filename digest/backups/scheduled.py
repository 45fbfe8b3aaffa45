"""Makes the backup that is due, and removes old ones once the new one is proved."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from digest.backup_runs import runs
from digest.backup_runs.tables import BackupState
from digest.backups.create import create_backup, remove_leftovers
from digest.deliver.instance import find_instance
from digest.deliver.ledger.worker_lock import WorkerLock
from store.age import SUFFIX
from store.engine import Store, StoreError
from store.files import OWNER_ONLY_FOLDER, make_folder
from store.times import utc

log = logging.getLogger(__name__)


def file_name(name: str, instance: str, now: datetime, *, is_encrypted: bool) -> str:
    """Return a backup's name: what it is of, when it was made, and of which instance."""
    stamp = utc(now).strftime("%Y%m%dT%H%M%SZ")
    of_whom = f"-{instance[:8]}" if instance else ""
    return f"{name}-{stamp}{of_whom}.db{SUFFIX if is_encrypted else ''}"


@dataclass(frozen=True, slots=True)
class ScheduledBackups:
    """Backups of one store, every so many minutes, into one folder; `keep` is how many stay."""

    store: Store
    every: int
    keep: int
    folder: Path
    recipients: Sequence[Any]
    clock: Callable[[], datetime]

    def run_due(self, lock: WorkerLock) -> bool:
        """Make the backup that is due, if there is one; return whether one was made."""
        now = self.clock()
        with self.store.read() as session:
            last = runs.last_run(session)
        if last is not None and last.state == BackupState.RUNNING:
            last = self._close_abandoned(lock, now)
        if last is not None and last.state == BackupState.RUNNING:
            return False
        if not runs.is_due(last, self.every, now):
            return False
        with self.store.write() as session:
            instance = find_instance(session)
            if instance is None or instance.held:
                return False
            key = instance.key
            name = file_name("digest", key, now, is_encrypted=bool(self.recipients))
            number = runs.begin_run(
                session, last, now, instance=key, worker_id=lock.worker_id, file=name
            )
        return number is not None and self._make(number, key, name)

    def _make(self, number: int, instance: str, name: str) -> bool:
        target = self.folder / name
        try:
            make_folder(self.folder, OWNER_ONLY_FOLDER)
            found = create_backup(self.store, target, self.clock(), self.recipients)
            size = target.stat().st_size
        except (StoreError, OSError) as error:
            self._fail(number, str(error))
            return False
        except BaseException:
            self._fail(number, "it was broken off")
            raise
        wrong = f"it was made, but its counts are wrong: {found.wrong[0]}" if found.wrong else ""
        with self.store.write() as session:
            runs.end_run(session, number, BackupState.DONE, self.clock(), note=wrong, size=size)
        if wrong:
            log.warning("backup %s: %s; older ones are kept", target, wrong)
            return True
        people = sum(found.contents.people.values())
        log.info("backup %s: %s people, restored aside and counted", target, people)
        self._remove_old(instance)
        return True

    def _fail(self, number: int, why: str) -> None:
        with self.store.write() as session:
            first = runs.first_failure(session) is None
            runs.end_run(session, number, BackupState.FAILED, self.clock(), note=why)
        log.log(
            logging.WARNING if first else logging.INFO,
            "no backup could be made, and it is tried again: %s",
            why,
        )

    def _remove_old(self, instance: str) -> None:
        """Remove the files beyond the number to keep; those in another machine's folder stay."""
        with self.store.read() as session:
            old = runs.superfluous(session, instance, self.keep)
        for run in old:
            file = self.folder / Path(run.file).name
            if not file.is_file():
                continue
            try:
                file.unlink()
            except OSError as error:
                log.warning("the old backup %s can't be removed: %s", file, error.strerror)
                continue
            with self.store.write() as session:
                runs.end_run(
                    session, run.number or 0, BackupState.REMOVED, self.clock(), size=run.size or 0
                )

    def _close_abandoned(self, lock: WorkerLock, now: datetime) -> Any:
        """Count what dead workers began as failed, and remove what they left half-written."""
        with self.store.write() as session:
            dead = runs.close_abandoned(session, lock.is_alive, now)
        for run in dead:
            remove_leftovers(self.store, self.folder / Path(run.file).name)
        with self.store.read() as session:
            return runs.last_run(session)
