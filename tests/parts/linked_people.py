"""People on a list, and the links that they were sent."""

import io

from sqlmodel import Session, select

from digest.readers.links import resolve_link
from store.engine import Store
from subscribers.addresses import AddressHasher
from subscribers.links import link_token
from subscribers.service import Added, add_subscriber
from subscribers.tables import (
    Subscriber,
    SubscriberStatus,
)
from subscribers.tokens import Purpose, Tokens
from subscribers.transfer.run import export_csv, import_csv
from tests.parts.world import NOW, SECRET

HASHER, TOKENS = AddressHasher(SECRET), Tokens([SECRET])


def add(store: Store, email: str) -> int:
    with store.write() as session:
        added = add_subscriber(
            session,
            HASHER,
            email,
            status=SubscriberStatus.ACTIVE,
            source="test",
            wording="Yes.",
            now=NOW,
        )
    assert isinstance(added, Added), added
    return added.subscriber_id


def token(store: Store, email: str, purpose: Purpose = Purpose.PREFERENCES) -> str:
    with store.read() as session:
        return link_token(TOKENS, purpose, person(session, email))


def person(session: Session, email: str) -> Subscriber:
    return session.exec(select(Subscriber).where(Subscriber.email_key == email.lower())).one()


def opened(store: Store, text: str, purpose: Purpose = Purpose.PREFERENCES) -> str | None:
    """Whose address a link opens; None for nobody's. A void link's stands in brackets."""
    with store.read() as session:
        link = resolve_link(session, TOKENS.read(purpose, text))
        if link is None:
            return None
        email = session.get_one(Subscriber, link.subscriber_id).email
        return f"({email})" if link.is_void else email


def exported(store: Store) -> str:
    out = io.StringIO(newline="")
    with store.read() as session:
        export_csv(session, out)
    return out.getvalue()


def load(store: Store, text: str) -> None:
    import_csv(
        store,
        HASHER,
        io.BytesIO(text.encode()),
        source="list.csv",
        status=None,
        now=NOW,
        wording="They asked.",
    )
