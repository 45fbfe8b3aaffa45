"""The corpora are whole: what is listed is there, what is there is listed, and all can be read."""

import re
from collections import Counter
from email import message_from_bytes
from email.header import decode_header
from typing import Any

import pytest

from tests.corpora.reading import BLANKS, BOUNCES, CLASSES, letter, letters, replies, right

STAGES = (None, "connect", "ehlo", "mail", "rcpt", "data", "body")
REPLY_CLASSES = ("hard", "soft", "sender", "unknown")
MIN_LETTERS = 260
MIN_REPLIES = 350
FILLED = {
    "TOKEN": "Tk_9" * 8,
    "token": "tk_9" * 8,
    "N": "7",
    "UNSUB": "Un-5" * 8,
    "NOW": "1795845661",
}
LETTERS = letters()
REPLIES = replies()


def _counts(entries: list[dict[str, Any]]) -> str:
    told = Counter((one["split"], one["class"]) for one in entries)
    return "\n".join(
        f"{split:6} {kind:14} {count}" for (split, kind), count in sorted(told.items())
    )


def test_every_letter_is_listed_once_and_every_listed_letter_exists() -> None:
    listed = Counter(one["file"] for one in LETTERS)
    there = {str(path.relative_to(BOUNCES)) for path in BOUNCES.rglob("*.eml")}
    assert set(listed) == there, _counts(LETTERS)
    assert max(listed.values()) == 1, _counts(LETTERS)


def test_there_are_enough_of_every_class_in_both_halves() -> None:
    assert len(LETTERS) >= MIN_LETTERS, _counts(LETTERS)
    for split in ("train", "held"):
        missing = set(CLASSES) - {one["class"] for one in LETTERS if one["split"] == split}
        assert missing <= {"delivered"}, f"{split} has no {missing}\n{_counts(LETTERS)}"
    for entries in (LETTERS, REPLIES):
        held = sum(one["split"] == "held" for one in entries)
        assert 0.25 < held / len(entries) < 0.45, _counts(entries)


@pytest.mark.parametrize("entry", LETTERS, ids=[one["file"] for one in LETTERS])
def test_a_letter_is_described_and_can_be_parsed(entry: dict[str, Any]) -> None:
    assert set(right(entry)) <= set(CLASSES)
    assert entry["split"] in ("train", "held", "second", "third")
    assert entry["phase"] in STAGES
    assert entry["why"]
    assert entry["file"].startswith(entry["family"] + "/")
    raw = (BOUNCES / entry["file"]).read_bytes()
    named = {found.decode() for found in re.findall(rb"\{\{/?(\w+)\}\}", raw)}
    assert named <= {*BLANKS, "BASE64"}
    assert raw.count(b"{{BASE64}}") == raw.count(b"{{/BASE64}}")
    filled = letter(entry, FILLED)
    assert b"{{" not in filled
    message = message_from_bytes(filled)
    assert message["From"], "no header could be read"
    for piece, charset in decode_header(str(message["Subject"] or "")):
        if isinstance(piece, bytes):
            piece.decode(charset or "ascii")


@pytest.mark.parametrize("entry", REPLIES, ids=range(len(REPLIES)))
def test_a_reply_is_described(entry: dict[str, Any]) -> None:
    assert set(right(entry)) <= set(REPLY_CLASSES)
    assert entry["stage"] in STAGES
    assert entry["split"] in ("train", "held")
    assert entry["why"]
    assert set(re.findall(r"\{\{(\w+)\}\}", entry["reply"])) <= {*BLANKS}
    if entry["stage"]:
        assert re.match(r"[45]\d\d", entry["reply"])


def test_there_are_enough_replies_and_none_twice() -> None:
    assert len(REPLIES) >= MIN_REPLIES, _counts(REPLIES)
    assert len({(one["reply"], one["stage"]) for one in REPLIES}) == len(REPLIES), _counts(REPLIES)
