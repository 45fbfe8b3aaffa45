"""Killed between any two commits, or between any two messages: nobody lost, nobody twice.

A killed process is played by an exception that no code of ours catches, thrown right before or
right after the n-th commit; then a new process takes over with what the database holds.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlmodel import Session

from digest.deliver.ledger.finish import count_deliveries
from digest.deliver.ledger.worker_lock import worker_lock
from digest.deliver.providers.base import Accepted, Outcome
from digest.issues.lifecycle import find_issue
from digest.issues.tables import IssueState
from digest.message.personalization import Personalization
from store.engine import Store
from tests.parts.world import Clock, Recorder, add_approved, add_people, issue_service, sending

PEOPLE = 24
COMMITS = 8
"""More than a run of three batches makes, so that the last case runs to its end."""


class Killed(BaseException):
    """Like kill -9: nothing below catches it."""


class MortalStore(Store):
    """Dies right before (or after) its n-th commit."""

    def __init__(self, store: Store, commit: int, *, after: bool) -> None:
        super().__init__(store.engine)
        self._left = commit
        self._after = after

    @contextmanager
    def write(self) -> Iterator[Session]:
        with super().write() as session:
            yield session
            self._left -= 1
            if self._left < 0 and not self._after:
                raise Killed
        if self._left < 0 and self._after:
            raise Killed


def _go(store: Store, provider: Recorder, number: int, clock: Clock) -> None:
    with store.read() as session:
        state = find_issue(session, number).state
    if state == IssueState.APPROVED:
        issue_service(store, provider, clock).start(number)
    with worker_lock(store) as here:
        sending(store, provider, clock).run(number, here)


def _accounts_for_everybody(
    store: Store, number: int, provider: Recorder, people: list[str], in_flight: int
) -> None:
    with store.read() as session:
        counts = count_deliveries(session, number)
        assert find_issue(session, number).state == IssueState.FINISHED
    assert len(provider.taken) == len(set(provider.taken)), "somebody was mailed twice"
    assert counts["submitted"] + counts["uncertain"] == len(people), "somebody was lost"
    assert counts["uncertain"] <= in_flight
    missing = set(people) - set(provider.taken)
    assert len(missing) <= counts["uncertain"], "somebody without mail is not listed"


def _in_flight(store: Store, number: int) -> int:
    """What was claimed and not answered for when it died."""
    with store.read() as session:
        return count_deliveries(session, number)["submitting"]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("commit", range(COMMITS))
def test_killed_around_any_commit(store: Store, commit: int, *, after: bool) -> None:
    people = add_people(store, PEOPLE)
    number = add_approved(store)
    provider, clock = Recorder(), Clock()
    in_flight = 0
    try:
        _go(MortalStore(store, commit, after=after), provider, number, clock)
    except Killed:
        in_flight = _in_flight(store, number)
        _go(store, provider, number, clock)
    else:
        assert commit == COMMITS - 1, "fewer commits than this test was told of"
    _accounts_for_everybody(store, number, provider, people, in_flight)


@pytest.mark.parametrize("message", [0, 1, 9, 10, 23])
def test_killed_with_messages_in_flight(store: Store, message: int) -> None:
    people = add_people(store, PEOPLE)
    number = add_approved(store)
    clock = Clock()
    calls = 0

    def dying(personalization: Personalization) -> Outcome:
        nonlocal calls
        calls += 1
        if calls == message + 1:
            raise Killed
        return Accepted(personalization.delivery_id, "r")

    provider = Recorder(answer=dying)
    with pytest.raises(Killed):
        _go(store, provider, number, clock)
    in_flight = _in_flight(store, number)
    _go(store, provider, number, clock)
    _accounts_for_everybody(store, number, provider, people, in_flight)


def test_killed_again_and_again(store: Store) -> None:
    people = add_people(store, PEOPLE)
    number = add_approved(store)
    provider, clock = Recorder(batch_size=4), Clock()
    for commit in (0, 1, 2, 1, 3, 2, 1, 0, 4):
        try:
            _go(MortalStore(store, commit, after=bool(commit % 2)), provider, number, clock)
        except Killed:
            continue
        break
    _go(store, provider, number, clock)
    _accounts_for_everybody(store, number, provider, people, in_flight=len(people))
