"""Reads a mail server's report in no standard form: qmail's, Exim's, Yahoo's and a hundred others.

All of them name the address, quote the reply or give a reason in words, and return the message
below. Every text is cut before a regular expression sees it.
"""

import re
from typing import NamedTuple

from digest.deliver.bounce_policy.failure import Stage
from digest.deliver.bounce_policy.reply_text import named_command
from digest.track.bounces.inbound_message import InboundMessage, SectionKind

MAX_WORDS_LENGTH = 8_000
MAX_REASON_LENGTH = 1_200
_COPY = re.compile(
    r"^[ \t]{0,10}[-=_*]{2,40}[^\n]{0,80}(?:copy of|original message|message header|returned "
    r"message|"
    r"header of the original|below this line|message follows|headers follow|forwarded message)|"
    r"^[ \t]{0,10}(?:return-path|received|from|message-id):[^\n]{0,200}\n[A-Za-z-]{2,40}:|"
    r"^-{3,20} ?(?:original|returned|undelivered)|"
    r"^(?:the original message (?:headers|follows)|original message headers|kopf der nachricht|"
    r"original headers)",
    re.IGNORECASE | re.MULTILINE,
)
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,255}[A-Za-z0-9]")
_REPLY = re.compile(
    r"(?:^|said:|reason:|replied:|response was:|responded:|<<<|<--|error:|returned:|answer:|"
    r"message:|was:|smtp;|[>:(])[ \t]{0,10}[\"'(]{0,2}((?:#?[45]\d\d[ \-:]|[45]\d\d$|"
    r"[45]\.\d{1,3}\.\d{1,3}[ \-:])[^\n]{0,500}(?:\n[ \t]{0,10}[45]\d\d[ -][^\n]{0,500}){0,10})",
    re.IGNORECASE | re.MULTILINE,
)
_HASH_STATUS = re.compile(r"\(#([245]\.\d{1,3}\.\d{1,3})\)")
_DELAYED = re.compile(
    r"\bnot yet been delivered|\bwill (?:continue to )?(?:be retried|retry|try again|keep trying|"
    r"be "
    r"sent again)|\bdelivery (?:is |has been )?delayed|\bwarning message only|\bdelayed \d|"
    r"\bdo not need to resend|\bstill being (?:re)?tried|\btemporary delivery failure|"
    r"\b(?:delayed mail|delivery delayed|message delayed|delayed:)|\bdelay(?:ed)? reason|"
    r"\bverz[oö]gert|\bretard[eé]e?\b|\bretrasad|\batrasad|\bin ritardo|\bvertraagd",
    re.IGNORECASE,
)
_SUCCESS = re.compile(
    r"\bsuccessfully (?:delivered|relayed)|\b(?:was|has been) (?:successfully )?delivered\b|"
    r"\bdelivery (?:was )?successful|\brelayed to\b",
    re.IGNORECASE,
)
_STAGES = {
    Stage.MAIL: (
        r"does not like sender|>>> mail\b|--> mail\b|(?:after|for|to) mail from|mail from command|"
        r"sent: mail from"
    ),
    Stage.BODY: (
        r"after (?:i sent the message|end of data|the message)|end of data|>>> \.|--> data|"
        r"after data|failed after i sent"
    ),
    Stage.RCPT: (
        r"does not like recipient|>>> rcpt|--> rcpt|rcpt to|after rcpt|for rcpt|sent: rcpt|"
        r"recipient command"
    ),
    Stage.CONNECT: (
        r"in greeting|refused to talk|initial connection|while connecting|>>> (?:ehlo|helo)|"
        r"connected to [^\n]{1,100} but greeting failed|but my name was rejected"
    ),
}
_STAGE_PATTERNS = {stage: re.compile(words, re.IGNORECASE) for stage, words in _STAGES.items()}
_OWN = re.compile(r"^(?:mailer-daemon|postmaster|mail-daemon|abuse|support|helpdesk)$")


class FreeText(NamedTuple):
    """What the words say. `addresses` are lower case; `reason` is the reply, or all the words."""

    addresses: tuple[str, ...]
    reason: str
    explained: str
    """The same with the lines that follow, up to a blank one."""
    is_about_recipient: bool
    """True if the reason is a quoted reply, or stands beside the address that was mailed."""
    stage: Stage | None
    delayed: bool
    success: bool


def read_free_text(inbound: InboundMessage, recipient: str, ours: str) -> FreeText:
    """Reads a report; `ours` is our own domain, `recipient` the address that we mailed."""
    words = words_of(inbound)
    subject = inbound.header("Subject")
    failed = inbound.header("X-Failed-Recipients")
    named = _addresses(failed) or _addresses(words)
    others = tuple(
        one
        for one in named
        if not _OWN.match(one.partition("@")[0]) and not (ours and one.endswith(f"@{ours}"))
    )
    reason, explained = _reason(words, recipient, others)
    return FreeText(
        others,
        reason,
        explained,
        bool(_REPLY.search(words)) or not recipient or recipient in f"{failed}\n{words}".lower(),
        stage_of(words),
        bool(_DELAYED.search(f"{subject}\n{words}")),
        bool(_SUCCESS.search(words)) and not re.search(r"\bnot\b|\bcould ?n", words),
    )


def words_of(inbound: InboundMessage) -> str:
    """Returns the prose of the report, without the message that it returns."""
    for text in inbound.texts(SectionKind.TEXT):
        cut = text[:MAX_WORDS_LENGTH]
        copy = _COPY.search(cut)
        if words := (cut[: copy.start()] if copy else cut).strip():
            return words
    return ""


def stage_of(words: str) -> Stage | None:
    """Returns the command that the far server refused, where the report names it."""
    if (command := named_command(words)) in frozenset(Stage):
        return Stage(command)
    return next(
        (stage for stage, pattern in _STAGE_PATTERNS.items() if pattern.search(words)), None
    )


def _addresses(text: str) -> tuple[str, ...]:
    found = (one.lower() for one in _ADDRESS.findall(text[:MAX_WORDS_LENGTH]))
    return tuple(dict.fromkeys(found))


def _reason(words: str, recipient: str, others: tuple[str, ...]) -> tuple[str, str]:
    """Returns the reply that is quoted for `recipient`: the words that follow its address.

    Where no reply is quoted, the words before it on its line count too: "No such user: ADDRESS".
    """
    part, before = words, ""
    at = words.lower().find(recipient) if recipient else -1
    if at >= 0:
        before = words[words.rfind("\n", 0, at) + 1 : at]
        part = words[at + len(recipient) :]
        ends = [
            part.lower().find(f"\n{lead}{other}")
            for other in others
            for lead in ("<", "", "  ")
            if other != recipient
        ]
        part = part[: min((end for end in ends if end > 0), default=len(part))]
    if found := _REPLY.search(part):
        status = _HASH_STATUS.search(found[1])
        reason = f"{found[1]} {status[1]}" if status else found[1]
        return reason, part[found.start(1) :].partition("\n\n")[0][:MAX_REASON_LENGTH]
    part = f"{before} {part}" if before.strip(" \t<>:-*") else part
    return part[:MAX_REASON_LENGTH], part[:MAX_REASON_LENGTH]
