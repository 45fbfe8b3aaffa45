"""How an issue stands, for an editor a minute before it is due: what is, why, what to do."""

from collections.abc import Iterator, Mapping

from sqlalchemy import func, select
from sqlmodel import Session, col

from digest.bootstrap import App
from digest.cli.common import format_time
from digest.cli.issue.progress import outlook_lines
from digest.deliver.audience.eligible import count_eligible
from digest.deliver.ledger.resend import uncertain_addresses
from digest.deliver.tables import Delivery, DeliveryState
from digest.issues.tables import Issue, IssueState

MOST_NAMED = 20
"""How many of those in doubt are named, and how many reasons of a refusal."""
_NEXT = {
    IssueState.DRAFT: "look at it: digest issue check {0}; then: digest issue approve {0}",
    IssueState.APPROVED: "send it with: digest issue send {0}",
    IssueState.PAUSED: "go on with: digest issue resume {0}   or   digest issue cancel {0}",
}


def status_lines(
    app: App, session: Session, issue: Issue, counts: Mapping[str, int]
) -> Iterator[str]:
    """Lines under the head line. `counts` are deliveries by state."""
    number, state = issue.number or 0, IssueState(issue.state)
    if issue.audience is None and state not in {IssueState.CANCELLED, IssueState.SKIPPED}:
        yield from _before(app, session, issue)
    for one, amount in counts.items():
        if amount:
            never = "   never mailed" if (one, state) == ("queued", IssueState.CANCELLED) else ""
            yield f"{one:12}{amount}{never}"
            if one == DeliveryState.FAILED:
                yield from _reasons(session, number)
    if state is IssueState.SENDING:
        yield from _ahead(app, number, counts)
    if state in _NEXT:
        yield _NEXT[state].format(number)
    if counts[DeliveryState.FAILED] and state in {IssueState.SENDING, IssueState.FINISHED}:
        yield f"digest issue resend {number} --failed tries the failed again"
    for email in uncertain_addresses(session, number, MOST_NAMED):
        yield f"  in doubt: {email}"
    if counts[DeliveryState.UNCERTAIN]:
        yield f"digest issue resend {number} --uncertain   or   digest issue give-up {number}"


def _before(app: App, session: Session, issue: Issue) -> Iterator[str]:
    people = count_eligible(session, issue.number or 0, app.clock())
    yield f"it would go to {people:,} people now"
    if issue.send_at is None:
        return
    if issue.send_at > app.clock():
        yield f"goes out {format_time(issue.send_at)}, if digest serve or digest worker runs then"
    else:
        due = format_time(issue.send_at)
        yield f"was due {due}; it goes out with digest serve or digest worker"


def _ahead(app: App, number: int, counts: Mapping[str, int]) -> Iterator[str]:
    words = outlook_lines(app.sending, number)
    yield from words
    waits = app.sending.progress(number).next_due is not None
    if counts[DeliveryState.QUEUED] and not counts[DeliveryState.SUBMITTING] and not waits:
        yield f"nothing is under way; a worker, or `digest issue send {number}`, goes on"


def _reasons(session: Session, number: int) -> Iterator[str]:
    """Why deliveries failed, the most frequent code first."""
    rows = session.execute(
        select(col(Delivery.code), func.count())
        .where(col(Delivery.issue_number) == number, col(Delivery.state) == DeliveryState.FAILED)
        .group_by(col(Delivery.code))
        .order_by(func.count().desc())
        .limit(MOST_NAMED)
    )
    for code, amount in rows:
        yield f"  {amount} with {code or 'no code'}"
