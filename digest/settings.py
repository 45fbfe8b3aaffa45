"""Settings from the environment or `.env`, read once and passed on as values."""

import re
import secrets
from collections.abc import Callable, Mapping
from email.headerregistry import Address
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import idna
from pydantic import AfterValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from digest.address import Sender
from digest.brand import ACCENT, NO_ADDRESS, TAGLINE, Brand, Typeface
from digest.deliver.dkim import speaks_for
from digest.deliver.limits import Limits, parse_domain_limits, parse_limit, parse_warm_up
from digest.deliver.smtp_target import parse_smtp_url
from digest.gate.findings import Policy, parse_codes, parse_ignored
from digest.render.links import Tracking
from digest.standing.server import parse_server
from digest.track.bounces.mailboxes import parse_mailbox_url
from digest.track.networks import Networks, parse_networks
from digest.track.sendgrid_signature import Signatures
from subscribers.addresses import AddressError, parse_address

SHORTEST_SECRET = 32
LONGEST_NAME = 100
LONGEST_TAGLINE = 200
LONGEST_BEFORE_TOKEN = 40
"""A local part has 64 characters at most, and 22 of them are a token."""
SELECTOR = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"


class SettingsError(Exception):
    """A setting is missing or wrong; one line a setting: its name, and what it should look like."""


class ProviderName(StrEnum):
    OUTBOX = "outbox"
    SMTP = "smtp"
    SENDGRID = "sendgrid"


def _web_address(value: str) -> str:
    parts = urlsplit(value)
    local = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        msg = "should look like https://digest.example.org"
        raise ValueError(msg)
    if parts.scheme == "http" and not local:
        msg = "needs https:// (mail clients refuse one-click unsubscribe over plain http)"
        raise ValueError(msg)
    return value.rstrip("/")


def _sender(value: str) -> str:
    parse_sender(value)
    return value


def _name(value: str) -> str:
    folded = value.strip()
    if not folded or len(folded) > LONGEST_NAME or not folded.isprintable():
        msg = f"should be a name of one line and at most {LONGEST_NAME} characters"
        raise ValueError(msg)
    return folded


def _line(value: str) -> str:
    if len(value) > LONGEST_TAGLINE or not value.isprintable():
        msg = f"should be one line of at most {LONGEST_TAGLINE} characters"
        raise ValueError(msg)
    return value.strip()


def _colour(value: str) -> str:
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", value):
        msg = "should be a colour like #4338ca"
        raise ValueError(msg)
    return value.lower()


def _logo(value: str) -> str:
    """Mail is read far from here, so only an address that everybody can reach will do."""
    if value and not re.fullmatch(r"https://[!-~]+", value):
        msg = "should be an image's address like https://example.org/logo.png"
        raise ValueError(msg)
    return value


