"""Tells the sender of an inbound message: a mail server, an automatic answer, or a person.

Only a mail server's own report may count against an address. RFC 3834 asks automatic answers for
a null sender too, so that alone does not make a mail server.
"""

import re
from enum import Enum, auto

from digest.track.bounces.inbound_message import InboundMessage, SectionKind

_SERVERS = re.compile(
    r"(?:^|[\s<\"'.])(?:mailer[-_.]?daemon|mail[-_.]?daemon|mailerdaemon|post[-_.]?master|"
    r"mdaemon|microsoftexchange[0-9a-f]{20,40}|"
    r"mail[-_.]delivery[-_.](?:sub)?system|smtp[-_.]gateway)[^\s<>@]{0,40}@",
    re.IGNORECASE,
)
_SERVER_NAMES = re.compile(
    r"^\W{0,3}(?:mail delivery (?:sub)?system|mail delivery service|mailer-daemon|"
    r"system administrator|internet mail delivery|delivery subsystem)\b",
    re.IGNORECASE,
)
_DAEMONS = re.compile(r"(?:mailer|mail)[-_.]?daemon", re.IGNORECASE)
_FAILED = re.compile(
    r"^(?:\[[^\]]{1,40}\] )?(?:failure notice|undeliver|returned mail|return(?:ed|ing)? to sender|"
    r"delivery (?:failure|failed|status|problem|notification)|(?:permanent )?delivery failure|"
    r"mail (?:delivery )?(?:fail|could not|not delivered|error|system error)|message undeliver|"
    r"non[- ]?deliver|warning: (?:message|could not|mail)|unzustellbar|unable to deliver|"
    r"message could not|failed mail|nondeliverable|undeliverable|processing error)",
    re.IGNORECASE,
)
_ANSWERS = re.compile(
    r"^(?:\w{0,20}:? ?)?(?:out of (?:the )?office|automatic reply|auto[- ]?reply|autoreply|"
    r"automatische antwort|abwesenheit|r[eé]ponse automatique|respuesta autom|risposta automatica|"
    r"vacation|away from|read:|gelesen:|lu ?:|\[ticket)",
    re.IGNORECASE,
)
_ANSWER_HEADERS = ("X-Autoreply", "X-Autorespond", "X-Challenge", "X-Mailman-Version", "List-Id")
_DELIVERY_WORDS = re.compile(r"delivery-status", re.IGNORECASE)


class Author(Enum):
    SERVER = auto()
    """A mail server's report."""
    PROGRAM = auto()
    """A vacation notice, a challenge, a receipt, a ticket system, a list manager."""
    PERSON = auto()


def author_of(inbound: InboundMessage) -> Author:
    if _is_report(inbound) or _is_server_message(inbound):
        return Author.SERVER
    return Author.PROGRAM if _is_automatic(inbound) else Author.PERSON


def _return_path(inbound: InboundMessage) -> str | None:
    """Returns the envelope sender: empty for the null sender, None where nobody kept it."""
    value = inbound.headers.get("Return-Path")
    return None if value is None else str(value).strip().strip("<>").strip()


def _is_from_server(inbound: InboundMessage) -> bool:
    sender = inbound.header("From")
    return bool(_SERVERS.search(sender) or _SERVER_NAMES.search(sender))


def _is_report(inbound: InboundMessage) -> bool:
    """Returns True for a report by its form, unless a person attached that form to a message."""
    if not inbound.texts(SectionKind.STATUS):
        return False
    if _is_from_server(inbound) or _return_path(inbound) == "":
        return True
    kind = str(inbound.headers.get("Content-Type", ""))[:500]
    return inbound.content_type == "multipart/report" and bool(_DELIVERY_WORDS.search(kind))


def _is_server_message(inbound: InboundMessage) -> bool:
    """Returns True for a report in no standard form: only from a mail server's own address.

    Whoever passes it on may write another envelope sender. A postmaster may be a person, though.
    """
    if inbound.texts(SectionKind.RECEIPT, SectionKind.FEEDBACK):
        return False
    path, subject = _return_path(inbound), inbound.header("Subject")
    if not _is_from_server(inbound):
        return path == "" and bool(_FAILED.search(subject)) and not _has_answer_header(inbound)
    is_program = _DAEMONS.search(inbound.header("From")) or path in ("", None)
    failed = inbound.headers.get("X-Failed-Recipients") is not None
    return bool(is_program or failed or _FAILED.search(subject))


def _has_answer_header(inbound: InboundMessage) -> bool:
    return any(inbound.headers.get(name) is not None for name in _ANSWER_HEADERS)


def _is_automatic(inbound: InboundMessage) -> bool:
    if inbound.header("Auto-Submitted").lower() not in ("", "no"):
        return True
    if inbound.header("Precedence").lower() in ("auto_reply", "auto-reply", "bulk", "junk", "list"):
        return True
    if _has_answer_header(inbound):
        return True
    if inbound.texts(SectionKind.RECEIPT) or _return_path(inbound) == "":
        return True
    return bool(_ANSWERS.search(inbound.header("Subject")))
