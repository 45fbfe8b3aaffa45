"""Puts an event into the store, once."""

from sqlmodel import Session

from digest.events.tables import Event
from store.insertion import insert_new


def record(session: Session, event: Event) -> bool:
    """Stores `event` in the caller's transaction; False where its key is there already.

    The database itself skips the second one, so two at the same moment can't both be stored and
    neither spoils the transaction it is part of.
    """
    statement = insert_new(session, Event).values(**event.model_dump(exclude={"id"}))
    return session.connection().execute(statement).rowcount > 0
