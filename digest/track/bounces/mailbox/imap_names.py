"""Spells folder names as IMAP wants them: modified UTF-7 (RFC 3501 section 5.1.3)."""

import base64
import re

_RUN = re.compile(r"[^\x20-\x7e]+|&")
_SHIFTED = re.compile(r"&([A-Za-z0-9+,]*)-")


def encode_folder(name: str) -> str:
    """Returns `name` in modified UTF-7; one that is spelt so already is left as it is."""
    if _is_encoded(name):
        return name
    return _RUN.sub(lambda found: _shifted(found[0]), name)


def _shifted(run: str) -> str:
    if run == "&":
        return "&-"
    text = base64.b64encode(run.encode("utf-16-be"), altchars=b"+,").decode("ascii")
    return f"&{text.rstrip('=')}-"


def _is_encoded(name: str) -> bool:
    """Returns True for an ASCII name in which every & begins a sequence that can be read."""
    if not name.isascii() or "&" not in name:
        return False
    rest = _SHIFTED.sub("", name)
    return "&" not in rest and all(_readable(one) for one in _SHIFTED.findall(name))


def _readable(text: str) -> bool:
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"+,", validate=True)
        return bool(raw.decode("utf-16-be")) or not text
    except ValueError:
        return False
