"""The stream that tells an open edit page what others do, and that a template was changed."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from digest.issues.lifecycle import find_issue
from digest.issues.revisions.records import revisions_of
from digest.issues.revisions.tables import CHANGING
from digest.pipeline.editing.titled_history import titled_history
from digest.web.public.issues import issue_number
from digest.web.studio.context import ContextDep, StudioSite, StudioSiteDep
from digest.web.studio.edit.template_files import read_anew, template_mark

router = APIRouter()

TICK_SECONDS = 0.4
"""How often the issue and its templates are looked at while a page is open and looked at."""


@dataclass(frozen=True, slots=True)
class Glance:
    """What the stream goes by."""

    revision: int
    state: str
    templates: str


def glance(site: StudioSite, number: int) -> Glance:
    """Return how the issue and its templates are now. Raises NoSuchIssueError."""
    with site.store.read() as session:
        issue = find_issue(session, number)
        return Glance(issue.revision, issue.state, template_mark(site.renderer.environment))


def last_change(site: StudioSite, number: int, since: int, editor: str) -> str:
    """Return the newest change after revision `since` as a sentence: another's, if there is one."""
    with site.store.read() as session:
        told = titled_history(session, revisions_of(session, number))
    newer = [(one.who, words) for one, words in told if one.kind in CHANGING and one.n > since]
    others = [words for who, words in newer if who != editor]
    return (others or [words for _, words in newer] or [""])[-1]


def _existing(number: str, site: StudioSiteDep) -> int:
    """Returns the number of an issue that exists. Raises a 404 before a stream begins."""
    with site.store.read() as session:
        find_issue(session, issue_number(number))
    return int(number)


@router.get("/issues/{number}/events", response_class=EventSourceResponse)
async def edit_events(
    number: Annotated[int, Depends(_existing)],
    site: StudioSiteDep,
    context: ContextDep,
    seen: int = -1,
    state: str = "",
) -> AsyncIterator[ServerSentEvent]:
    """Streams `change` with the newest revision and its sentence, and `templates`.

    `seen` and `state` are what the page shows.
    """
    known = await run_in_threadpool(glance, site, number)
    first = Glance(seen if seen >= 0 else known.revision, state or known.state, known.templates)
    before = first
    while not context.stop.is_set():
        if (known.revision, known.state) != (before.revision, before.state):
            words = await run_in_threadpool(
                last_change, site, number, first.revision, context.editor
            )
            if known.state != before.state:
                words = f"issue {number} is {known.state} now"
            told = {"revision": known.revision, "state": known.state, "said": words}
            yield ServerSentEvent(event="change", raw_data=json.dumps(told))
        if known.templates != before.templates:
            read_anew(site.renderer.environment)
            yield ServerSentEvent(event="templates", raw_data=known.templates)
        before = known
        await asyncio.sleep(TICK_SECONDS)
        known = await run_in_threadpool(glance, site, number)
