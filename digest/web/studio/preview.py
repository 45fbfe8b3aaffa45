"""Reads everything that an editor looks at before approving an issue, as plain values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.policy import default

from digest.catalog.published import comparison_titles
from digest.gate import Finding, Gate, sample_message
from digest.issues.history import picks_of
from digest.issues.lifecycle import find_issue
from digest.language.language import Language
from digest.message.personalization import Personalization, slot_text
from digest.pipeline.wording.current import current_words
from digest.render.archive import direct_links_html
from digest.web.site import Preview
from store.engine import Store


@dataclass(frozen=True, slots=True)
class PickReason:
    """A comparison and why it is, or is not, in the issue."""

    slug: str
    title: str
    role: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IssueSummary:
    """What the database has of the issue, rendered or not."""

    number: int
    state: str
    series: str
    subject: str
    preheader: str
    as_of: datetime
    approved_at: datetime | None
    approved_by: str
    content_hash: str | None
    changes: tuple[str, ...]
    """What the pages say otherwise since the approval."""
    picks: tuple[PickReason, ...]
    left_out: tuple[PickReason, ...]


@dataclass(frozen=True, slots=True)
class IssuePreview:
    """The issue as a sample recipient would get it. Sizes are in bytes."""

    sender: str
    subject: str
    preheader: str
    html: str
    text: str
    headers: tuple[tuple[str, str], ...]
    html_size: int
    message_size: int
    findings: tuple[Finding, ...]


def summary_of(store: Store, number: int, language: Language) -> IssueSummary:
    """Reads what the database has of issue `number`. Raises NoSuchIssueError."""
    with store.read() as session:
        issue = find_issue(session, number)
        picks = picks_of(session, number)
        now = current_words(session, issue, language)
        titles = comparison_titles(session, [entry["slug"] for entry in issue.left_out])
    return IssueSummary(
        number=number,
        state=issue.state,
        series=issue.series,
        subject=now.title.subject,
        preheader=now.title.preheader,
        as_of=issue.as_of,
        approved_at=issue.approved_at,
        approved_by=issue.approved_by,
        content_hash=issue.content_hash,
        changes=tuple(map(str, now.changes)),
        picks=tuple(
            PickReason(
                comparison.slug,
                comparison.title,
                pick.role,
                tuple((now.reasons or {}).get(pick.comparison_id, pick.reasons)),
            )
            for pick, comparison in picks
        ),
        left_out=tuple(
            PickReason(
                entry["slug"], titles.get(entry["slug"], entry["slug"]), "", (entry["reason"],)
            )
            for entry in issue.left_out
        ),
    )


def preview_of(preview: Preview, number: int, now: datetime) -> IssuePreview:
    """Renders the preview. Raises UserError when the issue can't be shown."""
    rendered = preview.rendered(number)
    edition = preview.edition(number)
    personalization = preview.sample_personalization(edition)
    mail = sample_message(
        edition, rendered, personalization, now, last_subject=preview.last_subject(number)
    )
    return IssuePreview(
        sender=edition.sender.name,
        subject=rendered.subject,
        preheader=rendered.preheader,
        html=inert_html(
            rendered.html, {link.number: link.url for link in rendered.links}, personalization
        ),
        text=slot_text(rendered.text, personalization, as_html=False),
        headers=_headers(mail.message),
        html_size=len(slot_text(rendered.html, personalization, as_html=True).encode()),
        message_size=len(mail.message),
        findings=tuple(Gate(preview.policy).check_quickly(mail)),
    )


def inert_html(html: str, links: Mapping[int, str], personalization: Personalization) -> str:
    """Returns the page with links that an editor can try: no click is counted, no pixel loads, and
    the personal links are those of subscriber 0, which does not exist.
    """
    return slot_text(direct_links_html(html, links, "#"), personalization, as_html=True)


def _headers(message: bytes) -> tuple[tuple[str, str], ...]:
    parsed = message_from_bytes(message, policy=default)
    return tuple((name, str(value)) for name, value in parsed.items())
