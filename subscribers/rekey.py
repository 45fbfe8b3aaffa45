"""Writes keys and hashes of addresses anew after the rule that makes them has changed.

Case was folded in all of Unicode once, which made one person of ß and ss. The rule of today tells
more addresses apart, so no two rows get the same key. Nothing but a hash is left of who was erased:
that one stays as it is.
"""

from typing import Any

from sqlmodel import Session, col, select, update

from subscribers.addresses import AddressError, AddressHasher, parse_address
from subscribers.tables import Subscriber, Suppression, SuppressionRemoval


def rekey_addresses(session: Session, hasher: AddressHasher) -> int:
    """Writes anew what differs; returns how many people it was. Only addresses beyond ASCII can."""
    changed = 0
    for person in session.exec(select(Subscriber).where(_beyond_ascii(session, Subscriber))):
        key = _key(person.email)
        if key is None or key == person.email_key:
            continue
        before, after = person.address_hash, hasher.hash(key)
        person.email_key, person.address_hash = key, after
        session.exec(
            update(SuppressionRemoval)
            .where(col(SuppressionRemoval.address_hash) == before)
            .values(address_hash=after)
        )
        changed += 1
    for blocked in session.exec(select(Suppression).where(_beyond_ascii(session, Suppression))):
        key = _key(blocked.email or "")
        if key is not None:
            blocked.address_hash = hasher.hash(key)
    session.flush()
    return changed


def _beyond_ascii(session: Session, table: type[Any]) -> Any:
    """The condition that an address holds a letter beyond ASCII."""
    if session.get_bind().dialect.name == "sqlite":
        return col(table.email).op("GLOB")("*[^ -~]*")
    return col(table.email).op("~")("[^ -~]")


def _key(email: str) -> str | None:
    try:
        return parse_address(email).key
    except AddressError:
        return None
