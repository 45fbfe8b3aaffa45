"""Renders issues: from frozen bytes once there are any, else from the store as it is now."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from jinja2 import Environment
from sqlmodel import Session, col, select

from digest.brand import Brand
from digest.compose.content import Content
from digest.gate import SampleMessage, sample_message
from digest.issues.archive import moment_claim, page_query
from digest.issues.days import sending_day
from digest.issues.history import earlier_issues
from digest.issues.lifecycle import IssueError, find_issue
from digest.issues.tables import Issue, IssueState, Link, Variant
from digest.language.language import ENGLISH, Language
from digest.message.edition import Edition, Sender
from digest.message.personalization import Personalization, Recipient, personalize
from digest.pipeline.wording.claims import claims_of
from digest.pipeline.wording.composed import composed
from digest.render.issue import dated, render_issue
from digest.render.links import Tracking
from digest.render.rendered import Rendered, RenderedLink
from subscribers.public_ids import IssueIds
from subscribers.tokens import Purpose, Tokens

UNFROZEN = (IssueState.DRAFT, IssueState.CANCELLED, IssueState.SKIPPED)
PREVIEWER = Recipient(0, 0, 0, None, "reader@example.com", "Sam", tracking=False)
"""The recipient of previews and test messages: subscriber 0; their links change nothing."""


@dataclass(frozen=True, slots=True)
class IssueRenderer:
    """Renders drafts as they would be approved, and approved issues as they were."""

    brand: Brand
    sender: Sender
    environment: Environment
    tokens: Tokens
    tracking: Tracking
    language: Language = ENGLISH
    bounces: str = ""
    """The bounce address: the current setting even for approved issues, since it is not content."""

    def content(
        self, session: Session, number: int, typed: Mapping[str, str] | None = None
    ) -> Content:
        """Compose the issue's content from its picks; `typed` are texts that are not kept yet."""
        return composed(session, number, self.brand.public_url, self.language, typed)

    def rendered(self, session: Session, number: int) -> Rendered:
        """Return the issue's parts. Raises IssueError if frozen bytes are not those approved."""
        issue = find_issue(session, number)
        return dated(self.undated(session, number), sending_day(session, issue), self.language)

    def undated(self, session: Session, number: int) -> Rendered:
        """Return the parts as they are frozen: the day of sending is still open."""
        issue = find_issue(session, number)
        if issue.content_hash is None:
            return self.rendered_anew(session, number)
        return _read(session, issue)

    def rendered_anew(
        self, session: Session, number: int, typed: Mapping[str, str] | None = None
    ) -> Rendered:
        """Return the parts as the store's pages give them now, even of an approved issue."""
        return render_issue(
            self.content(session, number, typed),
            self.brand,
            self.environment,
            tracking=self.tracking,
            language=self.language,
        )

    def rendered_typed(self, session: Session, number: int, typed: Mapping[str, str]) -> Rendered:
        """Return the parts as they would be with the texts that an editor is typing.

        `typed` are texts by field (`digest.issues.revisions.fields`). Nothing is kept.
        """
        day = sending_day(session, find_issue(session, number))
        return dated(self.rendered_anew(session, number, typed), day, self.language)

    def edition(self, session: Session, number: int) -> Edition:
        """Return the issue for sending; once approved, with the sender that was approved."""
        return self.edition_of(session, number, self.rendered(session, number))

    def test_edition(self, session: Session, number: int) -> Edition:
        """Return the issue for a test message, whose "View in browser" opens it in any state."""
        edition = self.edition(session, number)
        made_for = moment_claim(find_issue(session, number))
        query = f"test={self.tokens.make(Purpose.TEST, made_for, number)}"
        return _with_page(edition, query)

    def sample_message(
        self, session: Session, number: int, at: datetime, rendered: Rendered | None = None
    ) -> SampleMessage:
        """Return the message for the gate, as the previewer would get it at `at`.

        `rendered` stands for the issue's own parts, to check what is only tried.
        """
        rendered = rendered or self.rendered(session, number)
        edition = self.edition_of(session, number, rendered)
        claims = claims_of(session, find_issue(session, number))
        personalization = self.sample_personalization(edition)
        before = self.last_subject(session, number)
        return sample_message(
            edition, rendered, personalization, at, claims=claims, last_subject=before
        )

    def last_subject(self, session: Session, number: int) -> str:
        """Return the subject of the series' issue before this one; empty if there is none."""
        before = earlier_issues(session, find_issue(session, number), 1)
        return before[0].subject if before else ""

    def edition_of(self, session: Session, number: int, rendered: Rendered) -> Edition:
        issue = find_issue(session, number)
        imprint = self.imprint if issue.content_hash is None else _frozen_imprint(session, number)
        edition = Edition(
            number=number,
            ids=IssueIds(issue.public_id, issue.legacy_number),
            series=issue.series,
            subject=rendered.subject,
            html=rendered.html,
            text=rendered.text,
            sender=Sender(imprint["name"], imprint["address"], imprint["reply_to"]),
            list_name=imprint["list_name"],
            public_url=imprint["public_url"],
            bounce_address=self.bounces,
        )
        if issue.content_hash is None or issue.legacy_number is not None:
            return edition
        return _with_page(edition, page_query(issue.public_id))

    @property
    def imprint(self) -> dict[str, Any]:
        """The sender, list name and public address that an approval now would freeze."""
        return {
            **asdict(self.sender),
            "list_name": self.brand.name,
            "public_url": self.brand.public_url,
        }

    def personalize(
        self, recipients: Sequence[Recipient], edition: Edition
    ) -> list[Personalization]:
        return personalize(recipients, edition.ids, self.tokens, self.language)

    def sample_personalization(
        self, edition: Edition, email: str = PREVIEWER.email
    ) -> Personalization:
        return self.personalize([PREVIEWER._replace(email=email)], edition)[0]


