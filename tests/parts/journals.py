"""Journals for tests: a writer over a folder, and what the next process reads there."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from digest.deliver.journal.folder import JournalFolder
from digest.deliver.journal.format import Notes
from digest.deliver.journal.writer import JournalWriter

INSTANCE = "0123456789abcdef0123456789abcdef"
BOOT = "4f0c2a5e-0000-4000-8000-000000000001"
WORKER = 77
AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def folder(path: Path, boot: str = BOOT) -> JournalFolder:
    return JournalFolder(path / "journals", boot)


def writer(path: Path, *, tells_begun: bool = True) -> JournalWriter:
    return JournalWriter(folder(path), INSTANCE, WORKER, 1, "smtp", tells_begun)


def read(path: Path, boot: str = BOOT, instance: str = INSTANCE) -> list[Notes]:
    """What the next process of that boot believes, oldest first."""
    return [notes for _, notes in folder(path, boot).read(instance, WORKER)]


def files(path: Path) -> list[Path]:
    return sorted((path / "journals").glob("*"))


class Noted:
    """A journal in memory: who is begun by now."""

    def __init__(self) -> None:
        self.now: set[int] = set()
        self.steps: list[tuple[str, list[int]]] = []

    def begun(self, delivery_ids: Sequence[int]) -> None:
        assert self.now.isdisjoint(delivery_ids), "nobody is noted twice"
        self.now.update(delivery_ids)
        self.steps.append(("begun", list(delivery_ids)))

    def withdrawn(self, delivery_ids: Sequence[int]) -> None:
        assert self.now.issuperset(delivery_ids), "nobody is taken back who was not begun"
        self.now.difference_update(delivery_ids)
        self.steps.append(("withdrawn", list(delivery_ids)))
