"""Adds, finds, unsubscribes and erases subscribers."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, delete, select
from sqlmodel.sql.expression import SelectOfScalar

from store.insertion import insert_new
from store.text import normalize
from store.times import utc
from subscribers import suppression
from subscribers.addresses import AddressHasher, ParsedAddress, parse_address
from subscribers.consent import ConsentKind, is_withdrawn, record_consent
from subscribers.public_ids import new_public_id
from subscribers.tables import Subscriber, SubscriberStatus, SuppressionReason

INITIAL_STATUSES = (SubscriberStatus.PENDING, SubscriberStatus.ACTIVE)
"""A subscriber starts with one of these; the other statuses are ways off the list."""
UNSUBSCRIBED_WORDING = "Unsubscribed."
MAX_NAME_LENGTH = 100
MAX_NAME_READ = 10 * MAX_NAME_LENGTH
"""Characters looked at: control characters and marks beyond count may be dropped from them."""
_JOINERS = "\u200c\u200d"
"""Invisible characters that Persian and Indic names are spelt with."""
_WEB_ADDRESS = re.compile(
    r"://|\bwww\.|\w\.[a-z]{2,}/|"
    r"[\w-]{2}\.(?:ai|app|at|au|be|biz|blog|br|ca|cc|ch|click|cloud|club|cn|co|com|de|dev|es|eu|fr|"
    r"gg|gl|in|info|io|it|jp|link|live|ly|me|mov|net|news|nl|online|org|page|pl|pro|pw|ru|se|shop|"
    r"site|store|tech|tk|top|tv|ua|uk|us|vip|website|xyz|zip|рф|中国|中國)(?![\w.])",
    re.IGNORECASE,
)
_DOTS = re.compile("[\u3002\uff0e\uff61]")
"""Browsers take these for the dot between labels (UTS 46)."""
"""What mail programs make a link of: Node.js, J.R., A.de Vries and Dr.Who are none."""
MAX_SOURCE_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Added:
    subscriber_id: int


@dataclass(frozen=True, slots=True)
class AlreadySubscribed:
    """The address is on the list already; the subscriber stays unchanged, whatever the status."""

    subscriber_id: int
    status: SubscriberStatus


@dataclass(frozen=True, slots=True)
class AddressSuppressed:
    """The address is suppressed, and nobody on the list has it."""

    reason: SuppressionReason


def add_subscriber(
    session: Session,
    hasher: AddressHasher,
    email: str,
    *,
    first_name: str = "",
    status: SubscriberStatus,
    source: str,
    wording: str,
    now: datetime,
    ip: str = "",
    user_agent: str = "",
) -> Added | AlreadySubscribed | AddressSuppressed:
    """Add one subscriber with a consent record. Raises AddressError.

    The consent record is `requested` if the subscriber starts as pending, else `imported`.
    """
    parsed = parse_address(email)
    there = _by_key(session, parsed.key)
    if there is not None:
        return _already(there)
    blocked = suppression.find_suppression(session, hasher.hash(parsed.key))
    if blocked is not None:
        return AddressSuppressed(SuppressionReason(blocked.reason))
    row = new_row(hasher, parsed, first_name=first_name, status=status, source=source, now=now)
    statement = insert_new(session, Subscriber).values(**row).returning(col(Subscriber.id))
    number = session.connection().execute(statement).scalar_one_or_none()
    if number is None:  # somebody else added the same address in this moment
        return _already(session.exec(_keyed(parsed.key)).one())
    kind = ConsentKind.REQUESTED if status == SubscriberStatus.PENDING else ConsentKind.IMPORTED
    record_consent(session, number, kind, wording, now, source=source, ip=ip, user_agent=user_agent)
    return Added(number)


def find_subscriber(session: Session, email: str) -> Subscriber | None:
    """Return the subscriber with that address, in whatever case. Raises AddressError."""
    return _by_key(session, parse_address(email).key)


def unsubscribe(
    session: Session, hasher: AddressHasher, subscriber_id: int, source: str, now: datetime
) -> bool:
    """Unsubscribe somebody at once; safe to repeat, and for an unknown or erased subscriber.

    False if they were unsubscribed already. Suppresses the address, records one withdrawal.
    """
    person = session.exec(
        select(Subscriber).where(Subscriber.id == subscriber_id).with_for_update()
    ).one_or_none()
    if person is None:
        return False
    for address_hash in hashes_of(hasher, person):
        suppression.suppress(
            session, address_hash, person.email, SuppressionReason.UNSUBSCRIBED, now
        )
    left = person.status != SubscriberStatus.UNSUBSCRIBED
    if left:
        person.status, person.changed_at = SubscriberStatus.UNSUBSCRIBED, now
    if not is_withdrawn(session, subscriber_id):
        record_consent(
            session, subscriber_id, ConsentKind.WITHDRAWN, UNSUBSCRIBED_WORDING, now, source=source
        )
    session.flush()
    return left


def erase_subscriber(session: Session, hasher: AddressHasher, email: str, now: datetime) -> bool:
    """Delete a subscriber with their consent records; deliveries keep no name.

    The address stays suppressed by its hash alone, so that no later import brings it back; also
    where it was not on the list (False). Raises AddressError.
    """
    parsed = parse_address(email)
    person = _by_key(session, parsed.key)
    hashes = hashes_of(hasher, person) if person else {hasher.hash(parsed.key)}
    for address_hash in hashes:
        suppression.anonymize(session, address_hash, now)
    if person is None:
        return False
    session.expunge(person)
    session.exec(delete(Subscriber).where(col(Subscriber.id) == person.id))
    return True


def new_row(
    hasher: AddressHasher,
    parsed: ParsedAddress,
    *,
    first_name: str,
    status: SubscriberStatus,
    source: str,
    now: datetime,
) -> dict[str, object]:
    """Return the columns of a new Subscriber; names and sources are cleaned and cut to fit."""
    if status not in INITIAL_STATUSES:
        raise ValueError(f"a subscriber can't start as {status}; use pending or active")
    return {
        "email": parsed.email,
        "email_key": parsed.key,
        "address_hash": hasher.hash(parsed.key),
        "first_name": clean_name(first_name),
        "status": status.value,
        "source": source[:MAX_SOURCE_LENGTH],
        "tracking": True,
        "public_id": new_public_id(),
        "created_at": utc(now),
        "changed_at": utc(now),
    }


def clean_name(text: str) -> str:
    """Return `text` on one line, without control characters, cut to 100 characters.

    Empty for a web address: mail programs would make a link of it in the greeting.
    """
    text = text[:MAX_NAME_READ]
    if text.isascii() and text.isprintable():  # nearly every name, at a tenth of the time
        name = " ".join(text.split())[:MAX_NAME_LENGTH]
    else:
        visible = "".join(
            " " if unicodedata.category(one)[0] == "C" and one not in _JOINERS else one
            for one in text
        )
        name = normalize("NFC", " ".join(visible.split()))[:MAX_NAME_LENGTH]
    return "" if _holds_web_address(name) else name


def _holds_web_address(name: str) -> bool:
    if not name.isascii():
        name = normalize("NFKC", _DOTS.sub(".", name))
    return ("." in name or "/" in name) and _WEB_ADDRESS.search(name) is not None


def _by_key(session: Session, key: str) -> Subscriber | None:
    return session.exec(_keyed(key)).one_or_none()


def _keyed(key: str) -> SelectOfScalar[Subscriber]:
    return select(Subscriber).where(Subscriber.email_key == key)


def _already(person: Subscriber) -> AlreadySubscribed:
    if person.id is None:
        raise ValueError("a subscriber that is not in the database")
    return AlreadySubscribed(person.id, SubscriberStatus(person.status))


def hashes_of(hasher: AddressHasher, person: Subscriber) -> set[str]:
    """Return the stored hash and the current one: they differ only after a new secret."""
    return {person.address_hash, hasher.hash(person.email_key)}
