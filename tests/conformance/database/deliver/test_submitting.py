"""A delivery is being submitted while it is queued in a batch that a worker holds (decision 48)."""

import pytest
from sqlalchemy import event, text
from sqlmodel import select

from digest.deliver.ledger.claim import claim_batches
from digest.deliver.ledger.finish import count_deliveries
from digest.deliver.ledger.queries import deliveries_to, recipients_of
from digest.deliver.ledger.release import close_batches, release_batches
from digest.deliver.ledger.resend import resend
from digest.deliver.ledger.settle import settle
from digest.deliver.ledger.state_counts import kept_counts
from digest.deliver.providers.base import Accepted, Outcome, Rejected, Unknown
from digest.deliver.tables import Delivery, DeliveryState
from store.engine import Store
from tests.parts.world import NOW, Clock, Recorder, add_approved, add_people, issue_service

SIZE = 2


@pytest.fixture
def number(store: Store) -> int:
    """An issue to six people in three batches, of which a worker holds the first."""
    add_people(store, 3 * SIZE)
    number = add_approved(store)
    issue_service(store, Recorder(batch_size=SIZE), Clock()).start(number)
    with store.write() as session:
        assert len(claim_batches(session, number, 7, NOW)) == 1
    return number


def test_every_reader_of_states_is_told_so(store: Store, number: int) -> None:
    with store.read() as session:
        for counts in (kept_counts(session, [number])[number], count_deliveries(session, number)):
            assert (counts["submitting"], counts["queued"]) == (SIZE, 2 * SIZE)
        told = [one.state for one in recipients_of(session, number, most=10)]
        assert told == ["submitting"] * SIZE + ["queued"] * 2 * SIZE
        for state, many in ((DeliveryState.SUBMITTING, SIZE), (DeliveryState.QUEUED, 2 * SIZE)):
            assert len(recipients_of(session, number, states=[state], most=10)) == many
        first = session.exec(select(Delivery.subscriber_id).order_by("id")).first()
        assert first is not None
        assert [one.state for one in deliveries_to(session, first)] == ["submitting"]


def test_what_goes_back_untouched_is_queued_and_its_try_is_not_counted(
    store: Store, number: int
) -> None:
    with store.write() as session:
        release_batches(session, number, [0], NOW)
    with store.read() as session:
        assert kept_counts(session, [number])[number]["queued"] == 3 * SIZE
        assert set(session.exec(select(Delivery.attempts)).all()) == {0}


def test_each_outcome_counts_one_try(store: Store, number: int) -> None:
    with store.write() as session:
        held = held_ids(store)
        outcomes: list[Outcome] = [Accepted(held[0], "r"), Unknown(held[1], "cut off")]
        settle(session, number, outcomes, provider="p", batch_size=SIZE, now=NOW)
        close_batches(session, number, [0], NOW)
        settle(session, number, [Accepted(held[1], "r")], provider="p", batch_size=SIZE, now=NOW)
    with store.read() as session:
        found = session.exec(select(Delivery.state, Delivery.attempts).order_by("id")).all()
    assert list(map(tuple, found))[:SIZE] == [("submitted", 1)] * SIZE


@pytest.mark.parametrize("late", [Rejected, Unknown])
def test_a_late_outcome_that_is_no_acceptance_leaves_what_waits_alone(
    store: Store, number: int, late: type[Outcome]
) -> None:
    """Its claim was given up, and an editor has queued it again meanwhile."""
    [first, _] = held_ids(store)
    doubt = DeliveryState.UNCERTAIN
    with store.write() as session:
        close_batches(session, number, [0], NOW)
        assert resend(session, number, [doubt], email_key=None, batch_size=SIZE, now=NOW) == SIZE
    answer = Rejected(first, True, "550", "no") if late is Rejected else Unknown(first, "cut off")
    with store.write() as session:
        settle(session, number, [answer], provider="p", batch_size=SIZE, now=NOW)
    with store.read() as session:
        assert kept_counts(session, [number])[number]["queued"] == 3 * SIZE
        assert session.get_one(Delivery, first).attempts == 0


def test_what_is_known_to_be_accepted_is_not_sent_again(store: Store, number: int) -> None:
    [first, second] = held_ids(store)
    doubt = DeliveryState.UNCERTAIN
    with store.write() as session:
        close_batches(session, number, [0], NOW)
        resend(session, number, [doubt], email_key=None, batch_size=SIZE, now=NOW)
        settle(session, number, [Accepted(first, "r")], provider="p", batch_size=SIZE, now=NOW)
    with store.write() as session:
        claims = claim_batches(session, number, 8, NOW, limit=10)
    claimed = [one.delivery_id for batch in claims for one in batch.recipients]
    assert first not in claimed
    assert second in claimed


def test_outcomes_find_their_deliveries_by_the_index(postgresql_store: Store) -> None:
    """However little PostgreSQL knows of a table that has just been filled."""
    store = postgresql_store
    add_people(store, 1)
    number = add_approved(store)
    issue_service(store, Recorder(), Clock()).start(number)
    fill(store, number, 20_000)
    with store.write() as session:
        ids = session.exec(select(Delivery.id).order_by("id").limit(500)).all()
        plans: list[str] = []

        def explained(_c: object, _u: object, sql: str, given: object, *_: object) -> tuple:  # type: ignore[type-arg]
            is_update = sql.startswith("UPDATE delivery")
            return ("EXPLAIN (ANALYZE, COSTS OFF) " + sql if is_update else sql), given

        engine = session.get_bind().engine
        event.listen(engine, "before_cursor_execute", explained, retval=True)
        event.listen(
            engine,
            "after_cursor_execute",
            lambda _c, cursor, sql, *_: (
                plans.extend(row[0] for row in cursor.fetchall()) if "EXPLAIN" in sql else None
            ),
        )
        outcomes = [Accepted(one or 0, "r") for one in ids]
        settle(session, number, outcomes, provider="p", batch_size=SIZE, now=NOW)
    assert any("Index Scan using pk_delivery" in line for line in plans), plans
    assert not any("Seq Scan on delivery" in line for line in plans), plans


def fill(store: Store, number: int, people: int) -> None:
    with store.write() as session:
        session.execute(
            text(
                "INSERT INTO delivery (issue_number, batch_position, state, attempts, changed_at) "
                "SELECT :number, 0, 'queued', 0, now() FROM generate_series(1, :people)"
            ),
            {"number": number, "people": people},
        )


def held_ids(store: Store) -> list[int]:
    with store.read() as session:
        ids = session.exec(select(Delivery.id).where(Delivery.batch_position == 0).order_by("id"))
        return [one for one in ids if one is not None]
