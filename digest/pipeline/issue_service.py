"""Carries out what editors and schedules do with an issue. Each method is one transaction."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session, col, update

from digest.compose.quotes import quotes_of
from digest.deliver.ledger import resend
from digest.deliver.ledger.freeze import freeze_audience
from digest.deliver.tables import DeliveryState
from digest.gate import Finding, Gate, SampleMessage, blocking, summary_line
from digest.issues.days import issue_zone, sending_day
from digest.issues.lifecycle import IssueError, find_issue, transition
from digest.issues.revisions.records import lock_issue
from digest.issues.tables import MANUAL_SERIES, Issue, IssueState, Override, Pick
from digest.pick import Rules
from digest.pipeline.drafting import draft_issue
from digest.pipeline.editing.approvals import ensure_four_eyes, ensure_seen, record_approval
from digest.pipeline.editing.changes import Write
from digest.pipeline.editing.editor import IssueEditor
from digest.pipeline.hold import SendingGuard
from digest.pipeline.issue_renderer import IssueRenderer, freeze
from digest.pipeline.notify_workers import NotifyWorkers, notify_nobody
from digest.pipeline.overrides import overrides_of, record_overrides, refuse_blocked
from digest.pipeline.wording.page_snapshots import store_snapshots
from digest.pipeline.wording.proposed import reword
from digest.render.errors import TemplateError
from digest.render.issue import dated
from digest.render.rendered import Rendered
from store.engine import Store
from subscribers.public_ids import new_short_id


@dataclass(frozen=True, slots=True)
class IssueService:
    """Drafts, edits, approves, schedules, starts, pauses and cancels issues.

    `batch_size` is the most recipients that the provider takes at once, and `domain_batch_sizes`
    the same for each domain with a rate limit. `notify_workers` is called when there is something
    to send.
    """

    store: Store
    renderer: IssueRenderer
    batch_size: int
    clock: Callable[[], datetime]
    rules: Rules = field(default_factory=Rules)
    domain_batch_sizes: Mapping[str, int] = field(default_factory=dict)
    notify_workers: NotifyWorkers = notify_nobody
    gate: Gate = field(default_factory=Gate)

    def draft(
        self,
        series: str = MANUAL_SERIES,
        as_of: datetime | None = None,
        first_days: int | None = None,
    ) -> int:
        """Draft a new issue of `series`; return its number. Raises NothingNewError.

        `first_days` says how many days a series' first issue reaches back.
        """
        with self.store.write() as session:
            return self.draft_in(session, series, as_of or self.clock(), None, first_days)

    def draft_in(
        self,
        session: Session,
        series: str,
        as_of: datetime,
        run_id: int | None,
        first_days: int | None = None,
    ) -> int:
        """Draft within the caller's transaction, for a run that must commit with its issue."""
        return draft_issue(
            session,
            series,
            as_of,
            run_id=run_id,
            rules=self.rules,
            now=self.clock(),
            first_days=first_days,
            language=self.renderer.language,
        )

    @property
    def editor(self) -> IssueEditor:
        """What changes an issue, each change a revision."""
        return IssueEditor(self.store, self.clock, self.renderer.language)

    def edit(
        self,
        number: int,
        subject: str | None = None,
        preheader: str | None = None,
        intro: str | None = None,
        *,
        by: str = "editor",
    ) -> None:
        """Write the subject, the preheader or the introduction; an approval is withdrawn.

        What is given as an empty text is proposed again from then on.
        """
        given = {"subject": subject, "preheader": preheader, "intro": intro}
        changes = [Write(name, text) for name, text in given.items() if text is not None]
        self.editor.change(number, *changes, by=by)

    def findings(self, number: int) -> list[Finding]:
        """Return what the gate finds in the message as it would go out now, or as approved."""
        try:
            mail = self._sample_message(number)
        except TemplateError as error:
            return self.gate.template_error(error)
        return self.gate.check(mail)

    def overrides(self, number: int) -> list[Override]:
        """Return the findings that an editor has overridden in the bytes that are approved now."""
        with self.store.read() as session:
            return overrides_of(session, find_issue(session, number))

    def approve(
        self,
        number: int,
        by: str,
        despite: Collection[str] = (),
        because: str = "",
        *,
        seen: int | None = None,
    ) -> str:
        """Freeze picks, subject and bytes (invariant 3, docs/invariants.md); return their hash.

        Findings under the codes `despite` are overridden, and `because` is recorded as the reason.
        `seen` is the revision that the editor looked at: no other is approved.
        Raises IssueError if the gate blocks the issue, it changes while the gate checks it, or its
        schedule asks for four eyes and `by` edited it last.
        """
        with self.store.read() as session:
            issue = find_issue(session, number)
            state = issue.state
            ensure_seen(issue, seen)
            ensure_four_eyes(session, issue, by)
        # Outside the transaction: other programs check the mail too, which takes a while.
        checked = self._check_gate(number, despite, because) if state == IssueState.DRAFT else None
        with self.store.write() as session:
            issue = lock_issue(session, number)
            ensure_seen(issue, seen)
            ensure_four_eyes(session, issue, by)
            if issue.state != IssueState.DRAFT or checked is None:
                transition(session, number, IssueState.APPROVED, only_from={IssueState.DRAFT})
            sha256, rendered = self._freeze(session, issue, checked)
            now = self.clock()
            record_overrides(
                session, number, sha256, despite=despite, because=because, by=by, at=now
            )
            transition(
                session,
                number,
                IssueState.APPROVED,
                content_hash=sha256,
                # A restored draft may become another issue: its links are not those sent before.
                public_id=new_short_id(),
                approved_at=now,
                approved_by=by,
                approved_revision=issue.revision,
            )
            record_approval(session, issue, rendered, by=by, at=now)
            return sha256

    def _freeze(
        self, session: Session, issue: Issue, checked: SampleMessage | None
    ) -> tuple[str, Rendered]:
        """Freeze what the gate has checked; return its hash, and the bytes of the day.

        Raises IssueError if it is not the same any more.
        """
        number = issue.number or 0
        undated = self.renderer.undated(session, number)
        rendered = dated(undated, sending_day(session, issue), self.renderer.language)
        if checked is None or rendered.sha256 != checked.rendered.sha256:
            msg = f"issue {number} changed while it was looked at; approve it again"
            raise IssueError(msg)
        final = reword(session, issue, self.renderer.language)
        quotes = quotes_of(self.renderer.content(session, number))
        store_snapshots(session, number, final.picked, quotes)
        return freeze(session, number, undated, self.renderer.imprint), rendered

    def schedule(self, number: int, at: datetime) -> None:
        """Schedule an approved issue to be sent at `at`."""
        with self.store.write() as session:
            if at <= self.clock():
                msg = f"{at.isoformat()} is past; to send now: digest issue send {number}"
                raise IssueError(msg)
            transition(session, number, IssueState.SCHEDULED, send_at=at)
            self.notify_workers(session, number, at)

    def unschedule(self, number: int) -> None:
        """Take a scheduled issue's time away; its approval stays.

        Raises: IssueError where it is not scheduled.
        """
        with self.store.write() as session:
            if find_issue(session, number).state != IssueState.SCHEDULED:
                msg = f"issue {number} is not scheduled"
                raise IssueError(msg)
            transition(
                session,
                number,
                IssueState.APPROVED,
                only_from={IssueState.SCHEDULED},
                send_at=None,
            )

    def start(self, number: int) -> int:
        """Freeze the audience and start sending; return its size. An issue starts only once."""
        SendingGuard(self.store, self.clock).ensure_may_send()
        with self.store.write() as session:
            self._recheck(session, number)  # also refuses bytes that were not approved
            now = self.clock()
            zone = issue_zone(session, find_issue(session, number)).key
            size = freeze_audience(session, number, self.batch_size, now, self.domain_batch_sizes)
            session.exec(
                update(Issue).where(col(Issue.number) == number).values(started_at=now, zone=zone)
            )
            self.notify_workers(session, number, None)
            return size

    def pause(self, number: int) -> None:
        """Stop sending until `resume`; batches in flight are finished."""
        with self.store.write() as session:
            transition(session, number, IssueState.PAUSED, held_because=None)

    def resume(self, number: int, *, accept_refusals: bool = False) -> None:
        """Continue sending a paused issue, or one that was held.

        With `accept_refusals` it is not held again: refusals count, whatever they look like.
        """
        SendingGuard(self.store, self.clock).ensure_may_send()
        with self.store.write() as session:
            if find_issue(session, number).state != IssueState.PAUSED:
                msg = f"issue {number} is not paused"
                raise IssueError(msg)
            transition(
                session,
                number,
                IssueState.SENDING,
                only_from={IssueState.PAUSED},
                held_because=None,
                held_at=None,
                accepts_refusals=accept_refusals,
            )
            self.notify_workers(session, number, None)

    def cancel(self, number: int) -> None:
        """Stop an issue for good; if nobody got it, its comparisons are free for another."""
        with self.store.write() as session:
            started = find_issue(session, number).audience is not None
            transition(session, number, IssueState.CANCELLED)
            if not started:
                session.exec(
                    update(Pick).where(col(Pick.issue_number) == number).values(series=None)
                )

    def resend(
        self, number: int, states: Collection[DeliveryState], email_key: str | None = None
    ) -> int:
        """Queue failed or uncertain deliveries again; return how many."""
        with self.store.write() as session:
            count = resend.resend(
                session,
                number,
                states,
                email_key=email_key,
                batch_size=self.batch_size,
                domain_batch_sizes=self.domain_batch_sizes,
                now=self.clock(),
            )
            if count:
                self.notify_workers(session, number, None)
            return count

    def give_up(self, number: int, email_key: str | None = None) -> int:
        """Close uncertain deliveries as failed; return how many."""
        with self.store.write() as session:
            return resend.give_up(session, number, email_key, self.clock())

    def _sample_message(self, number: int) -> SampleMessage:
        with self.store.read() as session:
            return self.renderer.sample_message(session, number, self.clock())

    def _check_gate(self, number: int, despite: Collection[str], because: str) -> SampleMessage:
        """Return the message that passed the gate. Raises IssueError with all that blocks it."""
        try:
            mail = self._sample_message(number)
        except TemplateError as error:
            msg = f"issue {number} can't be approved: {error}"
            raise IssueError(msg) from error
        refuse_blocked(self.gate, mail, number, despite, because)
        return mail

    def _recheck(self, session: Session, number: int) -> None:
        """Run the quick checks again: settings, and with them what blocks, may have changed."""
        issue = find_issue(session, number)
        mail = self.renderer.sample_message(session, number, self.clock())
        despite = [one.code for one in overrides_of(session, issue)]
        against = blocking(self.gate.check_quickly(mail), despite)
        if issue.content_hash is not None and against:
            msg = f"issue {number} can't go out: " + summary_line(against, number)
            raise IssueError(msg)
