"""Take over the batches of dead workers, as their journals say; without one all is uncertain.

A delivery that was never begun is queued again and its try is not counted, one that was answered
gets its outcome, and what lies between is uncertain (invariant 2, docs/invariants.md).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select
from sqlmodel import Session, col

from digest.deliver.instance import find_instance
from digest.deliver.journal.folder import JournalFolder
from digest.deliver.journal.format import Notes
from digest.deliver.ledger.conditions import deliveries_at
from digest.deliver.ledger.release import close_batches, release_batches
from digest.deliver.ledger.settle import settle
from digest.deliver.providers.base import Outcome, Rejected, Unknown
from digest.deliver.rate_limit.limiter import RateLimiter
from digest.deliver.tables import Batch, BatchState, Delivery, DeliveryState

UNANSWERED = "its process was killed between the message and the answer"


@dataclass(slots=True)
class Recovered:
    """What became of dead workers' deliveries.

    `due` is when retries are due, `postponed` are refusals to which no bounce policy was applied
    yet. `journals` are to be removed after the commit.
    """

    queued: int = 0
    uncertain: int = 0
    answered: list[Outcome] = field(default_factory=list)
    due: set[datetime] = field(default_factory=set)
    postponed: list[Rejected] = field(default_factory=list)
    journals: list[Path] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.queued or self.uncertain or self.answered)

    def remove_journals(self) -> None:
        """Remove the journals that were read; what is left of them is swept."""
        for path in self.journals:
            with suppress(OSError):
                path.unlink()


def recover_batches(
    session: Session,
    number: int,
    is_alive: Callable[[int], bool],
    now: datetime,
    *,
    journals: JournalFolder | None,
    limiter: RateLimiter,
    batch_size: int,
) -> Recovered:
    """Close or queue again the batches of dead workers; nothing that was begun is queued."""
    held = session.execute(
        select(col(Batch.position), col(Batch.claimed_by), col(Batch.claimed_at))
        .where(col(Batch.issue_number) == number, col(Batch.state) == BatchState.SUBMITTING)
        .with_for_update(skip_locked=True)
    ).all()
    found = Recovered()
    dead = {
        position: (worker, at)
        for position, worker, at in held
        if worker is None or not is_alive(worker)
    }
    if not dead:
        return found
    notes = _notes(session, number, dead, journals, found)
    left = _settle(session, number, notes, found, batch_size=batch_size, now=now)
    found.uncertain += close_batches(session, number, sorted(dead.keys() - left), now)
    if left:
        release_batches(session, number, sorted(left), now, limiter=limiter)
    return found


def _notes(
    session: Session,
    number: int,
    dead: Mapping[int, tuple[int | None, datetime | None]],
    journals: JournalFolder | None,
    found: Recovered,
) -> dict[int, Notes]:
    """Return what the journals say of these claims, by position."""
    instance = find_instance(session)
    notes: dict[int, Notes] = {}
    if instance is None or journals is None:
        return notes
    for worker in sorted({worker for worker, _ in dead.values() if worker is not None}):
        for path, one in journals.read(instance.key, worker):
            if one.header.issue != number:
                continue
            found.journals.append(path)
            for position, _ in one.header.batches:
                held_by, at = dead.get(position, (None, None))
                if held_by == worker and at and _text(at) == one.header.claimed_at:
                    notes[position] = one
    return notes


def _settle(
    session: Session,
    number: int,
    notes: Mapping[int, Notes],
    found: Recovered,
    *,
    batch_size: int,
    now: datetime,
) -> set[int]:
    """Write what was answered, and what is unknown; return the positions that have more."""
    positions = _submitting(session, number, notes)
    left: set[int] = set()
    by_provider: dict[str, list[Outcome]] = {}
    for delivery, position in positions.items():
        one = notes[position]
        outcome = one.outcomes.get(delivery)
        if outcome is None and delivery in one.untouched:
            left.add(position)
            found.queued += 1
            continue
        by_provider.setdefault(one.header.provider, []).append(
            outcome or Unknown(delivery, UNANSWERED)
        )
    for provider, outcomes in by_provider.items():
        settled = settle(
            session,
            number,
            outcomes,
            provider=provider,
            batch_size=batch_size,
            now=now,
            suspected={one.delivery_id for one in outcomes if isinstance(one, Rejected)},
        )
        found.due |= settled.due
        found.postponed += settled.postponed
        found.answered += _answers(outcomes)
        found.uncertain += sum(isinstance(one, Unknown) for one in outcomes)
    return left


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def _answers(outcomes: Iterable[Outcome]) -> list[Outcome]:
    return [one for one in outcomes if not isinstance(one, Unknown)]


def _submitting(session: Session, number: int, positions: Iterable[int]) -> dict[int, int]:
    """Return the positions of the deliveries that are still being submitted in these batches."""
    wanted: Sequence[int] = sorted(positions)
    if not wanted:
        return {}
    rows = session.execute(
        select(col(Delivery.id), col(Delivery.batch_position))
        .where(*deliveries_at(number, wanted), col(Delivery.state) == DeliveryState.QUEUED)
        .order_by(col(Delivery.id))
    )
    return {int(delivery): int(position) for delivery, position in rows}
