"""Takes the issues of runs to their send time: scheduled once approved, else as the schedule says.

What holds where a schedule changes between draft and send: the issue keeps the send time that it
was drafted with; it goes out unapproved only if the schedule said so then and says so now; and
nothing goes out by a schedule that is paused or removed. What is too late for its schedule is held.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from sqlmodel import Session, col, select, update

from digest.issues.lifecycle import IssueError, transition
from digest.issues.tables import Issue, IssueState, Pick
from digest.pipeline.issue_service import IssueService
from schedules.runs import settle_send
from schedules.tables import Run, Schedule, SendState, Unapproved
from store.engine import Store

OPEN = (SendState.WAITING, SendState.SCHEDULED)
log = logging.getLogger(__name__)


class Step(Enum):
    """What is to be done now about a run's issue."""

    NOTHING = auto()
    WAIT = auto()
    """It is a draft again: an edit withdrew the approval."""
    SCHEDULE = auto()
    SEND = auto()
    SEND_UNAPPROVED = auto()
    SKIP = auto()
    HOLD = auto()
    NOTE_SENT = auto()
    NOTE_TAKEN = auto()


def next_step(
    run: Run, schedule: Schedule, issue: Issue, now: datetime, released: datetime | None = None
) -> tuple[Step, str]:
    """Return what is to be done now, and for a hold the reason in words.

    `released` is when a store that was restored could send again: what it had drafted before may
    have gone out already.
    """
    if run.send_state not in OPEN or run.send_at is None:
        return Step.NOTHING, ""
    if settled := _settled(run, issue):
        return settled, ""
    is_due = now >= run.send_at
    why = _why_not(run, schedule, issue, now, released) if is_due else ""
    match issue.state:
        case IssueState.SCHEDULED:
            return (Step.HOLD, why) if why else (Step.NOTHING, "")
        case IssueState.APPROVED:
            may = is_due or (schedule.active and not _may_have_gone(run, issue, released))
            go = Step.SEND if is_due else Step.SCHEDULE
            return (Step.HOLD, why) if why else (go if may else Step.NOTHING, "")
        case _ if is_due:
            return _unapproved(run, schedule, why)
        case _:
            return (Step.WAIT if run.send_state != SendState.WAITING else Step.NOTHING), ""


def if_unapproved(run: Run, schedule: Schedule) -> Unapproved:
    """Return what becomes of an unapproved issue: as was said when it was drafted, and is still.

    Where the schedule was changed since, it is held.
    """
    then, now = run.if_unapproved, schedule.if_unapproved
    return Unapproved(now) if then == now else Unapproved.HOLD


def _unapproved(run: Run, schedule: Schedule, why: str) -> tuple[Step, str]:
    wanted = if_unapproved(run, schedule)
    unapproved = "nobody had approved it by then"
    if wanted is Unapproved.SKIP and schedule.active:
        return Step.SKIP, unapproved
    if wanted is Unapproved.SEND and not why:
        return Step.SEND_UNAPPROVED, ""
    return Step.HOLD, why or unapproved


def _settled(run: Run, issue: Issue) -> Step | None:
    """Return what to note where the issue has gone out, or an editor decided when it does."""
    if issue.state in (IssueState.SENDING, IssueState.PAUSED, IssueState.FINISHED):
        return Step.NOTE_SENT
    if issue.state in (IssueState.CANCELLED, IssueState.SKIPPED):
        return Step.NOTE_TAKEN
    is_moved = issue.state == IssueState.SCHEDULED and issue.send_at != run.send_at
    is_unscheduled = issue.state == IssueState.APPROVED and run.send_state == SendState.SCHEDULED
    return Step.NOTE_TAKEN if is_moved or is_unscheduled else None


def _why_not(
    run: Run, schedule: Schedule, issue: Issue, now: datetime, released: datetime | None
) -> str:
    """Return why an issue whose time has come does not go out; empty if it does."""
    if schedule.removed_at is not None:
        return "the schedule was removed"
    if not schedule.active:
        return "the schedule is paused"
    if _may_have_gone(run, issue, released):
        return "this store was restored since it was drafted, so it may have gone out already"
    assert run.send_at is not None  # noqa: S101 - the caller looked
    late, limit = now - run.send_at, timedelta(minutes=schedule.late_limit_minutes)
    if late > limit:
        return (
            f"{int(late.total_seconds() // 60)} minutes late, the limit is "
            f"{schedule.late_limit_minutes}"
        )
    approved = issue.approved_at if issue.state != IssueState.DRAFT else None
    if approved is not None and approved > run.send_at:
        unapproved = if_unapproved(run, schedule)
        return "" if unapproved is Unapproved.SEND else "it was approved after its send time"
    return ""


def _may_have_gone(run: Run, issue: Issue, released: datetime | None) -> bool:
    if released is None or run.due_at > released:
        return False
    return issue.approved_at is None or issue.approved_at <= released


