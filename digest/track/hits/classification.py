"""Classifies stored hits as a person's or a machine's, by rule; again when more is known.

Set-wise and in batches, and never while a transaction is open that others wait for: all hits of
every delivery that has a new hit or event, as far as they are classified together. Hits that name
nobody are classified each by itself.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from functools import cache

from sqlalchemy import Executable, insert, or_, select, text, update
from sqlmodel import Session, col

from digest.deliver.tables import Delivery
from digest.events.tables import UNCLASSIFIED, Event, FigureChange
from digest.readers.retention import Kept, last_cleared
from digest.track.hits.bot_detection import (
    DeliveryContext,
    Rule,
    classify,
)
from digest.track.hits.stored_hits import (
    HITS,
    DeliveryHits,
    StoredHit,
    anonymous_hits,
    arrival_times,
    contexts_of,
    hits_by_delivery,
    rules_of,
    slices_of,
)
from store.engine import Store
from store.rows import as_rows, ids_given, ids_parameter

AT_ONCE = 5_000
"""New hits in a batch."""
_Change = tuple[int, Rule]
"""The id of a hit, and the rule that it gets."""


def classify_all(store: Store) -> int:
    """Classifies all new hits, batch by batch; returns how many classes changed."""
    changed = 0
    while True:
        new, different = classify_batch(store)
        changed += different
        if new < AT_ONCE:
            return changed


def classify_batch(store: Store, at_once: int = AT_ONCE) -> tuple[int, int]:
    """Classifies a batch; returns how many hits were new, and how many classes changed.

    Hits are read and classified in no transaction that writes, so nobody waits for it. What
    changed meanwhile is left unclassified for the next batch.
    """
    with store.read() as session:
        new = session.execute(
            select(col(Event.id), col(Event.delivery_id))
            .where(text(UNCLASSIFIED))
            .order_by(col(Event.id))
            .limit(at_once)
        ).all()
        anonymous = anonymous_hits(session, [one for one, delivery in new if delivery is None])
        slices = slices_of(
            session, sorted({delivery for _, delivery in new if delivery is not None})
        )
    changed = _classify_anonymous(store, anonymous)
    ids = defaultdict(list)
    for one, delivery in new:
        ids[delivery].append(one)
    for wanted in slices:
        changed += _classify_deliveries(store, wanted, ids)
    return len(new), changed


def _classify_anonymous(store: Store, hits: Sequence[StoredHit]) -> int:
    classified = [(hit.id, classify([hit.observed], DeliveryContext())[0]) for hit in hits]
    if classified:
        with store.write() as session:
            _write(session, classified)
    return len(classified)


def _classify_deliveries(
    store: Store, wanted: Sequence[DeliveryHits], new: Mapping[int | None, Sequence[int]]
) -> int:
    """Classifies all hits of these deliveries; returns how many classes changed."""
    changes: dict[int, list[_Change]] = {
        delivery: [(one, Rule.FLOOD) for one in new[delivery] if one > last]
        for delivery, last in wanted
    }
    # Those that go on and on: what comes beyond tells nothing of the hits before it.
    closer = [one for one in wanted if len(changes[one.delivery]) < len(new[one.delivery])]
    with store.read() as session:
        hits = hits_by_delivery(session, closer) if closer else {}
        contexts = contexts_of(session, hits)
    for delivery, its in hits.items():
        changes[delivery] += _changes(its, contexts[delivery])
    changed = [one for one in wanted if changes.get(one.delivery)]
    if not changed:
        return 0
    with store.write() as session:
        _lock(session, [one.delivery for one in changed])
        looked_at = [one for one in changed if one.delivery in contexts]
        stale = _stale(session, looked_at, hits, contexts)
        written = [
            change
            for delivery, _ in changed
            if delivery not in stale
            for change in changes[delivery]
        ]
        _write(session, written)
    return len(written)


def _changes(hits: Sequence[StoredHit], context: DeliveryContext) -> list[_Change]:
    rules = classify([one.observed for one in hits], context)
    return [(hit.id, rule) for hit, rule in zip(hits, rules, strict=True) if rule != hit.rule]


def _stale(
    session: Session,
    wanted: Sequence[DeliveryHits],
    hits: Mapping[int, Sequence[StoredHit]],
    contexts: Mapping[int, DeliveryContext],
) -> set[int]:
    """Returns the deliveries about which something was stored since they were read.

    Another worker classified some of its hits, or its time of arrival was reported. New hits do
    not count: they are classified with the others in the next batch.
    """
    arrived = arrival_times(session, [one.delivery for one in wanted])
    now = rules_of(session, wanted)
    return {
        delivery
        for delivery, _ in wanted
        if arrived.get(delivery) != contexts[delivery].arrived
        or now[delivery] != {hit.id: hit.rule for hit in hits[delivery] if hit.rule is not None}
    }


def reclassify_later(session: Session, deliveries: Collection[int]) -> None:
    """Marks the hits of these deliveries for classification, since more is known of them now."""
    if deliveries:
        sqlite = session.get_bind().dialect.name == "sqlite"
        listed = {"ids": ids_parameter(deliveries, sqlite=sqlite)}
        if session.connection().execute(_reclassify(sqlite=sqlite), listed).rowcount:
            session.connection().execute(_figures_change(sqlite=sqlite), listed)


@cache
def _reclassify(*, sqlite: bool) -> Executable:
    return (
        update(Event)
        .where(
            col(Event.delivery_id).in_(ids_given(sqlite=sqlite)),
            # Not by IN, which SQLAlchemy writes out anew at each execution.
            or_(*[col(Event.kind) == kind for kind in HITS]),
            # What came beyond MAX_TOGETHER stays that, whatever is known.
            col(Event.rule) != Rule.FLOOD,
            # Nor what lost its user agent: too little is known of it to decide again.
            col(Event.id) > last_cleared(Kept.EVENT),
        )
        .values(rule=None)
        .execution_options(synchronize_session=False)
    )


@cache
def _figures_change(*, sqlite: bool) -> Executable:
    return insert(FigureChange).from_select(
        ["issue_number"],
        select(col(Delivery.issue_number))
        .where(col(Delivery.id).in_(ids_given(sqlite=sqlite)))
        .distinct(),
    )


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
    session.execute(
        insert(FigureChange).from_select(
            ["issue_number"],
            select(col(Event.issue_number))
            .where(col(Event.id).in_(select(given.c.id)), col(Event.issue_number).is_not(None))
            .distinct(),
        )
    )
