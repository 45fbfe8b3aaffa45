"""Records consent: what was agreed or withdrawn, in which words, when and from where."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlmodel import Session, col, select

from subscribers.tables import Consent


class ConsentKind(StrEnum):
    IMPORTED = "imported"
    """The operator states that consent was given elsewhere."""
    REQUESTED = "requested"
    """The sign-up form was sent; the address is not confirmed yet."""
    INVITED = "invited"
    """We mailed a confirmation request to a subscriber that an operator added as pending."""
    CONFIRMED = "confirmed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class ConsentOrigin:
    """Where a step of consent was taken: page, network address, user agent, version of the form."""

    source: str = ""
    ip: str = ""
    user_agent: str = ""
    form: str = ""


def record_consent(
    session: Session,
    subscriber_id: int,
    kind: ConsentKind,
    wording: str,
    now: datetime,
    *,
    source: str = "",
    ip: str = "",
    user_agent: str = "",
    form: str = "",
) -> Consent:
    """Append a consent record; rows are never changed. `wording` stays whole, the rest is cut."""
    consent = Consent(
        subscriber_id=subscriber_id,
        kind=kind,
        wording=wording,
        source=source[:200],
        ip=ip[:45],
        user_agent="".join(one for one in user_agent if one.isprintable())[:500],
        form=form[:40],
        at=now,
    )
    session.add(consent)
    session.flush()
    return consent


def consents_of(session: Session, subscriber_id: int) -> Sequence[Consent]:
    """Return every consent record of one subscriber, oldest first."""
    return session.exec(
        select(Consent).where(Consent.subscriber_id == subscriber_id).order_by(col(Consent.id))
    ).all()


def newest_consent(session: Session, subscriber_id: int) -> Consent | None:
    """Return the newest consent record; None if there is none."""
    return session.exec(
        select(Consent)
        .where(Consent.subscriber_id == subscriber_id)
        .order_by(col(Consent.id).desc())
        .limit(1)
    ).first()


def is_withdrawn(session: Session, subscriber_id: int) -> bool:
    """Return whether the newest consent record is a withdrawal."""
    newest_kind = session.exec(
        select(Consent.kind)
        .where(Consent.subscriber_id == subscriber_id)
        .order_by(col(Consent.id).desc())
        .limit(1)
    ).first()
    return newest_kind == ConsentKind.WITHDRAWN
