"""Holds the id of the web request that is being answered, for the log lines that it causes."""

import re
import secrets
from contextvars import ContextVar

HEADER = b"x-request-id"
request_id: ContextVar[str] = ContextVar("request_id", default="")
"""Empty outside of a request."""
_SPELLING = re.compile(r"[A-Za-z0-9._-]{1,64}")


def request_id_of(given: str) -> str:
    """Return the id that a proxy in front gave the request, or a new one if it gave none."""
    return given if _SPELLING.fullmatch(given) else secrets.token_hex(8)
