"""The database goes away in the middle of a send: what is settled later, what is uncertain."""

import pytest

from digest.deliver.ledger.release import close_batches
from digest.deliver.ledger.worker_lock import worker_lock
from store.engine import Store
from tests.parts.world import Clock, Recorder, add_approved, add_people, issue_service, sending


def test_outcomes_that_could_not_be_written_at_once_are_written_later(
    store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    from sqlalchemy.exc import OperationalError

    add_people(store, 12)
    number = add_approved(store)
    provider = Recorder()
    issue_service(store, provider, clock).start(number)
    real, failures = close_batches, iter([True, True])

    def locked(*arguments: object) -> int:
        if next(failures, False):
            raise OperationalError("UPDATE", {}, Exception("database is locked"))
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr("digest.pipeline.batch_runner.close_batches", locked)
    waits: list[float] = []
    with worker_lock(store) as here:
        engine = replace(sending(store, provider, clock), pause=waits.append)
        progress = engine.run(number, here)
    assert progress.finished
    assert progress.counts["submitted"] == 12
    assert len(waits) == 2


def test_a_database_that_goes_away_is_told_in_a_line_each_and_no_provider_is_blamed(
    store: Store,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    from dataclasses import replace

    from sqlalchemy.exc import OperationalError

    people = add_people(store, 12)
    number = add_approved(store)
    provider = Recorder()
    issue_service(store, provider, clock).start(number)

    def full(*_: object) -> int:
        raise OperationalError("UPDATE", {}, Exception("disk is full\nDETAIL: no more"))

    with worker_lock(store) as here:
        engine = replace(sending(store, provider, clock), pause=lambda _: None)
        with monkeypatch.context() as patch:
            patch.setattr("digest.pipeline.batch_runner.close_batches", full)
            with pytest.raises(OperationalError):
                engine.run(number, here)
        assert engine.run(number, here).finished
    assert {one.getMessage() for one in caplog.records} == {
        "the database refused; trying again: disk is full",
        (
            "issue 1: of what a dead worker had claimed 10 were answered, 0 are queued again, "
            "0 are uncertain"
        ),
    }
    assert not any(one.exc_info for one in caplog.records)
    assert len(provider.taken) == len(set(provider.taken)) == len(people)


def test_a_worker_that_could_not_write_at_all_goes_on_by_its_journal(
    store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = add_people(store, 12)
    number = add_approved(store)
    provider = Recorder()
    issue_service(store, provider, clock).start(number)

    def broken(*_: object) -> int:
        raise RuntimeError("a fault of ours")

    with worker_lock(store) as here:
        engine = sending(store, provider, clock)
        with monkeypatch.context() as patch:
            patch.setattr("digest.pipeline.batch_runner.close_batches", broken)
            with pytest.raises(RuntimeError):
                engine.run(number, here)
        progress = engine.run(number, here)
    assert progress.finished
    assert (progress.counts["uncertain"], progress.counts["submitted"]) == (0, 12)
    assert len(provider.taken) == len(set(provider.taken)) == len(people)
