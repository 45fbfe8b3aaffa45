"""Validates the text of each setting; a ValueError says what it should look like."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from store.durations import parse_minutes
from subscribers.addresses import AddressError, parse_address

MAX_NAME_LENGTH = 100
MAX_TAGLINE_LENGTH = 200
MAX_BEFORE_TOKEN = 40
"""A local part has 64 characters at most, and 22 of them are a token."""
MIN_BACKUP, MAX_BACKUP = 60, 90 * 24 * 60
"""Minutes between two backups."""
SELECTOR = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_PLAIN_ADDRESS = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*")
"""What the header parser takes as well, without the time that importing it takes."""

_SENDER = re.compile(r"([^<]*+)<\s*+([^<>\s@]++(?:@[^<>\s@]++)+)\s*+>")


def database_text(value: str) -> str:
    """Accept the URL of a database that can be used; it is not shown, it may hold a password."""
    kind, separator, _ = value.partition("://")
    if not separator or kind.partition("+")[0] not in ("sqlite", "postgresql"):
        msg = "should look like sqlite:///var/digest.db or postgresql://user:password@host/name"
        raise ValueError(msg)
    return value


def web_address(value: str) -> str:
    """Accept an http or https address; return it without a slash at its end."""
    parts = urlsplit(value)
    local = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        msg = "should look like https://digest.example.org"
        raise ValueError(msg)
    if parts.scheme == "http" and not local:
        msg = "needs https:// (mail clients refuse one-click unsubscribe over plain http)"
        raise ValueError(msg)
    return value.rstrip("/")


def sender_text(value: str) -> str:
    """Accept `Name <address>`."""
    parse_sender(value)
    return value


def name_text(value: str) -> str:
    """Accept a list's name: one line, not too long."""
    folded = value.strip()
    if not folded or len(folded) > MAX_NAME_LENGTH or not folded.isprintable():
        msg = f"should be a name of one line and at most {MAX_NAME_LENGTH} characters"
        raise ValueError(msg)
    return folded


def line(value: str) -> str:
    """Accept one line."""
    if len(value) > MAX_TAGLINE_LENGTH or not value.isprintable():
        msg = f"should be one line of at most {MAX_TAGLINE_LENGTH} characters"
        raise ValueError(msg)
    return value.strip()


def colour(value: str) -> str:
    """Accept a colour like #4338ca."""
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", value):
        msg = "should be a colour like #4338ca"
        raise ValueError(msg)
    return value.lower()


def logo(value: str) -> str:
    """Accept an https address that everybody can reach: mail is read elsewhere."""
    if value and not re.fullmatch(r"https://[!-~]+", value):
        msg = "should be an image's address like https://example.org/logo.png"
        raise ValueError(msg)
    return value


def language_tag(value: str) -> str:
    """Accept a language tag like en or pt-BR."""
    if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", value):
        msg = "should be a language tag like en or pt-BR (RFC 5646)"
        raise ValueError(msg)
    return value


def language_tag_or_none(value: str) -> str:
    """Accept a language tag, or nothing."""
    return language_tag(value) if value else ""


def reply_to_text(value: str) -> str:
    """Accept a mail address, or nothing."""
    try:
        return ascii_domain(parse_address(value).email) if value.strip() else ""
    except AddressError as error:
        raise ValueError(str(error)) from None


def bounce_pattern(value: str) -> str:
    """Accept an address with a star, like bounces+*@example.org, or nothing."""
    local, _, domain = value.strip().partition("@")
    before, star, after = local.partition("*")
    # Else what stands there could be taken for a part of the token.
    if star and (after or re.search(r"[A-Za-z0-9_-]$", before)):
        msg = "should look like bounces@example.org or bounces+*@example.org"
        raise ValueError(msg)
    if len(before) > MAX_BEFORE_TOKEN:
        msg = f"has more than {MAX_BEFORE_TOKEN} characters before the star"
        raise ValueError(msg)
    if not value.strip():
        return ""
    wire = reply_to_text(f"{before}{'star' if star else ''}@{domain}")
    return f"{before}*@{wire.rpartition('@')[2]}" if star else wire


def postal_text(value: str) -> str:
    """Accept a postal address of one line or several."""
    if re.search(r"[\x00-\x08\x0b-\x1f\x7f]", value):
        msg = "holds a control character"
        raise ValueError(msg)
    return value


