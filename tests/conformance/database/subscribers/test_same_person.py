"""Who a row of our own export speaks of: the public id says it, whatever the address has become."""

import csv
import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from digest.readers.address_change import complete_address_change, start_address_change
from store.engine import Store, open_store
from subscribers import suppression
from subscribers.consent import ConsentKind, ConsentOrigin, consents_of, record_consent
from subscribers.service import find_subscriber, unsubscribe
from subscribers.tables import AddressChange, SubscriberStatus, SuppressionReason
from subscribers.transfer.refused_rows import RefusedFile
from tests.parts.imported import HASHER, NOW, exported, load, people
from tests.parts.linked_people import add, opened, person, token

OLD, NEW = "ana@work.example", "ana@home.example"


@pytest.fixture
def elsewhere(tmp_path: Path, sqlite_pattern: Path) -> Iterator[Store]:
    """The store that the list is exported from."""
    path = tmp_path / "elsewhere.db"
    path.write_bytes(sqlite_pattern.read_bytes())
    there = open_store(f"sqlite:///{path}")
    yield there
    there.close()


@pytest.fixture
def both(store: Store, elsewhere: Store) -> tuple[Store, Store]:
    """Two stores with the same person: the list went from one to the other."""
    add(elsewhere, OLD)
    load(store, exported(elsewhere))
    return store, elsewhere


def move(store: Store, email: str, to: str) -> None:
    with store.write() as session:
        reader = person(session, email).id or 0
        start_address_change(session, HASHER, reader, to, NOW)
        number = session.get_one(AddressChange, reader).number
        later = NOW + timedelta(hours=1)
        assert complete_address_change(
            session, HASHER, reader, number, origin=ConsentOrigin(), now=later
        )


def leave(store: Store, email: str, days: int = 2) -> None:
    with store.write() as session:
        unsubscribe(
            session, HASHER, person(session, email).id or 0, "test", NOW + timedelta(days=days)
        )


def row_alone(content: str) -> str:
    """The header and the first person: without the hash of the address before."""
    rows = list(csv.reader(io.StringIO(content)))
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows[:2])
    return out.getvalue()


@pytest.mark.parametrize("whole", [True, False], ids=["whole", "the row alone"])
def test_a_confirmed_new_address_is_followed_and_is_no_second_person(
    both: tuple[Store, Store], *, whole: bool
) -> None:
    here, there = both
    before = token(here, OLD)
    move(there, OLD, NEW)
    since = token(there, NEW)
    content = exported(there) if whole else row_alone(exported(there))
    for _ in range(2):
        report = load(here, content)
        assert (report.added, report.already, report.refused) == (0, 1, [])
        assert people(here) == {NEW: ("", "active")}
    assert opened(here, before) == f"({NEW})", "the old mailbox's link only unsubscribes"
    assert opened(here, since) == NEW
    with here.read() as session:
        assert not suppression.is_suppressed(session, HASHER.hash(NEW))
        assert suppression.is_suppressed(session, HASHER.hash(OLD))
        kinds = [one.kind for one in consents_of(session, person(session, NEW).id or 0)]
    assert kinds == ["imported", "confirmed"], "with the proof of the new address"


def test_a_dry_run_says_the_same_and_moves_nobody(both: tuple[Store, Store]) -> None:
    here, there = both
    move(there, OLD, NEW)
    report = load(here, row_alone(exported(there)), dry=True)
    assert (report.already, report.refused_count) == (1, 0)
    assert people(here) == {OLD: ("", "active")}


def test_an_address_that_nobody_confirmed_is_refused_in_one_line(
    both: tuple[Store, Store], tmp_path: Path
) -> None:
    """A row that was copied or corrected by hand: the refused file has it whole."""
    here, there = both
    content = exported(there).replace(OLD, NEW)
    with RefusedFile(tmp_path / "refused.csv") as refused:
        report = load(here, content, refused=refused)
    assert (report.added, report.refused_count) == (0, 1)
    assert str(report.refused[0]) == (
        f"line 2: found '{NEW}', its public id is that of {OLD} here, and nothing in the row "
        "proves that they moved: empty the cell public_id if this is somebody else"
    )
    assert people(here) == {OLD: ("", "active")}
    rows = list(csv.DictReader((tmp_path / "refused.csv").open(encoding="utf-8-sig", newline="")))
    assert [one["email"] for one in rows] == [NEW]
    rows[0]["public_id"] = ""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, rows[0].keys())
    writer.writeheader()
    writer.writerows(rows)
    assert load(here, out.getvalue()).added == 1


