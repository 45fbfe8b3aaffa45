"""Reads settings from the environment and `.env`, once, and passes them on as values."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import (
    AfterValidator,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import SettingsConfigDict

from digest.brand import ACCENT, NO_ADDRESS, TAGLINE, Brand, Typeface
from digest.deliver.providers.smtp.url import SmtpUrl, parse_smtp_url
from digest.deliver.rate_limit.limits import Limits, parse_domain_limits, parse_limit, parse_warm_up
from digest.language.choose import language_of
from digest.language.language import Language
from digest.message.edition import Sender
from digest.settings.dotenv_file import dotenv_fault
from digest.settings.operation import OperationSettings
from digest.settings.secret_file import SHORTEST_SECRET, local_secret
from digest.settings.validators import (
    bounce_pattern,
    colour,
    database_text,
    dns_server_text,
    domain_text,
    gate_codes_text,
    gate_ignored_text,
    language_tag,
    language_tag_or_none,
    line,
    logo,
    name_text,
    parse_sender,
    postal_text,
    read_by,
    reply_to_text,
    selectors,
    sender_text,
    source_allow_text,
    split,
    web_address,
    webhook_key_text,
)
from digest.track.hits.networks import ScannerNetworks, parse_networks
from store.errors import UserError

if TYPE_CHECKING:
    from digest.gate.findings import Policy
    from digest.render.links import Tracking

MAX_SETTING = 2_000
"""Characters; the longest are lists of networks or of domains with limits."""
MAX_TIME = 36_500
"""Days."""


class SettingsError(UserError):
    """A setting is missing or wrong; a line for each, with what it should look like."""


class ProviderName(StrEnum):
    OUTBOX = "outbox"
    SMTP = "smtp"
    SENDGRID = "sendgrid"


class Settings(OperationSettings):
    """All settings; in the environment each is in capitals, after `DIGEST_`."""

    model_config = SettingsConfigDict(
        env_prefix="DIGEST_", env_file=".env", env_file_encoding="utf-8", extra="ignore"
    )

    database_url: Annotated[str, AfterValidator(database_text)] = Field(
        default="sqlite:///var/digest.db", repr=False
    )
    """Secret: it may hold a password."""
    public_url: Annotated[str, AfterValidator(web_address)] = "http://localhost:8000"
    secret_key: SecretStr = SecretStr("")
    """One secret of at least 32 characters, or several separated by commas, newest first."""
    provider: ProviderName = ProviderName.OUTBOX
    outbox_dir: Path = Path("var/outbox")
    journal_dir: Path | None = None
    """Where a sending process notes what it begins; if left out, beside the SQLite database, or
    `var/journal` with PostgreSQL. On a disk of this machine, shared by its workers alone."""
    smtp_url: SecretStr = SecretStr("")
    smtp_fallback_url: SecretStr = SecretStr("")
    """A second relay, like `smtp_url`, for when the first can't be used."""
    sendgrid_api_key: SecretStr = SecretStr("")
    sendgrid_host: str = "https://api.sendgrid.com"
    sendgrid_webhook_key: Annotated[str, AfterValidator(webhook_key_text)] = ""
    """The verification key of the Signed Event Webhook, or two separated by a comma."""
    bounce_mailbox: SecretStr = SecretStr("")
    """Like maildir:///var/mail/bounces, or imaps://user:password@host/INBOX."""
    bounce_address: Annotated[str, AfterValidator(bounce_pattern)] = ""
    """Like bounces+*@example.org: the bounce address, the star replaced in each message."""
    sender: Annotated[str, AfterValidator(sender_text)] = (
        "Weekly AI Tool Verdicts <digest@localhost>"
    )
    reply_to: Annotated[str, AfterValidator(reply_to_text)] = ""
    postal_address: Annotated[str, AfterValidator(postal_text)] = ""
    list_name: Annotated[str, AfterValidator(name_text)] = "Weekly AI Tool Verdicts"
    tagline: Annotated[str, AfterValidator(line)] = TAGLINE.text
    accent: Annotated[str, AfterValidator(colour)] = ACCENT
    logo_url: Annotated[str, AfterValidator(logo)] = ""
    """Shown 40 pixels high; the list's name replaces it where images are off."""
    typeface: Typeface = Typeface.SANS
    language: Annotated[str, AfterValidator(language_tag)] = "en"
    content_language: Annotated[str, AfterValidator(language_tag_or_none)] = ""
    """The language of the comparison pages; names, quotes and descriptions are marked with it."""
    templates: Path | None = None
    """A folder of your own email templates; a template that it lacks is taken from the product."""
    tracking: bool = True
    """If off, no opens and clicks are stored, and links carry no reader."""
    track_opens: bool = True
    track_clicks: bool = True
    proof_of_work: bool = False
    """Whether a sign-up needs a proof of work: a second of CPU, and JavaScript."""
    pending_days: int = Field(default=60, ge=0, le=MAX_TIME)
    """Days after which a sign-up that was never confirmed is deleted; 0 keeps it."""
    retention_days: int = Field(default=365, ge=0, le=MAX_TIME)
    """Days after which the addresses of machines and the names of programs are deleted from
    consents, clicks and opens; 0 keeps them."""
    confirmations_per_day: int = Field(default=5_000, ge=1)
    """How many confirmations of sign-ups are sent a day, in all: a flood of them stops there."""
    scanner_networks: Annotated[str, AfterValidator(read_by(parse_networks))] = ""
    """Like 203.0.113.0/24, 2001:db8::/32: hits from there count as bots."""
    rate_limit: Annotated[str, AfterValidator(read_by(parse_limit))] = ""
    """Like 20, or 20/s 5000/day; if empty, as fast as the provider accepts."""
    domain_limits: Annotated[str, AfterValidator(read_by(parse_domain_limits))] = ""
    """Like gmail.com=20/s 50000/day, yahoo.com=5/s; in addition to the limit on all mail."""
    warm_up: Annotated[str, AfterValidator(read_by(parse_warm_up))] = ""
    """Like 2026-12-01 200 x1.5: how many on that day, and the factor for each day after it."""
    gate_block: Annotated[str, AfterValidator(gate_codes_text)] = ""
    """Codes of the gate that block in addition to the defaults, separated by commas."""
    gate_ignore: Annotated[str, AfterValidator(gate_ignored_text)] = ""
    """Codes of the gate that only inform."""
    gate_tools: bool = True
    """Whether to use SpamAssassin and caniemail if they are installed."""
    caniemail: Path = Path("node_modules/caniemail")
    """The folder of the npm package."""
    source_allow: Annotated[str, AfterValidator(source_allow_text)] = ""
    """Hosts on private networks that sources may be read from, separated by commas."""
    dns_server: Annotated[str, AfterValidator(dns_server_text)] = ""
    """DNS server that `digest doctor` asks, like 9.9.9.9; if empty, this machine's own."""
    dkim_selector: Annotated[str, AfterValidator(selectors)] = ""
    dkim_key_file: str = ""
    """PEM files separated by commas, one for each selector, in the same order."""
    dkim_domain: Annotated[str, AfterValidator(domain_text)] = ""
    """If empty, the sender's domain."""

    @field_validator("*", mode="before")
    @classmethod
    def _check_length(cls, value: Any) -> Any:
        """Refuse a text too long to be a setting before anything tries to match it."""
        if isinstance(value, str) and len(value) > MAX_SETTING:
            msg = f"has {len(value)} characters; a setting has {MAX_SETTING} at most"
            raise ValueError(msg)
        return value

    @model_validator(mode="after")
    def _provider_has_what_it_needs(self) -> "Settings":
        if self.provider is ProviderName.SMTP and not self.smtp_url.get_secret_value():
            msg = "DIGEST_SMTP_URL is missing; it should look like smtp://user:pass@host:587"
            raise ValueError(msg)
        if self.provider is ProviderName.SMTP:
            try:
                _ = self.smtp_relays
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
                from digest.track.bounces.mailbox.base import parse_mailbox_url

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
    def _check_dkim_alignment(self) -> "Settings":
        if len(split(self.dkim_selector)) != len(split(self.dkim_key_file)):
            msg = (
                "DIGEST_DKIM_SELECTOR and DIGEST_DKIM_KEY_FILE name a selector and a PEM file "
                "for each key, like s2026 and /etc/digest/dkim.pem"
            )
            raise ValueError(msg)
        sender = self.mail_sender.domain
        if self.dkim_domain and not _is_aligned(self.dkim_domain, sender):
            msg = f"DIGEST_DKIM_DOMAIN: should be {sender}, the sender's domain, or one above it"
            raise ValueError(msg)
        return self

    @property
    def secrets(self) -> list[str]:
        """The signing secrets, newest first."""
        return split(self.secret_key.get_secret_value())

    @property
    def webhook_keys(self) -> list[str]:
        """The public keys of SendGrid's signed webhook."""
        return split(self.sendgrid_webhook_key)

    @property
    def dkim_files(self) -> dict[str, Path]:
        """PEM files by selector; empty if mail is not signed here."""
        files = map(Path, split(self.dkim_key_file))
        return dict(zip(split(self.dkim_selector), files, strict=True))

    @property
    def signing_domain(self) -> str:
        """The domain that DKIM signs for."""
        return self.dkim_domain or self.mail_sender.domain

    @property
    def mail_sender(self) -> Sender:
        """Name, address and reply-to of the sender."""
        name, address = parse_sender(self.sender)
        return Sender(name, address, self.reply_to or None)

    @property
    def smtp_relays(self) -> list[SmtpUrl]:
        """The SMTP relay, and after it the one to fall back to, if there is one."""
        url = self.smtp_url.get_secret_value()
        relays = [parse_smtp_url(url, by_token=self.smtp_token_source.is_set)]
        if other := self.smtp_fallback_url.get_secret_value():
            relays.append(parse_smtp_url(other, name="SMTP_FALLBACK_URL"))
        return relays

    @property
    def tracked(self) -> "Tracking":
        """Whether opens and clicks are tracked."""
        from digest.render.links import Tracking

        return Tracking(self.tracking and self.track_opens, self.tracking and self.track_clicks)

    @property
    def networks(self) -> ScannerNetworks:
        """Networks of bots: hits from them count as machines'."""
        return ScannerNetworks(parse_networks(self.scanner_networks))

    @property
    def gate_policy(self) -> "Policy":
        """The gate's levels as set here."""
        from digest.gate.findings import Code, Policy, parse_codes, parse_ignored

        ignored = parse_ignored(self.gate_ignore)
        if self.provider is ProviderName.OUTBOX:  # whoever reads that mail is on this machine
            ignored |= {Code.LINK_LOCAL}
        return Policy(parse_codes(self.gate_block), ignored)

    @property
    def limits(self) -> Limits:
        """The rate limits."""
        return Limits(
            parse_limit(self.rate_limit),
            parse_domain_limits(self.domain_limits),
            parse_warm_up(self.warm_up),
        )

    @property
    def reader_language(self) -> Language:
        """The language that readers are written to in; own catalogues come with own templates."""
        return language_of(self.language, [self.templates] if self.templates else [])

    @property
    def _tagline(self) -> str:
        """The tagline that is set, or the product's in the readers' language."""
        if self.tagline != TAGLINE.text:
            return self.tagline
        return self.reader_language.say(TAGLINE)

    @property
    def brand(self) -> Brand:
        """Name and look of the list."""
        return Brand(
            name=self.list_name,
            public_url=self.public_url,
            postal_address=self.postal_address or NO_ADDRESS,
            tagline=self._tagline,
            accent=self.accent,
            language=self.language,
            content_language=self.content_language,
            logo_url=self.logo_url,
            typeface=self.typeface,
        )


