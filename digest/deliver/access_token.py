"""Gets access tokens for servers that take no password: Microsoft 365, Google (XOAUTH2).

Comes in: a command that prints a token, or a refresh token and where to exchange it (RFC 6749
section 6). Goes out: a token, kept until shortly before it expires.
"""

import json
import shlex
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from store.errors import UserError
from store.text import printable_line

if TYPE_CHECKING:
    import urllib.error

TIMEOUT_SECONDS = 30
EARLY_SECONDS = 60
"""How long before it expires a token is exchanged for a new one."""
DEFAULT_LIFETIME = 3_000
MAX_LIFETIME = 90 * 86_400
"""Seconds; beyond it an answer is garbled, as by Infinity or NaN, which JSON readers take."""
MAX_ANSWER_BYTES = 100_000
MAX_TOKEN_LENGTH = 20_000


class AccessTokenError(UserError):
    """No access token can be had; the message is one line why, without a secret."""


class AccessTokens(Protocol):
    """Where access tokens come from. `get` raises AccessTokenError."""

    def get(self, *, refused: str = "") -> str:
        """Returns a token, and another one than `refused`, which a server did not take."""
        ...


@dataclass(frozen=True, slots=True)
class TokenSource:
    """Where tokens come from, as the settings name it; `is_set` is false if they name none."""

    command: str = field(default="", repr=False)
    url: str = ""
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    scope: str = ""

    @property
    def is_set(self) -> bool:
        return bool(self.command or self.refresh_token)


@dataclass(frozen=True, slots=True)
class TokenCommand:
    """A command that prints an access token, such as `oama access me@example.org`.

    Run without a shell. It is expected to keep the token itself while it is valid.
    """

    command: str

    def get(self, *, refused: str = "") -> str:  # noqa: ARG002 - the command decides
        try:
            done = subprocess.run(  # noqa: S603 - the operator's own command, without a shell
                shlex.split(self.command),
                capture_output=True,
                check=False,
                timeout=TIMEOUT_SECONDS,
                stdin=subprocess.DEVNULL,
            )
        except (OSError, ValueError, subprocess.TimeoutExpired) as error:
            raise AccessTokenError(
                f"the token command can't be run: {type(error).__name__}"
            ) from None
        if done.returncode:
            why = done.stderr.decode("utf-8", "replace").strip().splitlines()
            last = f": {why[-1][:200]}" if why else ""
            raise AccessTokenError(f"the token command ended with {done.returncode}{last}")
        return _checked(done.stdout.decode("utf-8", "replace").strip(), "the token command")


@dataclass(slots=True)
class RefreshToken:
    """Exchanges a refresh token for access tokens. Safe to share between threads.

    `clock` is in seconds, and may be monotonic.
    """

    url: str
    client_id: str
    client_secret: str
    refresh_token: str
    scope: str
    clock: Callable[[], float]
    _token: str = field(default="", repr=False)
    _expires: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def get(self, *, refused: str = "") -> str:
        with self._lock:
            return self._get(refused)

    def _get(self, refused: str) -> str:
        # Of several connections on which one token was refused, the first exchanges it for all.
        if self._token in {"", refused} or self.clock() >= self._expires:
            answer = self._exchange()
            lifetime = answer.get("expires_in")
            seconds = float(DEFAULT_LIFETIME)
            if isinstance(lifetime, int | float) and 0 <= lifetime <= MAX_LIFETIME:
                seconds = float(lifetime)
            token, following = answer.get("access_token"), answer.get("refresh_token")
            self._token = _checked(token if isinstance(token, str) else "", self.url)
            # Some servers hand out a new refresh token each time, and the old one ends.
            if isinstance(following, str) and following:
                self.refresh_token = following
            self._expires = self.clock() + max(seconds - EARLY_SECONDS, 0)
        return self._token

    def _exchange(self) -> dict[str, object]:
        import urllib.error  # noqa: PLC0415 - settings are read without it
        import urllib.parse  # noqa: PLC0415
        import urllib.request  # noqa: PLC0415
        from http.client import HTTPException  # noqa: PLC0415

        from store.http import opener  # noqa: PLC0415

        fields = {
            "grant_type": "refresh_token",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "refresh_token": self.refresh_token,
            "scope": self.scope,
        }
        body = urllib.parse.urlencode({name: text for name, text in fields.items() if text})
        request = urllib.request.Request(self.url, body.encode("ascii"))  # noqa: S310 - checked
        try:
            with opener(TIMEOUT_SECONDS).open(request, timeout=TIMEOUT_SECONDS) as answer:
                read = json.loads(answer.read(MAX_ANSWER_BYTES))
        except urllib.error.HTTPError as error:
            raise AccessTokenError(
                f"{self.url} refused the refresh token: {_told(error)}"
            ) from None
        except (OSError, ValueError, RecursionError, HTTPException) as error:
            raise AccessTokenError(f"{self.url}: {type(error).__name__}") from None
        return read if isinstance(read, dict) else {}


def open_access_tokens(source: TokenSource, clock: Callable[[], float]) -> AccessTokens | None:
    """Returns where access tokens come from; None if the source names nothing."""
    if source.command:
        return TokenCommand(source.command)
    if not source.refresh_token:
        return None
    return RefreshToken(
        source.url,
        source.client_id,
        source.client_secret,
        source.refresh_token,
        source.scope,
        clock,
    )


def xoauth2(user: str, token: str) -> bytes:
    """Returns the initial client response of SASL XOAUTH2, before base64.

    Source: https://developers.google.com/workspace/gmail/imap/xoauth2-protocol.
    """
    return f"user={user}\x01auth=Bearer {token}\x01\x01".encode()


def _told(error: "urllib.error.HTTPError") -> str:
    from http.client import HTTPException  # noqa: PLC0415 - settings are read without it

    try:
        read = json.loads(error.read(MAX_ANSWER_BYTES))
        return f"{error.code} {printable_line(str(read['error'])[:100])}"
    except (OSError, ValueError, LookupError, TypeError, RecursionError, HTTPException):
        return str(error.code)


def _checked(token: str, source: str) -> str:
    if not token or len(token) > MAX_TOKEN_LENGTH or not token.isascii() or not token.isprintable():
        raise AccessTokenError(f"{source} gave no access token")
    return token
