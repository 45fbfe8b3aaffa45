"""Hides comparisons: they are in no draft, page, feed or list for readers until they are shown."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, select

from digest.catalog.tables import Comparison


@dataclass(frozen=True, slots=True)
class Hidden:
    """Who hid a comparison, when."""

    who: str
    at: datetime


def hidden_by(session: Session, slug: str) -> Hidden | None:
    """Return who hid the comparison; None if nobody did, or there is none."""
    found = session.exec(
        select(Comparison.hidden_by, Comparison.hidden_at).where(Comparison.slug == slug)
    ).first()
    return Hidden(found[0], found[1]) if found and found[1] is not None else None


def set_hidden(session: Session, slug: str, hidden: Hidden | None, now: datetime) -> bool:
    """Hide the comparison, or show it again for None. False if there is none with that slug."""
    row = session.exec(select(Comparison).where(Comparison.slug == slug)).first()
    if row is None:
        return False
    row.hidden_by, row.hidden_at = (hidden.who, hidden.at) if hidden else ("", None)
    row.changed_at = now
    session.add(row)
    session.flush()
    return True
