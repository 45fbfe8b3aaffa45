"""What dead workers had claimed, taken over by their journals; without one it is uncertain."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlmodel import col, select

from digest.deliver.bounce_policy.failure import Cause, Failure, FailureClass, Stage
from digest.deliver.journal.folder import JournalFolder, open_journals
from digest.deliver.ledger.finish import count_deliveries
from digest.deliver.ledger.settle import settle
from digest.deliver.ledger.worker_lock import worker_lock
from digest.deliver.providers.base import Accepted, Outcome, Rejected, Unknown
from digest.deliver.tables import Attempt, Delivery, Instance
from digest.issues.lifecycle import find_issue
from digest.issues.tables import IssueState
from digest.message.personalization import Personalization
from digest.pipeline import batch_runner
from digest.pipeline.sending import Sending
from store.engine import Store
from subscribers.tables import Suppression
from tests.parts.world import Clock, Recorder, add_approved, add_people, issue_service, sending

PEOPLE = 24
BATCH = 6


class Killed(BaseException):
    """Like kill -9: nothing below catches it."""


@dataclass
class World:
    """An issue on its way, over batches of `BATCH`; `answers` are what the provider says in turn.

    None kills the process between the message and the answer.
    """

    store: Store
    number: int
    clock: Clock
    provider: Recorder

    def run(self, sender: Sending | None = None) -> None:
        with worker_lock(self.store) as here:
            (sender or self.sending).run(self.number, here)

    @property
    def sending(self) -> Sending:
        """As a new process has it."""
        return sending(self.store, self.provider, self.clock)

    def die_after(self, *answers: Callable[[int], Outcome]) -> None:
        """A process that is killed when these are answered and the next message is begun.

        Nothing of what it was answered reaches the database.
        """
        left = list(answers)

        def answer(personalization: Personalization) -> Outcome:
            if not left:
                raise Killed
            return left.pop(0)(personalization.delivery_id)

        dying = Recorder(answer=answer, batch_size=BATCH)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(batch_runner, "WRITE_EVERY_SECONDS", 1e9)
            with pytest.raises(Killed):
                self.run(sending(self.store, dying, self.clock))
        self.provider.taken += dying.taken

    def take_over(self) -> int:
        """What the next process does first; how many became uncertain."""
        with worker_lock(self.store) as here:
            return self.sending.close_abandoned(self.number, here)

    @property
    def counts(self) -> dict[str, int]:
        with self.store.read() as session:
            return {
                state: count
                for state, count in count_deliveries(session, self.number).items()
                if count
            }

    @property
    def journals(self) -> list[Path]:
        folder = open_journals(self.store)
        assert folder is not None
        return sorted(folder.path.glob("*")) if folder.path.is_dir() else []


@pytest.fixture
def world(store: Store) -> World:
    add_people(store, PEOPLE)
    number = add_approved(store)
    clock, provider = Clock(), Recorder(batch_size=BATCH)
    for path in _all_journals(store):
        path.unlink()
    issue_service(store, provider, clock).start(number)
    return World(store, number, clock, provider)


def _all_journals(store: Store) -> list[Path]:
    folder = open_journals(store)
    return list(folder.path.glob("*")) if folder and folder.path.is_dir() else []


def accept(delivery: int) -> Outcome:
    return Accepted(delivery, f"id-{delivery}")


def refuse(delivery: int) -> Outcome:
    failure = Failure(FailureClass.HARD, Cause.NO_MAILBOX, "5.1.1")
    return Rejected(delivery, True, "550 5.1.1", "nobody of that name", failure, Stage.RCPT)


def defer(delivery: int) -> Outcome:
    return Rejected(delivery, False, "451", "later", stage=Stage.RCPT)


def lose(delivery: int) -> Outcome:
    return Unknown(delivery, "the connection broke")


def test_only_what_was_between_message_and_answer_is_uncertain(world: World) -> None:
    world.die_after(*[accept] * 8)
    assert world.take_over() == 1
    assert world.counts == {"submitted": 8, "uncertain": 1, "queued": PEOPLE - 9}
    assert world.journals == []
    world.run()
    assert world.counts == {"submitted": PEOPLE - 1, "uncertain": 1}
    assert len(set(world.provider.taken)) == len(world.provider.taken) == PEOPLE - 1
    with world.store.read() as session:
        assert find_issue(session, world.number).state == IssueState.FINISHED


def test_each_kind_of_answer_is_written_as_its_process_would_have(world: World) -> None:
    world.die_after(accept, refuse, defer, lose)
    assert world.take_over() == 2
    with world.store.read() as session:
        rows = session.exec(select(Delivery).order_by(col(Delivery.id)).limit(5)).all()
        attempts = session.exec(select(Attempt).order_by(col(Attempt.id))).all()
    assert [(one.state, one.attempts, one.code) for one in rows] == [
        ("submitted", 1, None),
        ("failed", 1, "550 5.1.1"),
        ("queued", 1, "451"),
        ("uncertain", 1, None),
        ("uncertain", 1, None),
    ]
    assert rows[0].provider_id == f"id-{rows[0].id}"
    assert [(one.outcome, one.code, one.detail, one.provider) for one in attempts] == [
        ("refusal", "550 5.1.1", "nobody of that name", "recorder"),
        ("refusal", "451", "later", "recorder"),
        ("unknown", None, "the connection broke", "recorder"),
        ("unknown", None, "its process was killed between the message and the answer", "recorder"),
    ]


def test_who_was_never_begun_has_no_try_counted(world: World) -> None:
    world.die_after(accept)
    world.take_over()
    with world.store.read() as session:
        last = session.exec(select(Delivery).order_by(col(Delivery.id).desc()).limit(1)).one()
    assert (last.state, last.attempts) == ("queued", 0)


def test_a_refusal_that_was_read_counts_once_the_run_is_calm(world: World) -> None:
    """As in the process that heard it: the circuit breaker sees it first."""
    world.die_after(accept, refuse, accept)
    world.run()
    with world.store.read() as session:
        assert len(session.exec(select(Suppression)).all()) == 1


def test_what_was_written_before_the_kill_is_not_written_twice(world: World) -> None:
    world.die_after(accept, refuse, accept)
    with world.store.write() as session:
        settle(
            session, world.number, [refuse(2)], provider="p", batch_size=BATCH, now=world.clock()
        )
    world.take_over()
    with world.store.read() as session:
        assert len(session.exec(select(Attempt).where(Attempt.outcome == "refusal")).all()) == 1


def test_killed_again_and_again_nobody_is_lost_or_mailed_twice(world: World) -> None:
    for _ in range(5):
        world.die_after(accept, accept)
    world.run()
    assert world.counts == {"submitted": PEOPLE - 5, "uncertain": 5}
    assert len(set(world.provider.taken)) == len(world.provider.taken) == PEOPLE - 5


def _uncertain(world: World) -> None:
    """Today's rule: of the six that were claimed all are uncertain, whatever became of them."""
    assert world.take_over() == BATCH
    assert world.counts == {"uncertain": BATCH, "queued": PEOPLE - BATCH}


