"""What the pages need of the application, as protocols, and FastAPI's dependencies on it."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Protocol, cast

from fastapi import Depends, Request

from digest.brand import Brand
from digest.gate import Policy
from digest.language.language import Language
from digest.message.edition import Edition
from digest.message.personalization import Personalization
from digest.readers.proof_of_work import ProofOfWork
from digest.render.links import Tracking
from digest.render.rendered import Rendered
from digest.track.hits.networks import ScannerNetworks
from digest.track.provider_events.sendgrid_signature import SignatureVerifier
from digest.web.page_cache import PageCache
from digest.web.templating import PageTemplates
from store.engine import Store
from subscribers.addresses import AddressHasher
from subscribers.consent import ConsentOrigin
from subscribers.tokens import Tokens


class Preview(Protocol):
    """Renders an issue as it would go out, or did; implemented by `digest.pipeline`.

    Each method raises `IssueError` or `TemplateError` with one line why.
    """

    def rendered(self, number: int) -> Rendered: ...
    def edition(self, number: int) -> Edition: ...
    def last_subject(self, number: int) -> str: ...
    def sample_personalization(self, edition: Edition) -> Personalization: ...
    @property
    def policy(self) -> Policy: ...


class Site(Protocol):
    """What the pages are built on; implemented by `digest.bootstrap.App`."""

    @property
    def store(self) -> Store: ...
    @property
    def tokens(self) -> Tokens: ...
    @property
    def hasher(self) -> AddressHasher: ...
    @property
    def brand(self) -> Brand: ...
    @property
    def language(self) -> Language: ...
    @property
    def preview(self) -> Preview: ...
    @property
    def signature_verifier(self) -> SignatureVerifier: ...
    @property
    def metrics_token(self) -> str: ...
    @property
    def confirmations_per_day(self) -> int: ...
    @property
    def proof_of_work(self) -> ProofOfWork | None: ...
    @property
    def tracking(self) -> Tracking: ...
    @property
    def networks(self) -> ScannerNetworks: ...
    @property
    def clock(self) -> Callable[[], datetime]: ...


async def _site(request: Request) -> Site:
    return cast("Site", request.app.state.site)


async def _templates(request: Request) -> PageTemplates:
    return cast("PageTemplates", request.app.state.templates)


async def _pages(request: Request) -> PageCache:
    return cast("PageCache", request.app.state.pages)


async def _origin(request: Request) -> ConsentOrigin:
    """Returns the origin of a consent given by this request; the route adds the form.

    The server takes the address from a proxy's header only if it was told to trust the proxy.
    """
    ip = request.client.host if request.client else ""
    return ConsentOrigin(ip=ip, user_agent=request.headers.get("user-agent", ""))


SiteDep = Annotated[Site, Depends(_site)]
TemplatesDep = Annotated[PageTemplates, Depends(_templates)]
PagesDep = Annotated[PageCache, Depends(_pages)]
OriginDep = Annotated[ConsentOrigin, Depends(_origin)]
