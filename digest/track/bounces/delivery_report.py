"""Judges a mail server's report: the event, the recipient, and the meaning of a failure."""

import re
from collections.abc import Sequence

from digest.deliver.bounce_policy.classify import classify_reply
from digest.deliver.bounce_policy.failure import Cause, Failure, FailureClass, Stage
from digest.deliver.providers.wire_address import redact
from digest.events.tables import EventKind
from digest.track.bounces.fields import RecipientStatus, looks_like_status, recipient_statuses
from digest.track.bounces.free_text import FreeText, read_free_text, stage_of, words_of
from digest.track.bounces.inbound_message import InboundMessage, SectionKind

MAX_NOTE_LENGTH = 300
ANOTHER_ADDRESS = "about another address than the one that was mailed"
MIN_WORDS = 2
"""Words of a diagnostic that say no more than its type and codes."""
_WORD = re.compile(r"[^\W\d_]{2,}")
_ACTIONS = {
    "failed": EventKind.BOUNCED,
    "delayed": EventKind.DEFERRED,
    "delivered": EventKind.DELIVERED,
    "relayed": EventKind.PROCESSED,
    "expanded": EventKind.PROCESSED,
}
"""RFC 3464 section 2.3.3, most severe first."""
_ORDER = tuple(_ACTIONS)

Judged = tuple[EventKind, Failure | None, str]


def judge_report(inbound: InboundMessage, recipient: str, ours: str) -> Judged | None:
    """Returns the kind of event, what a failure means, and a note without addresses.

    `recipient` is the address that we mailed (empty if unknown by now), `ours` our own domain.
    """
    texts = inbound.texts(SectionKind.STATUS)
    texts += [one for one in inbound.texts(SectionKind.TEXT) if looks_like_status(one)]
    statuses = [one for text in texts for one in recipient_statuses(text) if one.action in _ACTIONS]
    if statuses:
        return _judge_statuses(inbound, statuses, recipient)
    if inbound.texts(SectionKind.STATUS) and not any(
        one.strip() for one in inbound.texts(SectionKind.TEXT)
    ):
        return None
    return _judge_free_text(read_free_text(inbound, recipient, ours), recipient)


def _judge_statuses(
    inbound: InboundMessage, statuses: Sequence[RecipientStatus], recipient: str
) -> Judged:
    mine = [one for one in statuses if not recipient or _is_about(one, recipient)]
    if not mine:
        return EventKind.UNKNOWN, None, ANOTHER_ADDRESS
    chosen = min(mine, key=lambda one: _ORDER.index(one.action))
    kind = _ACTIONS[chosen.action]
    words = words_of(inbound)
    stage = stage_of(chosen.diagnostic) or stage_of(words)
    failure = _classify_status(chosen, stage, words, recipient)
    return kind, failure, note_of(failure, chosen.diagnostic)


def _classify_status(
    status: RecipientStatus, stage: Stage | None, words: str, recipient: str
) -> Failure:
    """Judges the server's own reply; if that says nothing, the words above the report."""
    found = classify_reply(status.diagnostic, stage, recipient=recipient, status=status.status)
    if len(_WORD.findall(status.diagnostic[:500])) > MIN_WORDS:
        return found
    told = classify_reply(words, stage, status=status.status)
    return told if told.cause is not Cause.OTHER else found


def _is_about(status: RecipientStatus, recipient: str) -> bool:
    """Returns whether the report is about the address itself, not about one that it forwards to."""
    if not status.final:
        return status.original in ("", recipient)
    if _same(status.final, recipient):
        return True
    # An address inside a directory (X.400, X.500) stands for the one that was mailed.
    inside = "@" not in status.final or status.final.startswith(("imceaex-", "/o="))
    return inside and status.original in ("", recipient)


def _same(address: str, recipient: str) -> bool:
    local, _, domain = address.partition("@")
    mailed, _, mailed_domain = recipient.partition("@")
    within = domain == mailed_domain or domain.endswith(f".{mailed_domain}")
    return local == mailed and within


def _judge_free_text(text: FreeText, recipient: str) -> Judged:
    if recipient and text.addresses and not any(_same(one, recipient) for one in text.addresses):
        return EventKind.UNKNOWN, None, ANOTHER_ADDRESS
    failure = _classify_words(text, recipient)
    if text.success:
        return EventKind.DELIVERED, None, ""
    if text.delayed:
        return EventKind.DEFERRED, failure, note_of(failure, text.reason)
    return EventKind.BOUNCED, failure, note_of(failure, text.reason)


def _classify_words(text: FreeText, recipient: str) -> Failure:
    """Judges the reply; the lines after it count only if they explain it, or say it is us."""
    found = classify_reply(text.reason, text.stage, recipient=recipient)
    if found.failure_class not in (FailureClass.HARD, FailureClass.UNKNOWN):
        return found
    explained = classify_reply(text.explained, text.stage, recipient=recipient)
    if (
        found.failure_class is FailureClass.UNKNOWN
        or explained.failure_class is FailureClass.SENDER
    ):
        return explained
    return found


def note_of(failure: Failure, told: str) -> str:
    """Returns the cause, and what was said, on one line without addresses."""
    line = redact(" ".join(told[:2_000].split()))
    return f"{failure.cause}: {line}"[:MAX_NOTE_LENGTH] if line else str(failure.cause)
