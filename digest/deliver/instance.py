"""Tells a store that sends from a restored one and from a copy, which must not send.

The store knows its own place: on SQLite the file's inode, on PostgreSQL the cluster and the
database in it. A copy finds itself elsewhere. A backup that was put back by hand is in its place,
but older than the file beside the store, which counts the claims along with it. Neither sends
anything until somebody releases it (`digest database release`).

What this can't see: a copy of whole disks that runs beside the original, and on PostgreSQL a
return of the whole cluster to an earlier time.
"""

import json
import os
import secrets
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import event, select, text, update
from sqlmodel import Session, col

from digest.deliver.tables import Instance
from digest.issues.lifecycle import IssueError
from store.files import write_private

_CLAIMS = select(col(Instance.held), col(Instance.key), col(Instance.claims))
_COUNT_CLAIM = update(Instance).values(claims=col(Instance.claims) + 1)
COPIED = "it is a copy of another database, which may be sending as well"
PUT_BACK = "it is an older state of this database, put back from a backup"
RESTORED = "it was restored from a backup"
BY_HAND = "it was held by hand"


class SendingHeldError(IssueError):
    """Nothing may be sent from this database; the text says why, and how to let it."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"nothing is sent from this database: {reason}. Look at the paused issues "
            "(digest issue list), and let it send with: digest database release"
        )


def new_instance(place: str) -> Instance:
    return Instance(id=1, key=secrets.token_hex(16), place=place)


def find_instance(session: Session) -> Instance | None:
    return session.scalars(select(Instance)).one_or_none()


def place_of(session: Session) -> str:
    """Returns where the store is; empty for one in memory."""
    path = _sqlite_path(session)
    if path is not None:
        return f"inode {path.stat().st_ino}"
    if session.get_bind().dialect.name == "sqlite":
        return ""
    return str(session.execute(_POSTGRESQL_PLACE).scalar_one())


_POSTGRESQL_PLACE = text(
    "SELECT 'cluster ' || (SELECT system_identifier FROM pg_control_system()) || ' database '"
    " || (SELECT oid FROM pg_database WHERE datname = current_database())"
)


def suspicion(session: Session, instance: Instance) -> str | None:
    """Returns why the store may not be the one that sent last; None if it is."""
    if instance.place != place_of(session):
        return COPIED
    return PUT_BACK if _is_put_back(session, instance) else None


def may_claim(session: Session) -> bool:
    """Returns whether mail may be claimed, in the transaction that claims, and counts the claim.

    The file beside the store follows the commit, so it is never ahead of the store's own count.
    """
    # Not as an object, which takes longer than the rest of a claim.
    connection = session.connection()
    found = connection.execute(_CLAIMS).one_or_none()
    if found is None:
        return True
    held, key, claims = found
    if held or _is_behind(read_marker(session), key, claims) or _has_other_schema(session):
        return False
    if connection.dialect.name == "sqlite":
        connection.execute(_COUNT_CLAIM)
        write_marker_after_commit(session, Marker(key, claims + 1))
    return True


def _has_other_schema(session: Session) -> bool:
    """Return whether another version has upgraded the store since this process opened it."""
    known = session.info.get("schema")
    if not known:
        return False
    found = session.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    return bool(found != known)


def _is_put_back(session: Session, instance: Instance) -> bool:
    return _is_behind(read_marker(session), instance.key, instance.claims)


def _is_behind(marker: "Marker | None", key: str, claims: int) -> bool:
    return marker is not None and (marker.instance != key or marker.claims > claims)


def write_marker_after_commit(session: Session, marker: "Marker") -> None:
    """Writes the file beside the store once the session's transaction is committed."""
    path = marker_path(_sqlite_path(session))
    if path is None:
        return
    content = json.dumps({"instance": marker.instance, "claims": marker.claims})

    def write(_session: object) -> None:
        aside = path.with_name(f"{path.name}.{os.getpid()}")
        write_private(aside, content.encode("ascii"))
        aside.replace(path)

    event.listen(session, "after_commit", write, once=True)


class Marker(NamedTuple):
    """What the file beside the store says of it."""

    instance: str
    claims: int


def read_marker(session: Session) -> Marker | None:
    """Returns what the file beside the store says; None where there is none that can be read."""
    path = marker_path(_sqlite_path(session))
    if path is None:
        return None
    try:
        found = json.loads(path.read_text(encoding="ascii"))
        return Marker(str(found["instance"]), int(found["claims"]))
    except (OSError, ValueError, LookupError, TypeError):
        return None


def marker_path(store: Path | None) -> Path | None:
    """Returns the file beside the store."""
    return store.with_name(store.name + ".instance") if store else None


def _sqlite_path(session: Session) -> Path | None:
    bind = session.get_bind()
    name = bind.engine.url.database
    sqlite = bind.dialect.name == "sqlite"
    return Path(name) if sqlite and name and name != ":memory:" else None
