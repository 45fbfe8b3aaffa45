"""Serves the sending page of an issue, and the stream that keeps it up to date."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Request, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from digest.issues.lifecycle import find_issue
from digest.web.public.issues import issue_number
from digest.web.site import TemplatesDep
from digest.web.studio.common import HEADERS
from digest.web.studio.context import ContextDep, StudioContext, StudioSiteDep
from digest.web.studio.send.page_data import SendPage, read_page
from digest.web.studio.send.progress import SendingMonitor
from digest.web.templating import PageTemplates

router = APIRouter()

TICK_SECONDS = 0.5
"""How often a stream looks whether the process is to end."""
SLOWEST_SECONDS = 15.0
"""How seldom an issue is looked at of which nothing changes."""


async def _monitor(request: Request) -> SendingMonitor:
    return cast("SendingMonitor", request.app.state.monitor)


MonitorDep = Annotated[SendingMonitor, Depends(_monitor)]


@dataclass(frozen=True, slots=True)
class SendQuery:
    """The query of the page: a time that was chosen, who is looked for, what was done just now."""

    when: str = ""
    at: str = ""
    who: str = ""
    state: str = ""
    said: str = ""


@router.get("/issues/{number}/send")
def send_page(
    number: str,
    site: StudioSiteDep,
    monitor: MonitorDep,
    templates: TemplatesDep,
    asked: Annotated[SendQuery, Depends()],
) -> Response:
    """Shows what is left to do before the issue goes out, or how far it is."""
    page = read_page(
        site,
        monitor,
        issue_number(number),
        choice=(asked.when, asked.at),
        search=asked.who[:200],
        state=asked.state,
    )
    done = asked.said if ONLY_IN.get(asked.said, page.state) == page.state else ""
    return show_page(templates, page, said=NOTICES.get(done, ""))


NOTICES = {
    "approved": "Approved. These bytes go out, and no others.",
    "scheduled": "Scheduled.",
    "leaving": "It goes out in a minute.",
    "called-back": "Called back. Nobody got it; the approval stays.",
    "paused": "Paused. The batch in hand was finished.",
    "resumed": "Sending goes on.",
    "cancelled": "Cancelled.",
    "queued": "Queued again.",
    "given-up": "Given up: counted as failed.",
    "tested": "Test message submitted.",
    "nobody": "There was nobody like that any more.",
}
"""What was done, by the name that a redirect carries: no text comes from an address."""
ONLY_IN = {
    "approved": "approved",
    "scheduled": "scheduled",
    "leaving": "scheduled",
    "called-back": "approved",
    "paused": "paused",
    "resumed": "sending",
}
"""The state that it led to: in another one it is no news any more."""


def show_page(
    templates: PageTemplates,
    page: SendPage,
    *,
    said: str = "",
    problem: str = "",
    status: int = 200,
    given: dict[str, str] | None = None,
) -> Response:
    return templates.show(
        "studio/send/page.html",
        status=status,
        headers=HEADERS,
        page=page,
        said=said,
        problem=problem,
        given=given or {},
    )


def _existing(number: str, site: StudioSiteDep) -> int:
    """Returns the number of an issue that exists. Raises a 404 before a stream begins."""
    with site.store.read() as session:
        find_issue(session, issue_number(number))
    return int(number)


@router.get("/issues/{number}/send/events", response_class=EventSourceResponse)
async def send_events(
    number: Annotated[int, Depends(_existing)],
    monitor: MonitorDep,
    templates: TemplatesDep,
    context: ContextDep,
) -> AsyncIterator[ServerSentEvent]:
    """Streams the progress of an issue that is being sent, as HTML; ends when its state changes."""
    shown, rest = "", 1.0
    while not context.stop.is_set():
        view = await run_in_threadpool(monitor.read, number)
        if view.state != "sending":
            yield ServerSentEvent(event="state", raw_data=view.state)
            return
        html = templates.text("studio/send/live.html", view=view)
        if html != shown:
            shown, rest = html, 1.0
            yield ServerSentEvent(event="progress", raw_data=html)
        else:
            rest = min(rest * 1.5, SLOWEST_SECONDS)
        await _rest(context, rest)


async def _rest(context: StudioContext, seconds: float) -> None:
    """Waits, but not longer than the process lives."""
    left = seconds
    while left > 0 and not context.stop.is_set():
        await asyncio.sleep(min(left, TICK_SECONDS))
        left -= TICK_SECONDS
