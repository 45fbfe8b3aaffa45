"""Builds the web application: the public pages of one site, and the studio."""

from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from starlette.types import ASGIApp

from digest.render.environment import templates_folder
from digest.track.hits.writer import HitWriter, hit_commit
from digest.track.provider_events.webhook_ingest import webhook_ingest
from digest.web import health, metrics, static, webhooks
from digest.web.error_pages import add_error_pages
from digest.web.headers import SecurityHeadersMiddleware
from digest.web.middleware.forwarded_warning import ForwardedWarningMiddleware
from digest.web.middleware.path_prefix import PathPrefixMiddleware
from digest.web.middleware.request_id import RequestIdMiddleware, RequestMetrics
from digest.web.middleware.trailing_punctuation import TrailingPunctuationMiddleware
from digest.web.page_cache import PageCache
from digest.web.public import (
    clicks,
    comparisons,
    feeds,
    issues,
    robots,
    subscribe,
    subscribe_api,
)
from digest.web.public.clicks import TrackingMiddleware
from digest.web.reader import (
    address_change,
    confirm,
    data_export,
    editor_stop,
    new_link,
    preferences,
    unsubscribe,
    votes,
)
from digest.web.site import Site
from digest.web.studio.context import StudioContext
from digest.web.studio.routes import add_studio
from digest.web.templating import PageTemplates

PUBLIC = (
    health,
    clicks,
    subscribe,
    subscribe_api,
    confirm,
    unsubscribe,
    new_link,
    preferences,
    data_export,
    address_change,
    editor_stop,
    votes,
    issues,
    comparisons,
    feeds,
    metrics,
    robots,
    static,
    webhooks,
)


def create_app(
    site: Site, *, studio: bool = False, context: StudioContext | None = None
) -> ASGIApp:
    """Returns the ASGI application with the pages of `site`.

    With `studio`, the editors' pages too, and then everything answers on this machine only;
    `context` is who edits, and what their process can do.
    """
    app = pages_of(site, studio=studio, context=context)
    if studio:
        return app
    # Outermost: its answers carry the security headers themselves.
    commit = hit_commit(site.store, HitWriter(site.tokens, site.tracking))
    base = app.state.templates.base
    return TrackingMiddleware(app, commit, base, site.networks, site.clock)


def pages_of(site: Site, *, studio: bool = False, context: StudioContext | None = None) -> FastAPI:
    """Returns the application without the tracking middleware: its routes answer each hit."""
    # Starlette's redirect of a missing slash would repeat whatever Host was sent.
    app = FastAPI(redirect_slashes=False, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.site = site
    app.state.webhook_ingest = webhook_ingest(site.store, site.hasher, site.clock)
    app.state.templates = templates = PageTemplates(
        templates_folder() / "web", site.brand, site.language
    )
    app.state.pages = PageCache()
    for part in PUBLIC:
        app.include_router(part.router)
    add_error_pages(app, templates, site.store.outage)
    # The one added last sees a request first.
    app.state.registry = CollectorRegistry(auto_describe=False)
    app.add_middleware(RequestIdMiddleware, metrics=RequestMetrics(app.state.registry))
    app.add_middleware(TrailingPunctuationMiddleware)
    app.add_middleware(PathPrefixMiddleware, prefix=templates.base)
    if studio:
        add_studio(app, context or StudioContext())
    app.add_middleware(SecurityHeadersMiddleware)
    app.add_middleware(ForwardedWarningMiddleware)
    return app
