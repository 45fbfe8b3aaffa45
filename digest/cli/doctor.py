"""digest doctor: configuration, database, provider, and what mailbox providers would object to."""

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli.common import CommandError, format_time, open_app

if TYPE_CHECKING:
    from digest.bootstrap import App
    from digest.deliver.providers.dkim.keys import DkimKey
    from digest.settings import Settings


MARKS = {True: "ok  ", None: "note", False: "BAD "}
"""A note is fine for trying it out and not for real mail."""


Try = Annotated[
    str | None,
    typer.Option(
        "--try",
        metavar="ADDRESS",
        help="Only try the SMTP server, up to RCPT with this address and RSET; nobody is mailed.",
    ),
]


def doctor(try_address: Try = None) -> None:
    """Check configuration, database and provider, and what DNS says of the sender.

    Example: digest doctor --try me@example.org
    """
    bad = 0
    with open_app() as app:
        for fine, line in _trial(app, try_address) if try_address else _findings(app):
            bad += fine is False
            print(f"{MARKS[fine]} {line}")
    if bad:
        raise CommandError(f"{bad} to mend")


def _findings(app: "App") -> Iterator[tuple[bool | None, str]]:
    from digest.deliver.providers.base import ProviderError
    from digest.language.choose import is_translated
    from digest.settings import ProviderName
    from digest.settings.proxies import named_proxies
    from digest.startup_checks import unknown_settings

    settings = app.settings
    where = app.store.name
    yield True, f"database {where} is up to date"
    yield from _secrets(app)
    yield from _held(app)
    try:
        app.provider.check()
    except ProviderError as error:
        yield False, f"provider {settings.provider}: {error}"
    else:
        yield True, f"provider {settings.provider} answers"
    real = settings.provider is not ProviderName.OUTBOX
    public = settings.public_url.startswith("https://")
    yield (
        public or (False if real else None),
        f"public address {settings.public_url}"
        + (
            "" if public else " (readers can't reach it: set DIGEST_PUBLIC_URL to an https address)"
        ),
    )
    address = bool(settings.postal_address.strip())
    yield (
        address or (False if real else None),
        "postal address " + ("is set" if address else "is missing: set DIGEST_POSTAL_ADDRESS"),
    )
    yield True, f"mail is from {settings.sender}"
    if not is_translated(app.language):
        hint = "the product's words are English; docs/languages.md says how to add a catalogue"
        yield None, f"language {app.language.tag} has no catalogue: {hint}"
    keys: list[DkimKey] = []
    yield from _dkim_signing(settings, keys)
    yield from _deliverability(settings, keys)
    yield from _times(app)
    yield from _bounces(app)
    for line in unknown_settings(os.environ):
        yield None, line
    if settings.public_url.startswith("https://") and not named_proxies():
        hint = "behind a proxy on another address than 127.0.0.1 all readers count as one"
        yield None, f"proxy: FORWARDED_ALLOW_IPS is not set; {hint}"


def _trial(app: "App", address: str) -> Iterator[tuple[bool | None, str]]:
    """Go through an SMTP session with each relay, with every command of a message but its body."""
    import ssl
    from time import monotonic

    from digest.deliver.access_token import open_access_tokens
    from digest.deliver.providers.smtp.trial import try_recipient
    from digest.pipeline.hold_reason import hint
    from digest.settings import ProviderName

    settings = app.settings
    if settings.provider is not ProviderName.SMTP:
        raise CommandError(
            f"DIGEST_PROVIDER is {settings.provider}, and --try speaks SMTP: set it to smtp, or "
            "mail yourself with digest issue test N --to EMAIL"
        )
    sender = settings.bounce_address.replace("*", "try") or settings.mail_sender.address
    tokens = open_access_tokens(settings.smtp_token_source, monotonic)
    for place, relay in enumerate(settings.smtp_relays):
        yield True, f"{'fallback' if place else 'relay'} {relay}, from {sender} to {address}"
        for step in try_recipient(
            relay,
            ssl.create_default_context(),
            sender,
            address,
            access_tokens=None if place else tokens,
        ):
            what = f"{step.command}: {step.words}" if step.command else step.words
            advice = f"; {hint(step.failure.cause)}" if step.fine is False and step.failure else ""
            yield step.fine, what + advice


def _secrets(app: "App") -> Iterator[tuple[bool | None, str]]:
    """Say which secrets links are made and read with, and whether there is a copy to keep."""
    from subscribers.hash_key import fingerprint_of

    first, *rest = map(fingerprint_of, app.settings.secrets)
    read = f", those of {' and '.join(rest)} are read" if rest else ""
    yield True, f"links are made with the secret of fingerprint {first}{read}; keep a copy of it"


