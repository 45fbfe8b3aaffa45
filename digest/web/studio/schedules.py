"""The schedules: when each comes due next, what came of its runs; to add and change them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlencode
from zoneinfo import available_timezones

from fastapi import APIRouter, Response

from digest.issues.series import check_series_name
from digest.pipeline.schedule_view import schedule_views
from digest.web.forms import FormFields
from digest.web.site import TemplatesDep
from digest.web.studio.common import HEADERS, see_other, without_cli_hint
from digest.web.studio.context import StudioSite, StudioSiteDep
from digest.web.studio.schedule_form import (
    AUTOMATIC,
    DAYS,
    FREQUENCIES,
    OTHER,
    UNAPPROVED,
    fields_of,
    new_fields,
    read_properties,
    read_rule,
    typed_fields,
)
from digest.web.templating import PageTemplates
from schedules.cron import ScheduleError, quoted
from schedules.recurrence import parse_zone
from schedules.registry import (
    add_schedule,
    all_schedules,
    find_schedule,
    pause_schedule,
    remove_schedule,
    resume_schedule,
    update_schedule,
)
from store.errors import UserError

router = APIRouter()

REFUSED = 409
SAID = {
    "added": "Added. Its next dates stand below.",
    "change": "Changed. Issues that are drafted already keep their send times.",
    "remove": "Removed: nothing comes due any more. Its issues stay.",
    "pause": "Paused: nothing is drafted, and nothing sent by itself, until it is resumed.",
    "resume": "Resumed. What came due meanwhile is not made up for.",
    "skip": "Skipped: it rests on that date.",
    "unskip": "It does not rest on that date any more.",
}
"""What was done, by the name that a redirect carries: no text comes from an address."""
CHOICES = {
    "days": {**DAYS, OTHER: "Another rule"},
    "send": {
        "": "As soon as an editor sends it",
        AUTOMATIC: "At once, without an editor, if no check blocks",
        **DAYS,
        OTHER: "Another rule",
    },
    "unapproved": UNAPPROVED,
    "frequency": FREQUENCIES,
}
"""What can be chosen in the form, by field: each value with its words."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A form that was refused: why, which schedule's (none for a new one), and what it held."""

    problem: str
    name: str | None
    given: Mapping[str, str]


@router.get("/schedules/")
def list_schedules(
    site: StudioSiteDep, templates: TemplatesDep, said: str = "", name: str = ""
) -> Response:
    """Lists the schedules: next due times, dates they rest on, runs with what came of them.

    `said` was done, by its name; to the schedule called `name`, beside which it is told.
    """
    return _page(site, templates, said=SAID.get(said, ""), name=name)


@router.post("/schedules/")
def add(given: FormFields, site: StudioSiteDep, templates: TemplatesDep) -> Response:
    """Adds a schedule."""
    name = given.get("name", "").strip()
    try:
        check_series_name(name)
        (cron, zone), properties = read_rule(given), read_properties(given)
        with site.store.write() as session:
            add_schedule(session, name, cron, zone, site.clock(), **properties)
    except UserError as error:
        return _page(site, templates, refused=Refused(str(error), None, given))
    return see_other(_told(templates, "added", name))


@router.post("/schedules/{name}")
def change_schedule(
    name: str, given: FormFields, site: StudioSiteDep, templates: TemplatesDep
) -> Response:
    """Changes, pauses, resumes or removes a schedule, or lets it rest on a date or no more."""
    act = given.get("do", "")
    if act not in SAID:
        return see_other(f"{templates.base}/studio/schedules/")
    try:
        _change(site, name, act, given)
    except UserError as error:
        problem = without_cli_hint(str(error))
        return _page(site, templates, refused=Refused(problem, name, given))
    return see_other(_told(templates, act, name))


def _told(templates: PageTemplates, said: str, name: str) -> str:
    return f"{templates.base}/studio/schedules/?{urlencode({'said': said, 'name': name})}"


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
        elif act == "change":
            cron, zone = read_rule(given)
            update_schedule(session, name, now, cron=cron, zone=zone, **read_properties(given))
        elif act == "remove":
            remove_schedule(session, name, now)
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
    name: str | None = "",
    refused: Refused | None = None,
) -> Response:
    with site.store.read() as session:
        schedules = schedule_views(session, site.clock())
        forms = {one.name: fields_of(one) for one in all_schedules(session)}
    adding = new_fields(schedules[0].zone if schedules else "UTC")
    given = refused.given if refused else {}
    name = refused.name if refused else name
    if name is None:
        adding = typed_fields(given)
    elif name in forms and given.get("do") == "change":
        forms[name] = typed_fields(given)
    return templates.show(
        "studio/schedules.html",
        status=REFUSED if refused else 200,
        headers=HEADERS,
        schedules=schedules,
        said=said,
        problem=refused.problem if refused else "",
        name=name if name in forms or name is None else "",
        given=given,
        forms=forms,
        adding=adding,
        choices=CHOICES,
        zones=sorted(available_timezones()),
    )
