"""What is said of letters: the same policy as for issues, without a row of failures to count."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from digest.deliver.bounce_policy.bounce_type import BounceType
from digest.deliver.transactional.tables import TransactionalMessage, TransactionalState
from digest.events.tables import EventKind
from digest.track.provider_events.event import Act, Report
from subscribers import suppression
from subscribers.addresses import AddressHasher, parse_address
from subscribers.service import unsubscribe
from subscribers.suppression_removal import last_removals
from subscribers.tables import Subscriber, SuppressionReason

_FAILED = (EventKind.BOUNCED, EventKind.DROPPED)


def take_letters(
    session: Session, hasher: AddressHasher, reports: Sequence[Report], now: datetime
) -> None:
    """Acts on reports that are new and name a letter; they are few."""
    for report in sorted(reports, key=lambda one: (one.letter or 0, one.key)):
        letter = session.get(TransactionalMessage, report.letter)
        if letter is None:  # its reader is erased
            continue
        if report.kind in _FAILED and letter.state == TransactionalState.SUBMITTED:
            letter.state, letter.code = TransactionalState.FAILED, (report.code or "")[:20] or None
            letter.changed_at = now
        reason = _reason(report)
        if reason is not None:
            _suppress(session, hasher, letter, report, reason=reason, now=now)
        elif report.act is Act.UNSUBSCRIBE and letter.email is None:
            unsubscribe(session, hasher, letter.subscriber_id, "told by the provider", now)
    session.flush()


def _reason(report: Report) -> SuppressionReason | None:
    if report.act is Act.COMPLAIN:
        return SuppressionReason.COMPLAINED
    failed = report.kind in _FAILED and report.fault is BounceType.HARD
    return SuppressionReason.BOUNCED if failed else None


def _suppress(
    session: Session,
    hasher: AddressHasher,
    letter: TransactionalMessage,
    report: Report,
    *,
    reason: SuppressionReason,
    now: datetime,
) -> None:
    """The address that the letter went to; the reader too, where it is theirs."""
    number = letter.subscriber_id
    lifted = last_removals(session, [number]).get(number)
    if lifted is not None and report.at <= lifted:
        return
    person = session.get(Subscriber, number)
    note = f"letter: {report.note or report.code or reason}"
    if letter.email is None or (person is not None and letter.email == person.email):
        act = (
            suppression.suppress_complained
            if reason is SuppressionReason.COMPLAINED
            else suppression.suppress_bounced
        )
        act(session, {number: note}, now)
    else:
        address_hash = hasher.hash(parse_address(letter.email).key)
        suppression.suppress(session, address_hash, letter.email, reason, now, note=note)
