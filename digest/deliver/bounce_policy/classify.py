"""Decide what the reply of a mail server says: about the address, about us, or temporary.

The one judgement for replies while sending, bounce reports and providers' webhooks. It goes by the
stage, the reply code and the words; an enhanced status code is believed last, since relays and
servers put 5.1.1 on blocklistings and 5.5.0 on missing mailboxes. Values only.

Sources: RFC 5321 section 4.2 (4yz is temporary, whatever is said), RFC 3463 (x.0.0, x.1.0, x.2.0
and x.5.0 are undefined), RFC 3464 section 2.3.4 and 2.3.6 (the server's own reply stands above the
Status that a relay made of it), RFC 7505 (null MX).
"""

import re

from digest.deliver.bounce_policy.address_wording import (
    BUSY,
    FULL,
    FULL_FOR_SURE,
    GREYLISTED,
    HARD_WORDS,
    HELPERS,
    MAYBE,
    NAME_TROUBLE,
    NAMED_AND_REFUSED,
    OF_MAILBOX,
    TEMPORARY,
    THINGS,
    UNAVAILABLE,
    UNFINISHED,
    UNREACHABLE,
    WORD,
)
from digest.deliver.bounce_policy.bounce_type import find_status
from digest.deliver.bounce_policy.failure import (
    BEFORE_RECIPIENT,
    Cause,
    Failure,
    FailureClass,
    Stage,
)
from digest.deliver.bounce_policy.reply_text import ReplyText, named_command, parse_reply_text
from digest.deliver.bounce_policy.sender_wording import (
    ABOUT_US,
    BLOCKLIST_LINK,
    GENERIC_REFUSAL,
    IP_ADDRESS,
    OUR_QUOTA,
    SENDER_WORDS,
)

_HARD_CODES = {
    "1.1": Cause.NO_MAILBOX,
    "1.2": Cause.NO_DOMAIN,
    "1.3": Cause.BAD_ADDRESS,
    "1.6": Cause.DISABLED,
    "1.10": Cause.NO_MAILBOX,
}
_SENDER_CODES = {
    "1.7": Cause.SENDER_ADDRESS,
    "1.8": Cause.SENDER_ADDRESS,
    "1.9": Cause.SENDER_ADDRESS,
    "1.90": Cause.RATE,
    "2.3": Cause.SIZE,
    "2.252": Cause.SENDER_ADDRESS,
    "3.4": Cause.SIZE,
    "4.5": Cause.RATE,
    "4.6": Cause.ROUTING,
    "4.14": Cause.ROUTING,
}
_SENDER_SUBJECTS = {"5": Cause.PROTOCOL, "6": Cause.CONTENT, "7": Cause.POLICY}
_SOFT_CODES = {"2.2": Cause.FULL}
_SOFT_SUBJECTS = {"3": Cause.TEMPORARY, "4": Cause.UNREACHABLE}
_UNDEFINED = frozenset({"0.0", "1.0", "2.0", "3.0", "4.0", "5.0"})
_ABOUT_ADDRESS_REPLIES = frozenset({"550", "551", "553", "554", None})
_NEVER_HARD_REPLIES = frozenset({"552", "571", "530", "535"})

_STAGES = frozenset(Stage)
_INNER = re.compile(r"\b(?:said|reply|response|error): ?4\d\d\b|-> 4\d\d\b")
"""A temporary reply that a permanent one quotes."""
MAX_PLAIN_WORDS = 4
"""Words of a refusal that gives no reason; whatever says more is explaining something."""
MAX_UNAVAILABLE_WORDS = 9
"""Those of "requested mail action not taken: mailbox unavailable", and two more."""

_Decision = tuple[FailureClass, Cause]
_UNKNOWN: _Decision = (FailureClass.UNKNOWN, Cause.OTHER)


