"""Reads the values of the edit page, and of the mail in its preview."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import default

from digest.catalog.published import find_comparisons, pinned_slugs
from digest.gate import Gate, SampleMessage
from digest.issues.days import issue_zone
from digest.issues.lifecycle import IssueError, find_issue
from digest.message.edition import Edition
from digest.message.personalization import Personalization, Recipient, slot_text
from digest.pipeline.editing.edit_view import edit_view
from digest.render.archive import direct_links_html
from digest.render.rendered import Rendered
from digest.reports.interest import Interest, in_words, interest_in, may_be_known
from digest.web.studio.context import StudioSite
from digest.web.studio.edit.contents import blocks_of
from digest.web.studio.edit.findings import placed
from digest.web.studio.edit.values import Conflict, EditPage
from subscribers.service import find_subscriber
from subscribers.tables import Subscriber

MAX_FOUND = 12
VIEWS = ("desktop", "phone", "dark", "plain", "inbox", "text", "source", "headers")
FRAMED = frozenset({"desktop", "phone", "dark", "plain"})
_SOURCE = re.compile(r"(<img\b[^>]*?)\ssrc=(\"[^\"]*\"|'[^']*')", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Look:
    """How the preview is looked at: a view, and as whom (an address; empty for a sample reader)."""

    view: str = "desktop"
    who: str = ""

    @property
    def is_framed(self) -> bool:
        """Return whether the view shows the mail itself, in a frame."""
        return self.view in FRAMED


def read_edit_page(
    site: StudioSite,
    number: int,
    *,
    search: str = "",
    checked: bool = False,
    interest: Collection[Interest] = (),
    conflicts: Mapping[str, Conflict] | None = None,
) -> EditPage:
    """Read all that the page shows; with `checked`, what the gate's quick checks find too.

    `interest` is what readers care about, as `digest.reports.interest` read it.

    Raises NoSuchIssueError, and UserError when the issue can't be composed.
    """
    now = site.clock()
    with site.store.read() as session:
        issue = find_issue(session, number)
        content = site.renderer.content(session, number)
        view = edit_view(session, number, content, site.language)
        slugs = [one.slug for one in view.picks]
        known = {*slugs, *(one.slug for one in view.left_out)}
        words = " ".join(search.split())[:200]
        matches = find_comparisons(session, words, now, MAX_FOUND + len(known)) if words else []
        pinned = pinned_slugs(session, sorted(known | {one.slug for one in matches}))
        mail = site.renderer.sample_message(session, number, now) if checked else None
        told = interest_in(interest, session, [one.id for one in view.picks]) if interest else {}
        has_interest = may_be_known(session)
        zone = issue_zone(session, issue)
    rows = [one for group in content.groups for one in group.matchups]
    shown = (content.lead, *rows, *content.briefs)
    last = view.history[-1][0].at.astimezone(zone) if view.history else None
    return EditPage(
        issue=view,
        key=f"{number}-{issue.created_at:%Y%m%d%H%M%S}",
        saved_at=f"{last:%H:%M}" if last else "",
        zone=zone,
        pinned=frozenset(pinned),
        links={one.slug: one.url for one in shown},
        blocks=blocks_of(content),
        found=tuple(one for one in matches if one.slug not in known)[:MAX_FOUND],
        search=words,
        findings=placed(Gate(site.preview.policy).check_quickly(mail), slugs) if mail else None,
        html_size=len(mail.html.encode()) if mail else None,
        conflicts=conflicts or {},
        has_interest=has_interest,
        interest={
            pick: tuple(in_words(one) for one in its if one.is_known) for pick, its in told.items()
        },
    )


@dataclass(frozen=True, slots=True)
class Mail:
    """The issue as one recipient would get it."""

    edition: Edition
    rendered: Rendered
    personalization: Personalization

    @property
    def size(self) -> int:
        """Return the bytes of the HTML, which Gmail counts."""
        return len(slot_text(self.rendered.html, self.personalization, as_html=True).encode())

    @property
    def text(self) -> str:
        return slot_text(self.rendered.text, self.personalization, as_html=False)

    @property
    def source(self) -> str:
        return slot_text(self.rendered.html, self.personalization, as_html=True)

    def page(self, *, images: bool = True) -> str:
        """Return the HTML to look at: links can be tried, and nothing is counted."""
        targets = {link.number: link.url for link in self.rendered.links}
        html = direct_links_html(self.rendered.html, targets, "#")
        if not images:
            html = _SOURCE.sub(r"\1", html)
        html = html.replace("<head>", '<head><base target="_blank">', 1)
        return slot_text(html, self.personalization, as_html=True)


def read_mail(
    site: StudioSite, number: int, who: str = "", typed: Mapping[str, str] | None = None
) -> Mail:
    """Render the issue for `who`, with the texts that are being typed.

    Raises IssueError for somebody who is not on the list, and UserError if it can't be rendered.
    """
    renderer = site.renderer
    with site.store.read() as session:
        issue = find_issue(session, number)
        if typed and issue.state == "draft":
            rendered = renderer.rendered_typed(session, number, typed)
            edition = renderer.edition_of(session, number, rendered)
        else:
            rendered = renderer.rendered(session, number)
            edition = renderer.edition_of(session, number, rendered)
        recipient = _recipient(find_subscriber(session, who), who) if who else None
    if recipient is None:
        return Mail(edition, rendered, renderer.sample_personalization(edition))
    return Mail(edition, rendered, renderer.personalize([recipient], edition)[0])


def _recipient(person: Subscriber | None, email: str) -> Recipient:
    if person is None or person.public_id is None:
        msg = f"{email} is not on the list"
        raise IssueError(msg)
    return Recipient(
        0,
        person.public_id,
        person.link_epoch,
        person.legacy_number,
        person.email,
        person.first_name,
        person.tracking,
    )


def message_headers(site: StudioSite, number: int) -> list[tuple[str, str]]:
    """Return the headers as a sample recipient gets them."""
    with site.store.read() as session:
        sample: SampleMessage = site.renderer.sample_message(session, number, site.clock())
    parsed = message_from_bytes(sample.message, policy=default)
    return [(name, str(value)) for name, value in parsed.items()]


def look_of(view: str, who: str) -> Look:
    """Return how a request wants to look at the mail."""
    return Look(view if view in VIEWS else VIEWS[0], " ".join(who.split())[:320])
