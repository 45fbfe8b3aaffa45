"""What editors and schedules do to an issue before it goes out. Each method is one commit."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta

from sqlmodel import Session, col, delete, or_, select, update

from digest.catalog.queries import ComparisonView, comparisons_by_id, views
from digest.catalog.tables import Comparison
from digest.catalog.votes import with_votes
from digest.compose.subject import headline
from digest.deliver.ledger import resend
from digest.deliver.ledger.ledger import freeze as freeze_audience
from digest.deliver.tables import DeliveryState
from digest.gate import Finding, Gate, SampleMessage, blocking, summary_line
from digest.issues.history import last_issue, open_draft, used
from digest.issues.lifecycle import IssueError, find_issue, transition
from digest.issues.tables import MANUAL_SERIES, Issue, IssueState, Link, Override, Pick, Variant
from digest.number_words import count_of
from digest.pick import History, Rules, Selection, pick
from digest.pipeline.issue_renderer import IssueRenderer, freeze
from digest.pipeline.notify_workers import NotifyWorkers, notify_nobody
from digest.pipeline.overrides import keep_overrides, overrides_of, refuse_blocked
from digest.render.errors import TemplateError
from store.engine import Store

LOOK_BACK = timedelta(days=60)
"""How long a comparison that was in an issue is still named among those left out."""


class NothingNewError(IssueError):
    """An empty week: no issue is made."""


@dataclass(frozen=True, slots=True)
class IssueService:
    """`batch_size` is what the provider takes at once, `lanes` the same for domains with limits.

    Workers hear through `notify_workers` of what there is to do.
    """

    store: Store
    renderer: IssueRenderer
    batch_size: int
    clock: Callable[[], datetime]
    rules: Rules = field(default_factory=Rules)
    lanes: Mapping[str, int] = field(default_factory=dict)
    notify_workers: NotifyWorkers = notify_nobody
    gate: Gate = field(default_factory=Gate)

    def draft(self, series: str = MANUAL_SERIES, as_of: datetime | None = None) -> int:
        """Picks and writes a new issue of `series`; its number. Raises NothingNewError."""
        with self.store.write() as session:
            return self.draft_in(session, series, as_of or self.clock(), None)

    def draft_in(self, session: Session, series: str, as_of: datetime, run_id: int | None) -> int:
        """The same within the caller's transaction, for a run that must commit with it."""
        selection = self._select(session, series, as_of)
        if not selection.picks:
            raise NothingNewError(_nothing_new(session, series, as_of))
        chosen = [one.comparison_id for one in selection.picks]
        by_id = comparisons_by_id(session, chosen)
        title = headline([by_id[one] for one in chosen])
        issue = Issue(
            series=series,
            run_id=run_id,
            subject=title.subject,
            preheader=title.preheader,
            as_of=as_of,
            left_out=[asdict(one) for one in selection.left_out],
            created_at=self.clock(),
        )
        session.add(issue)
        session.flush()
        assert issue.number is not None  # noqa: S101 - flushed
        _keep_picks(session, issue.number, series, selection)
        return issue.number

    def edit(self, number: int, subject: str | None = None, preheader: str | None = None) -> None:
        """Changes the words in the inbox line, and takes an approval back."""
        with self.store.write() as session:
            issue = find_issue(session, number)
            if issue.state != IssueState.DRAFT:
                self._take_back(session, number)
                session.refresh(issue)
            if subject is not None:
                issue.subject = _one_line(subject, "subject")
            if preheader is not None:
                issue.preheader = _one_line(preheader, "preheader")
            session.add(issue)

    def findings(self, number: int) -> list[Finding]:
        """What the gate says of the message as it would go out now, or will as approved."""
        try:
            mail = self._sample_message(number)
        except TemplateError as error:
            return self.gate.broken(error)
        return self.gate.check(mail)

    def overrides(self, number: int) -> list[Override]:
        """Which findings an editor has let pass in the bytes that are approved now."""
        with self.store.read() as session:
            return overrides_of(session, find_issue(session, number))

    def approve(
        self, number: int, by: str, despite: Collection[str] = (), because: str = ""
    ) -> str:
        """Freezes picks, subject and bytes; returns their hash.

        The gate may refuse; what it says under the codes `despite` is let pass, and the reason is
        kept.
        """
        with self.store.read() as session:
            state = find_issue(session, number).state
        # Outside the transaction: other programs look at the mail, which takes a while.
        looked_at = self._pass(number, despite, because) if state == IssueState.DRAFT else None
        with self.store.write() as session:
            if find_issue(session, number).state != IssueState.DRAFT or looked_at is None:
                transition(session, number, IssueState.APPROVED)
            rendered = self.renderer.rendered(session, number)
            if looked_at is None or rendered.sha256 != looked_at.rendered.sha256:
                msg = f"issue {number} changed while it was looked at; approve it again"
                raise IssueError(msg)
            sha256 = freeze(session, number, rendered, self.renderer.imprint)
            keep_overrides(
                session,
                number,
                sha256,
                despite=despite,
                because=because,
                by=by,
                at=self.clock(),
            )
            transition(
                session,
                number,
                IssueState.APPROVED,
                content_hash=sha256,
                approved_at=self.clock(),
                approved_by=by,
            )
            return sha256

    def schedule(self, number: int, at: datetime) -> None:
        with self.store.write() as session:
            if at <= self.clock():
                msg = f"{at.isoformat()} is past; to send now: digest issue send {number}"
                raise IssueError(msg)
            transition(session, number, IssueState.SCHEDULED, send_at=at)
            self.notify_workers(session, number, at)

    def start(self, number: int) -> int:
        """Freezes the audience and opens the sending; how many people. Happens once."""
        with self.store.write() as session:
            self._look_again(session, number)  # refuses bytes that were not approved, too
            size = freeze_audience(session, number, self.batch_size, self.clock(), self.lanes)
            self.notify_workers(session, number, None)
            return size

    def pause(self, number: int) -> None:
        with self.store.write() as session:
            transition(session, number, IssueState.PAUSED)

    def resume(self, number: int) -> None:
        with self.store.write() as session:
            if find_issue(session, number).state != IssueState.PAUSED:
                msg = f"issue {number} is not paused"
                raise IssueError(msg)
            transition(session, number, IssueState.SENDING, only_from={IssueState.PAUSED})
            self.notify_workers(session, number, None)

    def cancel(self, number: int) -> None:
        """Stops it for good; comparisons that nobody got are free for another issue."""
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
        """Puts failed or uncertain deliveries back into the queue; how many."""
        with self.store.write() as session:
            count = resend.resend(
                session,
                number,
                states,
                email_key=email_key,
                batch_size=self.batch_size,
                lanes=self.lanes,
                now=self.clock(),
            )
            if count:
                self.notify_workers(session, number, None)
            return count

    def give_up(self, number: int, email_key: str | None = None) -> int:
        """Closes uncertain deliveries as failed; how many."""
        with self.store.write() as session:
            return resend.give_up(session, number, email_key, self.clock())

    def _sample_message(self, number: int) -> SampleMessage:
        with self.store.read() as session:
            return self.renderer.sample_message(session, number, self.clock())

    def _pass(self, number: int, despite: Collection[str], because: str) -> SampleMessage:
        """What the gate lets through. Raises IssueError with all that blocks."""
        try:
            mail = self._sample_message(number)
        except TemplateError as error:
            msg = f"issue {number} can't be approved: {error}"
            raise IssueError(msg) from error
        refuse_blocked(self.gate, mail, number, despite, because)
        return mail

    def _look_again(self, session: Session, number: int) -> None:
        """Settings may have changed since approval, and with them what blocks."""
        issue = find_issue(session, number)
        mail = self.renderer.sample_message(session, number, self.clock())
        despite = [one.code for one in overrides_of(session, issue)]
        against = blocking(self.gate.check_quickly(mail), despite)
        if issue.content_hash is not None and against:
            msg = f"issue {number} can't go out: " + summary_line(against, number)
            raise IssueError(msg)

    def _take_back(self, session: Session, number: int) -> None:
        transition(
            session,
            number,
            IssueState.DRAFT,
            content_hash=None,
            approved_at=None,
            approved_by="",
            send_at=None,
        )
        session.exec(delete(Variant).where(col(Variant.issue_number) == number))
        session.exec(delete(Link).where(col(Link.issue_number) == number))

    def _select(self, session: Session, series: str, as_of: datetime) -> Selection:
        last = last_issue(session, series)
        history = History(
            since=last.as_of if last else None,
            drafted_at=last.created_at if last else None,
            used=used(session, series),
            waiting={str(one["slug"]) for one in last.left_out if one.get("waits")}
            if last
            else frozenset(),
        )
        return pick(_candidates(session, series, as_of), history, self.rules, as_of)