def test_without_a_journal_all_that_was_claimed_is_uncertain(world: World) -> None:
    world.die_after(accept, accept)
    for path in world.journals:
        path.unlink()
    _uncertain(world)


def test_after_the_machine_was_booted_anew_too(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.die_after(accept, accept)
    monkeypatch.setattr("digest.deliver.journal.folder.read_boot_id", lambda: "another boot")
    _uncertain(world)


def test_where_the_system_has_no_boot_id_there_are_no_journals(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("digest.deliver.journal.folder.read_boot_id", lambda: "")
    world.die_after(accept, accept)
    assert world.take_over() == BATCH


def test_a_copied_folder_of_journals_is_not_believed(world: World) -> None:
    world.die_after(accept, accept)
    for path in world.journals:
        aside = path.with_name("aside")
        shutil.copy2(path, aside)
        path.unlink()
        aside.rename(path)
    _uncertain(world)


def test_nor_is_one_of_a_store_that_was_held_since(world: World) -> None:
    """A restored store has another key; its journals speak of what it was."""
    world.die_after(accept, accept)
    with world.store.write() as session:
        session.exec(select(Instance)).one().key = "f" * 32
    with world.store.read() as session:
        assert find_issue(session, world.number).state == IssueState.SENDING
    assert world.take_over() == BATCH


def test_nor_one_of_an_earlier_claim_on_the_same_batch(world: World) -> None:
    """A store set back to an older state would have the batch in it that was sent since."""
    world.die_after(accept, accept)
    [path] = world.journals
    kept = path.read_bytes()
    assert world.clock().isoformat().encode() in kept
    with world.store.write() as session:
        session.connection().exec_driver_sql(
            "UPDATE batch SET claimed_at = '2020-01-01 00:00:00+00'"
        )
    _uncertain(world)


def test_a_worker_that_lost_its_lock_and_lives_keeps_its_own(world: World) -> None:
    """Its connection to PostgreSQL was cut; it goes on, so what it has not begun is its own."""
    taken_over: list[int] = []

    def answer(personalization: Personalization) -> Outcome:
        if not taken_over:
            with world.store.write() as session:
                session.connection().exec_driver_sql(
                    "UPDATE batch SET claimed_by = 4711 WHERE claimed_by IS NOT NULL"
                )
            taken_over.append(world.take_over())
        return accept(personalization.delivery_id)

    world.provider.answer = answer
    world.run()
    assert taken_over == [BATCH]
    assert len(set(world.provider.taken)) == len(world.provider.taken)


def test_a_provider_that_does_not_tell_leaves_its_claims_uncertain(world: World) -> None:
    dying = Recorder(batch_size=BATCH, tells_begun=False)

    def answer(personalization: Personalization) -> Outcome:
        if len(dying.taken) == 2:
            raise Killed
        return accept(personalization.delivery_id)

    dying.answer = answer
    with pytest.raises(Killed):
        world.run(sending(world.store, dying, world.clock))
    assert world.take_over() == BATCH - 2
    assert world.counts == {"submitted": 2, "uncertain": BATCH - 2, "queued": PEOPLE - BATCH}


def test_a_paused_issue_is_taken_over_and_stays_paused(world: World) -> None:
    world.die_after(accept, accept)
    issue_service(world.store, world.provider, world.clock).pause(world.number)
    assert world.take_over() == 1
    world.run()
    assert world.counts == {"submitted": 2, "uncertain": 1, "queued": PEOPLE - 3}
    issue_service(world.store, world.provider, world.clock).resume(world.number)
    world.run()
    assert world.counts == {"submitted": PEOPLE - 1, "uncertain": 1}


def test_who_left_meanwhile_is_not_mailed(world: World) -> None:
    """Suppression is asked again as it is claimed again (invariant 4, docs/invariants.md)."""
    world.die_after(accept)
    world.take_over()
    with world.store.write() as session:
        session.connection().exec_driver_sql("UPDATE subscriber SET status = 'unsubscribed'")
    world.run()
    assert world.counts == {"submitted": 1, "uncertain": 1, "suppressed": PEOPLE - 2}


def test_nothing_is_left_of_the_journals_of_a_send_that_went_well(world: World) -> None:
    world.run()
    assert world.counts == {"submitted": PEOPLE}
    assert world.journals == []


def test_a_journal_folder_of_ones_own(world: World, tmp_path: Path) -> None:
    folder = open_journals(world.store, tmp_path / "given")
    assert folder == JournalFolder(tmp_path / "given", folder.boot if folder else "")
