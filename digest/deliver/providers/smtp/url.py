"""Parses the SMTP_URL setting: host, port, login, TLS and options."""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address
from urllib.parse import parse_qsl, unquote, urlsplit

SHAPE = (
    "should look like smtp://user:password@mail.example.com:587 or "
    "smtps://user:password@mail.example.com:465"
)
SUBMISSION_PORT = 587
"""RFC 6409 section 3.1."""
SUBMISSIONS_PORT = 465
"""RFC 8314 section 3.3: TLS from the first byte."""

DEFAULT_MESSAGES = 100
"""For each connection, as servers limit them (OpenSMTPD 100, Exim 1,000, Gmail 100 recipients)."""
DEFAULT_CONNECTIONS, MAX_CONNECTIONS = 4, 100
MAX_MESSAGES = 1_000_000
"""For each connection."""
OPTIONS = ("starttls", "helo", "connections", "messages")


class Tls(StrEnum):
    """IMPLICIT is smtps://; the others are the values of `?starttls=` with smtp://."""

    IMPLICIT = "implicit"
    REQUIRE = "require"
    AUTO = "auto"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class SmtpUrl:
    """A parsed SMTP_URL.

    `helo` is the name to greet with, instead of this machine's own. At most `connections` are
    open at a time, and at most `messages` go over each.
    """

    host: str
    port: int
    tls: Tls = Tls.AUTO
    user: str = ""
    password: str = field(default="", repr=False)
    helo: str | None = None
    connections: int = DEFAULT_CONNECTIONS
    messages: int = DEFAULT_MESSAGES

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """True if the server is on this machine."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def parse_smtp_url(url: str, *, name: str = "SMTP_URL", by_token: bool = False) -> SmtpUrl:
    """Parse the setting `name`. `by_token`: its user signs in with an access token.

    Raises ValueError with one line that never repeats the URL, since it holds a password.
    """
    try:
        return _parse(url, by_token=by_token)
    except ValueError as error:
        raise ValueError(f"{name} {error}") from None


def _parse(url: str, *, by_token: bool) -> SmtpUrl:
    try:
        parts = urlsplit(url)
    except ValueError:
        raise _wrong("the host is not one") from None
    if parts.scheme not in {"smtp", "smtps"}:
        raise _wrong("it starts with neither smtp:// nor smtps://")
    if parts.fragment or parts.path not in {"", "/"}:
        raise _wrong("there is something after the port; in a password write # / ? @ as %23 ...")
    try:
        port = parts.port
    except ValueError:
        # The error's own text could show a password: a raw / in one makes a "port" of its start.
        raise _wrong("the port is not a number from 1 to 65535") from None
    if not parts.hostname or port == 0:
        raise _wrong("the host or the port is missing")
    try:
        parts.hostname.encode("idna")
    except UnicodeError:
        raise _wrong("the host is not one") from None
    if by_token and (not parts.username or parts.password):
        raise _wrong("for an access token it has a user and no password")
    if not by_token and bool(parts.username) != bool(parts.password):
        raise _wrong("a user needs a password, and the other way round")
    options = _options(parts.query)
    implicit = parts.scheme == "smtps"
    return SmtpUrl(
        host=parts.hostname,
        port=port or (SUBMISSIONS_PORT if implicit else SUBMISSION_PORT),
        tls=_tls(options.get("starttls"), implicit=implicit),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        helo=_helo(options),
        connections=_number(options, "connections", MAX_CONNECTIONS) or DEFAULT_CONNECTIONS,
        messages=_number(options, "messages", MAX_MESSAGES) or DEFAULT_MESSAGES,
    )


def _options(query: str) -> dict[str, str]:
    options = dict(parse_qsl(query, keep_blank_values=True))
    if not options.keys() <= set(OPTIONS):
        known = ", ".join(f"{name}=" for name in OPTIONS)
        raise _wrong(f"after the ? only {known} are known")
    return options


def _helo(options: dict[str, str]) -> str | None:
    helo = options.get("helo") or None
    if helo and not re.fullmatch(r"[!-~]{1,255}", helo):
        raise _wrong("helo= is this machine's name, like digest.example.com")
    return helo


def _tls(starttls: str | None, *, implicit: bool) -> Tls:
    if starttls is None:
        return Tls.IMPLICIT if implicit else Tls.AUTO
    if implicit:
        raise _wrong("smtps:// is TLS already, so it takes no starttls=")
    if starttls not in {Tls.REQUIRE, Tls.AUTO, Tls.NEVER}:
        raise _wrong("starttls= is require, auto or never")
    return Tls(starttls)


def _number(options: dict[str, str], name: str, most: int) -> int | None:
    text = options.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= most):
        raise _wrong(f"{name}= is a number from 1 to {most}")
    return int(text)


def _wrong(what: str) -> ValueError:
    return ValueError(f"{SHAPE}; {what}")
