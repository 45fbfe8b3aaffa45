"""Describe the state of an issue for its editor: how many in which state, why, what to do next."""

from collections.abc import Iterator, Mapping

from sqlmodel import Session

from digest.cli.common import Reader, format_time
from digest.cli.issue.progress import outlook_lines
from digest.deliver.audience.eligible import count_eligible
from digest.deliver.ledger.progress import progress_of
from digest.deliver.ledger.queries import common_replies, failure_codes
from digest.deliver.ledger.resend import uncertain_addresses
from digest.deliver.rate_limit.limiter import RateLimiter
from digest.deliver.tables import DeliveryState
from digest.issues.tables import Issue, IssueState

MAX_NAMED = 20
"""How many uncertain recipients, and how many codes of failed ones, are listed at most."""
MAX_REPLIES = 5
_NEXT = {
    IssueState.DRAFT: "look at it: digest issue check {0}; then: digest issue approve {0}",
    IssueState.APPROVED: "send it with: digest issue send {0}",
    IssueState.PAUSED: "go on with: digest issue resume {0}   or   digest issue cancel {0}",
}


def status_lines(
    reader: Reader, session: Session, issue: Issue, counts: Mapping[str, int]
) -> Iterator[str]:
    """Yield the lines under the head line. `counts` are deliveries by state."""
    number, state = issue.number or 0, IssueState(issue.state)
    if issue.audience is None and state not in {IssueState.CANCELLED, IssueState.SKIPPED}:
        yield from _before(reader, session, issue)
    for one, amount in counts.items():
        if amount:
            never = "   never mailed" if (one, state) == ("queued", IssueState.CANCELLED) else ""
            yield f"{one:12}{amount}{never}"
            if one == DeliveryState.FAILED:
                yield from _reasons(session, number, amount)
    if state is IssueState.SENDING:
        yield from _ahead(reader, session, number, counts)
    yield from _next_step(issue, state)
    if counts[DeliveryState.FAILED] and state in {IssueState.SENDING, IssueState.FINISHED}:
        yield f"digest issue resend {number} --failed tries the failed again"
    yield from reply_lines(session, number)
    if counts[DeliveryState.UNCERTAIN]:
        yield from _uncertain(session, number, counts[DeliveryState.UNCERTAIN])


def _uncertain(session: Session, number: int, amount: int) -> Iterator[str]:
    for email in uncertain_addresses(session, number, MAX_NAMED):
        yield f"  uncertain: {email}"
    if (more := amount - MAX_NAMED) > 0:
        yield f"  uncertain: {more:,} more"
    yield f"digest issue resend {number} --uncertain   or   digest issue give-up {number}"


def _before(reader: Reader, session: Session, issue: Issue) -> Iterator[str]:
    now = reader.clock()
    people = count_eligible(session, issue.number or 0, now)
    yield f"it would go to {people:,} people now"
    if issue.send_at is None:
        return
    if issue.send_at > now:
        yield f"goes out {format_time(issue.send_at)}, if digest serve or digest worker runs then"
    else:
        due = format_time(issue.send_at)
        yield f"was due {due}; it goes out with digest serve or digest worker"


def _ahead(
    reader: Reader, session: Session, number: int, counts: Mapping[str, int]
) -> Iterator[str]:
    limits, now = reader.settings.limits, reader.clock()
    limiter = RateLimiter(reader.settings.provider.value, limits)
    progress = progress_of(session, limiter, number, now, dict(counts))
    yield from outlook_lines(progress, limits, now)
    waits = progress.next_due is not None
    if counts[DeliveryState.QUEUED] and not counts[DeliveryState.SUBMITTING] and not waits:
        yield f"nothing is under way; a worker, or `digest issue send {number}`, goes on"


def _next_step(issue: Issue, state: IssueState) -> Iterator[str]:
    if issue.held_because and state is IssueState.PAUSED:
        yield f"held since {format_time(issue.held_at)}: {issue.held_because}"
    if state in _NEXT:
        yield _NEXT[state].format(issue.number)


def reply_lines(session: Session, number: int) -> Iterator[str]:
    """Return the commonest replies that refused messages, with their counts."""
    for one in common_replies(session, number, MAX_REPLIES):
        stage = f" (in answer to {one.stage.upper()})" if one.stage else ""
        yield f"  {one.times:,} x {one.reply}{stage}"


def _reasons(session: Session, number: int, failed: int) -> Iterator[str]:
    for code, amount in failure_codes(session, number, failed, MAX_NAMED):
        yield f"  {amount} with {code or 'no code'}"
