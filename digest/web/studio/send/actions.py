"""Handles the forms of the sending page; what is refused comes back with why and the input."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Response

from digest.deliver.providers.base import ProviderError
from digest.deliver.tables import DeliveryState
from digest.issues.days import issue_zone
from digest.issues.lifecycle import IssueError, find_issue
from digest.pipeline.issue_service import IssueService
from digest.web.forms import FormFieldList, clean
from digest.web.public.issues import issue_number
from digest.web.site import TemplatesDep
from digest.web.studio.common import see_other, without_cli_hint
from digest.web.studio.context import ContextDep, StudioSiteDep
from digest.web.studio.send.page_data import UNDO_SECONDS, choose, read_page
from digest.web.studio.send.routes import MonitorDep, show_page
from store.errors import UserError
from subscribers.addresses import parse_address

router = APIRouter()

MAX_TESTS = 5
"""Addresses that one test message goes to at most."""
REFUSED = 409
MAX_DIGITS = 9
RESENT = {"failed": DeliveryState.FAILED, "uncertain": DeliveryState.UNCERTAIN}


@dataclass(frozen=True, slots=True)
class _Tools:
    """What every form acts with."""

    site: StudioSiteDep
    monitor: MonitorDep
    templates: TemplatesDep
    context: ContextDep


class _Form:
    """One posted form, and what it acts on."""

    def __init__(
        self, number: str, fields: FormFieldList, tools: Annotated[_Tools, Depends()]
    ) -> None:
        self.number = issue_number(number)
        self.site = tools.site
        self.context = tools.context
        self._fields = fields
        self._monitor = tools.monitor
        self._templates = tools.templates

    @property
    def issues(self) -> IssueService:
        return self.site.issues

    def get(self, name: str) -> str:
        return next((value for key, value in self._fields if key == name), "")

    def all(self, name: str) -> list[str]:
        return [value for key, value in self._fields if key == name]

    def does(self, act: Callable[[], str]) -> Response:
        """Act, and lead back to the page, which says what was done, or why it can't be."""
        try:
            said = act()
        except (UserError, ProviderError) as error:
            self._monitor.forget(self.number)
            return self._refused(str(error))
        self._monitor.forget(self.number)
        base = self._templates.base
        return see_other(f"{base}/studio/issues/{self.number}/send?said={said}")

    def _refused(self, why: str) -> Response:
        page = read_page(
            self.site, self._monitor, self.number, choice=(self.get("when"), self.get("at"))
        )
        return show_page(
            self._templates,
            page,
            problem=without_cli_hint(why),
            status=REFUSED,
            given=dict(self._fields),
        )


FormDep = Annotated[_Form, Depends(_Form)]
ACTION = "/issues/{number}/send/"


@router.post(ACTION + "approve")
def approve(form: FormDep) -> Response:
    def act() -> str:
        form.issues.approve(
            form.number,
            by=form.context.editor,
            despite=form.all("despite"),
            because=clean(form.get("because"), 500),
            seen=_revision(form.get("seen")),
        )
        return "approved"

    return form.does(act)


@router.post(ACTION + "schedule")
def schedule(form: FormDep) -> Response:
    """Schedules the issue; "now" is in a minute, so that it can be called back until then."""

    def act() -> str:
        now = form.site.clock()
        with form.site.store.read() as session:
            zone = issue_zone(session, find_issue(session, form.number))
        choice = choose(form.get("when"), form.get("at"), zone, now)
        if choice.problem or not choice.when:
            raise IssueError(choice.problem or "Choose when it goes out.")
        at = choice.at or now + timedelta(seconds=UNDO_SECONDS)
        form.issues.schedule(form.number, at)
        form.context.send(form.number)
        return "scheduled" if choice.at else "leaving"

    return form.does(act)


@router.post(ACTION + "unschedule")
def unschedule(form: FormDep) -> Response:
    def act() -> str:
        form.issues.unschedule(form.number)
        return "called-back"

    return form.does(act)


@router.post(ACTION + "pause")
def pause(form: FormDep) -> Response:
    def act() -> str:
        form.issues.pause(form.number)
        return "paused"

    return form.does(act)


@router.post(ACTION + "resume")
def resume(form: FormDep) -> Response:
    def act() -> str:
        form.issues.resume(form.number, accept_refusals=bool(form.get("accept")))
        form.context.send(form.number)
        return "resumed"

    return form.does(act)


@router.post(ACTION + "continue")
def go_on(form: FormDep) -> Response:
    """Lets this process send an issue that nobody works on."""

    def act() -> str:
        form.context.send(form.number)
        return "resumed"

    return form.does(act)


@router.post(ACTION + "cancel")
def cancel(form: FormDep) -> Response:
    def act() -> str:
        form.issues.cancel(form.number)
        return "cancelled"

    return form.does(act)


@router.post(ACTION + "resend")
def resend(form: FormDep) -> Response:
    """Queues those again who are in the named state, or one of them."""

    def act() -> str:
        states = [RESENT[one] for one in form.all("state") if one in RESENT]
        count = form.issues.resend(form.number, states, _key(form.get("email")))
        if count:
            form.context.send(form.number)
        return "queued" if count else "nobody"

    return form.does(act)


@router.post(ACTION + "give-up")
def give_up(form: FormDep) -> Response:
    def act() -> str:
        return "given-up" if form.issues.give_up(form.number, _key(form.get("email"))) else "nobody"

    return form.does(act)


@router.post(ACTION + "test")
def test(form: FormDep) -> Response:
    """Submits a test message to a few addresses; the first that is refused ends it."""

    def act() -> str:
        addresses = [one for one in re.split(r"[,;\s]+", form.get("to")) if one]
        if not 0 < len(addresses) <= MAX_TESTS:
            msg = f"Name one to {MAX_TESTS} addresses for the test message."
            raise UserError(msg)
        for one in [parse_address(one).email for one in addresses]:
            form.context.send_test(form.number, one)
        return "tested"

    return form.does(act)


def _revision(text: str) -> int | None:
    """Return the revision that a form says was seen; None where it says none. Raises UserError."""
    if text and not (text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS):
        msg = "The form does not say which revision was seen: look at the issue again."
        raise UserError(msg)
    return int(text) if text else None


def _key(email: str) -> str | None:
    return parse_address(email).key if email else None
