"""Reads the corpora: what stands in the manifests, and letters with their blanks filled.

Plain values only, so that the rules that are tested with them can't lean on anything here.
"""

import base64
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
BOUNCES = HERE / "bounces"
BLANKS = ("TOKEN", "token", "N", "UNSUB", "NOW")
"""As in the cases: a delivery's token, the same lower-cased, the reader's number, the token of
List-Unsubscribe, the time in seconds."""
CLASSES = (
    "hard",
    "soft",
    "sender",
    "other_address",
    "complaint",
    "unsubscribe",
    "auto_reply",
    "human",
    "unknown",
    "not_ours",
    "delivered",
)
_BLANK = re.compile(rb"\{\{([A-Za-z]+)\}\}")
_ENCODED = re.compile(rb"\{\{BASE64\}\}(.*?)\{\{/BASE64\}\}", re.DOTALL)
LINE = 57
"""Bytes that make a line of 76 characters in base64."""


def letters(split: str | None = None) -> list[dict[str, Any]]:
    """The manifest's entries, all or those of `train` or `held`."""
    return _read(BOUNCES / "manifest.json", split)


def replies(split: str | None = None) -> list[dict[str, Any]]:
    return _read(HERE / "replies.json", split)


def letter(entry: Mapping[str, Any], blanks: Mapping[str, str]) -> bytes:
    """One of them as it would have come."""
    return fill((BOUNCES / entry["file"]).read_bytes(), blanks)


def fill(raw: bytes, blanks: Mapping[str, str]) -> bytes:
    """What stands between {{BASE64}} and {{/BASE64}} is encoded after its blanks are filled."""
    filled = _BLANK.sub(lambda found: _value(found, blanks), raw)
    return _ENCODED.sub(_encode, filled)


def right(entry: Mapping[str, Any]) -> tuple[str, ...]:
    """The expected class first, then what reasonable people might say instead."""
    return (entry["class"], *entry.get("also", ()))


def _value(found: re.Match[bytes], blanks: Mapping[str, str]) -> bytes:
    name = found[1].decode()
    return blanks[name].encode() if name in blanks else found[0]


def _encode(found: re.Match[bytes]) -> bytes:
    inner = found[1]
    end = b"\r\n" if b"\r\n" in inner else b"\n"
    if not inner.startswith(end):
        return base64.b64encode(inner)
    inner = inner.removeprefix(end).removesuffix(end)
    cut = [inner[at : at + LINE] for at in range(0, len(inner), LINE)]
    return end + end.join(base64.b64encode(one) for one in cut) + end


def _read(path: Path, split: str | None) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = json.loads(path.read_bytes())
    return [one for one in entries if split in (None, one["split"])]
