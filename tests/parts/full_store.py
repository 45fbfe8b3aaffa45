"""A store with rows in every table, odd texts among them, for copies and backups to carry."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlmodel import select

from digest.backup_runs.tables import BackupRun, BackupState
from digest.database import upgrade
from digest.deliver.instance import BY_HAND
from digest.editors.tables import Editor, EditorNotice
from digest.pipeline.hold import hold
from digest.sources.tables import Source, SourceFetch, SourcePage
from digest.tables import metadata
from store.engine import Store, open_store
from subscribers.hash_key import remember_secrets
from subscribers.tables import FormerPublicId, ImportRun
from tests.parts.world import NOW, SECRET

BEFORE = Path(__file__).parents[1] / "golden" / "seams" / "files" / "store_before.sql"
ODD = "tab\t, line\n, \\N, \\., \"quoted\", 'single', NULL, ✓ \U0001f600 é, \x1f\x1e"


def write_full(path: Path) -> None:
    """Make a SQLite file of this version's schema, held, with something of everything in it."""
    with closing(sqlite3.connect(path)) as old:
        old.executescript(BEFORE.read_text(encoding="utf-8"))
    store = open_store(f"sqlite:///{path}")
    upgrade(store)
    with store.write() as session:
        session.execute(text("UPDATE subscriber SET first_name = :odd"), {"odd": ODD})
        session.execute(text("UPDATE suppression SET note = :odd, email = NULL"), {"odd": ODD})
        remember_secrets(session, [SECRET], NOW)
        session.add(Editor(id=3, public_id=2**56 - 1, email=ODD, key="k", about=[ODD], since=NOW))
        session.flush()
        session.add(
            EditorNotice(
                public_id=1, key="n", kind="draft", editor_id=3, content={"a": [1, None, ODD]},
                not_before=NOW, created_at=NOW, changed_at=NOW,
            )
        )  # fmt: skip
        session.add(Source(id=4, name="s", kind="feed", location="l", every_minutes=60,
                           first="seen", created_at=NOW, next_at=NOW))  # fmt: skip
        session.flush()
        session.add(SourcePage(source_id=4, key="k", location="l", version="v",
                               found_at=NOW, state="seen"))  # fmt: skip
        session.add(SourceFetch(source_id=4, at=NOW, state="done", lines=[ODD]))
        session.add(ImportRun(source=ODD, tool="t", wording="", at=NOW))
        session.add(FormerPublicId(public_id=2**55, subscriber_id=_somebody(session)))
        session.add(
            BackupRun(
                number=7, instance="i", state=BackupState.DONE, begun_at=NOW, file="f", size=2**40
            )
        )
        hold(session, BY_HAND, NOW)
    store.close()


def everything(store: Store) -> dict[str, list[Any]]:
    """All rows as the product reads them, by table; but for the one that says where a store is."""
    found = {}
    with store.read() as session:
        for table in metadata.sorted_tables:
            if table.name != "instance":
                rows = session.execute(select(table)).all()
                found[table.name] = sorted((tuple(row) for row in rows), key=repr)
    return found


def _somebody(session: Any) -> int:
    return int(session.execute(text("SELECT max(id) FROM subscriber")).scalar_one())