def read_by(parse: Callable[[str], object]) -> Callable[[str], str]:
    """Return a validator that accepts what `parse` can read, and returns the text itself."""

    def check(value: str) -> str:
        parse(value)
        return value

    return check


def dns_server_text(value: str) -> str:
    """Accept an IP address with or without a port."""
    if value.strip():
        from digest.deliverability.dns_server import parse_server

        parse_server(value)
    return value.strip()


def source_allow_text(value: str) -> str:
    """Accept host names."""
    if value.strip():
        from digest.sources.http.allowed import parse_allowed

        parse_allowed(value)
    return value


def backup_every_text(value: str) -> str:
    """Accept a duration of an hour at least."""
    if value.strip() and not MIN_BACKUP <= parse_minutes(value) <= MAX_BACKUP:
        msg = f"{value[:40]!r} should be 1h to 90d, like 12h or 1d; empty for no backups"
        raise ValueError(msg)
    return value.strip()


def backup_recipient_text(value: str) -> str:
    """Accept public keys of age, or SSH's."""
    if value.strip():
        from store.age import parse_recipients

        parse_recipients(value)
    return value.strip()


def gate_codes_text(value: str) -> str:
    """Accept codes of the gate."""
    if value.strip():
        from digest.gate.findings import parse_codes

        parse_codes(value)
    return value


def gate_ignored_text(value: str) -> str:
    """Accept codes of the gate that may be ignored."""
    if value.strip():
        from digest.gate.findings import parse_ignored

        parse_ignored(value)
    return value


def selectors(value: str) -> str:
    """Accept DKIM selectors separated by commas."""
    names = split(value)
    if not all(re.fullmatch(SELECTOR, name) for name in names) or len(set(names)) < len(names):
        msg = "should look like s2026, or s2026,e2026 for two keys"
        raise ValueError(msg)
    return value


def webhook_key_text(value: str) -> str:
    """Accept public keys of a webhook."""
    if keys := split(value):
        from digest.track.provider_events.sendgrid_signature import SignatureVerifier

        SignatureVerifier(keys)
    return value


def domain_text(value: str) -> str:
    """Accept a domain name."""
    return ascii_domain(f"postmaster@{value.strip()}").rpartition("@")[2] if value.strip() else ""


def split(value: str) -> list[str]:
    """Split at commas; empty parts are dropped."""
    return [part.strip() for part in value.split(",") if part.strip()]


def parse_sender(value: str) -> tuple[str, str]:
    """Parse `Name <address>` to (name, address). Raises ValueError."""
    match = _SENDER.fullmatch(value.strip())
    name = match[1].strip() if match else ""
    if not match or not name or len(name) > MAX_NAME_LENGTH or not name.isprintable():
        msg = "should look like Weekly Verdicts <digest@example.org>"
        raise ValueError(msg)
    if not _PLAIN_ADDRESS.fullmatch(match[2]):
        _check_address(match[2])
    return name.strip('"'), ascii_domain(match[2])


def _check_address(text: str) -> None:
    from email.headerregistry import Address

    try:
        Address(addr_spec=text)
    except Exception:  # noqa: BLE001 - the header parser raises whatever it stumbled over
        msg = f"{text} is not a mail address"
        raise ValueError(msg) from None


def ascii_domain(address: str) -> str:
    """Return the address with its domain in A-labels, as headers need it (RFC 5891)."""
    local, _, domain = address.rpartition("@")
    if not local.isascii():
        msg = f"{address}: only ASCII can stand before the @ of a sender"
        raise ValueError(msg)
    if domain.isascii():
        return address
    import idna

    try:
        return f"{local}@{idna.encode(domain, uts46=True).decode()}"
    except idna.IDNAError:
        msg = f"{domain} is not a domain"
        raise ValueError(msg) from None


def token_url(value: str) -> str:
    """Raises ValueError unless `value` is an HTTPS address, or one of this machine."""
    parts = urlsplit(value)
    local = parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1", "::1")
    if value and not (parts.hostname and (parts.scheme == "https" or local)):
        raise ValueError("should look like https://login.example.com/oauth2/v2.0/token")
    return value
