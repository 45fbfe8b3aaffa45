"""Counts attempts in fixed windows of time, in the database, so that all processes share them.

Limits sign-ups, address changes and proof-of-work answers.

What is counted is stored as a keyed hash, so that no address and no network is kept; a row is
deleted after its window.
"""

from datetime import UTC, datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from sqlalchemy import delete, select
from sqlmodel import Session, col

from store.insertion import insert_into
from store.times import utc
from subscribers.addresses import AddressHasher
from subscribers.tables import RateCounter

SWEEP_ROWS = 100
"""Expired rows that are deleted with a new one, so that the table stays small."""
_ALIASES = {
    "googlemail.com": "gmail.com",
    "protonmail.com": "proton.me",
    "pm.me": "proton.me",
    "protonmail.ch": "proton.me",
    "me.com": "icloud.com",
    "mac.com": "icloud.com",
    "ymail.com": "yahoo.com",
    "rocketmail.com": "yahoo.com",
    "fastmail.fm": "fastmail.com",
    "ya.ru": "yandex.ru",
    "yandex.com": "yandex.ru",
}
"""Domains of one provider where a name belongs to one person in all of them."""
_IGNORED = {"gmail.com": ".", "proton.me": ".-_", "yandex.ru": ".-"}
"""Characters of a name that a provider does not look at."""


def count_attempt(
    session: Session,
    hasher: AddressHasher,
    what: str,
    span: timedelta,
    now: datetime,
    *,
    within: datetime | None = None,
) -> int:
    """Count one more attempt at `what`; return how many this window has, this one included.

    The window is the one that `within` lies in, or else `now`.
    """
    seconds = span.total_seconds()
    start = datetime.fromtimestamp(utc(within or now).timestamp() // seconds * seconds, UTC)
    values = {
        "key": hasher.hash(f"{what} {seconds:.0f} {start.isoformat()}"),
        "until": start + span,
        "count": 1,
    }
    statement = (
        insert_into(session, RateCounter)
        .values(**values)
        .on_conflict_do_update(index_elements=["key"], set_={"count": col(RateCounter.count) + 1})
        .returning(col(RateCounter.count))
    )
    count = int(session.connection().execute(statement).scalar_one())
    if count == 1:
        _sweep(session, now)
    return count


def network_of(ip: str) -> str:
    """Return the network that one visitor has to themselves: IPv4 /24, IPv6 /56 (RFC 6177)."""
    try:
        address = ip_address(ip)
    except ValueError:
        return ip[:45]
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return str(ip_network((address.packed, 24 if address.version == 4 else 56), strict=False))  # noqa: PLR2004 - the two versions there are


def mailbox_of(key: str) -> str:
    """Return the mailbox behind an address's key: without what its provider does not look at.

    One mailbox has thousands of such names: a +tag (RFC 5233), dots at Gmail
    (https://support.google.com/mail/answer/7436150), Yahoo's disposable base-name, subdomains at
    Fastmail, dots, hyphens and underscores at Proton. Only for counting: whom a subscription
    belongs to is never guessed like this.
    """
    local, _, domain = key.rpartition("@")
    domain = _ALIASES.get(domain, domain)
    if domain.endswith((".fastmail.com", ".fastmail.fm")):
        local, domain = domain.partition(".")[0], "fastmail.com"
    plain = local[:1] + local[1:].partition("+")[0]
    if domain.partition(".")[0] == "yahoo":
        plain = plain[:1] + plain[1:].partition("-")[0]
    for sign in _IGNORED.get(domain, ""):
        plain = plain.replace(sign, "")
    return f"{plain}@{domain}"


def _sweep(session: Session, now: datetime) -> None:
    over = (
        select(col(RateCounter.key))
        .where(col(RateCounter.until) <= utc(now))
        .order_by(col(RateCounter.key))
        .limit(SWEEP_ROWS)
        .with_for_update(skip_locked=True)
    )
    session.execute(
        delete(RateCounter)
        .where(col(RateCounter.key).in_(over))
        .execution_options(synchronize_session=False)
    )
