"""Builds the header fields of messages, and folds and encodes them.

Sources: RFC 5322 (message), RFC 2369 and RFC 2919 (List headers), RFC 8058 (one-click
unsubscribe), RFC 3834 (Auto-Submitted).
"""

import hashlib
import re
from email.header import Header
from email.headerregistry import HeaderRegistry
from email.policy import SMTP

from digest.message.edition import Edition
from digest.message.personalization import Personalization
from subscribers.tokens import token_to_hex


def message_id(edition: Edition, personalization: Personalization) -> str:
    """Return the Message-ID: the same for every try, so that a resend is recognised as one."""
    return f"<{personalization.token}@{edition.sender.domain}>"


def list_headers(edition: Edition) -> dict[str, str]:
    """Return the header fields that all recipients share, by name: List-*, Feedback-ID."""
    label = re.sub(r"[^A-Za-z0-9-]+", "-", edition.series).strip("-").lower() or "digest"
    listed = {
        "List-Id": f"{_phrase(edition.list_name)} <{label}.{edition.sender.domain}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    stopped = {
        "List-Unsubscribe": f"<{edition.stop_page}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    kind = "letter" if edition.auto_submitted else "issue"
    return {
        **(listed if edition.unsubscribable else stopped if edition.stop_page else {}),
        **({"Auto-Submitted": "auto-generated"} if edition.auto_submitted else {}),
        "Feedback-ID": f"{edition.number}:{label}:{kind}:{sender_id(edition.sender.domain)}",
    }


def sender_id(domain: str) -> str:
    """Return the last part of a Feedback-ID: 5 to 15 characters, the same for all of a domain.

    Source: Gmail's feedback loop (https://support.google.com/mail/answer/6254652), which also
    wants no part to be like another.
    """
    letters = re.sub(r"[^a-z0-9]", "", domain.lower())
    return f"{letters[:7]}{hashlib.sha256(domain.lower().encode()).hexdigest()[:8]}"


def list_unsubscribe(edition: Edition, token: str) -> str:
    """Return the value of List-Unsubscribe.

    RFC 8058 section 3: one HTTPS URI with an opaque part that is hard to forge. A mailto stands
    beside it (RFC 2369 section 3.2) if there is a mailbox where such mail is read.
    """
    page = f"<{edition.public_url}/unsubscribe/{token}>"
    if not edition.bounce_address:
        return page
    # The token stands in the address as well where there is room: some programs lose the subject.
    mailbox = edition.bounce_address.replace("*", f"unsubscribe+{token}")
    return f"{page}, <mailto:{mailbox}?subject=unsubscribe%20{token}>"


def return_path(edition: Edition, token: str) -> str:
    """Return where bounces of one delivery go: the token in the address names it (VERP).

    Spelt in hexadecimal there, since servers on the way back may write it in lower case.
    """
    if "*" not in edition.bounce_address:
        return edition.bounce_address or edition.sender.address
    return edition.bounce_address.replace("*", token_to_hex(token))


def fold_header(name: str, value: str) -> bytes:
    """Return a structured field folded at 78 columns, in encoded-words where it is not ASCII."""
    return HeaderRegistry()(name, value).fold(policy=SMTP).encode("ascii")


def fold_subject(text: str) -> bytes:
    """Return the Subject field: one run of encoded-words if it is not ASCII.

    The folder of `email.policy` mixes plain and encoded words and loses white space between them.
    """
    if text.isascii():
        return fold_header("Subject", text)
    words = Header(text, "utf-8", maxlinelen=75, header_name="Subject").encode(linesep="\r\n")
    return f"Subject: {words}\r\n".encode("ascii")


def fold_list_header(name: str, value: str) -> bytes:
    """Return a List field on one line; each encoded-word has a line (RFC 2047 section 2)."""
    words = value.split(" ")
    encoded = [at for at, word in enumerate(words) if word.startswith("=?")]
    breaks = ["\r\n" if at - 1 in encoded else "" for at in range(len(words))]
    folded = "".join(f"{start} {word}" for start, word in zip(breaks, words, strict=True))
    return f"{name}:{folded}\r\n".encode("ascii")


def _phrase(name: str) -> str:
    """Return a name for a List-Id: quoted if it holds anything special, else encoded-words.

    Also what looks like an encoded-word is encoded, since many programs decode those in quotes.
    """
    if not name.isascii() or "=?" in name:
        return Header(name, "utf-8", maxlinelen=75, header_name="List-Id").encode(linesep="")
    escaped = name.replace("\\", "").replace('"', "'").strip() or "Digest"
    return escaped if re.fullmatch(r"[A-Za-z0-9 !#$%&'*+/=?^_`{|}~-]+", escaped) else f'"{escaped}"'
