"""Classifies stored hits as a person's or a machine's, by rule; again when more is known.

Set-wise and in batches: all hits of every delivery that has a new hit or event. Hits that name
nobody are classified each by itself.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import and_, func, select, text, update
from sqlmodel import Session, col

from digest.deliver.tables import Batch, Delivery, DeliveryState
from digest.events.tables import UNCLASSIFIED, Event, EventKind
from digest.issues.tables import Link
from digest.render.links import HIDDEN_LINK
from digest.track.hits.bot_detection import DeliveryContext, ObservedHit, Rule, classify
from store.engine import Store
from store.rows import as_rows

AT_ONCE = 5_000
"""New hits in a transaction."""
HITS = (EventKind.OPENED, EventKind.CLICKED)


def classify_all(store: Store) -> int:
    """Classifies all new hits, a batch per transaction; returns how many classes changed."""
    changed = 0
    with store.read() as session:
        if (
            session.execute(select(col(Event.id)).where(text(UNCLASSIFIED)).limit(1)).first()
            is None
        ):
            return 0
    while True:
        with store.write() as session:
            new, different = classify_batch(session)
        changed += different
        if new < AT_ONCE:
            return changed


def classify_batch(session: Session, at_once: int = AT_ONCE) -> tuple[int, int]:
    """Classifies a batch; returns how many hits were new, and how many classes changed."""
    new = session.execute(
        select(col(Event.id), col(Event.delivery_id))
        .where(text(UNCLASSIFIED))
        .order_by(col(Event.id))
        .limit(at_once)
    ).all()
    if not new:
        return 0, 0
    deliveries = sorted({delivery for _, delivery in new if delivery is not None})
    _lock(session, deliveries)
    hits = _hits_by_delivery(session, deliveries)
    contexts = _contexts(session, hits)
    classified = [
        (hit.id, rule)
        for delivery, its in hits.items()
        for hit, rule in zip(
            its, classify([one.observed for one in its], contexts[delivery]), strict=True
        )
        if rule != hit.rule
    ]
    anonymous = _anonymous_hits(session, [one for one, delivery in new if delivery is None])
    classified += [(hit.id, classify([hit.observed], DeliveryContext())[0]) for hit in anonymous]
    _write(session, classified)
    return len(new), len(classified)


def reclassify_later(session: Session, deliveries: Collection[int]) -> None:
    """Marks the hits of these deliveries for classification, since more is known of them now."""
    if deliveries:
        given = as_rows(session, [(one, None) for one in deliveries]).subquery()
        session.execute(
            update(Event)
            .where(col(Event.delivery_id) == given.c.id, col(Event.kind).in_(HITS))
            .values(rule=None)
            .execution_options(synchronize_session=False)
        )


class _StoredHit(NamedTuple):
    id: int
    issue: int
    rule: str | None
    observed: ObservedHit


def _lock(session: Session, deliveries: Sequence[int]) -> None:
    """Locks the deliveries in id order, so that two workers don't each classify half of its hits.

    SQLite has one writer and needs no lock.
    """
    if session.get_bind().dialect.name != "sqlite" and deliveries:
        wanted = as_rows(session, [(one, None) for one in deliveries]).subquery()
        session.execute(
            select(col(Delivery.id))
            .where(col(Delivery.id).in_(select(wanted.c.id)))
            .order_by(col(Delivery.id))
            .with_for_update(key_share=True)
        )


def _hits_by_delivery(session: Session, deliveries: Sequence[int]) -> dict[int, list[_StoredHit]]:
    """All hits of each delivery, by delivery id."""
    given = as_rows(session, [(one, None) for one in deliveries]).subquery()
    found: dict[int, list[_StoredHit]] = defaultdict(list)
    for row in session.execute(_SEEN.join(given, given.c.id == col(Event.delivery_id))):
        found[row.delivery_id].append(_stored_hit(row))
    return found


def _anonymous_hits(session: Session, ids: Sequence[int]) -> list[_StoredHit]:
    given = as_rows(session, [(one, None) for one in ids]).subquery()
    rows = session.execute(_SEEN.join(given, given.c.id == col(Event.id))) if ids else ()
    return [_stored_hit(row) for row in rows]


_SEEN = (
    select(
        col(Event.id),
        col(Event.delivery_id),
        col(Event.issue_number),
        col(Event.rule),
        col(Event.kind),
        col(Event.link_number),
        col(Event.detail),
        col(Event.at),
        col(Link.kind).label("link_kind"),
    )
    .select_from(Event)
    .outerjoin(
        Link,
        and_(
            col(Link.issue_number) == col(Event.issue_number),
            col(Link.number) == col(Event.link_number),
        ),
    )
    .where(col(Event.kind).in_(HITS))
)


def _stored_hit(row: Any) -> _StoredHit:
    detail: Mapping[str, Any] = row.detail
    unknown = -1 if row.kind == EventKind.CLICKED else 0
    observed = ObservedHit(
        at=row.at,
        link=row.link_number or unknown,
        method=detail.get("method", "GET"),
        # SendGrid spells the field in another way.
        user_agent=detail.get("user_agent", detail.get("useragent", "")),
        network=detail.get("network", ""),
        hidden=row.link_kind == HIDDEN_LINK,
        flagged=detail.get("machine") is True,
    )
    return _StoredHit(row.id, row.issue_number, row.rule, observed)


def _contexts(
    session: Session, hits: Mapping[int, Sequence[_StoredHit]]
) -> dict[int, DeliveryContext]:
    issues = {its[0].issue for its in hits.values()}
    links = _link_counts(session, issues)
    pixels = set(
        session.scalars(
            select(col(Event.issue_number))
            .where(
                col(Event.issue_number).in_(issues),
                col(Event.kind) == EventKind.OPENED,
                col(Event.delivery_id).is_not(None),
            )
            .distinct()
        )
    )
    arrived = _arrival_times(session, list(hits))
    return {
        delivery: DeliveryContext(
            arrived.get(delivery), links.get(its[0].issue, 0), pixel=its[0].issue in pixels
        )
        for delivery, its in hits.items()
    }


def _link_counts(session: Session, issues: Iterable[int]) -> dict[int, int]:
    """The number of visible links of each issue."""
    rows = session.execute(
        select(col(Link.issue_number), func.count())
        .where(col(Link.issue_number).in_(issues), col(Link.kind) != HIDDEN_LINK)
        .group_by(col(Link.issue_number))
    )
    return {row[0]: row[1] for row in rows}


def _arrival_times(session: Session, deliveries: Sequence[int]) -> dict[int, datetime]:
    """When each delivery arrived: as the provider reports, else when it was submitted."""
    given = as_rows(session, [(one, None) for one in deliveries]).subquery()
    reported = (
        select(func.min(col(Event.at)))
        .where(col(Event.delivery_id) == col(Delivery.id), col(Event.kind) == EventKind.DELIVERED)
        .scalar_subquery()
    )
    rows = session.execute(
        select(
            col(Delivery.id),
            reported,
            col(Batch.done_at),
            col(Delivery.state),
            col(Delivery.changed_at),
        )
        .join(given, given.c.id == col(Delivery.id))
        .outerjoin(
            Batch,
            and_(
                col(Batch.issue_number) == col(Delivery.issue_number),
                col(Batch.position) == col(Delivery.batch_position),
            ),
        )
    )
    found = {}
    for delivery, delivered_at, done, state, changed in rows:
        # Whatever moved a delivery later than its submission moved `changed_at`, too.
        submitted = [moment for moment in (done, changed if state in _TAKEN else None) if moment]
        if delivered_at is not None or submitted:
            found[delivery] = delivered_at or min(submitted)
    return found


_TAKEN = (DeliveryState.SUBMITTED, DeliveryState.DELIVERED)


def _write(session: Session, classified: Sequence[tuple[int, Rule]]) -> None:
    if not classified:
        return
    given = as_rows(session, [(number, str(rule)) for number, rule in classified]).subquery()
    session.execute(
        update(Event)
        .where(col(Event.id) == given.c.id)
        .values(rule=given.c.text, machine=given.c.text != Rule.PERSON)
        .execution_options(synchronize_session=False)
    )