def read_settings(**overrides: Any) -> Settings:
    """Read the environment and `.env`. Raises SettingsError naming each wrong setting."""
    if fault := dotenv_fault():
        raise SettingsError(fault)
    try:
        settings = Settings(**overrides)
    except ValidationError as error:
        raise SettingsError("\n".join(_lines(error))) from None
    except UnicodeDecodeError:
        msg = ".env is not UTF-8 text"
        raise SettingsError(msg) from None
    return settings.model_copy(update={"secret_key": SecretStr(",".join(_secrets(settings)))})


def _is_aligned(signing_domain: str, sender_domain: str) -> bool:
    from digest.deliver.providers.dkim.signer import is_aligned

    return is_aligned(signing_domain, sender_domain)


def _lines(error: ValidationError) -> list[str]:
    lines = []
    for one in error.errors(include_url=False):
        name = f"DIGEST_{str(one['loc'][0]).upper()}: " if one["loc"] else ""
        wrong = one["msg"].removeprefix("Value error, ")
        lines.append(f"{name}{wrong}")
    return lines


def _secrets(settings: Settings) -> list[str]:
    """Return the secrets; for local use one is made on the first run, beside the database."""
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
        msg = "DIGEST_SECRET_KEY is missing; links need it; make one with: openssl rand -hex 32"
        raise SettingsError(msg)
    try:
        return [local_secret(Path(settings.database_url.removeprefix("sqlite:///")).parent)]
    except ValueError as error:
        raise SettingsError(str(error)) from None
