"""Imports lists, and reads back what came of them."""

import io
from datetime import UTC, datetime
from typing import Any

from sqlmodel import select

from store.engine import Store
from subscribers.addresses import AddressHasher
from subscribers.consent import consents_of
from subscribers.service import find_subscriber
from subscribers.tables import Subscriber, Suppression
from subscribers.transfer.run import ImportReport, export_csv, import_csv
from tests.parts.world import SECRET

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
HASHER = AddressHasher(SECRET)

MEMBERS = "subscribed_members_export_1a.csv"
MAILCHIMP = (
    '"Email Address","First Name","Last Name",MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,'
    "CONFIRM_IP,LATITUDE,LONGITUDE,GMTOFF,DSTOFF,TIMEZONE,CC,REGION,LAST_CHANGED,LEID,EUID,NOTES,"
    "TAGS\n"
    'ana@example.org,Ana,Bell,2,"2024-03-16 14:40:47",192.0.2.7,"2024-03-16 14:52:10",192.0.2.8,'
    ',,,,Europe/Vienna,at,9,"2024-03-16 14:52:10",551,89a,,"""ai"",""weekly"""\n'
)


def load(store: Store, content: str | bytes, **given: Any) -> ImportReport:
    data = content.encode() if isinstance(content, str) else content
    values: dict[str, Any] = {
        "source": "list.csv",
        "status": None,
        "now": NOW,
        "wording": "They asked.",
    }
    return import_csv(store, HASHER, io.BytesIO(data), **(values | given))


def people(store: Store) -> dict[str, tuple[str, str]]:
    """First name and status by address."""
    with store.read() as session:
        rows = session.exec(select(Subscriber).order_by(Subscriber.id)).all()
        return {one.email: (one.first_name, one.status) for one in rows}


def history(store: Store, email: str) -> list[tuple[str, str, str, datetime]]:
    """Kind, source, network address and time of each proof."""
    with store.read() as session:
        person = find_subscriber(session, email)
        assert person is not None
        assert person.id is not None
        return [(one.kind, one.source, one.ip, one.at) for one in consents_of(session, person.id)]


def blocked(store: Store) -> dict[str | None, str]:
    with store.read() as session:
        return {one.email: one.reason for one in session.exec(select(Suppression)).all()}


def exported(store: Store) -> str:
    out = io.StringIO(newline="")
    with store.read() as session:
        export_csv(session, out)
    return out.getvalue()
