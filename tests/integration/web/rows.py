"""Rows for the web's tests, put straight into a real store."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlmodel import Session, select

import digest.tables
from digest.catalog.tables import Comparison, Contender, Review, Tool
from digest.deliver.tables import Batch, Delivery
from digest.events.tables import Event
from digest.issues.tables import Issue, Link, Pick, Variant
from store.engine import Store
from subscribers.addresses import AddressHasher
from subscribers.tables import Subscriber

NOW = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
ISSUE = 7
TARGET = "https://example.org/comparisons/alpha-vs-beta?a=1&b=2"

HTML = (
    '<!doctype html><html lang="en"><head><title>Alpha beats Beta</title>'
    "<style>p { color: #222 }</style></head><body>"
    "<p>~~greeting~~</p>"
    '<a href="https://digest.example.org/l/1/~~click~~" style="color: red">Alpha or Beta?</a>'
    '<a href="https://digest.example.org/unsubscribe/~~unsubscribe~~">Unsubscribe</a>'
    '<a href="https://digest.example.org/preferences/~~preferences~~">Preferences</a>'
    '<img src="https://digest.example.org/o/~~open~~.gif" alt="" width="1" height="1">'
    "</body></html>"
)
TEXT = (
    "~~greeting~~\n\nAlpha or Beta?\nhttps://digest.example.org/l/1/~~click~~\n\n"
    "Unsubscribe: https://digest.example.org/unsubscribe/~~unsubscribe~~\n"
)


def add_subscriber(
    store: Store, hasher: AddressHasher, email: str = "anna@example.org", **changes: object
) -> int:
    values: dict[str, Any] = {
        "email": email,
        "email_key": email.lower(),
        "address_hash": hasher.hash(email),
        "status": "active",
        "created_at": NOW,
        "changed_at": NOW,
    }
    with store.write() as session:
        subscriber = Subscriber(**(values | changes))
        session.add(subscriber)
        session.flush()
        assert subscriber.id is not None
        return subscriber.id


def add_issue(
    store: Store,
    number: int = ISSUE,
    state: str = "finished",
    *,
    subject: str = "Alpha beats Beta",
    html: str = HTML,
    links: dict[int, str] | None = None,
    left_out: list[dict[str, str]] | None = None,
) -> int:
    frozen = state not in ("draft", "cancelled", "skipped")
    with store.write() as session:
        session.add(
            Issue(
                number=number,
                state=state,
                subject=subject,
                preheader="And two more verdicts.",
                as_of=NOW,
                left_out=left_out or [],
                content_hash="0" * 64 if frozen else None,
                approved_at=NOW if frozen else None,
                send_at=NOW if frozen else None,
                created_at=NOW,
            )
        )
        session.flush()
        if frozen:
            session.add(
                Variant(
                    issue_number=number,
                    subject=subject,
                    preheader="And two more verdicts.",
                    html=html,
                    text=TEXT,
                    sha256="0" * 64,
                )
            )
        for link, url in (links if links is not None else {1: TARGET}).items():
            session.add(Link(issue_number=number, number=link, kind="comparison", url=url))
    return number


def add_delivery(store: Store, subscriber: int, issue: int = ISSUE) -> int:
    with store.write() as session:
        if session.get(Batch, (issue, 0)) is None:
            session.add(Batch(issue_number=issue, position=0, state="done"))
            session.flush()
        delivery = Delivery(
            issue_number=issue,
            batch_position=0,
            subscriber_id=subscriber,
            state="delivered",
            changed_at=NOW,
        )
        session.add(delivery)
        session.flush()
        assert delivery.id is not None
        return delivery.id


@dataclass(frozen=True)
class Words:
    """What one side of a comparison says; tests put hostile words in."""

    name: str
    slug: str
    tagline: str = "Does one thing well"
    quote: str = "It does what it says."
    verdict: str | None = None
    panel: float | None = 75
    community: float | None = None


def add_comparison(
    store: Store,
    left: Words = Words("Alpha", "alpha"),
    right: Words = Words("Beta", "beta", panel=100),
    *,
    slug: str = "alpha-vs-beta",
    title: str = "Alpha vs Beta",
    url: str | None = None,
) -> int:
    with store.write() as session:
        comparison = Comparison(
            slug=slug,
            title=title,
            url=url,
            published_at=NOW,
            imported_at=NOW,
            changed_at=NOW,
        )
        session.add(comparison)
        session.flush()
        assert comparison.id is not None
        for position, side in enumerate((left, right)):
            _add_contender(session, comparison.id, position, side)
        return comparison.id


def _add_contender(session: Session, comparison: int, position: int, side: Words) -> None:
    tool = session.exec(select(Tool).where(Tool.slug == side.slug)).first()
    if tool is None:
        tool = Tool(slug=side.slug, name=side.name)
        session.add(tool)
        session.flush()
    contender = Contender(
        comparison_id=comparison,
        position=position,
        tool_id=tool.id or 0,
        name=side.name,
        category="Developer Tools",
        tagline=side.tagline,
        description="A longer description of what it is and for whom.",
        panel_score=side.panel,
        community_score=side.community,
        entry_price="Free",
    )
    session.add(contender)
    session.flush()
    for place, lens in enumerate(("builder", "skeptic", "futurist", "founder")):
        session.add(
            Review(
                contender_id=contender.id or 0,
                position=place,
                lens=lens,
                quote=f"{side.quote} So says the {lens}.",
                verdict=side.verdict if lens == "skeptic" else None,
            )
        )


def add_pick(store: Store, issue: int, comparison: int, reasons: list[str]) -> None:
    with store.write() as session:
        session.add(
            Pick(
                issue_number=issue,
                comparison_id=comparison,
                position=0,
                role="lead",
                series="by-hand",
                reasons=reasons,
            )
        )


def events(store: Store) -> list[Event]:
    with store.read() as session:
        found = list(session.exec(select(Event).order_by(Event.id)))  # type: ignore[arg-type]
        session.expunge_all()
        return found


def everything(store: Store, *, but: tuple[str, ...] = ()) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table except `but`: what a request changed is the difference of two."""
    with store.engine.connect() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(table.select())]
            for table in digest.tables.metadata.sorted_tables
            if table.name not in but
        }
