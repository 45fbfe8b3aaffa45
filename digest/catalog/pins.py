"""Pins: comparisons that an editor puts into the next issue, whatever their rank."""

from sqlmodel import Session, func, select

from digest.catalog.tables import Comparison


def next_pin(session: Session) -> int:
    """Return the place after every pin that is set."""
    return (session.exec(select(func.max(Comparison.pin))).one() or 0) + 1


def set_pin(session: Session, slug: str, place: int | None) -> bool:
    """Pin a comparison at `place`, or unpin it for None. False if there is none with that slug."""
    row = session.exec(select(Comparison).where(Comparison.slug == slug)).first()
    if row is None:
        return False
    row.pin = place
    session.add(row)
    return True
