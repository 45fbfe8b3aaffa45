"""Each recipient of an issue is found, with their state and what was said about them."""

import pytest
from sqlmodel import col, update

from digest.deliver.ledger import queries
from digest.deliver.ledger.queries import failure_codes, recipients_of
from digest.deliver.ledger.worker_lock import worker_lock
from digest.deliver.providers.base import Accepted, Outcome, Rejected, Unknown
from digest.deliver.tables import Delivery, DeliveryState
from digest.message.personalization import Personalization
from store.engine import Store
from tests.parts.world import Clock, Recorder, add_approved, add_people, issue_service, sending


def answer(one: Personalization) -> Outcome:
    if one.email == "reader1@example.org":
        return Rejected(one.delivery_id, permanent=True, code="552", detail="mailbox is 100%_full")
    if one.email == "reader2@example.org":
        return Unknown(one.delivery_id, "cut off")
    return Accepted(one.delivery_id, "r")


def test_people_are_found_by_state_and_by_any_part_of_their_address(store: Store) -> None:
    clock, provider = Clock(), Recorder(answer=answer)
    add_people(store, 12)
    number = add_approved(store)
    issue_service(store, provider, clock).start(number)
    with worker_lock(store) as here:
        sending(store, provider, clock).run(number, here)
    with store.read() as session:
        everybody = recipients_of(session, number, most=20)
        assert len(everybody) == 12
        troubled = recipients_of(
            session, number, states=[DeliveryState.FAILED, DeliveryState.UNCERTAIN], most=20
        )
        assert [(one.email, one.state, one.reply) for one in troubled] == [
            ("reader1@example.org", "failed", "552 mailbox is 100%_full"),
            ("reader2@example.org", "uncertain", "cut off"),
        ]
        found = recipients_of(session, number, search=" READER1", most=20)
        assert [one.email for one in found] == [
            "reader1@example.org", "reader10@example.org", "reader11@example.org",
        ]  # fmt: skip
        assert len(recipients_of(session, number, search="reader", most=5)) == 5
        for wild in ("%", "_", "reader_"):
            assert recipients_of(session, number, search=wild, most=5) == []


def refuse(one: Personalization) -> Outcome:
    place = int("".join(filter(str.isdigit, one.email)))
    if place < 5:
        code = "552" if place < 2 else "550"
        return Rejected(one.delivery_id, permanent=True, code=code, detail="no")
    return Accepted(one.delivery_id, "r")


@pytest.mark.parametrize("many", [100_000, 0], ids=["few failed", "many failed"])
def test_codes_of_all_that_failed_are_counted(
    store: Store, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    """Those of a provider's event too, which leaves no attempt."""
    monkeypatch.setattr(queries, "MANY_FAILED", many)
    clock, provider = Clock(), Recorder(answer=refuse)
    add_people(store, 12)
    number = add_approved(store)
    issue_service(store, provider, clock).start(number)
    with worker_lock(store) as here:
        sending(store, provider, clock).run(number, here)
    with store.read() as session:
        found = failure_codes(session, number, 5, 20)
        assert found == sorted(found, key=lambda one: -one[1])
        assert sum(amount for _, amount in found) == 5
        assert failure_codes(session, number, 5, 1) == found[:1]
    with store.write() as session:
        sent = col(Delivery.state) == DeliveryState.SUBMITTED
        session.execute(update(Delivery).where(sent).values(state=DeliveryState.FAILED))
    with store.read() as session:
        assert sorted(failure_codes(session, number, 12, 20)) == sorted([("", 7), *found])
