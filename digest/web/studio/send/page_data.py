"""Reads the values of the sending page in one transaction."""

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import quote
from zoneinfo import ZoneInfo

from digest.deliver.audience.eligible import count_eligible
from digest.deliver.ledger.queries import RecipientRow, recipients_of
from digest.deliver.tables import DeliveryState
from digest.gate import Finding, Gate
from digest.gate.findings import FIXED, Level
from digest.issues.days import issue_zone
from digest.issues.lifecycle import find_issue
from digest.issues.revisions import fields
from digest.issues.tables import Issue, IssueState
from digest.monitoring.heartbeats import heartbeats, is_alive
from digest.monitoring.tables import ProcessKind
from digest.pipeline.editing.approvals import since_approval
from digest.pipeline.wording.current import current_words
from digest.pipeline.wording.page_snapshots import text_diff
from digest.render.errors import TemplateError
from digest.web.studio.common import without_cli_hint
from digest.web.studio.context import StudioSite
from digest.web.studio.send.progress import SendingMonitor, SendingView
from digest.web.studio.times import clock_words, form_moment, moment_words, parse_form_moment
from schedules.registry import next_due_time
from store.errors import UserError

UNDO_SECONDS = 60
"""How long after "send now" an editor can take it back before anybody gets it."""
MAX_PEOPLE = 50
MAX_AHEAD = timedelta(days=366)
"""How far a send time may lie ahead: 2062 was meant to be 2026."""
SLOT = re.compile(r"~~([a-z_]+)~~")
"""What is filled in for each recipient, as the rendered text marks it."""
TROUBLED = (DeliveryState.FAILED, DeliveryState.UNCERTAIN, DeliveryState.BOUNCED)
"""The states whose recipients are listed before anybody is looked for."""


@dataclass(frozen=True, slots=True)
class Choice:
    """When it is to go out, as chosen: not yet, now, or `at`; `problem` says why it can't."""

    when: str = ""
    at: datetime | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class People:
    """Recipients that were looked for, or those with trouble."""

    search: str
    state: str
    rows: tuple[RecipientRow, ...]
    has_more: bool


@dataclass(frozen=True, slots=True)
class Since:
    """What changed since the last approval: sentences, and lines of the text with their marks."""

    by: str
    sentences: tuple[str, ...]
    lines: tuple[tuple[str, str], ...]
    """Each with `+`, `-` or a space before it, as in a unified diff."""


@dataclass(frozen=True, slots=True)
class SendPage:
    """What the page shows of one issue. `audience` is how many get it, or would now."""

    number: int
    state: str
    series: str
    subject: str
    approved_by: str
    approved_at: str
    zone: str
    audience: int
    findings: tuple[Finding, ...]
    blocking: tuple[Finding, ...]
    has_unoverridable: bool
    """Whether something blocks that can't be overridden."""
    changes: tuple[str, ...]
    choice: Choice
    suggested: str
    """The field's value for the next due time of its schedule, or for tomorrow morning."""
    send_at: datetime | None
    send_at_words: str
    is_soon: bool
    """Whether it goes out within the time in which "send now" can be called back."""
    view: SendingView | None
    people: People
    revision: int
    """What an approval names as seen."""
    since: Since | None
    """None unless it is a draft that was approved before."""
    outbox: str
    """The folder into which mail is written; empty where it is sent."""
    worker_runs: bool
    """Whether a worker was seen within the last minutes: one sends it when its time comes."""

    def place(self, finding: Finding) -> str:
        """Return what an editor calls the place of a finding: `Headline of a-vs-b`."""
        kind, slug = fields.kind_of(finding.where), fields.slug_of(finding.where)
        words = f"{kind} of {slug}" if slug and self.anchor(finding) else finding.where
        return words[:1].upper() + words[1:]

    def anchor(self, finding: Finding) -> str:
        """Return where on the edit page it can be fixed: a query and a fragment, or nothing."""
        kind, slug = fields.kind_of(finding.where), fields.slug_of(finding.where)
        if not fields.is_text(finding.where):
            return ""
        return f"?open={quote(slug)}#f-{kind}-{quote(slug)}" if slug else f"#f-{kind}"