def _with_page(edition: Edition, query: str) -> Edition:
    """Return the edition with its own page's address as mail has it: with `query` behind it.

    The number alone would be another issue's in another store, or after a restore.
    """
    address = f"{edition.public_url}/issues/{edition.number}"
    page = re.compile(re.escape(address) + r"(?:\?issue=[0-9a-f]+)?(?![\w/?#])")
    link = f"{address}?{query}"
    return replace(
        edition,
        html=page.sub(lambda _: link, edition.html),
        text=page.sub(lambda _: link, edition.text),
    )


def freeze(session: Session, number: int, rendered: Rendered, imprint: dict[str, Any]) -> str:
    """Store the approved bytes, link targets and imprint; return the hash of them all."""
    session.add(
        Variant(
            issue_number=number,
            subject=rendered.subject,
            preheader=rendered.preheader,
            imprint=imprint,
            html=rendered.html,
            text=rendered.text,
            sha256=rendered.sha256,
        )
    )
    session.add_all(
        Link(issue_number=number, number=one.number, kind=one.kind, label=one.label, url=one.url)
        for one in rendered.links
    )
    session.flush()
    return _hash(rendered, imprint)


def _hash(rendered: Rendered, imprint: dict[str, Any]) -> str:
    whole = rendered.sha256 + json.dumps(imprint, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(whole.encode()).hexdigest()


def _frozen_imprint(session: Session, number: int) -> dict[str, Any]:
    found = session.exec(select(Variant.imprint).where(Variant.issue_number == number)).one()
    return dict(found)


def _read(session: Session, issue: Issue) -> Rendered:
    variant = session.exec(select(Variant).where(Variant.issue_number == issue.number)).one()
    links = session.exec(
        select(Link).where(Link.issue_number == issue.number).order_by(col(Link.number))
    )
    rendered = Rendered(
        variant.subject,
        variant.preheader,
        variant.html,
        variant.text,
        tuple(RenderedLink(one.number, one.kind, one.label, one.url) for one in links),
    )
    if _hash(rendered, variant.imprint) != issue.content_hash:
        msg = (
            f"issue {issue.number} is not what was approved: its stored bytes were altered; "
            f"take the approval back with: digest issue edit {issue.number}"
        )
        raise IssueError(msg)
    return rendered
