"""What the machines do unasked: draft what is due, go on with what may, send what is open."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from digest.deliver.ledger.progress import Progress
from digest.deliver.ledger.worker_lock import WorkerLock
from digest.deliver.providers.base import ProviderError
from digest.deliver.tables import Batch, BatchState
from digest.issues.history import unfinished
from digest.issues.lifecycle import IssueError, find_issue
from digest.issues.tables import Issue, IssueState
from digest.pipeline import IssueService, NothingNewError, Sending
from digest.track.bounces.poll import BounceMailboxReader
from digest.track.hits.classification import classify_all
from schedules.runner import RunOutcome
from schedules.runs import run_at
from schedules.tables import Approval, Run, RunState, Schedule
from store.engine import Store

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Maintenance:
    store: Store
    issues: IssueService
    sending: Sending
    clock: Callable[[], datetime]
    bounces: BounceMailboxReader | None = None

    def read_bounces(self) -> None:
        """What came back by mail, if a mailbox is read and it is time to."""
        if self.bounces is not None:
            self.bounces.read_if_due()

    def label_hits(self) -> None:
        """Persons' and machines' hits, told apart as far as is known by now."""
        classify_all(self.store)

    def draft_due(
        self,
        session: Session,
        schedule: Schedule,
        due_at: datetime,
        as_of: datetime | None = None,
    ) -> RunOutcome:
        """What a due time sets off; commits with its Run (`schedules.runner.Act`).

        Picks as things stood at the due time, or at `as_of` for a run by hand.
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
        """Approves and opens the drafts of schedules that say so in so many words.

        Only within the schedule's late limit: a draft that lay for a day is an editor's.
        """
        opened = []
        for number, name in self._automatic_drafts():
            try:
                self.issues.approve(number, by=f"schedule {name}")
                self.issues.start(number)
            except IssueError as refused:
                log.warning("schedule %s does not go on by itself: %s", name, refused)
            else:
                opened.append(number)
        return opened

    def send_open(
        self, worker_lock: WorkerLock, should_stop: Callable[[], bool] = lambda: False
    ) -> dict[int, Progress]:
        """Sends what is due of every issue that is sending or scheduled for now."""
        result = {}
        self._recover_all(worker_lock)
        for number in self._unfinished():
            if should_stop():
                break
            try:
                if self.opened(number):
                    result[number] = self.sending.run(number, worker_lock, should_stop=should_stop)
            except (IssueError, ProviderError) as error:
                log.warning("issue %s waits: %s", number, error)
        return result

    def tend(self, worker_lock: WorkerLock) -> list[int]:
        """All that is done unasked but the sending; the issues that are being sent."""
        self.approve_automatic()
        self.read_bounces()
        self.label_hits()
        self._recover_all(worker_lock)
        going = []
        for number in self._unfinished():
            try:
                if self.opened(number) and not self.sending.finish(number):
                    going.append(number)
            except IssueError as error:
                log.warning("issue %s waits: %s", number, error)
        return going

    def opened(self, number: int) -> bool:
        """Whether the issue is being sent; one that is scheduled and due is started first."""
        with self.store.read() as session:
            issue = find_issue(session, number)
        if issue.state == IssueState.SCHEDULED and issue.send_at and issue.send_at <= self.clock():
            try:
                self.issues.start(number)
            except IssueError:
                # Of two workers that start it, one is refused: it goes on all the same.
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
        """Dead workers' batches, of paused and cancelled issues too."""
        with self.store.read() as session:
            held = session.exec(
                select(Batch.issue_number).where(Batch.state == BatchState.SUBMITTING).distinct()
            ).all()
        for number in held:
            self.sending.recover(number, worker_lock)

    def _automatic_drafts(self) -> list[tuple[int, str]]:
        with self.store.read() as session:
            rows = session.exec(
                select(Issue, Schedule)
                .join(Run, col(Run.id) == col(Issue.run_id))
                .join(Schedule, col(Schedule.id) == col(Run.schedule_id))
                .where(Issue.state == IssueState.DRAFT, Schedule.approval == Approval.AUTOMATIC)
            ).all()
            now = self.clock()
            return [
                (issue.number, schedule.name)
                for issue, schedule in rows
                if issue.number is not None
                and now - issue.created_at <= timedelta(minutes=schedule.late_limit_minutes)
            ]
