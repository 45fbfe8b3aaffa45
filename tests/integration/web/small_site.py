"""A site over a real store, without the rest of the application."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from digest.brand import Brand
from digest.gate import DEFAULT_POLICY, Policy
from digest.issues.lifecycle import IssueError
from digest.language.language import ENGLISH, Language
from digest.message.edition import Edition, Sender
from digest.message.personalization import Personalization, Recipient, personalize
from digest.readers.proof_of_work import ProofOfWork
from digest.render.links import Tracking
from digest.render.rendered import Rendered, RenderedLink
from digest.track.hits.networks import ScannerNetworks
from digest.track.provider_events.sendgrid_signature import SignatureVerifier
from store.engine import Store
from subscribers.addresses import AddressHasher
from subscribers.public_ids import IssueIds
from subscribers.tokens import Tokens
from tests.integration.web.rows import HTML, NOW, TARGET, TEXT

SECRET = "a secret of the tests that is long enough"
BRAND = Brand("Weekly Verdicts", "https://digest.example.org", "12 Example Road, 1010 Town")


@dataclass
class Proofs:
    """A pipeline's preview: one rendering whatever the number, or a fault; tests may set both."""

    tokens: Tokens
    rendering: Rendered = field(
        default_factory=lambda: Rendered(
            "Alpha beats Beta",
            "And two more verdicts.",
            HTML,
            TEXT,
            (RenderedLink(1, "comparison", "Alpha or Beta?", TARGET),),
        )
    )
    fault: str = ""
    policy: Policy = DEFAULT_POLICY

    def rendered(self, number: int) -> Rendered:  # noqa: ARG002 - the signature is the pipeline's
        if self.fault:
            raise IssueError(self.fault)
        return self.rendering

    def edition(self, number: int) -> Edition:
        shown = self.rendering
        return Edition(
            number=number,
            ids=IssueIds(number),
            series="by-hand",
            subject=shown.subject,
            html=shown.html,
            text=shown.text,
            sender=Sender(BRAND.name, "digest@example.org"),
            list_name=BRAND.name,
            public_url=BRAND.public_url,
        )

    def last_subject(self, number: int) -> str:
        return f"Issue {number - 1}"

    def sample_personalization(self, edition: Edition) -> Personalization:
        nobody = Recipient(0, 0, 0, None, "reader@example.com", "Sam", tracking=False)
        return personalize([nobody], edition.ids, self.tokens)[0]


@dataclass(frozen=True)
class SmallSite:
    store: Store
    tokens: Tokens
    hasher: AddressHasher
    brand: Brand
    preview: Proofs
    clock: Callable[[], datetime]
    metrics_token: str = "a token for who watches"
    outbox: Path | None = None
    signature_verifier: SignatureVerifier = field(default_factory=lambda: SignatureVerifier([]))
    proof_of_work: ProofOfWork | None = None
    confirmations_per_day: int = 5_000
    tracking: Tracking = field(default_factory=Tracking)
    networks: ScannerNetworks = field(default_factory=ScannerNetworks)
    language: Language = ENGLISH


def small_site(store: Store) -> SmallSite:
    tokens = Tokens([SECRET])
    hasher = AddressHasher("another secret of the tests, long enough")
    return SmallSite(store, tokens, hasher, BRAND, Proofs(tokens), lambda: NOW)
