"""Renders an issue's content to the bytes that everybody gets, slots still open."""

import re
from dataclasses import replace
from datetime import date

from jinja2 import Environment
from markupsafe import Markup

from digest.brand import Brand
from digest.compose.content import Content
from digest.language.isolates import as_markup
from digest.language.language import ENGLISH, Language
from digest.render.environment import Href
from digest.render.errors import TemplateError
from digest.render.filters import fill_date, fill_date_in_html, sanitize
from digest.render.links import LinkRegistry, Tracking, ascii_url
from digest.render.markdown import prose_html, prose_text
from digest.render.mjml.guard_words import guard_words
from digest.render.mjml.inline_and_minify import inline_and_minify
from digest.render.mjml.seven_bit import to_seven_bit
from digest.render.mjml.source_map import compile_mjml
from digest.render.rendered import Rendered
from digest.render.run_template import common_context, run_template
from digest.render.slots import DATE_MARK, MARKS, Slot

TRACK_ALL = Tracking()
HTML_TEMPLATE = "digest/issue.mjml.j2"
TEXT_TEMPLATE = "digest/issue.txt.j2"


def render_issue(
    content: Content,
    brand: Brand,
    environment: Environment,
    *,
    tracking: Tracking = TRACK_ALL,
    language: Language = ENGLISH,
) -> Rendered:
    """Return `content` as HTML and text; `tracking` says whether opens and clicks are tracked.

    Each part is one run of Jinja2, and the HTML one run of MJML: text from outside is never read as
    a template. The same content always gives the same bytes. Raises TemplateError.
    """
    links = LinkRegistry(brand.public_url, tracked=tracking.clicks)
    context = _context(content, brand, links, tracking, language)

    def mjml(environment: Environment) -> str:
        return run_template(environment, HTML_TEMPLATE, context)

    html = inline_and_minify(compile_mjml(environment, HTML_TEMPLATE, mjml))
    html = to_seven_bit(guard_words(html))
    text = run_template(environment, TEXT_TEMPLATE, context)
    _check_slots(html, HTML_TEMPLATE, brand)
    _check_slots(text, TEXT_TEMPLATE, brand)
    return Rendered(
        subject=sanitize(content.subject),
        preheader=sanitize(content.preheader),
        html=html,
        text=f"{text.strip()}\n",
        links=links.links,
    )


def dated(rendered: Rendered, day: date, language: Language = ENGLISH) -> Rendered:
    """Return `rendered` as it is sent on `day`."""
    html = fill_date_in_html(rendered.html, day, language)
    return replace(rendered, html=html, text=fill_date(rendered.text, day, language))


def _context(
    content: Content,
    brand: Brand,
    links: LinkRegistry,
    tracking: Tracking,
    language: Language,
) -> dict[str, object]:
    """Return the names that templates see; docs/templates.md describes each."""
    root = brand.public_url
    ascii_url(root, "public URL")
    pixel = Href(f"{root}/o/{Slot.OPEN.mark}.gif") if tracking.opens else None
    return {
        **common_context(brand, language, content.subject, content.preheader),
        "issue": content,
        "prose": lambda value, css="intro": as_markup(prose_html(value, links, css)),
        "prose_text": lambda value: prose_text(value, links),
        "sent_on": Markup(DATE_MARK),  # noqa: S704 - a mark of our own
        "links": links,
        "greeting": Slot.GREETING,
        "unsubscribe_url": Href(f"{root}/unsubscribe/{Slot.UNSUBSCRIBE.mark}"),
        "preferences_url": Href(f"{root}/preferences/{Slot.PREFERENCES.mark}"),
        "vote_url": Href(f"{root}/vote/{Slot.VOTE.mark}"),
        "browser_url": Href(f"{root}/issues/{content.number}"),
        "pixel_url": pixel,
        "track_clicks": tracking.clicks,
    }


def _check_slots(part: str, name: str, brand: Brand) -> None:
    """Raise TemplateError for a slot outside its own address, or a second greeting.

    A template that puts a token in the wrong place gives readers each other's links when they
    forward the mail, so this does not rely on filters alone.
    """
    paths = r"l/[0-9]+/~~click~~|o/~~open~~\.gif|" + "|".join(
        f"{slot.value}/{slot.mark}" for slot in (Slot.UNSUBSCRIBE, Slot.PREFERENCES, Slot.VOTE)
    )
    rest = re.sub(re.escape(brand.public_url) + f"/(?:{paths})", "", part)
    rest = rest.replace(Slot.GREETING.mark, "", 1)
    found = MARKS.search(rest)
    if found:
        line = part[: part.index(found[0])].count("\n") + 1
        raise TemplateError(name, line, f"the slot {found[0]} stands where it does not belong")
