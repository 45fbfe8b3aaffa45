"""Tells who wrote an inbound message: a mail server, a program that answers by itself, a person.

Only a mail server's own report may count against an address. RFC 3834 asks automatic answers for
a null sender too, so that alone does not make a mail server.
"""

import re
from enum import Enum, auto

from digest.track.bounces.fields import looks_like_status
from digest.track.bounces.inbound_message import InboundMessage, SectionKind

_SERVERS = re.compile(
    r"(?:^|[\s<\"'.])(?:mailer[-_.]?daemon|mail[-_.]?daemon|mailerdaemon|post[-_.]?master|"
    r"mdaemon|microsoftexchange[0-9a-f]{20,40}|"
    r"mail[-_.]delivery[-_.](?:sub)?system)[^\s<>@]{0,40}@",
    re.IGNORECASE,
)
_SERVER_NAMES = re.compile(
    r"^\W{0,3}(?:mail delivery (?:sub)?system|mail delivery service|mailer-daemon|"
    r"system administrator|internet mail delivery|delivery subsystem)\b",
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
    """The envelope sender: empty for the null sender, None where nobody kept it."""
    value = inbound.headers.get("Return-Path")
    return None if value is None else str(value).strip().strip("<>").strip()


def _is_from_server(inbound: InboundMessage) -> bool:
    sender = inbound.header("From")
    return bool(_SERVERS.search(sender) or _SERVER_NAMES.search(sender))


def _is_report(inbound: InboundMessage) -> bool:
    """True for a report by its form, unless a person attached that form to a message."""
    if not inbound.texts(SectionKind.STATUS):
        return False
    if _is_from_server(inbound) or _return_path(inbound) == "":
        return True
    kind = str(inbound.headers.get("Content-Type", ""))[:500]
    return inbound.content_type == "multipart/report" and bool(_DELIVERY_WORDS.search(kind))


def _is_server_message(inbound: InboundMessage) -> bool:
    """True for a report in no standard form: only from a mail server's own address."""
    if not _is_from_server(inbound) or inbound.texts(SectionKind.RECEIPT, SectionKind.FEEDBACK):
        return False
    path = _return_path(inbound)
    if path:
        failed = inbound.headers.get("X-Failed-Recipients") is not None
        fields = any(looks_like_status(one) for one in inbound.texts(SectionKind.TEXT))
        submitted = inbound.header("Auto-Submitted").lower().startswith("auto-")
        return bool(_SERVERS.search(f"<{path}>")) and (failed or fields or submitted)
    return True


def _is_automatic(inbound: InboundMessage) -> bool:
    if inbound.header("Auto-Submitted").lower() not in ("", "no"):
        return True
    if inbound.header("Precedence").lower() in ("auto_reply", "auto-reply", "bulk", "junk", "list"):
        return True
    if any(inbound.headers.get(name) is not None for name in _ANSWER_HEADERS):
        return True
    if inbound.texts(SectionKind.RECEIPT) or _return_path(inbound) == "":
        return True
    return bool(_ANSWERS.search(inbound.header("Subject")))
