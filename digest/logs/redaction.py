"""Removes what names a person from log lines: mail addresses and the tokens of links."""

import re

MAX_LINE = 20_000
"""Characters of one line; what is longer is cut before anything is matched."""
ADDRESS = re.compile(r"[^\s<>\"'(),:;\[\]@]{1,256}@(?=[\w-]{1,63})")
"""The local part and the @; the domain after them stays, since it says whose server it was."""
TOKEN = re.compile(r"(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{22}(?![A-Za-z0-9_-])")
"""Of a token's length (`subscribers.tokens`)."""
WORD = re.compile(r"[a-z_-]+")
"""A slug or an identifier may be as long; a token of these alone is drawn once in 10^8."""


def redact(text: str) -> str:
    """Return `text` with `***@domain` for mail addresses and `***` for tokens, cut to MAX_LINE."""
    text = text[:MAX_LINE]
    if "@" in text:
        text = ADDRESS.sub("***@", text)
    return TOKEN.sub(lambda found: found[0] if WORD.fullmatch(found[0]) else "***", text)