@dataclass(frozen=True, slots=True)
class ScheduledSends:
    """Carries out what `next_step` says. `released_at` is when a restored store was released."""

    store: Store
    issues: IssueService
    clock: Callable[[], datetime]
    released_at: Callable[[Session], datetime | None] = lambda _session: None

    def settle(self) -> list[int]:
        """Do what is to be done for every run now; return the issues that began to go out."""
        with self.store.read() as session:
            open_runs = session.exec(
                select(Run.id, Issue.number)
                .join(Issue, col(Issue.run_id) == col(Run.id))
                .where(col(Run.send_state).in_(OPEN))
                .order_by(col(Run.send_at), col(Run.id))
            ).all()
            asked = [(one, number) for one, number in open_runs if self._step(session, number)]
        return [number for _, number in asked if number is not None and self._settle(number)]

    def planned(self, number: int) -> datetime | None:
        """Return the send time that approved issue `number` is about to be scheduled for."""
        with self.store.read() as session:
            found = self._find(session, number, lock=False)
            if found is None or next_step(*found, *self._when(session))[0] is not Step.SCHEDULE:
                return None
            return found[0].send_at

    def held(self, number: int) -> bool:
        """Hold issue `number` if its run's send time has come and it may not go out any more."""
        self._settle(number)
        with self.store.read() as session:
            issue = session.get(Issue, number)
            return issue is not None and issue.state == IssueState.APPROVED

    def _step(self, session: Session, number: int | None) -> bool:
        found = self._find(session, number, lock=False)
        return found is not None and next_step(*found, *self._when(session))[0] is not Step.NOTHING

    def _when(self, session: Session) -> tuple[datetime, datetime | None]:
        return self.clock(), self.released_at(session)

    def _settle(self, number: int) -> bool:
        """Take one step; return whether the issue began to go out."""
        with self.store.write() as session:
            found = self._find(session, number, lock=True)
            if found is None:
                return False
            run, schedule, issue = found
            step, why = next_step(run, schedule, issue, *self._when(session))
            if step not in (Step.SEND, Step.SEND_UNAPPROVED):
                self._write(session, step, run, issue, why)
                return False
        return self._send(number, schedule, approve=step is Step.SEND_UNAPPROVED)

    def _write(self, session: Session, step: Step, run: Run, issue: Issue, why: str) -> None:
        number, now = issue.number or 0, self.clock()
        match step:
            case Step.WAIT:
                settle_send(run, SendState.WAITING, "", now)
            case Step.SCHEDULE:
                transition(
                    session,
                    number,
                    IssueState.SCHEDULED,
                    only_from={IssueState.APPROVED},
                    send_at=run.send_at,
                )
                self.issues.notify_workers(session, number, run.send_at)
                settle_send(run, SendState.SCHEDULED, "", now)
            case Step.SKIP:
                transition(session, number, IssueState.SKIPPED, only_from={IssueState.DRAFT})
                session.exec(
                    update(Pick).where(col(Pick.issue_number) == number).values(series=None)
                )
                settle_send(run, SendState.SKIPPED, why, now)
            case Step.HOLD:
                if issue.state == IssueState.SCHEDULED:
                    transition(session, number, IssueState.APPROVED, send_at=None)
                settle_send(run, SendState.HELD, why, now)
            case Step.NOTE_SENT:
                settle_send(run, SendState.SENT, "", now)
            case Step.NOTE_TAKEN:
                settle_send(run, SendState.TAKEN, "", now)
            case _:
                return
        session.add(run)

    def _send(self, number: int, schedule: Schedule, *, approve: bool) -> bool:
        """Start sending, approved first if need be; what refuses it holds it."""
        found_in = IssueState.DRAFT if approve else IssueState.APPROVED
        try:
            if approve:
                self.issues.approve(number, by=f"schedule {schedule.name}")
                found_in = IssueState.APPROVED
            self.issues.start(number)
        except IssueError as refused:
            log.warning("schedule %s: issue %s is held: %s", schedule.name, number, refused)
            self.note(number, SendState.HELD, str(refused), only_in=found_in)
            return False
        self.note(number, SendState.SENT)
        return True

    def note(
        self, number: int, state: SendState, why: str = "", only_in: IssueState | None = None
    ) -> None:
        """Store how far the issue of a run is, unless it is so already.

        `only_in` is the state that the issue must be in: another worker may have been quicker.
        """
        with self.store.write() as session:
            found = self._find(session, number, lock=True)
            if found is None or (only_in is not None and found[2].state != only_in):
                return
            run = found[0]
            if (run.send_state, run.send_note) != (state, why):
                settle_send(run, state, why, self.clock())
                session.add(run)

    def _find(
        self, session: Session, number: int | None, *, lock: bool
    ) -> tuple[Run, Schedule, Issue] | None:
        rule = (
            select(Run, Schedule, Issue)
            .join(Issue, col(Issue.run_id) == col(Run.id))
            .join(Schedule, col(Schedule.id) == col(Run.schedule_id))
            .where(Issue.number == number)
        )
        if lock:
            rule = rule.with_for_update(of=Run).execution_options(populate_existing=True)
        return session.exec(rule).first()