def read_page(
    site: StudioSite,
    monitor: SendingMonitor,
    number: int,
    *,
    choice: tuple[str, str] = ("", ""),
    search: str = "",
    state: str = "",
) -> SendPage:
    """Read everything about issue `number`. Raises NoSuchIssueError."""
    now = site.clock()
    with site.store.read() as session:
        issue = find_issue(session, number)
        zone = issue_zone(session, issue)
        words = current_words(session, issue, site.language)
        count = issue.audience
        if count is None:
            count = count_eligible(session, number, now)
        due = next_due_time(session, issue.series, now)
        worker_runs = is_alive(heartbeats(session), ProcessKind.WORKER, now)
    is_draft = issue.state == IssueState.DRAFT
    findings = _findings(site, number) if is_draft else ()
    blocking = tuple(one for one in findings if one.level is Level.BLOCKS)
    is_scheduled = issue.state == IssueState.SCHEDULED
    scheduled_at = issue.send_at if is_scheduled else None
    chosen = choose(*choice, zone, now)
    return SendPage(
        number=number,
        state=issue.state,
        series=issue.series,
        subject=words.title.subject,
        approved_by=issue.approved_by,
        approved_at=clock_words(issue.approved_at, zone) if issue.approved_at else "",
        zone=zone.key,
        audience=count,
        findings=findings,
        blocking=blocking,
        has_unoverridable=any(one.code in FIXED for one in blocking),
        changes=tuple(map(str, words.changes)),
        choice=chosen,
        suggested=form_moment(chosen.at or scheduled_at or due or _tomorrow(now, zone), zone),
        send_at=scheduled_at if is_scheduled else chosen.at,
        send_at_words=_at_words(issue, chosen, zone),
        is_soon=scheduled_at is not None and scheduled_at - now <= timedelta(seconds=UNDO_SECONDS),
        view=monitor.read(number, issue.state) if issue.audience is not None else None,
        people=_people(site, issue, search, state),
        revision=issue.revision,
        since=_since(site, number) if is_draft else None,
        outbox=str(site.outbox.absolute()) if site.outbox else "",
        worker_runs=worker_runs,
    )


def _tomorrow(now: datetime, zone: ZoneInfo) -> datetime:
    """Return eight o'clock of the next day."""
    return (now + timedelta(days=1)).astimezone(zone).replace(hour=8, minute=0)


def _since(site: StudioSite, number: int) -> Since | None:
    with site.store.read() as session:
        was = since_approval(session, number, titled=True)
        if was is None:
            return None
        try:
            now = site.renderer.rendered(session, number)
        except UserError:  # the checks above say why it can't be rendered
            return None
    diff = [one for one in text_diff(was.text, now.text)[2:] if not one.startswith("@@")]
    if (subject := was.approval.after["subject"]) != now.subject:
        diff = [f"-Subject: {subject}", f"+Subject: {now.subject}", *diff]
    lines = tuple((one[:1], SLOT.sub(r"[\1]", one[1:])) for one in diff)
    return Since(was.approval.who, tuple(said for _, said in was.revisions), lines)


def choose(when: str, at: str, zone: ZoneInfo, now: datetime) -> Choice:
    """Return what a form chose: `when` is `now` or `at`, and `at` a time in the issue's zone."""
    if when == "now":
        return Choice("now")
    if when != "at":
        return Choice()
    moment = parse_form_moment(at, zone)
    if moment is None:
        return Choice("", None, "Choose a day and a time.")
    if moment <= now:
        past = moment_words(moment, zone)
        return Choice("", moment, f"{past} has passed. Choose a later time, or send it now.")
    if moment > now + MAX_AHEAD:
        far = moment_words(moment, zone)
        return Choice("", moment, f"{far} is more than a year ahead. Choose a time before that.")
    return Choice("at", moment)


def _at_words(issue: Issue, choice: Choice, zone: ZoneInfo) -> str:
    at = issue.send_at if issue.state == IssueState.SCHEDULED and not choice.at else choice.at
    return moment_words(at, zone) if at else ""


def _findings(site: StudioSite, number: int) -> tuple[Finding, ...]:
    """Return what the quick checks find; approval runs the others too."""
    gate = Gate(site.preview.policy)
    try:
        with site.store.read() as session:
            mail = site.renderer.sample_message(session, number, site.clock())
    except TemplateError as error:
        return tuple(gate.template_error(error))
    found = gate.check_quickly(mail)
    return tuple(replace(one, fix=without_cli_hint(one.fix)) for one in found)


def _people(site: StudioSite, issue: Issue, search: str, state: str) -> People:
    if issue.audience is None:
        return People("", "", (), has_more=False)
    known = state in set(DeliveryState)
    states = (DeliveryState(state),) if known else () if search else TROUBLED
    with site.store.read() as session:
        found = recipients_of(
            session, issue.number or 0, states=states, search=search, most=MAX_PEOPLE + 1
        )
    return People(
        search, state if known else "", tuple(found[:MAX_PEOPLE]), len(found) > MAX_PEOPLE
    )
