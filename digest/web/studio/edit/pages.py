"""The page on which an issue is edited, and the mail in its preview."""

from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from fastapi.responses import HTMLResponse

from digest.gate.checks.size import BUDGET, GMAIL_CLIPS_AT
from digest.issues.lifecycle import NoSuchIssueError
from digest.reports.interest import Interest, interests
from digest.web.forms import FormFields
from digest.web.headers import EDITED_MAIL_POLICY
from digest.web.public.issues import issue_number
from digest.web.site import TemplatesDep
from digest.web.studio.common import HEADERS
from digest.web.studio.context import ReadingsDep, StudioSite, StudioSiteDep
from digest.web.studio.edit.forms import typed_texts
from digest.web.studio.edit.page import Look, look_of, message_headers, read_edit_page, read_mail
from digest.web.studio.edit.values import EditPage
from digest.web.studio.preview import summary_of
from digest.web.templating import PageTemplates
from store.errors import UserError

router = APIRouter()

MAIL_HEADERS = {"Content-Security-Policy": EDITED_MAIL_POLICY, "Cache-Control": "no-store"}
UNPROCESSABLE = 422
VIEW_NAMES = {
    "desktop": "Desktop",
    "phone": "Phone",
    "dark": "Dark",
    "plain": "No images",
    "inbox": "Inbox",
    "text": "Text",
    "source": "Source",
    "headers": "Headers",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """The query of the page: how the preview is looked at, what is looked for, what was done.

    `open` is the slug of the comparison whose words and quotes are shown.
    """

    view: str = ""
    who: str = ""
    find: str = ""
    said: str = ""
    checks: str = ""
    open: str = ""


@router.get("/issues/{number}")
def issue(
    number: str,
    site: StudioSiteDep,
    templates: TemplatesDep,
    readings: ReadingsDep,
    asked: Annotated[Asked, Depends()],
) -> Response:
    """Shows the issue as its editor finds it, with the mail beside it."""
    wanted = issue_number(number)
    interest = readings.get("interests", partial(_interests, site)) if asked.checks else ()
    try:
        page = read_edit_page(
            site, wanted, search=asked.find, checked=bool(asked.checks), interest=interest
        )
    except NoSuchIssueError:
        raise
    except UserError as error:
        return _broken(site, templates, wanted, str(error))
    return show_edit_page(
        site,
        templates,
        page,
        look_of(asked.view, asked.who),
        said=_sentence(page, asked.said),
        opened=asked.open,
    )


def _interests(site: StudioSite) -> list[Interest]:
    with site.store.read() as session:
        return interests(session)


def show_edit_page(
    site: StudioSite,
    templates: PageTemplates,
    page: EditPage,
    look: Look,
    *,
    said: str = "",
    problem: str = "",
    status: int = 200,
    given: dict[str, str] | None = None,
    opened: str = "",
) -> Response:
    """Returns the page; `problem` says why a form was refused, and `given` is what it held."""
    return templates.show(
        "studio/edit/page.html",
        status=status,
        headers=HEADERS,
        page=page,
        look=look,
        views=VIEW_NAMES,
        said=said,
        problem=problem,
        given=given or {},
        opened=opened,
        cut=GMAIL_CLIPS_AT,
        budget=BUDGET,
        **_pane(site, page.issue.number, look),
    )


def _sentence(page: EditPage, said: str) -> str:
    """Return what revision `said` did: the page words it, no text comes from an address."""
    return next((words for one, words in page.issue.history if str(one.n) == said), "")


def _pane(site: StudioSite, number: int, look: Look) -> dict[str, Any]:
    """Return what the preview shows where it is no frame, or why it can't be shown."""
    empty: dict[str, Any] = {"mail": None, "mail_headers": (), "mail_problem": ""}
    try:
        if look.view == "headers":
            return empty | {"mail_headers": message_headers(site, number)}
        if not look.is_framed or look.who:
            return empty | {"mail": read_mail(site, number, look.who)}
    except UserError as error:
        return empty | {"mail_problem": str(error)}
    return empty


def _broken(site: StudioSite, templates: PageTemplates, number: int, why: str) -> Response:
    return templates.show(
        "studio/edit/broken.html",
        status=UNPROCESSABLE,
        headers=HEADERS,
        summary=summary_of(site.store, number, site.language),
        error=why,
    )


@router.get("/issues/{number}/mail")
def mail(number: str, site: StudioSiteDep, view: str = "", who: str = "") -> Response:
    """Shows the mail itself, for the preview's frame."""
    return _mail(site, number, look_of(view, who), {})


@router.post("/issues/{number}/mail")
def typed_mail(number: str, site: StudioSiteDep, given: FormFields) -> Response:
    """Shows the mail with the texts that are being typed. Nothing is kept."""
    look = look_of(given.get("view", ""), given.get("who", ""))
    return _mail(site, number, look, typed_texts(given))


def _mail(site: StudioSite, number: str, look: Look, typed: dict[str, str]) -> Response:
    try:
        found = read_mail(site, issue_number(number), look.who, typed)
    except NoSuchIssueError:
        raise
    except UserError as error:
        return HTMLResponse(
            str(error), UNPROCESSABLE, MAIL_HEADERS, media_type="text/plain; charset=utf-8"
        )
    size = {"X-Mail-Size": str(found.size)}
    return HTMLResponse(found.page(images=look.view != "plain"), headers=MAIL_HEADERS | size)
