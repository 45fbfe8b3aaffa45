"""Where mail goes over SMTP: an SMTP_URL, taken apart."""

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


class Tls(StrEnum):
    """IMPLICIT is smtps://; the others are what `?starttls=` may say of an smtp:// line."""

    IMPLICIT = "implicit"
    REQUIRE = "require"
    AUTO = "auto"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class SmtpTarget:
    """`helo` is the name to greet with, if this machine's own won't do."""

    host: str
    port: int
    tls: Tls = Tls.AUTO
    user: str = ""
    password: str = field(default="", repr=False)
    helo: str | None = None

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def parse_smtp_url(url: str) -> SmtpTarget:
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
    if bool(parts.username) != bool(parts.password):
        raise _wrong("a user needs a password, and the other way round")
    implicit = parts.scheme == "smtps"
    tls, helo = _options(parts.query, Tls.IMPLICIT if implicit else Tls.AUTO)
    return SmtpTarget(
        host=parts.hostname,
        port=port or (SUBMISSIONS_PORT if implicit else SUBMISSION_PORT),
        tls=tls,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        helo=helo,
    )


def _options(query: str, tls: Tls) -> tuple[Tls, str | None]:
    options = dict(parse_qsl(query, keep_blank_values=True))
    starttls = options.pop("starttls", None)
    helo = options.pop("helo", None)
    if options:
        raise _wrong("after the ? only starttls= and helo= are known")
    if starttls is not None:
        if tls is Tls.IMPLICIT:
            raise _wrong("smtps:// is TLS already, so it takes no starttls=")
        if starttls not in {Tls.REQUIRE, Tls.AUTO, Tls.NEVER}:
            raise _wrong("starttls= is require, auto or never")
        tls = Tls(starttls)
    return tls, helo or None


def _wrong(what: str) -> ValueError:
    return ValueError(f"{SHAPE}; {what}")