def test_an_older_export_takes_no_address_back(both: tuple[Store, Store]) -> None:
    here, there = both
    move(there, OLD, NEW)
    older = row_alone(exported(there))
    move(here, OLD, "ana@third.example")
    with here.write() as session:  # confirmed here after it was confirmed there
        reader = person(session, "ana@third.example").id or 0
        start_address_change(session, HASHER, reader, "ana@newest.example", NOW)
        number = session.get_one(AddressChange, reader).number
        complete_address_change(
            session,
            HASHER,
            reader,
            number,
            origin=ConsentOrigin(),
            now=NOW + timedelta(days=1),
        )
    assert load(here, older).refused_count == 1
    assert people(here) == {"ana@newest.example": ("", "active")}


def test_who_left_under_another_address_leaves_here(both: tuple[Store, Store]) -> None:
    here, there = both
    move(there, OLD, NEW)
    leave(there, NEW)
    report = load(here, row_alone(exported(there)))
    assert (report.added, report.departed) == (0, 1)
    assert people(here) == {OLD: ("", "unsubscribed")}
    with here.read() as session:
        assert suppression.is_suppressed(session, HASHER.hash(NEW))


def test_who_came_back_since_is_not_taken_off_by_an_older_export(
    both: tuple[Store, Store],
) -> None:
    here, there = both
    leave(there, OLD)
    with here.write() as session:
        reader = person(session, OLD).id or 0
        record_consent(session, reader, ConsentKind.CONFIRMED, "Yes.", NOW + timedelta(days=3))
    load(here, exported(there), now=NOW + timedelta(days=4))
    assert people(here) == {OLD: ("", "active")}
    with there.write() as session:
        reader = person(session, OLD).id or 0
        record_consent(session, reader, ConsentKind.WITHDRAWN, "No.", NOW + timedelta(days=5))
    load(here, exported(there), now=NOW + timedelta(days=7))
    assert people(here) == {OLD: ("", "unsubscribed")}, "left again after that"


def test_who_left_here_does_not_come_back_under_another_address(
    both: tuple[Store, Store],
) -> None:
    here, there = both
    leave(here, OLD)
    move(there, OLD, NEW)
    report = load(here, row_alone(exported(there)))
    assert (report.added, report.suppressed) == (0, 1)
    assert people(here) == {OLD: ("", "unsubscribed")}


def test_a_bounce_of_another_address_takes_nobody_off(both: tuple[Store, Store]) -> None:
    """It is said of the mailbox, not of the person."""
    here, there = both
    with there.write() as session:
        ana = person(session, OLD)
        ana.email = ana.email_key = NEW
        ana.address_hash = HASHER.hash(NEW)
        ana.status = SubscriberStatus.BOUNCED
        suppression.suppress(session, ana.address_hash, NEW, SuppressionReason.BOUNCED, NOW)
    assert load(here, exported(there)).departed == 1
    assert people(here) == {OLD: ("", "active")}
    with here.read() as session:
        assert suppression.is_suppressed(session, HASHER.hash(NEW))


def test_two_people_here_who_are_one_there_both_leave(both: tuple[Store, Store]) -> None:
    """Their id is one's, their address another's."""
    here, there = both
    add(here, NEW)
    move(there, OLD, NEW)
    assert load(here, row_alone(exported(there))).already == 1
    assert people(here) == {OLD: ("", "active"), NEW: ("", "active")}
    leave(there, NEW)
    load(here, row_alone(exported(there)))
    assert {status for _, status in people(here).values()} == {"unsubscribed"}


def test_an_address_that_is_known_keeps_its_id(store: Store, elsewhere: Store) -> None:
    """The links of the other store unsubscribe it, and open nothing."""
    add(elsewhere, OLD)
    there = token(elsewhere, OLD)
    add(store, OLD)
    here = token(store, OLD)
    assert load(store, exported(elsewhere)).already == 1
    assert (opened(store, here), opened(store, there)) == (OLD, f"({OLD})")


@pytest.mark.parametrize("dry", [False, True])
def test_one_id_twice_in_a_file_is_one_person(store: Store, elsewhere: Store, *, dry: bool) -> None:
    add(elsewhere, OLD)
    content = exported(elsewhere)
    copy = content.splitlines()[1].replace(OLD, NEW)
    report = load(store, f"{content}{copy}\n", dry=dry)
    assert (report.added, report.refused_count) == (1, 1)
    assert "its public id" in report.refused[0].why
    with store.read() as session:
        assert find_subscriber(session, NEW) is None
