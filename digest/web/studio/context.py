"""Holds what the studio's pages need beyond the site: the issue service, who acts, when to end."""

import getpass
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Protocol, cast

from fastapi import Depends, Request

from digest.pipeline.issue_renderer import IssueRenderer
from digest.pipeline.issue_service import IssueService
from digest.pipeline.sending import Sending
from digest.reports.readings import Readings
from digest.sources.errors import FetchError
from digest.sources.manual import GivenPage, ReadAddress
from digest.web.site import Site


class StudioSite(Site, Protocol):
    """A site whose issues can be changed; implemented by `digest.bootstrap.App`."""

    @property
    def renderer(self) -> IssueRenderer: ...
    @property
    def issues(self) -> IssueService: ...
    @property
    def sending(self) -> Sending: ...
    @property
    def outbox(self) -> Path | None: ...


def _in_the_background(_number: int) -> None:
    """Leave sending to the workers."""


def _no_test(_number: int, to: str) -> str:
    return to


def _no_address(address: str) -> GivenPage:
    raise FetchError(f"{address}: this studio asks no other servers; paste the page instead")


@dataclass(frozen=True, slots=True)
class StudioContext:
    """Who acts in this process, and what it can do beside answering requests.

    `send` lets this process send an issue once it is due; `send_test` submits a test message to an
    address; `read_address` reads a page of another site. Streams end once `stop` is set.
    """

    editor: str = field(default_factory=getpass.getuser)
    stop: threading.Event = field(default_factory=threading.Event)
    send: Callable[[int], None] = _in_the_background
    send_test: Callable[[int, str], str] = _no_test
    read_address: ReadAddress = _no_address


async def _site(request: Request) -> StudioSite:
    return cast("StudioSite", request.app.state.site)


async def _context(request: Request) -> StudioContext:
    return cast("StudioContext", request.app.state.studio)


async def _readings(request: Request) -> Readings:
    return cast("Readings", request.app.state.readings)


StudioSiteDep = Annotated[StudioSite, Depends(_site)]
ContextDep = Annotated[StudioContext, Depends(_context)]
ReadingsDep = Annotated[Readings, Depends(_readings)]
