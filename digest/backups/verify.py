"""Says what is in a backup and whether it is whole, by restoring it aside."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from digest.backups.contents import Contents, contents_lines, count_contents, wrong_counts
from digest.backups.prepared import Prepared, prepared
from digest.database import revisions


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found in a backup. `wrong` has a line for each count that does not agree."""

    file: Path
    made_at: str
    version: str
    database: str
    revision: str
    fingerprints: tuple[str, ...]
    is_encrypted: bool
    contents: Contents
    wrong: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Return all of it as `--json` has it."""
        return {
            "file": str(self.file),
            "made_at": self.made_at or None,
            "version": self.version or None,
            "database": self.database or None,
            "schema": self.revision,
            "secrets": list(self.fingerprints),
            "encrypted": self.is_encrypted,
            **self.contents.as_json(),
            "wrong": list(self.wrong),
        }


def verify_backup(file: Path, folder: Path, identities: Sequence[Any] = ()) -> Verified:
    """Restore the backup into a folder of its own within `folder`, migrate it and count.

    Raises StoreError where it could not be restored.
    """
    with prepared(file, folder, identities) as found:
        return verify_prepared(file, found)


def verify_prepared(file: Path, found: Prepared) -> Verified:
    """Count what is in a backup that was restored aside."""
    with closing(sqlite3.connect(found.path)) as copy:
        contents = count_contents(lambda statement: copy.execute(statement).fetchall())
        wrong = wrong_counts(lambda statement: copy.execute(statement).fetchall())
        broken = copy.execute("PRAGMA foreign_key_check").fetchall()
    if broken:
        wrong.append(f"{len(broken)} rows refer to others that are not there, as in {broken[0][0]}")
    record = found.record
    return Verified(
        file=file,
        made_at=record.made_at if record else "",
        version=record.version if record else "",
        database=record.database if record else "",
        revision=found.revision,
        fingerprints=found.fingerprints,
        is_encrypted=found.is_encrypted,
        contents=contents,
        wrong=tuple(wrong),
    )


def verified_lines(found: Verified) -> list[str]:
    """Return what was found in words, a line each."""
    now = revisions()[-1]
    schema = f"schema {found.revision}" + (f", upgraded to {now}" if now != found.revision else "")
    made = f"made {found.made_at} by version {found.version} of {found.database}"
    newest = f"its newest entry is of {found.contents.latest[:16]} UTC"
    secrets = ", ".join(found.fingerprints) or "none"
    return [
        f"{found.file}: {made if found.made_at else 'does not say when it was made'}; {newest}"
        if found.contents.latest
        else f"{found.file}: {made}",
        f"{schema}{'; encrypted' if found.is_encrypted else ''}",
        f"secrets that its links were made with, by fingerprint: {secrets}",
        *contents_lines(found.contents),
        *[f"WRONG: {line}" for line in found.wrong],
    ]
