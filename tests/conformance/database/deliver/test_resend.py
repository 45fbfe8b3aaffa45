"""Resend and give up: only by an editor's word, with the same Message-ID, counts that add up."""

import pytest

from digest.deliver.ledger.finish import count_deliveries
from digest.deliver.ledger.worker_lock import worker_lock
from digest.deliver.providers.base import Accepted, Outcome, Rejected, Unknown
from digest.deliver.tables import DeliveryState
from digest.issues.lifecycle import IssueError, find_issue
from digest.issues.tables import IssueState
from digest.message.headers import message_id
from digest.message.personalization import Personalization
from store.engine import Store
from tests.parts.world import (
    Clock,
    Recorder,
    add_approved,
    add_people,
    issue_renderer,
    issue_service,
    sending,
)


class Trouble(Recorder):
    """The first time: one unknown, one rejected for good, the others accepted."""

    def __init__(self, people: list[str]) -> None:
        super().__init__()
        self.seen: list[tuple[str, str]] = []
        self.well = False
        self.people = people
        self.answer = self.judge

    def judge(self, personalization: Personalization) -> Outcome:
        self.seen.append((personalization.email, personalization.token))
        if not self.well and personalization.email == self.people[1]:
            return Unknown(personalization.delivery_id, "cut off")
        if not self.well and personalization.email == self.people[2]:
            return Rejected(personalization.delivery_id, permanent=True, code="552", detail="full")
        return Accepted(personalization.delivery_id, "r")


@pytest.fixture
def clock() -> Clock:
    return Clock()


def start(store: Store, clock: Clock) -> tuple[int, Trouble]:
    people = add_people(store, 5)
    number = add_approved(store)
    provider = Trouble(people)
    issue_service(store, provider, clock).start(number)
    run(store, provider, number, clock)
    provider.well = True
    return number, provider


def run(store: Store, provider: Recorder, number: int, clock: Clock) -> dict[str, int]:
    with worker_lock(store) as here:
        progress = sending(store, provider, clock).run(number, here)
    assert progress.finished
    return progress.counts


def test_the_uncertain_are_sent_again_with_the_same_message_id(store: Store, clock: Clock) -> None:
    number, provider = start(store, clock)
    editor = issue_service(store, provider, clock)
    assert editor.resend(number, [DeliveryState.UNCERTAIN]) == 1
    with store.read() as session:
        assert find_issue(session, number).state == IssueState.SENDING
        assert count_deliveries(session, number)["queued"] == 1
        edition = issue_renderer().edition(session, number)
    counts = run(store, provider, number, clock)
    assert (counts["submitted"], counts["failed"], counts["uncertain"]) == (4, 1, 0)
    tokens = [token for email, token in provider.seen if email == provider.people[1]]
    assert len(tokens) == 2
    assert len(set(tokens)) == 1
    assert tokens[0] in message_id(edition, Personalization(0, "x", tokens[0]))


def test_the_failed_are_sent_again_in_one_command(store: Store, clock: Clock) -> None:
    number, provider = start(store, clock)
    assert issue_service(store, provider, clock).resend(number, [DeliveryState.FAILED]) == 1
    counts = run(store, provider, number, clock)
    assert (counts["submitted"], counts["uncertain"]) == (4, 1)


def test_one_address_can_be_named(store: Store, clock: Clock) -> None:
    number, provider = start(store, clock)
    editor = issue_service(store, provider, clock)
    both = [DeliveryState.FAILED, DeliveryState.UNCERTAIN]
    assert editor.resend(number, both, provider.people[0]) == 0, "that one has it"
    assert editor.resend(number, both, provider.people[2]) == 1
    assert run(store, provider, number, clock)["uncertain"] == 1


def test_giving_up_fails_the_uncertain(store: Store, clock: Clock) -> None:
    number, provider = start(store, clock)
    assert issue_service(store, provider, clock).give_up(number) == 1
    with store.read() as session:
        counts = count_deliveries(session, number)
    assert (counts["uncertain"], counts["failed"]) == (0, 2)


def test_a_cancelled_issue_is_not_sent_again(store: Store, clock: Clock) -> None:
    add_people(store, 15)
    number = add_approved(store)
    provider = Recorder(answer=lambda one: Unknown(one.delivery_id, "cut off"))
    editor = issue_service(store, provider, clock)
    editor.start(number)
    with worker_lock(store) as here:
        sending(store, provider, clock).run(number, here, report=lambda _: editor.cancel(number))
    with pytest.raises(IssueError, match="is cancelled"):
        editor.resend(number, [DeliveryState.UNCERTAIN])


def test_a_paused_issue_is_not_started_anew(store: Store, clock: Clock) -> None:
    add_people(store, 25)
    number = add_approved(store)
    provider = Recorder()
    editor = issue_service(store, provider, clock)
    editor.start(number)
    editor.pause(number)
    with pytest.raises(IssueError, match="issue resume"):
        editor.start(number)
    editor.resume(number)
    with pytest.raises(IssueError, match="sending already"):
        editor.start(number)


def test_a_finished_issue_is_not_started_anew(store: Store, clock: Clock) -> None:
    number, provider = start(store, clock)
    with pytest.raises(IssueError, match="is finished"):
        issue_service(store, provider, clock).start(number)