def _held(app: "App") -> Iterator[tuple[bool | None, str]]:
    """Check that mail may go out of this database."""
    from digest.deliver.instance import SendingHeldError

    try:
        app.guard.ensure_may_send()
    except SendingHeldError as error:
        yield False, str(error)


def _times(app: "App") -> Iterator[tuple[bool | None, str]]:
    """Check that no clock that was once ahead has left moments that silence something."""
    from digest.pipeline.later_moments import SMALL, find_later
    from digest.tables import metadata

    with app.store.read() as session:
        found = find_later(session, metadata, app.clock(), SMALL)
    for one in found:
        line = f"times: {one.rows} of {one.column} are later than now, up to "
        line += f"{format_time(one.latest)}; if the clock is right: digest database correct-times"
        yield False, line


def _bounces(app: "App") -> Iterator[tuple[bool | None, str]]:
    """Check that bounces and delivery events would be read."""
    from digest.settings import ProviderName
    from digest.track.bounces.mailbox.base import MailboxError

    provider = app.settings.provider
    if provider is ProviderName.SENDGRID and not app.settings.webhook_keys:
        yield None, "events: SendGrid's are refused until DIGEST_SENDGRID_WEBHOOK_KEY is set"
    if app.bounces is None:
        if provider is ProviderName.SMTP:
            yield None, "bounces: nobody reads them; set DIGEST_BOUNCE_MAILBOX"
        return
    try:
        # The first one alone: that it can be read is all that is asked.
        next(iter(app.bounces.mailbox.unread((), 1)), None)
    except MailboxError as error:
        yield False, f"bounces: {error}"
    else:
        yield True, "bounces: the mailbox can be read"


def _dkim_signing(settings: "Settings", keys: "list[DkimKey]") -> Iterator[tuple[bool | None, str]]:
    from digest.bootstrap import open_signer
    from digest.deliver.providers.dkim.keys import RECOMMENDED_BITS, world_readable
    from digest.settings import ProviderName, SettingsError

    if settings.provider is ProviderName.SENDGRID:
        return  # it signs by itself
    try:
        signer = open_signer(settings)
    except SettingsError as error:
        yield False, str(error)
        return
    if signer is None:
        if settings.provider is ProviderName.SMTP:
            hint = "see that the relay signs it, or set DIGEST_DKIM_*"
            yield None, f"DKIM: mail is not signed here; {hint}"
        return
    keys += signer.keys
    for key in signer.keys:
        where = f"{key.selector}._domainkey.{signer.domain}"
        yield True, f"DKIM: put this TXT record at {where}: {key.record}"
        if key.is_short:
            yield None, f"DKIM: the key of {key.selector} has fewer than {RECOMMENDED_BITS} bits"
    for path in filter(world_readable, settings.dkim_files.values()):
        yield None, f"DKIM: everybody on this machine can read {path}; try: chmod 600 {path}"


def _deliverability(
    settings: "Settings", keys: "Sequence[DkimKey]"
) -> Iterator[tuple[bool | None, str]]:
    """Check what DNS says of the sender; with the outbox, findings are notes and no failures."""
    from digest.deliverability.check_result import Topic
    from digest.deliverability.resolver import open_resolver
    from digest.deliverability.sender import SenderConfig, check_sender, provider_verdicts
    from digest.settings import ProviderName

    sender = settings.mail_sender
    if sender.domain == "localhost":
        yield None, "DNS is not asked about localhost: set DIGEST_SENDER to an address of yours"
        return
    over_smtp = settings.provider is ProviderName.SMTP
    config = SenderConfig(
        address=sender.address,
        signer=settings.signing_domain,
        keys=keys,
        public_url=settings.public_url,
        smtp_host=settings.smtp_relays[0].host if over_smtp else None,
        sendgrid=settings.provider is ProviderName.SENDGRID,
        bounces=settings.bounce_address,
    )
    try:
        resolver = open_resolver(settings.dns_server)
    except ValueError as error:
        yield None, f"DNS: {error}"
        return
    results = check_sender(config, resolver)
    if not settings.public_url.startswith("https://"):
        # Said already, with the settings.
        results = [one for one in results if one.topic is not Topic.URL]
    trial = settings.provider is ProviderName.OUTBOX
    verdicts = provider_verdicts(results)
    if over_smtp and not keys:
        # Said already, by `_dkim_signing`.
        results = [one for one in results if one.topic is not Topic.DKIM]
    for good, line in [*((one.good, str(one)) for one in results), *verdicts]:
        yield (None if trial and good is False else good), line