def classify_reply(
    reply: str, stage: Stage | None, *, recipient: str = "", status: str | None = None
) -> Failure:
    """Returns what `reply` means as the answer to the command `stage` (None if it is unknown).

    `recipient` is the address that was mailed, if it is known: a reply that names somebody else
    alone is never hard. `status` is a relay's own enhanced status code beside the reply.
    """
    text = parse_reply_text(reply)
    enhanced = text.enhanced or find_status(status or "")
    # A quoted address verification was refused at another stage than the reply itself.
    quoted = named_command(reply)
    inner = Stage(quoted) if quoted in _STAGES else stage
    failure_class, cause = _decide(text, enhanced, inner)
    if failure_class is FailureClass.HARD and _names_another(text, recipient.lower()):
        failure_class, cause = _UNKNOWN
    if cause is Cause.NO_DOMAIN and _names_another_domain(text, recipient.lower()):
        failure_class, cause = FailureClass.SOFT, Cause.UNREACHABLE
    return Failure(failure_class, cause, enhanced)


def _decide(text: ReplyText, enhanced: str | None, stage: Stage | None) -> _Decision:
    temporary = text.kind == "4" or (not text.kind and (enhanced or "").startswith("4"))
    temporary = (
        temporary or (text.enhanced or "").startswith("4") or bool(_INNER.search(text.words))
    )
    if stage in BEFORE_RECIPIENT:
        return _before_recipient(text, enhanced, temporary=temporary)
    if temporary:
        return _temporary(text, enhanced, stage)
    return _permanent(text, enhanced, stage)


def _before_recipient(text: ReplyText, enhanced: str | None, *, temporary: bool) -> _Decision:
    if found := _about_sender(text):
        return FailureClass.SENDER, found
    if temporary:
        if GREYLISTED.search(text.words):
            return FailureClass.SOFT, Cause.GREYLISTED
        return FailureClass.SOFT, Cause.TEMPORARY
    by_code = _by_code(enhanced)
    if by_code[0] is FailureClass.SENDER:
        return by_code
    return FailureClass.SENDER, Cause.POLICY


def _temporary(text: ReplyText, enhanced: str | None, stage: Stage | None) -> _Decision:
    words = text.words
    if found := _state_of_mailbox(words):
        return FailureClass.SOFT, found
    if (found := _about_sender(text)) and not UNFINISHED.search(words):
        return FailureClass.SENDER, found
    if (enhanced or "").startswith("4.7") and (stage is Stage.BODY or IP_ADDRESS.search(words)):
        return FailureClass.SENDER, Cause.POLICY
    if UNREACHABLE.search(words):
        return FailureClass.SOFT, Cause.UNREACHABLE
    return FailureClass.SOFT, Cause.BUSY if BUSY.search(words) else Cause.TEMPORARY


def _state_of_mailbox(words: str) -> Cause | None:
    if GREYLISTED.search(words):
        return Cause.GREYLISTED
    if FULL_FOR_SURE.search(words):
        return Cause.FULL
    if OF_MAILBOX.search(words):
        return Cause.BUSY
    if FULL.search(words) and not OUR_QUOTA.search(words):
        return Cause.FULL
    return None


def _permanent(text: ReplyText, enhanced: str | None, stage: Stage | None) -> _Decision:
    words, sender = text.words, _about_sender(text)
    if sender is not Cause.SENDER_ADDRESS and (found := _state_of_mailbox(words)):
        return FailureClass.SOFT, found
    if MAYBE.search(words) and sender is not Cause.SENDER_ADDRESS:
        return _UNKNOWN
    if sender:
        return FailureClass.SENDER, sender
    return _permanent_about_address(text, enhanced, stage)


def _permanent_about_address(
    text: ReplyText, enhanced: str | None, stage: Stage | None
) -> _Decision:
    if THINGS.search(text.words):
        return _UNKNOWN
    hard = _hard_words(text.words)
    if hard is Cause.NO_DOMAIN and NAME_TROUBLE.search(text.words):
        hard = None
    if UNREACHABLE.search(text.words) and hard is not Cause.NO_DOMAIN:
        return FailureClass.SOFT, Cause.UNREACHABLE
    if TEMPORARY.search(text.words):
        return _later(enhanced, stage, hard)
    if hard:
        return _unless_code_forbids(text, hard)
    if GENERIC_REFUSAL.search(text.words):
        return FailureClass.SENDER, Cause.POLICY
    return _by_code_or_name(text, enhanced, stage)


def _later(enhanced: str | None, stage: Stage | None, hard: Cause | None) -> _Decision:
    """Returns what a permanent reply means that speaks of later: nothing for good."""
    if hard or (enhanced or "").startswith("5.2"):
        return _UNKNOWN
    if stage is None:
        return FailureClass.SOFT, Cause.TEMPORARY
    return FailureClass.SENDER, Cause.RATE


