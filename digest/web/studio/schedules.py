"""The schedules: when each comes due next, what came of its runs; to pause, resume and skip."""

from collections.abc import Mapping
from datetime import date, datetime

from fastapi import APIRouter, Response

from digest.pipeline.schedule_view import schedule_views
from digest.web.forms import FormFields
from digest.web.site import TemplatesDep
from digest.web.studio.common import HEADERS, see_other, without_cli_hint
from digest.web.studio.context import StudioSite, StudioSiteDep
from digest.web.templating import PageTemplates
from schedules.cron import ScheduleError, quoted
from schedules.recurrence import parse_zone
from schedules.registry import find_schedule, pause_schedule, resume_schedule, update_schedule
from store.errors import UserError

router = APIRouter()

REFUSED = 409
SAID = {
    "pause": "Paused: nothing is drafted, and nothing sent by itself, until it is resumed.",
    "resume": "Resumed. What came due meanwhile is not made up for.",
    "skip": "Skipped: it rests on that date.",
    "unskip": "It does not rest on that date any more.",
}
"""What was done, by the name that a redirect carries: no text comes from an address."""


@router.get("/schedules/")
def list_schedules(site: StudioSiteDep, templates: TemplatesDep, said: str = "") -> Response:
    """Lists the schedules: next due times, dates they rest on, runs with what came of them."""
    return _page(site, templates, said=SAID.get(said, ""))


@router.post("/schedules/{name}")
def change_schedule(
    name: str, given: FormFields, site: StudioSiteDep, templates: TemplatesDep
) -> Response:
    """Pauses or resumes a schedule, or lets it rest on a date or not any more."""
    act = given.get("do", "")
    if act not in SAID:
        return see_other(f"{templates.base}/studio/schedules/")
    try:
        _change(site, name, act, given)
    except UserError as error:
        problem = without_cli_hint(str(error))
        return _page(site, templates, problem=problem, name=name, given=given)
    return see_other(f"{templates.base}/studio/schedules/?said={act}")


def _change(site: StudioSite, name: str, act: str, given: Mapping[str, str]) -> None:
    day, until, now = given.get("date", "").strip(), given.get("until", "").strip(), site.clock()
    with site.store.write() as session:
        schedule = find_schedule(session, name, lock=True)
        dates = schedule.skipped_dates
        if act == "pause":
            end = _start_of(until, schedule.zone) if until else None
            pause_schedule(session, name, now, end)
        elif act == "resume":
            resume_schedule(session, name, now)
        elif act == "skip":
            update_schedule(session, name, now, skipped_dates=[*dates, day])
        else:
            kept = [one for one in dates if one != day]
            update_schedule(session, name, now, skipped_dates=kept)


def _start_of(day: str, zone: str) -> datetime:
    """Return the first moment of a day in the schedule's zone. Raises ScheduleError."""
    try:
        first = date.fromisoformat(day)
    except ValueError:
        msg = f"pause: found {quoted(day)}, expected a date such as 2026-12-25"
        raise ScheduleError(msg) from None
    return datetime(first.year, first.month, first.day, tzinfo=parse_zone(zone))


def _page(
    site: StudioSite,
    templates: PageTemplates,
    *,
    said: str = "",
    problem: str = "",
    name: str = "",
    given: Mapping[str, str] | None = None,
) -> Response:
    with site.store.read() as session:
        schedules = schedule_views(session, site.clock())
    return templates.show(
        "studio/schedules.html",
        status=REFUSED if problem else 200,
        headers=HEADERS,
        schedules=schedules,
        said=said,
        problem=problem,
        name=name,
        given=given or {},
    )
