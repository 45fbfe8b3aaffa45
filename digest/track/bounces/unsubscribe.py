"""Reads a reader's wish to be unsubscribed: by our token, or in words for an editor."""

import re
from urllib.parse import unquote

from digest.track.bounces.candidates import MAX_CANDIDATES
from digest.track.bounces.inbound_message import InboundMessage, SectionKind
from subscribers.tokens import HEX_LENGTH, TOKEN_LENGTH

_TOKEN = rf"[A-Za-z0-9_-]{{{TOKEN_LENGTH}}}(?![A-Za-z0-9_-])|[A-Fa-f0-9]{{{HEX_LENGTH}}}(?![\w-])"
_SUBJECT = re.compile(rf"\bunsubscribe[\s:+_]{{1,20}}({_TOKEN})", re.IGNORECASE)
_ADDRESS = re.compile(rf"[+=-]unsubscribe[+=-]({_TOKEN})(?=@)", re.IGNORECASE)
_TO_UNSUBSCRIBE = re.compile(r"[+=-]unsubscribe(?:[+=-][\w-]{0,64})?@", re.IGNORECASE)
_WORDS = re.compile(
    r"\bunsubscribe\b|\b(?:take|remove|delete|strike) (?:me|us|my (?:name|e-?mail|address))\b|"
    r"\bopt[- ]?(?:me )?out\b|\bstop (?:sending|mailing|e-?mailing|writing)|"
    r"\b(?:no|not) (?:more|any more|longer) (?:want|wish|receive|e-?mails?|mails?|newsletters?)|"
    r"\b(?:don't|do not|no longer) (?:want|wish) (?:to (?:get|receive)|your|these|any|this)|"
    r"\b(?:abbestellen|abmelden|austragen|k[uü]ndigen)\b|\bd[eé]sabonne|\bd[eé]sinscri|"
    r"\bdarme? de baja|\bcancel(?:ar|e|lare|lami|en)? (?:mi |la |a )?(?:suscripci|iscrizion|"
    r"inscri)|"
    r"\bdisiscriv|\bdescadastr|\buitschrijven|\bafmelden|\bwypisa[cć]|отпис",
    re.IGNORECASE,
)
_QUOTED = re.compile(
    r"^[ \t]{0,10}[>|]|^-{2,40} ?(?:original|forwarded)|^on .{0,200} wrote:", re.IGNORECASE
)
MAX_LINES = 40
MAX_LINE_LENGTH = 300
_HEADERS = ("To", "Delivered-To", "X-Original-To", "X-Delivered-To", "Envelope-To", "Cc")


def unsubscribe_candidates(inbound: InboundMessage) -> list[str]:
    """Tokens that a request names: in the subject, or in the address it was sent to."""
    subject = inbound.header("Subject")
    # As it stands too: programs write a token's "_" into an encoded word, where it means a space.
    as_it_stands = " ".join(inbound.all_headers(("Subject",)))
    found = [
        token
        for text in (subject, unquote(subject), as_it_stands)
        for token in _SUBJECT.findall(f"{text} ")
    ]
    for value in inbound.all_headers(_HEADERS):
        found += _ADDRESS.findall(value)
    return list(dict.fromkeys(found))[:MAX_CANDIDATES]


def asks_in_words(inbound: InboundMessage) -> bool:
    """Returns whether a message seems to ask for it, quoted text from us aside."""
    if any(_TO_UNSUBSCRIBE.search(value) for value in inbound.all_headers(_HEADERS)):
        return True
    subject = inbound.header("Subject")
    if _WORDS.search(subject):
        return True
    for text in inbound.texts(SectionKind.TEXT)[:1]:
        for line in text[: MAX_LINES * MAX_LINE_LENGTH].split("\n")[:MAX_LINES]:
            if _QUOTED.match(line[:MAX_LINE_LENGTH]):
                break
            if _WORDS.search(line[:MAX_LINE_LENGTH]):
                return True
    return False
