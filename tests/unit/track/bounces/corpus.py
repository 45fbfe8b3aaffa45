"""Runs the corpora's letters through the parser, as the mailbox's reader does, without a store."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from digest.events.tables import EventKind
from digest.track.bounces.parse import (
    Ignored,
    InboundReport,
    Meaning,
    UnsubscribeRequest,
    parse_inbound_message,
)
from subscribers.tokens import Purpose, Tokens, token_to_hex
from tests.corpora import reading

TOKENS = Tokens(["a secret of the tests that is long enough"])
TOKEN = TOKENS.make(Purpose.DELIVERY, 7, 3)
WISH = TOKENS.make(Purpose.UNSUBSCRIBE, 7, 3)
READER = "reader7@example.com"
_REST = {"N": "7", "NOW": "1795845661", "token": token_to_hex(TOKEN)}
FORMS = (
    {"TOKEN": TOKEN, "UNSUB": WISH} | _REST,
    {"TOKEN": token_to_hex(TOKEN), "UNSUB": token_to_hex(WISH)} | _REST,
)
"""As messages carry them, and as addresses do."""
_MEANINGS = {
    Meaning.AUTO_REPLY: "auto_reply",
    Meaning.PERSON: "human",
    Meaning.UNSUBSCRIBE_REQUEST: "human",
    Meaning.NOT_UNDERSTOOD: "unknown",
}
_KINDS = {
    EventKind.COMPLAINED: "complaint",
    EventKind.UNSUBSCRIBED: "unsubscribe",
    EventKind.DEFERRED: "soft",
    EventKind.DELIVERED: "delivered",
    EventKind.PROCESSED: "delivered",
    EventKind.UNKNOWN: "other_address",
}


def find_recipient(candidates: Sequence[str]) -> str | None:
    return READER if any(TOKENS.read_many(Purpose.DELIVERY, candidates)) else None


def class_of(raw: bytes) -> str:
    """What a letter is taken for, in the corpora's classes."""
    found = parse_inbound_message(raw, find_recipient, ours="digest.example.org")
    if isinstance(found, Ignored):
        return _MEANINGS.get(found.meaning, "not_ours")
    if isinstance(found, UnsubscribeRequest):
        known = any(TOKENS.read_many(Purpose.UNSUBSCRIBE, found.tokens))
        return "unsubscribe" if known else "not_ours"
    return _class_of_report(found)


def _class_of_report(found: InboundReport) -> str:
    if found.kind is EventKind.BOUNCED and found.failure is not None:
        return str(found.failure.failure_class)
    return _KINDS[found.kind]


def outcomes(split: str) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Each letter of a split, in both forms, with what it is taken for."""
    for entry in reading.letters(split):
        for blanks in FORMS:
            yield entry, class_of(reading.letter(entry, blanks))


def is_right(entry: Mapping[str, Any], said: str) -> bool:
    """What is not ours may be called a stranger's letter or program as well: nothing follows."""
    strangers = ("human", "auto_reply") if entry["class"] == "not_ours" else ()
    return said in (*reading.right(entry), *strangers)
