"""Tries other colours, a logo or a typeface on an issue before they are set. Nothing is kept."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, HTTPException, Response
from fastapi.responses import HTMLResponse

from digest.brand import Brand, Typeface
from digest.gate import Finding, Gate
from digest.gate.findings import Code
from digest.issues.history import all_issues
from digest.issues.lifecycle import NoSuchIssueError, find_issue
from digest.render import palette
from digest.settings.validators import colour, logo
from digest.web.public.issues import issue_number
from digest.web.site import TemplatesDep
from digest.web.studio.common import HEADERS
from digest.web.studio.context import StudioSite, StudioSiteDep
from digest.web.studio.edit.page import Mail, look_of
from digest.web.studio.edit.pages import MAIL_HEADERS
from store.errors import UserError

router = APIRouter()

MISSING, UNPROCESSABLE = 404, 422
VIEWS = {"desktop": "Desktop", "phone": "Phone", "dark": "Dark", "plain": "No images"}
SETTINGS = {"accent": "DIGEST_ACCENT", "logo_url": "DIGEST_LOGO_URL", "typeface": "DIGEST_TYPEFACE"}
"""What can be tried, and where it is set."""
CONCERNED = frozenset(
    {Code.CONTRAST_LIGHT, Code.CONTRAST_DARK, Code.IMAGE_SVG, Code.ALT_MISSING, Code.LINK_INSECURE}
)
"""What the gate may find because of a brand."""
TYPEFACES = {Typeface.SANS: "Sans", Typeface.SERIF: "Serif", Typeface.ROUNDED: "Rounded"}


@dataclass(frozen=True, slots=True)
class Tried:
    """What is asked for by a form; a value left out is that of the settings."""

    accent: str | None = None
    logo_url: str | None = None
    typeface: str | None = None
    issue: str = ""
    view: str = ""


TriedDep = Annotated[Tried, Depends()]


@dataclass(frozen=True, slots=True)
class Trial:
    """The brand as it would be, what of it can't be, and by setting what to write down."""

    brand: Brand
    problems: Mapping[str, str]
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Readable:
    """The accent as text is drawn in it, and its contrast with the paper under it."""

    scheme: str
    colour: str
    paper: str
    ratio: float
    is_mixed: bool


@router.get("/brand")
def brand_page(site: StudioSiteDep, templates: TemplatesDep, tried: TriedDep) -> Response:
    """Shows the newest issue, or the one asked for, with the brand that is tried."""
    trial = trial_of(site.brand, tried)
    with site.store.read() as session:
        issues = [(one.number, one.subject) for one in all_issues(session)[:20]]
    number = issue_number(tried.issue) if tried.issue else issues[0][0] if issues else None
    found: list[Finding] = []
    problem = ""
    if number is not None:
        try:
            found = findings(site, number, trial.brand)
        except NoSuchIssueError:
            raise
        except UserError as error:
            problem = str(error)
    look = look_of(tried.view, "")
    return templates.show(
        "studio/brand.html",
        status=UNPROCESSABLE if trial.problems else 200,
        headers=HEADERS,
        trial=trial,
        given={"accent": tried.accent, "logo_url": tried.logo_url, "typeface": tried.typeface},
        readable=readable(trial.brand.accent),
        issues=issues,
        number=number,
        findings=found,
        problem=problem,
        look=look,
        views=VIEWS,
        typefaces=TYPEFACES,
        query=_query(trial.brand, number),
    )


@router.get("/brand/mail")
def brand_mail(site: StudioSiteDep, tried: TriedDep) -> Response:
    """Shows the mail with the brand that is tried, for the preview's frame."""
    trial = trial_of(site.brand, tried)
    if trial.problems:
        raise HTTPException(UNPROCESSABLE)
    try:
        mail = tried_mail(site, issue_number(tried.issue), trial.brand)
    except NoSuchIssueError:
        raise
    except UserError as error:
        kind = "text/plain; charset=utf-8"
        return HTMLResponse(str(error), UNPROCESSABLE, MAIL_HEADERS, media_type=kind)
    return HTMLResponse(mail.page(images=tried.view != "plain"), headers=MAIL_HEADERS)


def trial_of(brand: Brand, tried: Tried) -> Trial:
    """Return the brand with what is tried; what can't be set stays as it is, and is told."""
    problems: dict[str, str] = {}
    made = brand
    for name, read in _READ.items():
        text = getattr(tried, name)
        if text is None:
            continue
        try:
            made = replace(made, **{name: read(text.strip()[:2_000])})
        except ValueError as error:
            problems[name] = f"{SETTINGS[name]} {error}"
    lines = tuple(
        f"{setting}={getattr(made, name)}"
        for name, setting in SETTINGS.items()
        if getattr(made, name) != getattr(brand, name)
    )
    return Trial(made, problems, lines)


def _typeface(text: str) -> Typeface:
    if text not in set(Typeface):
        msg = "should be sans, serif or rounded"
        raise ValueError(msg)
    return Typeface(text)


_READ: Mapping[str, Callable[[str], Any]] = {
    "accent": colour,
    "logo_url": logo,
    "typeface": _typeface,
}


def tried_mail(site: StudioSite, number: int, brand: Brand) -> Mail:
    """Render the issue as it is now with another brand, also one that is approved.

    Raises UserError if it can't be rendered.
    """
    renderer = replace(site.renderer, brand=brand)
    with site.store.read() as session:
        rendered = renderer.rendered_typed(session, number, {})
        edition = renderer.edition_of(session, number, rendered)
    return Mail(edition, rendered, renderer.sample_personalization(edition))


def findings(site: StudioSite, number: int, brand: Brand) -> list[Finding]:
    """Return what the gate finds that a brand may be the reason of. Raises UserError."""
    renderer = replace(site.renderer, brand=brand)
    with site.store.read() as session:
        find_issue(session, number)
        rendered = renderer.rendered_typed(session, number, {})
        mail = renderer.sample_message(session, number, site.clock(), rendered)
    checked = Gate(site.preview.policy).check_quickly(mail)
    return [one for one in checked if one.code in CONCERNED]


def readable(accent: str) -> list[Readable]:
    """Return the accent as it is drawn in light and in dark."""
    made = []
    for scheme, colours in (("light", palette.light(accent)), ("dark", palette.dark(accent))):
        ratio = palette.contrast(colours.accent, colours.paper)
        is_mixed = colours.accent != accent.lower()
        made.append(Readable(scheme, colours.accent, colours.paper, ratio, is_mixed))
    return made


def _query(brand: Brand, number: int | None) -> str:
    values = {name: getattr(brand, name) for name in SETTINGS}
    return urlencode({**values, "issue": number or ""})
