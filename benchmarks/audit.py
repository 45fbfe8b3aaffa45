"""Compares the counts of an issue with what the sink received."""

import time
from collections import Counter
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Executable, func, select, text
from sqlmodel import col

from digest.bootstrap import App
from digest.deliver.ledger.finish import count_deliveries
from digest.deliver.tables import Batch, BatchState, Delivery, DeliveryState
from digest.issues.lifecycle import find_issue
from digest.issues.tables import IssueState
from digest.message.headers import message_id
from digest.message.personalization import Recipient
from store.engine import Store
from subscribers.tables import Subscriber

_HOLDERS = """\
SELECT (classid::bigint << 32) | objid::bigint FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE locktype = 'advisory' AND objsubid = 1 AND granted AND application_name = ANY(:living)
AND query NOT LIKE '%pg_try_advisory_lock%'
"""
"""Worker locks; who asks whether another one lives holds that one's lock for a moment."""
_AT_WORK = """\
SELECT count(*) FROM pg_stat_activity WHERE application_name = :name
AND wait_event_type IS DISTINCT FROM 'Lock'
"""
"""A COMMIT may wait in a session's socket; what waits for a lock is rolled back when it has it."""


@dataclass(frozen=True, slots=True)
class IssueCounts:
    """`orphaned` are people in flight whose worker is dead."""

    state: str
    uncertain: int = 0
    orphaned: int = 0


@dataclass
class Account:
    """`doubled` got it twice after a resend by hand; `faults` should be empty."""

    people: int = 0
    doubled: int = 0
    lost: int = 0
    twice: int = 0
    faults: list[str] = field(default_factory=list)


def issue_counts(store: Store, number: int, living: Sequence[str]) -> IssueCounts:
    """As of one moment. `living` are the names of the processes that are alive."""
    with store.read() as session:
        state = find_issue(session, number).state
        alive: list[int] = []
        if not store.is_sqlite:
            alive = list(session.scalars(text(_HOLDERS), {"living": list(living)}))
        in_state = col(Delivery.state)
        held = (in_state == DeliveryState.QUEUED) & (col(Batch.state) == BatchState.SUBMITTING)
        orphaned = held & col(Batch.claimed_by).not_in(alive)
        row = session.execute(
            select(
                func.count().filter(in_state == DeliveryState.UNCERTAIN),
                func.count().filter(orphaned),
            )
            .join(
                Batch,
                (col(Batch.issue_number) == col(Delivery.issue_number))
                & (col(Batch.position) == col(Delivery.batch_position)),
            )
            .where(col(Delivery.issue_number) == number)
        ).one()
    return IssueCounts(state, int(row[0]), int(row[1]))


def last_words(store: Store, name: str) -> None:
    """Waits for a dead process's sessions on the server to end what they were told."""
    if store.is_sqlite:
        return
    end = time.monotonic() + 10
    while time.monotonic() < end:
        with store.read() as session:
            if not session.execute(text(_AT_WORK), {"name": name}).scalar_one():
                return
        time.sleep(0.002)


def uncertain(store: Store, number: int) -> list[int]:
    """Delivery ids."""
    with store.read() as session:
        return list(
            session.scalars(
                select(col(Delivery.id)).where(
                    col(Delivery.issue_number) == number,
                    col(Delivery.state) == DeliveryState.UNCERTAIN,
                )
            )
        )


def account(
    app: App, number: int, taken: MutableMapping[str, list[str]], resent: Counter[int]
) -> Account:
    """Everybody of the issue against what the sink took: addresses by Message-ID, taken out.

    `resent` says how often a delivery was sent again by hand.
    """
    found = Account()
    with app.store.read() as session:
        issue, counts = find_issue(session, number), count_deliveries(session, number)
        edition = app.renderer.edition(session, number)
        rows = session.execute(_people(number)).all()
    if issue.state != IssueState.FINISHED or sum(counts.values()) != issue.audience:
        found.faults.append(f"issue {number}: {issue.state}, {counts} of {issue.audience}")
    recipients = [Recipient._make(row[1:]) for row in rows]
    personalizations = app.renderer.personalize(recipients, edition)
    for row, one in zip(rows, personalizations, strict=True):
        got = taken.pop(message_id(edition, one), [])
        where = f"{one.email}, issue {number}"
        _compare(found, where, row[0], got, allowed=1 + resent[one.delivery_id])
        if set(got) - {one.email}:
            found.faults.append(f"mail of {one.email} went to {set(got)}")
    return found


def _people(number: int) -> Executable:
    """State, then the columns of a recipient."""
    return (
        select(
            col(Delivery.state),
            col(Delivery.id),
            col(Subscriber.public_id),
            col(Subscriber.link_epoch),
            col(Subscriber.legacy_number),
            col(Subscriber.email),
            col(Subscriber.first_name),
            col(Subscriber.tracking),
        )
        .join(Subscriber, col(Subscriber.id) == col(Delivery.subscriber_id))
        .where(col(Delivery.issue_number) == number)
    )


def _compare(found: Account, where: str, state: str, got: list[str], *, allowed: int) -> None:
    """Add one recipient to the account: what its row says, and what the sink took."""
    found.people += 1
    found.doubled += len(got) > 1
    if state == DeliveryState.QUEUED or (state == DeliveryState.SUBMITTED and not got):
        found.lost += 1
        found.faults.append(f"lost: {where}, {state}")
    if len(got) > allowed:
        found.twice += 1
        found.faults.append(f"mailed {len(got)} times: {where}")
