"""Clicks and opens: what following a link or loading the pixel leaves behind."""

from datetime import datetime
from uuid import uuid4

from sqlmodel import Session

from digest.issues.tables import Issue, Link
from digest.issues.targets import is_web_address
from digest.track.record import Hit, delivery_of, record
from digest.track.tables import Event, EventKind
from subscribers.tokens import Bearer


def follow(
    session: Session, bearer: Bearer, link_number: int, hit: Hit, now: datetime
) -> str | None:
    """Records the click and returns the link's stored target; None where there is no such link.

    The token says which issue, so a link's number alone names no target.
    """
    link = session.get(Link, (bearer.issue, link_number))
    if link is None or not is_web_address(link.url):
        return None
    clicked = _event(session, EventKind.CLICKED, bearer, hit, now)
    clicked.link_number = link_number
    record(session, clicked)
    return link.url


def note_open(session: Session, bearer: Bearer, hit: Hit, now: datetime) -> None:
    """Records that the pixel of an issue was loaded; an unknown issue leaves nothing."""
    if session.get(Issue, bearer.issue) is not None:
        record(session, _event(session, EventKind.OPENED, bearer, hit, now))


def _event(session: Session, kind: EventKind, bearer: Bearer, hit: Hit, now: datetime) -> Event:
    return Event(
        key=f"{kind}:{uuid4().hex}",
        kind=kind,
        issue_number=bearer.issue,
        delivery_id=delivery_of(session, bearer),
        machine=hit.machine,
        detail=hit.detail,
        at=now,
    )