def _candidates(session: Session, series: str, as_of: datetime) -> list[ComparisonView]:
    had = select(Pick.comparison_id).where(Pick.series == series)
    rows = session.exec(
        select(Comparison).where(
            or_(col(Comparison.id).not_in(had), col(Comparison.published_at) > as_of - LOOK_BACK)
        )
    )
    return with_votes(session, views(session, list(rows)), as_of)


def _nothing_new(session: Session, series: str, as_of: datetime) -> str:
    waiting = open_draft(session, series)
    if waiting is not None:
        return (
            f"nothing new: issue {waiting.number} is a draft that already has the newest "
            f"comparisons; approve it or cancel it"
        )
    total = len(session.exec(select(Comparison.id)).all())
    if not total:
        return "nothing to draft: the store has no comparison; digest comparisons import PATH"
    if last_issue(session, series) is None:
        return f"nothing was published by {as_of.date().isoformat()}"
    return f"nothing new since the last issue ({count_of(total, 'comparison')} in the store)"


def _keep_picks(session: Session, number: int, series: str, selection: Selection) -> None:
    session.add_all(
        Pick(
            issue_number=number,
            comparison_id=one.comparison_id,
            position=position,
            role=one.role,
            series=series,
            reasons=list(one.reasons),
        )
        for position, one in enumerate(selection.picks)
    )
    # Pins are spent: they were a wish for the next issue, and this is it.
    session.exec(
        update(Comparison)
        .where(col(Comparison.id).in_([one.comparison_id for one in selection.picks]))
        .values(pin=None)
    )
    session.flush()


def _one_line(text: str, what: str) -> str:
    folded = " ".join(text.split())
    if not folded:
        msg = f"the {what} is empty"
        raise IssueError(msg)
    if len(folded) > 200:  # noqa: PLR2004 - the column takes 250, inboxes a third of it
        msg = f"the {what} has {len(folded)} characters; 200 are the most"
        raise IssueError(msg)
    return folded
