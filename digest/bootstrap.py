"""Builds the application from the settings: the only place that does. Tests pass their parts."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from jinja2 import Environment

from digest.brand import Brand
from digest.catalog.urls import is_web_address
from digest.deliver.access_token import AccessTokens, open_access_tokens
from digest.deliver.journal.folder import open_journals
from digest.deliver.providers.base import Provider
from digest.deliver.providers.dkim.signer import Signer
from digest.deliver.providers.fallback import FallbackProvider
from digest.deliver.providers.maildir import MaildirProvider
from digest.deliver.providers.sendgrid.provider import SendGridProvider
from digest.deliver.providers.smtp.provider import SmtpProvider
from digest.editors.notifier import EditorNotifier
from digest.editors.webhook import post_json
from digest.gate import Gate, Tools
from digest.gate.checks.clients import ClientTables
from digest.gate.checks.spam import SpamFilter
from digest.language.language import ENGLISH, Language
from digest.message.edition import Sender
from digest.pipeline.hold import SendingGuard
from digest.pipeline.issue_renderer import IssueRenderer
from digest.pipeline.issue_service import IssueService
from digest.pipeline.notify_workers import NotifyWorkers, notify_nobody
from digest.pipeline.preview import Preview
from digest.pipeline.sending import Sending
from digest.pipeline.transactional_mailer import TransactionalMailer
from digest.readers.data_export import export_reader
from digest.readers.proof_of_work import ProofOfWork
from digest.render.environment import email_environment, templates_folder
from digest.render.links import Tracking
from digest.render.transactional import TransactionalRenderer
from digest.settings import ProviderName, Settings, SettingsError
from digest.startup_checks import read_dkim_keys
from digest.track.bounces.mailbox.base import Mailbox, MaildirMailbox, parse_mailbox_url
from digest.track.bounces.mailbox.imap import ImapMailbox
from digest.track.bounces.poll import BounceMailboxReader
from digest.track.hits.networks import ScannerNetworks
from digest.track.provider_events.sendgrid_signature import SignatureVerifier
from store.engine import Store, open_store
from subscribers.addresses import AddressHasher
from subscribers.hash_key import StoredAddressHasher
from subscribers.tokens import Tokens

if TYPE_CHECKING:
    from digest.queue.deferral import SendTasks


def clock() -> datetime:
    """Return the current time, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class App:
    """Everything that a command or a web handler works with.

    `send_tasks` notifies workers on PostgreSQL; it is None on SQLite, where the worker polls.
    """

    settings: Settings
    store: Store
    tokens: Tokens
    hasher: AddressHasher
    brand: Brand
    language: Language
    sender: Sender
    provider: Provider
    renderer: IssueRenderer
    preview: Preview
    issues: IssueService
    sending: Sending
    mailer: TransactionalMailer
    notifier: EditorNotifier
    send_tasks: "SendTasks | None"
    signature_verifier: SignatureVerifier
    bounces: BounceMailboxReader | None
    proof_of_work: ProofOfWork | None
    guard: SendingGuard
    clock: Callable[[], datetime]

    @property
    def confirmations_per_day(self) -> int:
        return self.settings.confirmations_per_day

    @property
    def metrics_token(self) -> str:
        return self.settings.metrics_token.get_secret_value()

    @property
    def tracking(self) -> Tracking:
        return self.settings.tracked

    @property
    def networks(self) -> ScannerNetworks:
        return self.settings.networks

    @property
    def outbox(self) -> Path | None:
        """The folder into which mail is written; None where it is sent."""
        settings = self.settings
        return settings.outbox_dir if settings.provider is ProviderName.OUTBOX else None

    def close(self) -> None:
        """Close the providers and the database."""
        self.provider.close()
        self.mailer.provider.close()
        self.store.close()


def bootstrap(
    settings: Settings,
    *,
    store: Store | None = None,
    provider: Provider | None = None,
    clock: Callable[[], datetime] = clock,
) -> App:
    """Build the application from `settings`; parts that are passed in replace those they name."""
    store = store or open_store(settings.database_url)
    # Two providers: transactional mail is sent while an issue is, and none serves two threads.
    provider, mailer_provider = (
        (provider, provider) if provider else open_providers(settings, clock)
    )
    tokens = Tokens(settings.secrets)
    hasher = StoredAddressHasher(store, settings.secrets)
    language = settings.reader_language
    environment = _environment(settings)
    renderer = _issue_renderer(settings, environment, tokens, language)
    batch_size = settings.limits.batch_size(provider.batch_size)
    send_tasks = None if store.is_sqlite else open_send_tasks(batch_size, clock)
    notify_workers = send_tasks or notify_nobody
    return App(
        settings=settings,
        store=store,
        tokens=tokens,
        hasher=hasher,
        brand=settings.brand,
        language=language,
        sender=settings.mail_sender,
        provider=provider,
        renderer=renderer,
        preview=Preview(store, renderer, settings.gate_policy),
        issues=_issue_service(
            settings, renderer, provider, store, clock=clock, notify_workers=notify_workers
        ),
        sending=Sending(
            store,
            renderer,
            provider,
            clock,
            settings.limits,
            notify_workers=notify_workers,
            journals=open_journals(store, settings.journal_dir),
        ),
        mailer=TransactionalMailer(
            store=store,
            renderer=TransactionalRenderer(settings.brand, environment, language),
            sender=settings.mail_sender,
            tokens=tokens,
            hasher=hasher,
            provider=mailer_provider,
            clock=clock,
            bounces=settings.bounce_address,
            stored_data=export_reader,
        ),
        notifier=_notifier(
            settings, store, tokens, mailer_provider, clock=clock, environment=environment
        ),
        send_tasks=send_tasks,
        signature_verifier=SignatureVerifier(settings.webhook_keys),
        bounces=_bounce_reader(settings, store, tokens, hasher, clock),
        proof_of_work=ProofOfWork(settings.secrets[0]) if settings.proof_of_work else None,
        guard=SendingGuard(store, clock),
        clock=clock,
    )


