"""The proof of consent: what was agreed or withdrawn, in which words, when and from where."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlmodel import Session, col, select

from subscribers.tables import Consent


class ConsentKind(StrEnum):
    IMPORTED = "imported"
    """The operator states that it was given elsewhere."""
    REQUESTED = "requested"
    """The form was sent; the address is not proven yet."""
    CONFIRMED = "confirmed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class ConsentOrigin:
    """Where a step was taken: the page it began on, the network address, the program, the form."""

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
    """Appends a proof; rows are never changed. `wording` is kept whole, the rest cut to fit."""
    proof = Consent(
        subscriber_id=subscriber_id,
        kind=kind,
        wording=wording,
        source=source[:200],
        ip=ip[:45],
        user_agent="".join(one for one in user_agent if one.isprintable())[:500],
        form=form[:40],
        at=now,
    )
    session.add(proof)
    session.flush()
    return proof


def consents_of(session: Session, subscriber_id: int) -> Sequence[Consent]:
    """Every proof of one subscriber, oldest first."""
    return session.exec(
        select(Consent).where(Consent.subscriber_id == subscriber_id).order_by(col(Consent.id))
    ).all()


def newest_consent(session: Session, subscriber_id: int) -> Consent | None:
    """The last thing said."""
    return session.exec(
        select(Consent)
        .where(Consent.subscriber_id == subscriber_id)
        .order_by(col(Consent.id).desc())
        .limit(1)
    ).first()


def is_withdrawn(session: Session, subscriber_id: int) -> bool:
    """The last thing said was that it ends."""
    newest_consent = session.exec(
        select(Consent.kind)
        .where(Consent.subscriber_id == subscriber_id)
        .order_by(col(Consent.id).desc())
        .limit(1)
    ).first()
    return newest_consent == ConsentKind.WITHDRAWN
