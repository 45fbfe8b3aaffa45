"""Counts how often something comes in a span of time, in the database: all processes see it.

What is counted is given as a keyed hash, so that no address and no network is kept; a row goes
when its span is over.
"""

from datetime import UTC, datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from sqlalchemy import delete, select
from sqlmodel import Session, col

from store.insertion import insert_into
from store.times import utc
from subscribers.addresses import AddressHasher
from subscribers.tables import AttemptCount

SWEEP_ROWS = 100
"""Rows that are over and go with a new one: the table stays as small as its spans."""
_GMAIL = ("gmail.com", "googlemail.com")


def count_attempt(
    session: Session,
    hasher: AddressHasher,
    what: str,
    span: timedelta,
    now: datetime,
    *,
    within: datetime | None = None,
) -> int:
    """Counts one more of `what`; how many there were in this span of the clock, with this one.

    The span is the one that `within` lies in, or else `now`.
    """
    seconds = span.total_seconds()
    start = datetime.fromtimestamp(utc(within or now).timestamp() // seconds * seconds, UTC)
    values = {
        "key": hasher.hash(f"{what} {seconds:.0f} {start.isoformat()}"),
        "until": start + span,
        "count": 1,
    }
    statement = (
        insert_into(session, AttemptCount)
        .values(**values)
        .on_conflict_do_update(index_elements=["key"], set_={"count": col(AttemptCount.count) + 1})
        .returning(col(AttemptCount.count))
    )
    count = int(session.connection().execute(statement).scalar_one())
    if count == 1:
        _sweep(session, now)
    return count


def network_of(ip: str) -> str:
    """What one visitor has to themselves: a /24 of IPv4, a /56 of IPv6 (RFC 6177)."""
    try:
        address = ip_address(ip)
    except ValueError:
        return ip[:45]
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return str(ip_network((address.packed, 24 if address.version == 4 else 56), strict=False))  # noqa: PLR2004 - the two versions there are


def mailbox_of(key: str) -> str:
    """What one person most likely reads, of an address's key: without the +tag, and for Gmail
    without the dots, since there are thousands of such names for one mailbox (RFC 5233;
    https://support.google.com/mail/answer/7436150).

    Only for counting: whom a subscription belongs to is never guessed like this.
    """
    local, _, domain = key.rpartition("@")
    plain = local[:1] + local[1:].partition("+")[0]
    if domain in _GMAIL:
        plain, domain = plain.replace(".", ""), _GMAIL[0]
    return f"{plain}@{domain}"


def _sweep(session: Session, now: datetime) -> None:
    over = (
        select(col(AttemptCount.key))
        .where(col(AttemptCount.until) <= utc(now))
        .order_by(col(AttemptCount.key))
        .limit(SWEEP_ROWS)
        .with_for_update(skip_locked=True)
    )
    session.execute(
        delete(AttemptCount)
        .where(col(AttemptCount.key).in_(over))
        .execution_options(synchronize_session=False)
    )
