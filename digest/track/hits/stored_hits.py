"""Reads stored hits, with what is needed to classify them: their deliveries' context."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Subquery, and_, func, select
from sqlmodel import Session, col

from digest.deliver.tables import Batch, Delivery, DeliveryState
from digest.events.tables import Event, EventKind
from digest.issues.tables import Link
from digest.render.links import HIDDEN_LINK
from digest.track.hits.bot_detection import (
    MAX_TOGETHER,
    DeliveryContext,
    ObservedHit,
)
from store.rows import as_rows, as_table

MAX_READ = 20_000
"""About how many hits are read and classified at once."""
_NO_LAST = 2**62
HITS = (EventKind.OPENED, EventKind.CLICKED)


class StoredHit(NamedTuple):
    id: int
    issue: int
    rule: str | None
    observed: ObservedHit


class DeliveryHits(NamedTuple):
    """A delivery to classify; its hits up to the id `last` are classified together."""

    delivery: int
    last: int


def slices_of(session: Session, deliveries: Sequence[int]) -> list[list[DeliveryHits]]:
    """Returns the deliveries in slices that hold about MAX_READ hits each."""
    given = as_rows(session, [(one, None) for one in deliveries]).subquery()
    counts = session.execute(
        select(col(Event.delivery_id), func.count())
        .join(given, given.c.id == col(Event.delivery_id))
        .where(col(Event.kind).in_(HITS))
        .group_by(col(Event.delivery_id))
        .order_by(col(Event.delivery_id))
    ).all()
    slices: list[list[DeliveryHits]] = []
    room = 0
    for delivery, count in counts:
        if room <= 0:
            slices.append([])
            room = MAX_READ
        last = _last_together(session, delivery) if count > MAX_TOGETHER else _NO_LAST
        slices[-1].append(DeliveryHits(delivery, last))
        room -= min(count, MAX_TOGETHER)
    return slices


def _last_together(session: Session, delivery: int) -> int:
    """Returns the id of the delivery's last hit that is classified with those before it."""
    found = session.scalar(
        select(col(Event.id))
        .where(col(Event.delivery_id) == delivery, col(Event.kind).in_(HITS))
        .order_by(col(Event.id))
        .offset(MAX_TOGETHER - 1)
        .limit(1)
    )
    return _NO_LAST if found is None else found


def hits_by_delivery(
    session: Session, wanted: Sequence[DeliveryHits]
) -> dict[int, list[StoredHit]]:
    """Returns the hits of each delivery that are classified together, by delivery id."""
    given = _as_table(session, wanted)
    found: dict[int, list[StoredHit]] = defaultdict(list)
    for row in session.execute(_SEEN.join(given, _is_wanted(given))):
        found[row.delivery_id].append(_stored_hit(row))
    return found


def anonymous_hits(session: Session, ids: Sequence[int]) -> list[StoredHit]:
    given = as_rows(session, [(one, None) for one in ids]).subquery()
    rows = session.execute(_SEEN.join(given, given.c.id == col(Event.id))) if ids else ()
    return [_stored_hit(row) for row in rows]


def rules_of(session: Session, wanted: Sequence[DeliveryHits]) -> dict[int, dict[int, str]]:
    """Returns the rule of each classified hit, by delivery and id."""
    given = _as_table(session, wanted)
    found: dict[int, dict[int, str]] = defaultdict(dict)
    rows = session.execute(
        select(col(Event.delivery_id), col(Event.id), col(Event.rule))
        .join(given, _is_wanted(given))
        .where(col(Event.rule).is_not(None), col(Event.kind).in_(HITS))
    )
    for delivery, number, rule in rows:
        found[delivery][number] = rule
    return found


def _as_table(session: Session, wanted: Sequence[DeliveryHits]) -> Subquery:
    return as_table(session, wanted, {"id": BigInteger(), "last": BigInteger()}).subquery()


def _is_wanted(given: Subquery) -> ColumnElement[bool]:
    return and_(given.c.id == col(Event.delivery_id), col(Event.id) <= given.c.last)


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


def _stored_hit(row: Any) -> StoredHit:
    detail: Mapping[str, Any] = row.detail
    unknown = -1 if row.kind == EventKind.CLICKED else 0
    # SendGrid spells the field in another way.
    user_agent = detail.get("user_agent", detail.get("useragent"))
    observed = ObservedHit(
        at=row.at,
        link=row.link_number or unknown,
        method=detail.get("method", "GET"),
        user_agent=user_agent or "",
        network=detail.get("network", ""),
        hidden=row.link_kind == HIDDEN_LINK,
        flagged=detail.get("machine") is True,
        decided=row.rule if user_agent is None else None,
    )
    return StoredHit(row.id, row.issue_number, row.rule, observed)


def contexts_of(
    session: Session, hits: Mapping[int, Sequence[StoredHit]]
) -> dict[int, DeliveryContext]:
    issues = {its[0].issue for its in hits.values()}
    links = _link_counts(session, issues)
    pixels = {issue for issue in issues if _has_pixel(session, issue)}
    arrived = arrival_times(session, list(hits))
    return {
        delivery: DeliveryContext(
            arrived.get(delivery), links.get(its[0].issue, 0), pixel=its[0].issue in pixels
        )
        for delivery, its in hits.items()
    }


def _has_pixel(session: Session, issue: int) -> bool:
    """Returns whether anything has loaded the pixel of a message of this issue."""
    first = select(col(Event.id)).where(
        col(Event.issue_number) == issue,
        col(Event.kind) == EventKind.OPENED,
        col(Event.delivery_id).is_not(None),
    )
    return session.execute(first.limit(1)).first() is not None


def _link_counts(session: Session, issues: Iterable[int]) -> dict[int, int]:
    """Returns the number of visible links of each issue."""
    rows = session.execute(
        select(col(Link.issue_number), func.count())
        .where(col(Link.issue_number).in_(issues), col(Link.kind) != HIDDEN_LINK)
        .group_by(col(Link.issue_number))
    )
    return {row[0]: row[1] for row in rows}


def arrival_times(session: Session, deliveries: Sequence[int]) -> dict[int, datetime]:
    """Returns when each delivery arrived: as the provider reports, else when it was submitted."""
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