def _environment(settings: Settings) -> Environment:
    return email_environment(
        *_template_folders(settings),
        language=settings.reader_language,
        content_language=settings.content_language,
    )


def _bounce_reader(
    settings: Settings,
    store: Store,
    tokens: Tokens,
    hasher: AddressHasher,
    clock: Callable[[], datetime],
) -> BounceMailboxReader | None:
    mailbox = open_mailbox(settings)
    if mailbox is None:
        return None
    domain = settings.mail_sender.domain
    return BounceMailboxReader(mailbox, store, tokens, hasher, clock, domain)


def _notifier(
    settings: Settings,
    store: Store,
    tokens: Tokens,
    provider: Provider,
    *,
    clock: Callable[[], datetime],
    environment: Environment,
) -> EditorNotifier:
    """Return what tells editors: in English, whatever language readers are written to in."""
    if settings.reader_language.tag != ENGLISH.tag:
        environment = email_environment(*_template_folders(settings))
    webhook = settings.editors_webhook.get_secret_value()
    if webhook and not is_web_address(webhook):
        msg = "DIGEST_EDITORS_WEBHOOK should look like https://hooks.example.org/digest"
        raise SettingsError(msg)
    return EditorNotifier(
        store=store,
        renderer=TransactionalRenderer(settings.brand, environment),
        sender=settings.mail_sender,
        tokens=tokens,
        provider=provider,
        clock=clock,
        studio_url=settings.studio_url,
        post=partial(post_json, webhook) if webhook else None,
        bounces=settings.bounce_address,
    )


def _issue_renderer(
    settings: Settings, environment: Environment, tokens: Tokens, language: Language
) -> IssueRenderer:
    return IssueRenderer(
        brand=settings.brand,
        sender=settings.mail_sender,
        environment=environment,
        tokens=tokens,
        tracking=settings.tracked,
        language=language,
        bounces=settings.bounce_address,
    )


def _issue_service(
    settings: Settings,
    renderer: IssueRenderer,
    provider: Provider,
    store: Store,
    *,
    clock: Callable[[], datetime],
    notify_workers: NotifyWorkers,
) -> IssueService:
    limits = settings.limits
    return IssueService(
        store,
        renderer,
        limits.batch_size(provider.batch_size),
        clock,
        domain_batch_sizes=limits.domain_batch_sizes(provider.batch_size),
        notify_workers=notify_workers,
        gate=Gate(settings.gate_policy, open_tools(settings)),
    )


def open_send_tasks(batch_size: int, clock: Callable[[], datetime]) -> "SendTasks":
    """Return what defers send tasks on PostgreSQL."""
    from digest.queue.deferral import SendTasks  # noqa: PLC0415 - PostgreSQL alone needs it

    return SendTasks(batch_size, clock)


def _template_folders(settings: Settings) -> list[Path]:
    """Return the folders of email templates, the first one first."""
    own = [settings.templates] if settings.templates else []
    return [*own, templates_folder()]


def open_mailbox(settings: Settings) -> Mailbox | None:
    """Return the bounce mailbox, not yet opened; None if none is set."""
    url = settings.bounce_mailbox.get_secret_value()
    if not url:
        return None
    place = parse_mailbox_url(url)
    if place.scheme == "maildir":
        return MaildirMailbox(Path(place.folder))
    return ImapMailbox(
        place, access_tokens=open_access_tokens(settings.bounce_token_source, monotonic)
    )


def open_providers(settings: Settings, clock: Callable[[], datetime]) -> tuple[Provider, Provider]:
    """Return the mail provider twice, for issues and for transactional mail.

    Both share one source of access tokens. Raises SettingsError if their settings are wrong.
    """
    tokens = open_access_tokens(settings.smtp_token_source, monotonic)
    try:
        return _provider(settings, clock, tokens), _provider(settings, clock, tokens)
    except ValueError as error:
        raise SettingsError(f"DIGEST_{error}") from None


def _provider(
    settings: Settings, clock: Callable[[], datetime], tokens: AccessTokens | None
) -> Provider:
    if settings.provider is ProviderName.SMTP:
        first, *others = settings.smtp_relays
        signer = open_signer(settings)
        relay = SmtpProvider(first, clock, signer=signer, access_tokens=tokens)
        if not others:
            return relay
        return FallbackProvider(relay, SmtpProvider(others[0], clock, signer=signer), clock)
    if settings.provider is ProviderName.SENDGRID:
        return SendGridProvider(
            settings.sendgrid_api_key.get_secret_value(),
            host=settings.sendgrid_host,
            timeout=30,
            clock=clock,
        )
    return MaildirProvider(settings.outbox_dir, clock)


def open_tools(settings: Settings) -> Tools:
    """Return the other programs that check mail, if they are installed and wanted."""
    if not settings.gate_tools:
        return Tools()
    node, spamassassin = shutil.which("node"), shutil.which("spamassassin")
    package = settings.caniemail.absolute()
    return Tools(
        ClientTables(Path(node), package) if node and package.is_dir() else None,
        SpamFilter(Path(spamassassin)) if spamassassin else None,
    )


def open_signer(settings: Settings) -> Signer | None:
    """Return the DKIM signer; None if no key is set. Raises SettingsError."""
    keys = read_dkim_keys(settings) if settings.dkim_files else []
    return Signer(settings.signing_domain, keys) if keys else None
