"""Reads an SMTP reply as text: its code, its enhanced status code and its words.

Addresses, links and host names are taken out of the words, since they may hold any word at all.
Every text is cut before a regular expression sees it.
"""

import re
from typing import NamedTuple

MAX_REPLY_LENGTH = 2_000
"""Characters read of a reply: what it means stands at its beginning."""
MAX_LINE_LENGTH = 1_000

_CODE = re.compile(r"(?<![\d.#/])([25]\d\d|4[2-7]\d)(?=[\s\-:;,#\"<]|$)")
_ENHANCED = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.]|-\d)")
_CONTINUED = re.compile(r"[\r\n]+[ \t]*(?:[245]\d\d[ -](?:[245]\.\d{1,3}\.\d{1,3}(?=[ \r\n]))?)?")
_PREFIX = re.compile(r"^\s*(?:x-)?[a-z0-9]{1,20}\s?;\s*", re.IGNORECASE)
_SAID = re.compile(
    r"(?:\bhost |\bserver |\bfrom )?[\w.-]{1,200}\s?[\[(][^\])\s]{1,200}[\])](?::\d{1,5})?"
    r"(?: |\s\(to be tried again\) )?(?=said: |refused to talk to me: |does not like recipient)",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"[^\s<>@\[\]()\"',;]{1,64}@[\w.-]{1,255}")
_NAMED = re.compile(
    r"(?:[<\[]|(?<!mailto)(?<!contact)(?<!write to)(?<!write)[:=] ?)"
    r"([^\s<>@\[\]()\"',;]{1,64}@[\w.-]{1,255})"
)
_LINK = re.compile(r"\b(?:https?://|www\.)\S{1,500}", re.IGNORECASE)
_HOST = re.compile(
    r"\b(?!storedrv|transport|resolver|queue|submission)(?:[a-z0-9_-]{1,63}\.){1,8}[a-z]{2,24}\b",
    re.IGNORECASE,
)
_WORD_WITH_DIGIT = re.compile(r"\S*\d\S*")
_REJECTS = "recipient address rejected"
_COMMAND = re.compile(
    r"\bin reply to (?:end of )?(?:the )?(\w{4,8})|"
    r"\bafter (?:end of )?(mail|rcpt|data)\b|"
    r"\b(?:while talking to [^\n]{1,200}\n)?>>> (mail|rcpt|data|ehlo|helo|quit)\b",
    re.IGNORECASE,
)


class ReplyText(NamedTuple):
    """`words` is lower case on one line; `links` are what was taken out of it."""

    code: str | None
    enhanced: str | None
    words: str
    addresses: tuple[str, ...]
    """Those in brackets or after a colon, which are not there to be written to."""
    links: str
    hosts: tuple[str, ...] = ()
    rejects_recipient: bool = False
    """Postfix's "Recipient address rejected:", which is taken out of the words as well."""

    @property
    def kind(self) -> str:
        """The first digit: 4 temporary, 5 permanent; empty if no code was found."""
        return (self.code or self.enhanced or "")[:1]


def parse_reply_text(text: str) -> ReplyText:
    """Reads a reply as a server sent it, or as a relay's Diagnostic-Code quotes it."""
    text = _PREFIX.sub("", text[:MAX_REPLY_LENGTH])
    folded = " ".join(_CONTINUED.sub(" ", text).split())
    code, enhanced = _CODE.search(folded), _ENHANCED.search(folded)
    if code is not None and code.start() > _farthest(folded):
        code = None  # a number in the prose
    links = " ".join(_LINK.findall(folded))
    words = _LINK.sub(" ", folded)
    addresses = tuple(found.lower() for found in _NAMED.findall(words))
    words = _ADDRESS.sub("@", _SAID.sub(" ", words))
    hosts = tuple(found[0].lower() for found in _HOST.finditer(words))
    words = _HOST.sub(" ", words)
    words = " ".join(words.lower().replace("’", "'").split())
    rejects = _REJECTS in words
    return ReplyText(
        code[1] if code else None,
        enhanced[0] if enhanced else None,
        words.replace(_REJECTS, " "),
        addresses,
        links.lower(),
        hosts,
        rejects,
    )


def _farthest(text: str) -> int:
    """Returns the last place for a reply code: the beginning, or after "said:"."""
    said = max(text.rfind(mark) for mark in ("said: ", "said 5", "-> ", "; ", "error: ", "reply: "))
    return max(said, 0) + 60


def named_command(text: str) -> str | None:
    """Returns the SMTP command that a relay says it was answered to, as `Stage` spells it."""
    found = _COMMAND.search(text[:MAX_REPLY_LENGTH])
    if found is None:
        return None
    word = (found[1] or found[2] or found[3]).lower()
    if word == "data" and "end of data" in found[0].lower():
        return "body"
    return {"helo": "ehlo", "sending": "body"}.get(word, word)


def fold_words(detail: str) -> str:
    """Return the text of a reply in lower case, without words that hold a digit."""
    return " ".join(_WORD_WITH_DIGIT.sub("#", detail.lower()).split())