def _unless_code_forbids(text: ReplyText, hard: Cause) -> _Decision:
    """Returns hard, unless the server's own code speaks against its words."""
    by_code = _by_code(text.enhanced)
    if text.code in _NEVER_HARD_REPLIES or text.enhanced == "5.2.2":
        return FailureClass.SOFT, Cause.OTHER
    if (text.enhanced or "").startswith("5.7"):
        return _UNKNOWN
    return by_code if by_code[0] is FailureClass.SENDER else (FailureClass.HARD, hard)


def _by_code_or_name(text: ReplyText, enhanced: str | None, stage: Stage | None) -> _Decision:
    if text.rejects_recipient and enhanced == "5.4.1":
        # Directory-based edge blocking says no more of an address that does not exist.
        return FailureClass.HARD, Cause.NO_MAILBOX
    by_code = _by_code(enhanced)
    if by_code[0] is FailureClass.HARD and _says_something_else(text):
        return _UNKNOWN
    if by_code[0] is not FailureClass.UNKNOWN:
        return by_code
    named = bool(text.addresses) or text.rejects_recipient or "address rejected" in text.words
    is_refused = text.rejects_recipient or NAMED_AND_REFUSED.search(text.words)
    if (
        stage is Stage.RCPT
        and named
        and is_refused
        and text.code in _ABOUT_ADDRESS_REPLIES
        and (enhanced is None or enhanced[2:] in _UNDEFINED)
        and len(WORD.findall(text.words)) <= MAX_PLAIN_WORDS
    ):
        return FailureClass.HARD, Cause.NO_MAILBOX
    return _UNKNOWN


def _says_something_else(text: ReplyText) -> bool:
    """True for words that none of ours explain: they outrank the code of a missing mailbox."""
    many = len(WORD.findall(text.words)) > MAX_PLAIN_WORDS
    return many or bool(ABOUT_US.search(text.words))


def _by_code(enhanced: str | None) -> _Decision:
    """Returns what the enhanced status code alone means."""
    kind, _, rest = (enhanced or "").partition(".")
    subject = rest.partition(".")[0]
    if not rest or rest in _UNDEFINED:
        return _UNKNOWN
    if rest in _SENDER_CODES or subject in _SENDER_SUBJECTS:
        return FailureClass.SENDER, _SENDER_CODES.get(rest) or _SENDER_SUBJECTS[subject]
    if rest in _HARD_CODES:
        return (FailureClass.HARD if kind == "5" else FailureClass.SOFT), _HARD_CODES[rest]
    if rest in _SOFT_CODES or subject in _SOFT_SUBJECTS:
        return FailureClass.SOFT, _SOFT_CODES.get(rest) or _SOFT_SUBJECTS[subject]
    return _UNKNOWN


def _about_sender(text: ReplyText) -> Cause | None:
    for cause, pattern in SENDER_WORDS:
        if pattern.search(text.words):
            return cause
    # Some blocklists' servers say nothing but where to read about it.
    if BLOCKLIST_LINK.search(text.links) and not _hard_words(text.words):
        return Cause.BLOCKLIST
    return None


def _hard_words(words: str) -> Cause | None:
    for cause, pattern in HARD_WORDS:
        if pattern.search(words):
            return cause
    if UNAVAILABLE.search(words) and len(WORD.findall(words)) <= MAX_UNAVAILABLE_WORDS:
        return Cause.NO_MAILBOX
    return None


def _names_another(text: ReplyText, recipient: str) -> bool:
    """Returns whether addresses are named and none of them can be `recipient` at its own server."""
    local = recipient.partition("@")[0]
    others = [one for one in text.addresses if one.partition("@")[0] not in HELPERS]
    return bool(recipient and others) and not any(
        one == recipient or one.partition("@")[0] == local for one in others
    )


def _names_another_domain(text: ReplyText, recipient: str) -> bool:
    """Returns whether all hosts named are outside the recipient's domain: ours, or a mail host."""
    domain = recipient.partition("@")[2]
    return bool(domain and text.hosts) and not any(
        f".{one}".endswith(f".{domain}") for one in text.hosts
    )
