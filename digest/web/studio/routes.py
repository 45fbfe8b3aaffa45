"""Adds the studio to the application: its routes, its state, and who may ask for them."""

from typing import TYPE_CHECKING, cast

from fastapi import FastAPI

from digest.render.environment import templates_folder
from digest.reports.readings import Readings
from digest.web.studio import (
    add_comparison,
    bounces,
    brand,
    comparisons,
    modules,
    pages,
    schedules,
    subscribers,
)
from digest.web.studio.context import StudioContext, StudioSite
from digest.web.studio.cross_site import CrossSiteMiddleware
from digest.web.studio.edit import actions as edit_actions
from digest.web.studio.edit import events as edit_events
from digest.web.studio.edit import pages as edit_pages
from digest.web.studio.local_only import LocalOnlyMiddleware
from digest.web.studio.modules import Modules
from digest.web.studio.reports import pages as report_pages
from digest.web.studio.send import actions as send_actions
from digest.web.studio.send import routes as send_pages
from digest.web.studio.send.progress import SendingMonitor

if TYPE_CHECKING:
    from digest.web.templating import PageTemplates

PARTS = (
    pages,
    bounces,
    brand,
    add_comparison,  # before the pages of comparisons, since one may be called `add`
    comparisons,
    schedules,
    subscribers,
    modules,
    edit_pages,
    edit_actions,
    edit_events,
    send_pages,
    send_actions,
    report_pages,
)


def add_studio(app: FastAPI, context: StudioContext) -> None:
    """Adds the editors' pages; from then on the whole application answers on this machine only."""
    app.state.studio = context
    app.state.modules = Modules(templates_folder() / "web" / "studio" / "modules")
    app.state.monitor = SendingMonitor(cast("StudioSite", app.state.site))
    app.state.readings = Readings()
    templates = cast("PageTemplates", app.state.templates)
    templates.provide(
        modules=f"{templates.base}/studio/modules/{app.state.modules.mark}", editor=context.editor
    )
    for part in PARTS:
        app.include_router(part.router, prefix="/studio")
    app.add_middleware(CrossSiteMiddleware, prefixes=("/studio", f"{templates.base}/studio"))
    app.add_middleware(LocalOnlyMiddleware)