def _language(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", value):
        msg = "should be a language tag like en or pt-BR (RFC 5646)"
        raise ValueError(msg)
    return value


def _reply_to(value: str) -> str:
    try:
        return _ascii_domain(parse_address(value).email) if value.strip() else ""
    except AddressError as error:
        raise ValueError(str(error)) from None


def _bounce_address(value: str) -> str:
    local, _, domain = value.strip().partition("@")
    before, star, after = local.partition("*")
    # Else what stands there could be taken for a part of the token.
    if star and (after or re.search(r"[A-Za-z0-9_-]$", before)):
        msg = "should look like bounces@example.org or bounces+*@example.org"
        raise ValueError(msg)
    if len(before) > LONGEST_BEFORE_TOKEN:
        msg = f"has more than {LONGEST_BEFORE_TOKEN} characters before the star"
        raise ValueError(msg)
    if not value.strip():
        return ""
    wire = _reply_to(f"{before}{'star' if star else ''}@{domain}")
    return f"{before}*@{wire.rpartition('@')[2]}" if star else wire


def _postal_address(value: str) -> str:
    if re.search(r"[\x00-\x08\x0b-\x1f\x7f]", value):
        msg = "holds a control character"
        raise ValueError(msg)
    return value


def _read_by(parse: Callable[[str], object]) -> Callable[[str], str]:
    """Keeps the text, once it is known that it can be read."""

    def check(value: str) -> str:
        parse(value)
        return value

    return check


def _dns_server(value: str) -> str:
    if value.strip():
        parse_server(value)
    return value.strip()


def _selectors(value: str) -> str:
    names = split(value)
    if not all(re.fullmatch(SELECTOR, name) for name in names) or len(set(names)) < len(names):
        msg = "should look like s2026, or s2026,e2026 for two keys"
        raise ValueError(msg)
    return value


def _webhook_keys(value: str) -> str:
    Signatures(split(value))
    return value


def _domain(value: str) -> str:
    return _ascii_domain(f"postmaster@{value.strip()}").rpartition("@")[2] if value.strip() else ""


def split(value: str) -> list[str]:
    """What stands between commas, if anything does."""
    return [part.strip() for part in value.split(",") if part.strip()]


def parse_sender(value: str) -> tuple[str, str]:
    """`Name <address>` as (name, address). Raises ValueError."""
    match = re.fullmatch(r"\s*(.*?)\s*<\s*([^<>\s]+@[^<>\s@]+)\s*>\s*", value)
    if not match or not match[1] or len(match[1]) > LONGEST_NAME or not match[1].isprintable():
        msg = "should look like Weekly Verdicts <digest@example.org>"
        raise ValueError(msg)
    try:
        Address(addr_spec=match[2])
    except Exception:  # noqa: BLE001 - the header parser raises whatever it stumbled over
        msg = f"{match[2]} is not a mail address"
        raise ValueError(msg) from None
    return match[1].strip('"'), _ascii_domain(match[2])


def _ascii_domain(address: str) -> str:
    """The address with its domain in A-labels: headers can't carry it otherwise (RFC 5891)."""
    local, _, domain = address.rpartition("@")
    if not local.isascii():
        msg = f"{address}: only ASCII can stand before the @ of a sender"
        raise ValueError(msg)
    try:
        return f"{local}@{domain if domain.isascii() else idna.encode(domain, uts46=True).decode()}"
    except idna.IDNAError:
        msg = f"{domain} is not a domain"
        raise ValueError(msg) from None


class Settings(BaseSettings):
    """Every setting, `DIGEST_` before its name in capitals."""

    model_config = SettingsConfigDict(
        env_prefix="DIGEST_", env_file=".env", env_file_encoding="utf-8", extra="ignore"
    )

    database_url: str = Field(default="sqlite:///var/digest.db", repr=False)
    """May hold a password, so it is not shown."""
    public_url: Annotated[str, AfterValidator(_web_address)] = "http://localhost:8000"
    secret_key: SecretStr = SecretStr("")
    """One secret of at least 32 characters, or several parted by commas, newest first."""
    provider: ProviderName = ProviderName.OUTBOX
    outbox_dir: Path = Path("var/outbox")
    smtp_url: SecretStr = SecretStr("")
    sendgrid_api_key: SecretStr = SecretStr("")
    sendgrid_host: str = "https://api.sendgrid.com"
    sendgrid_webhook_key: Annotated[str, AfterValidator(_webhook_keys)] = ""
    """The Signed Event Webhook's verification key, or two parted by a comma."""
    bounce_mailbox: SecretStr = SecretStr("")
    """Like maildir:///var/mail/bounces, or imaps://user:password@host/INBOX."""
    bounce_address: Annotated[str, AfterValidator(_bounce_address)] = ""
    """Like bounces+*@example.org: where bounces are sent to, the star told from mail to mail."""
    sender: Annotated[str, AfterValidator(_sender)] = "Weekly AI Tool Verdicts <digest@localhost>"
    reply_to: Annotated[str, AfterValidator(_reply_to)] = ""
    postal_address: Annotated[str, AfterValidator(_postal_address)] = ""
    list_name: Annotated[str, AfterValidator(_name)] = "Weekly AI Tool Verdicts"
    tagline: Annotated[str, AfterValidator(_line)] = TAGLINE
    accent: Annotated[str, AfterValidator(_colour)] = ACCENT
    logo_url: Annotated[str, AfterValidator(_logo)] = ""
    """Shown 40 pixels high; where images are off, the list's name stands there."""
    typeface: Typeface = Typeface.SANS
    language: Annotated[str, AfterValidator(_language)] = "en"
    templates: Path | None = None
    """A folder of your own email templates, from `digest template new`; what it lacks is ours."""
    tracking: bool = True
    """Off, and neither opens nor clicks are told apart by reader, or kept."""
    track_opens: bool = True
    track_clicks: bool = True
    metrics_token: SecretStr = SecretStr("")
    """Who sends it as a bearer token sees /metrics; without it nobody does."""
    proof_of_work: bool = False
    """Whether a sign-up costs its visitor's processor a second; it needs JavaScript then."""
    scanner_networks: Annotated[str, AfterValidator(_read_by(parse_networks))] = ""
    """Like 203.0.113.0/24, 2001:db8::/32: what comes from there is a machine's."""
    rate_limit: Annotated[str, AfterValidator(_read_by(parse_limit))] = ""
    """Like 20, or 20/s 5000/day; nothing sends as fast as the provider takes it."""
    domain_limits: Annotated[str, AfterValidator(_read_by(parse_domain_limits))] = ""
    """Like gmail.com=20/s 50000/day, yahoo.com=5/s; beside the limit on all mail."""
    warm_up: Annotated[str, AfterValidator(_read_by(parse_warm_up))] = ""
    """Like 2026-12-01 200 x1.5: how many a day, on that date and then ever more."""
    gate_block: Annotated[str, AfterValidator(_read_by(parse_codes))] = ""
    """Codes of the gate that shall block, parted by commas, beside those that do anyway."""
    gate_ignore: Annotated[str, AfterValidator(_read_by(parse_ignored))] = ""
    """Codes that shall only inform."""
    gate_tools: bool = True
    """Whether SpamAssassin and caniemail are asked where this machine has them."""
    caniemail: Path = Path("node_modules/caniemail")
    """The folder of the npm package."""
    dns_server: Annotated[str, AfterValidator(_dns_server)] = ""
    """What `digest doctor` asks, like 9.9.9.9; this machine's own if empty."""
    dkim_selector: Annotated[str, AfterValidator(_selectors)] = ""
    dkim_key_file: str = ""
    """A PEM file, or several parted by commas: a file a selector, in the same order."""
    dkim_domain: Annotated[str, AfterValidator(_domain)] = ""
    """The sender's domain if empty."""

    @model_validator(mode="after")
    def _provider_has_what_it_needs(self) -> "Settings":
        if self.provider is ProviderName.SMTP and not self.smtp_url.get_secret_value():
            msg = "DIGEST_SMTP_URL is missing; it should look like smtp://user:pass@host:587"
            raise ValueError(msg)
        if self.provider is ProviderName.SMTP:
            try:
                parse_smtp_url(self.smtp_url.get_secret_value())
            except ValueError as error:
                raise ValueError(f"DIGEST_{error}") from None
        if self.provider is ProviderName.SENDGRID and not self.sendgrid_api_key.get_secret_value():
            msg = "DIGEST_SENDGRID_API_KEY is missing; it should look like SG.xxxx.yyyy"
            raise ValueError(msg)
        if self.provider is not ProviderName.OUTBOX and not self.postal_address.strip():
            msg = (
                "DIGEST_POSTAL_ADDRESS is missing; real mail must say where you are, "
                'like "12 Example Road, 1010 Town"'
            )
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _bounces_are_read(self) -> "Settings":
        place = self.bounce_mailbox.get_secret_value()
        try:
            if place:
                parse_mailbox_url(place)
        except ValueError as error:
            raise ValueError(f"DIGEST_BOUNCE_MAILBOX: {error}") from None
        if self.bounce_address and not place:
            msg = (
                "DIGEST_BOUNCE_MAILBOX is missing: nobody would read what is sent to "
                "DIGEST_BOUNCE_ADDRESS"
            )
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _signatures_speak_for_the_sender(self) -> "Settings":
        if len(split(self.dkim_selector)) != len(split(self.dkim_key_file)):
            msg = (
                "DIGEST_DKIM_SELECTOR and DIGEST_DKIM_KEY_FILE name a selector and a PEM file "
                "for each key, like s2026 and /etc/digest/dkim.pem"
            )
            raise ValueError(msg)
        sender = self.mail_sender.domain
        if self.dkim_domain and not speaks_for(self.dkim_domain, sender):
            msg = f"DIGEST_DKIM_DOMAIN: should be {sender}, the sender's domain, or one above it"
            raise ValueError(msg)
        return self

    @property
    def secrets(self) -> list[str]:
        return split(self.secret_key.get_secret_value())

    @property
    def webhook_keys(self) -> list[str]:
        return split(self.sendgrid_webhook_key)

    @property
    def dkim_files(self) -> dict[str, Path]:
        """PEM files by selector; none where mail is not signed here."""
        files = map(Path, split(self.dkim_key_file))
        return dict(zip(split(self.dkim_selector), files, strict=True))

    @property
    def signing_domain(self) -> str:
        return self.dkim_domain or self.mail_sender.domain

    @property
    def mail_sender(self) -> Sender:
        name, address = parse_sender(self.sender)
        return Sender(name, address, self.reply_to or None)

    @property
    def kept(self) -> Tracking:
        return Tracking(self.tracking and self.track_opens, self.tracking and self.track_clicks)

    @property
    def networks(self) -> Networks:
        return Networks(parse_networks(self.scanner_networks))

    @property
    def gate_policy(self) -> Policy:
        return Policy(parse_codes(self.gate_block), parse_ignored(self.gate_ignore))

    @property
    def limits(self) -> Limits:
        return Limits(
            parse_limit(self.rate_limit),
            parse_domain_limits(self.domain_limits),
            parse_warm_up(self.warm_up),
        )

    @property
    def brand(self) -> Brand:
        return Brand(
            name=self.list_name,
            public_url=self.public_url,
            postal_address=self.postal_address or NO_ADDRESS,
            tagline=self.tagline,
            accent=self.accent,
            language=self.language,
            logo_url=self.logo_url,
            typeface=self.typeface,
        )


def read_settings(**overrides: Any) -> Settings:
    """Settings from the environment and `.env`. Raises SettingsError naming each wrong one."""
    try:
        settings = Settings(**overrides)
    except ValidationError as error:
        raise SettingsError("\n".join(_lines(error))) from None
    except UnicodeDecodeError:
        msg = ".env is not UTF-8 text"
        raise SettingsError(msg) from None
    return settings.model_copy(update={"secret_key": SecretStr(",".join(_secrets(settings)))})


def unknown_settings(environment: Mapping[str, str]) -> list[str]:
    """Names that begin like a setting and are none: most likely a slip of the pen."""
    known = {f"DIGEST_{name.upper()}" for name in Settings.model_fields}
    return sorted(name for name in environment if name.startswith("DIGEST_") and name not in known)


def _lines(error: ValidationError) -> list[str]:
    lines = []
    for fault in error.errors(include_url=False):
        name = f"DIGEST_{str(fault['loc'][0]).upper()}: " if fault["loc"] else ""
        wrong = fault["msg"].removeprefix("Value error, ")
        lines.append(f"{name}{wrong}")
    return lines


def _secrets(settings: Settings) -> list[str]:
    """The secrets given; for local use one is made on the first run and kept beside the store."""
    given = settings.secrets
    for secret in given:
        if len(secret) < SHORTEST_SECRET:
            msg = (
                f"DIGEST_SECRET_KEY: {len(secret)} characters are too few; at least "
                f"{SHORTEST_SECRET}, for example from: openssl rand -hex 32"
            )
            raise SettingsError(msg)
    if given:
        return given
    local = settings.provider is ProviderName.OUTBOX and settings.database_url.startswith("sqlite:")
    if not local:
        msg = (
            "DIGEST_SECRET_KEY is missing; links are signed with it. "
            "Make one with: openssl rand -hex 32"
        )
        raise SettingsError(msg)
    return [_local_secret(Path(settings.database_url.removeprefix("sqlite:///")).parent)]


def _local_secret(folder: Path) -> str:
    path = folder / "secret.key"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="ascii") as file:
            path.chmod(0o600)
            file.write(secrets.token_hex(32))
    except FileExistsError:
        pass
    except OSError as error:
        msg = f"no secret can be kept in {folder} ({error.strerror}); set DIGEST_SECRET_KEY"
        raise SettingsError(msg) from None
    return path.read_text(encoding="ascii").strip()
