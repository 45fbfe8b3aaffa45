"""Reads the status of the whole installation from the database and its disk; changes nothing."""

import platform
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from shutil import disk_usage

from sqlalchemy import func
from sqlmodel import Session, col, select

from digest import __version__
from digest.deliver.instance import find_instance
from digest.deliver.ledger.state_counts import kept_counts
from digest.deliver.tables import Delivery, DeliveryState
from digest.deliver.transactional.tables import TransactionalMessage, TransactionalState
from digest.issues.tables import Issue, IssueState
from digest.monitoring.backups import BackupStatus, read_backup_status
from digest.monitoring.heartbeats import heartbeats
from digest.monitoring.tables import Heartbeat
from digest.pipeline.run_history import RunRecord, last_run
from digest.sources.silence import silence_of
from digest.sources.tables import Source
from schedules.registry import all_schedules
from schedules.tables import Schedule
from schedules.timetable import next_due_times, schedule_words
from store.engine import Store
from subscribers.tables import Subscriber, Suppression

OPEN = (
    IssueState.DRAFT,
    IssueState.APPROVED,
    IssueState.SCHEDULED,
    IssueState.SENDING,
    IssueState.PAUSED,
)
UNCERTAIN_FOR = timedelta(days=30)
"""Of older issues nobody asks any more who may not have got them."""
SUPPRESSED_WITHIN = timedelta(days=7)
WAITING = (TransactionalState.QUEUED, TransactionalState.SUBMITTING)


@dataclass(frozen=True, slots=True)
class ScheduleStatus:
    """`words` say its rule; `last` is its newest run."""

    name: str
    words: str
    active: bool
    next_due: datetime | None
    last: RunRecord | None


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """`silence` says in words that nothing comes from it, where that is so."""

    name: str
    active: bool
    read_at: datetime | None
    brought_at: datetime | None
    failures: int
    silence: str | None


@dataclass(frozen=True, slots=True)
class IssueStatus:
    """An issue that is not through. `counts` are its deliveries by state, once it has started."""

    number: int
    state: IssueState
    subject: str
    series: str
    send_at: datetime | None
    held_because: str
    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class Disk:
    """Bytes of the file system that holds the database, where it is a file of this machine."""

    free: int
    total: int


@dataclass(frozen=True, slots=True)
class Status:
    """What `digest status` shows. `queue` counts transactional mail that waits, since `oldest`.

    `uncertain` counts deliveries by issue, of the last 30 days; `suppressed` those suppressed
    within a week, by reason. `backup` is None where none was made on schedule yet. `held` says
    why nothing may be sent from this store.
    """

    at: datetime
    version: str
    python: str
    database: str
    database_version: str
    processes: list[Heartbeat]
    schedules: list[ScheduleStatus]
    sources: list[SourceStatus]
    issues: list[IssueStatus]
    uncertain: dict[int, int]
    subscribers: dict[str, int]
    suppressed: dict[str, int]
    queue: int
    oldest: datetime | None
    backup: BackupStatus | None
    disk: Disk | None
    held: str


def read_status(store: Store, session: Session, now: datetime) -> Status:
    """Return the status as of `now`."""
    queue, oldest = _queue(session)
    instance = find_instance(session)
    return Status(
        at=now,
        version=__version__,
        python=platform.python_version(),
        database=store.name,
        database_version=_database_version(session),
        processes=heartbeats(session),
        schedules=[_schedule(session, one, now) for one in all_schedules(session)],
        sources=_sources(session, now),
        issues=_issues(session),
        uncertain=_uncertain(session, now),
        subscribers=_subscribers(session),
        suppressed=_suppressed(session, now),
        queue=queue,
        oldest=oldest,
        backup=read_backup_status(session),
        disk=disk_of(store.path),
        held=instance.held if instance else "",
    )


def disk_of(path: Path | None) -> Disk | None:
    """Return the disk that the SQLite file at `path` lies on; None where there is no file."""
    if path is None:
        return None
    used = disk_usage(path.parent)
    return Disk(free=used.free, total=used.total)


def _schedule(session: Session, schedule: Schedule, now: datetime) -> ScheduleStatus:
    return ScheduleStatus(
        name=schedule.name,
        words=schedule_words(schedule),
        active=schedule.active,
        next_due=next(iter(next_due_times(schedule, now)), None),
        last=last_run(session, schedule.name),
    )


def _sources(session: Session, now: datetime) -> list[SourceStatus]:
    return [
        SourceStatus(
            name=one.name,
            active=one.active,
            read_at=one.read_at,
            brought_at=one.brought_at,
            failures=one.failures,
            silence=silence_of(one, now),
        )
        for one in session.exec(select(Source).order_by(Source.name))
    ]


def _issues(session: Session) -> list[IssueStatus]:
    rows = session.exec(
        select(Issue).where(col(Issue.state).in_(OPEN)).order_by(col(Issue.number))
    ).all()
    started = (IssueState.SENDING, IssueState.PAUSED)
    return [
        IssueStatus(
            number=one.number,
            state=IssueState(one.state),
            subject=one.subject,
            series=one.series,
            send_at=one.send_at,
            held_because=one.held_because or "",
            counts=kept_counts(session, [one.number])[one.number] if one.state in started else {},
        )
        for one in rows
        if one.number is not None
    ]


def _uncertain(session: Session, now: datetime) -> dict[int, int]:
    recent = select(Issue.number).where(
        col(Issue.started_at) >= now - UNCERTAIN_FOR, col(Issue.state) != IssueState.SENDING
    )
    rows = session.exec(
        select(Delivery.issue_number, func.count())
        .where(col(Delivery.issue_number).in_(recent), Delivery.state == DeliveryState.UNCERTAIN)
        .group_by(col(Delivery.issue_number))
        .order_by(col(Delivery.issue_number))
    )
    return dict(rows.all())


def _subscribers(session: Session) -> dict[str, int]:
    rows = session.exec(select(Subscriber.status, func.count()).group_by(Subscriber.status))
    return {str(status): many for status, many in rows}


def _suppressed(session: Session, now: datetime) -> dict[str, int]:
    rows = session.exec(
        select(Suppression.reason, func.count())
        .where(Suppression.at >= now - SUPPRESSED_WITHIN)
        .group_by(Suppression.reason)
    )
    return {str(reason): many for reason, many in rows}


def _queue(session: Session) -> tuple[int, datetime | None]:
    return session.exec(
        select(func.count(), func.min(TransactionalMessage.created_at)).where(
            col(TransactionalMessage.state).in_(WAITING)
        )
    ).one()


def _database_version(session: Session) -> str:
    dialect = session.get_bind().dialect
    numbers = ".".join(map(str, dialect.server_version_info or ()))
    return f"{'SQLite' if dialect.name == 'sqlite' else 'PostgreSQL'} {numbers}"
