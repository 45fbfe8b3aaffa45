"""Periodic maintenance: drafts that are due, bounces, classification, dead workers, sends."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from digest.deliver.ledger.progress import Progress
from digest.deliver.ledger.state_counts import fold_changes
from digest.deliver.ledger.worker_lock import WorkerLock
from digest.deliver.providers.base import ProviderError
from digest.deliver.tables import Batch, BatchState
from digest.issues.history import unfinished
from digest.issues.lifecycle import IssueError, find_issue
from digest.issues.tables import Issue, IssueState
from digest.pipeline.drafting import NothingNewError
from digest.pipeline.hold import SendingGuard
from digest.pipeline.issue_service import IssueService
from digest.pipeline.scheduled_sends import ScheduledSends
from digest.pipeline.sending import Sending
from digest.readers.pending import expire_pending
from digest.readers.retention import delete_origins
from digest.reports.keep import keep_next
from digest.track.bounces.poll import BounceMailboxReader
from digest.track.hits.classification import classify_all
from schedules.runner import RunOutcome
from schedules.runs import run_at
from schedules.tables import Approval, Run, RunState, Schedule, SendState
from store.engine import Store

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Maintenance:
    """What a worker does each minute beside sending, or each round where there is no queue."""

    store: Store
    issues: IssueService
    sending: Sending
    clock: Callable[[], datetime]
    bounces: BounceMailboxReader | None = None
    pending_days: int = 0
    """Days after which a sign-up that was never confirmed is deleted; 0 keeps it."""
    guard: SendingGuard | None = None
    retention_days: int = 0
    """Days after which addresses of machines and names of programs are deleted; 0 keeps them."""

    def may_send(self) -> bool:
        """Return whether mail may go out of this store; a restored one or a copy has to wait."""
        return self.guard is None or self.guard.may_send()

    def read_bounces(self) -> None:
        """Read the bounce mailbox, if there is one and it is time to; a copy has none to read."""
        if self.bounces is not None and self.may_send():
            self.bounces.read_if_due()

    def classify_hits(self) -> None:
        """Classify new hits as made by people or machines."""
        if self.store.log_is_due:  # somebody was erased while others read
            self.store.truncate_log()
        classify_all(self.store)

    def expire_pending(self) -> None:
        """Delete sign-ups that were never confirmed."""
        expire_pending(self.store, self.pending_days, self.clock())

    def fold_counts(self) -> None:
        """Fold what was kept of deliveries' states into a row for each issue and state."""
        fold_changes(self.store)

    def keep_figures(self) -> None:
        """Count one large issue for its report, if it was quiet for a while."""
        keep_next(self.store, self.clock())

    def delete_origins(self) -> None:
        """Delete addresses of machines and names of programs that were kept for long enough."""
        delete_origins(self.store, self.retention_days, self.clock())

    def draft_due(
        self,
        session: Session,
        schedule: Schedule,
        due_at: datetime,
        as_of: datetime | None = None,
    ) -> RunOutcome:
        """Draft the issue of one due time; commits with its Run (`schedules.runner`).

        Picks as things stood at the due time, or at `as_of` for a manual run.
        """
        run = run_at(session, schedule, due_at)
        try:
            number = self.issues.draft_in(
                session, schedule.name, as_of or due_at, run.id if run else None
            )
        except NothingNewError as empty:
            return RunOutcome(RunState.SKIPPED, str(empty))
        return RunOutcome(RunState.DRAFTED, f"issue {number}")

    def approve_automatic(self) -> list[int]:
        """Approve and start the drafts of schedules with automatic approval; returns their numbers.

        Only within the schedule's late limit: a draft that lay for a day is an editor's.
        """
        started: list[int] = []
        if not self.may_send():
            return started
        for number, name in self._automatic_drafts():
            try:
                self.issues.approve(number, by=f"schedule {name}")
                self.issues.start(number)
            except IssueError as refused:
                log.warning("schedule %s does not go on by itself: %s", name, refused)
                self.scheduled_sends.note(
                    number, SendState.HELD, str(refused), only_in=IssueState.DRAFT
                )
            else:
                started.append(number)
        return started

    @property
    def scheduled_sends(self) -> ScheduledSends:
        """What takes the issues of runs to their send time."""
        released = self.guard.released_at if self.guard else lambda _session: None
        return ScheduledSends(self.store, self.issues, self.clock, released)

    def settle_scheduled(self) -> list[int]:
        """Take the issues of runs to their send time; returns those that began to go out."""
        return self.scheduled_sends.settle() if self.may_send() else []

    def send_due(
        self, worker_lock: WorkerLock, should_stop: Callable[[], bool] = lambda: False
    ) -> dict[int, Progress]:
        """Send what is due of every issue that is sending or scheduled for now."""
        result: dict[int, Progress] = {}
        if not self.may_send():
            return result
        self._recover_all(worker_lock)
        for number in self._unfinished():
            if should_stop():
                break
            try:
                if self.ensure_started(number):
                    result[number] = self.sending.run(number, worker_lock, should_stop=should_stop)
            except (IssueError, ProviderError) as error:
                log.warning("issue %s waits: %s", number, error)
        return result

    def run(self, worker_lock: WorkerLock) -> list[int]:
        """Do all of it but the sending; returns the issues that are still being sent."""
        self.approve_automatic()
        self.settle_scheduled()
        self.read_bounces()
        self.classify_hits()
        self.expire_pending()
        self.delete_origins()
        self.fold_counts()
        sending: list[int] = []
        if not self.may_send():
            return sending
        self._recover_all(worker_lock)
        for number in self._unfinished():
            try:
                if self.ensure_started(number) and not self.sending.finish(number):
                    sending.append(number)
            except IssueError as error:
                log.warning("issue %s waits: %s", number, error)
        if not sending:
            self.keep_figures()
        return sending

    def ensure_started(self, number: int) -> bool:
        """Start the issue if it is scheduled and due; returns whether it is being sent."""
        with self.store.read() as session:
            issue = find_issue(session, number)
        if issue.state == IssueState.SCHEDULED and issue.send_at and issue.send_at <= self.clock():
            if self.scheduled_sends.held(number):
                return False
            try:
                self.issues.start(number)
            except IssueError:
                # Of two workers that start it, one is refused, and both go on to send it.
                with self.store.read() as session:
                    if find_issue(session, number).state != IssueState.SENDING:
                        raise
            return True
        return issue.state == IssueState.SENDING

    def _unfinished(self) -> list[int]:
        with self.store.read() as session:
            return [
                issue.number
                for issue in unfinished(session, self.clock())
                if issue.number is not None
            ]

    def _recover_all(self, worker_lock: WorkerLock) -> None:
        """Close the batches of dead workers, of paused and cancelled issues too."""
        with self.store.read() as session:
            held = session.exec(
                select(Batch.issue_number).where(Batch.state == BatchState.SUBMITTING).distinct()
            ).all()
        for number in held:
            self.sending.close_abandoned(number, worker_lock)

    def _automatic_drafts(self) -> list[tuple[int, str]]:
        """Return the drafts to approve now: issue number and schedule."""
        with self.store.read() as session:
            rows = session.exec(
                select(Issue, Schedule, Run.due_at)
                .join(Run, col(Run.id) == col(Issue.run_id))
                .join(Schedule, col(Schedule.id) == col(Run.schedule_id))
                .where(Issue.state == IssueState.DRAFT, Schedule.approval == Approval.AUTOMATIC)
            ).all()
            now = self.clock()
            # What was due before a restored store was released may have gone out from it already.
            released = self.guard.released_at(session) if self.guard else None
            return [
                (issue.number, schedule.name)
                for issue, schedule, due_at in rows
                if issue.number is not None
                and (released is None or due_at > released)
                and now - issue.created_at <= timedelta(minutes=schedule.late_limit_minutes)
            ]
