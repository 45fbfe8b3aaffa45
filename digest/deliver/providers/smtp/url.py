"""Where mail goes over SMTP: an SMTP_URL, taken apart."""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address
from urllib.parse import parse_qsl, unquote, urlsplit

SHAPE = (
    "SMTP_URL should look like smtp://user:password@mail.example.com:587 or "
    "smtps://user:password@mail.example.com:465"
)
SUBMISSION_PORT = 587
"""RFC 6409 section 3.1."""
SUBMISSIONS_PORT = 465
"""RFC 8314 section 3.3: TLS from the first byte."""

CONNECTIONS, MOST_CONNECTIONS = 4, 100
"""At a time where SMTP_URL does not say, and at most."""
OPTIONS = ("starttls", "helo", "connections", "messages")


class Tls(StrEnum):
    """IMPLICIT is smtps://; the others are what `?starttls=` may say of an smtp:// line."""

    IMPLICIT = "implicit"
    REQUIRE = "require"
    AUTO = "auto"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class SmtpUrl:
    """`helo` is the name to greet with, if this machine's own won't do.

    `connections` at a time at most; `messages` over one of them, where the server has a limit.
    """

    host: str
    port: int
    tls: Tls = Tls.AUTO
    user: str = ""
    password: str = field(default="", repr=False)
    helo: str | None = None
    connections: int = CONNECTIONS
    messages: int | None = None

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def parse_smtp_url(url: str) -> SmtpUrl:
    """Raises ValueError with one line; it never repeats the URL, which holds a password."""
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
        # Without the error's own words: a raw / in a password makes a "port" of its beginning.
        raise _wrong("the port is not a number from 1 to 65535") from None
    if not parts.hostname or port == 0:
        raise _wrong("the host or the port is missing")
    try:
        parts.hostname.encode("idna")
    except UnicodeError:
        raise _wrong("the host is not one") from None
    if bool(parts.username) != bool(parts.password):
        raise _wrong("a user needs a password, and the other way round")
    options = _options(parts.query)
    helo = options.get("helo") or None
    if helo and not re.fullmatch(r"[!-~]{1,255}", helo):
        raise _wrong("helo= is this machine's name, like digest.example.com")
    implicit = parts.scheme == "smtps"
    return SmtpUrl(
        host=parts.hostname,
        port=port or (SUBMISSIONS_PORT if implicit else SUBMISSION_PORT),
        tls=_tls(options.get("starttls"), implicit=implicit),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        helo=helo,
        connections=_number(options, "connections", MOST_CONNECTIONS) or CONNECTIONS,
        messages=_number(options, "messages", 1_000_000),
    )


def _options(query: str) -> dict[str, str]:
    options = dict(parse_qsl(query, keep_blank_values=True))
    if not options.keys() <= set(OPTIONS):
        known = ", ".join(f"{name}=" for name in OPTIONS)
        raise _wrong(f"after the ? only {known} are known")
    return options


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
