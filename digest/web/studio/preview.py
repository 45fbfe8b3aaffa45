"""A proof of an issue: everything an editor looks at before approving, as plain values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.policy import default

from sqlmodel import Session, col, select

from digest.catalog.tables import Comparison
from digest.gate import Finding, Gate, sample_message
from digest.issues.tables import Issue, Pick
from digest.message.personalization import Personalization, slot_text
from digest.render.archive import direct_links_html
from digest.web.site import Preview


@dataclass(frozen=True, slots=True)
class Reason:
    """A comparison and why it is, or is not, in the issue."""

    slug: str
    title: str
    role: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """What the store knows of the issue, rendered or not."""

    number: int
    state: str
    series: str
    subject: str
    preheader: str
    as_of: datetime
    approved_at: datetime | None
    approved_by: str
    content_hash: str | None
    picks: tuple[Reason, ...]
    left_out: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Proof:
    """The issue as one recipient, who is nobody, would get it. Sizes are in bytes."""

    sender: str
    subject: str
    preheader: str
    html: str
    text: str
    headers: tuple[tuple[str, str], ...]
    html_size: int
    message_size: int
    findings: tuple[Finding, ...]


def facts_of(session: Session, number: int) -> Facts | None:
    issue = session.get(Issue, number)
    if issue is None:
        return None
    titles = _titles(session, [entry["slug"] for entry in issue.left_out])
    return Facts(
        number=number,
        state=issue.state,
        series=issue.series,
        subject=issue.subject,
        preheader=issue.preheader,
        as_of=issue.as_of,
        approved_at=issue.approved_at,
        approved_by=issue.approved_by,
        content_hash=issue.content_hash,
        picks=_picks(session, number),
        left_out=tuple(
            Reason(entry["slug"], titles.get(entry["slug"], entry["slug"]), "", (entry["reason"],))
            for entry in issue.left_out
        ),
    )


def proof_of(preview: Preview, number: int, now: datetime) -> Proof:
    """Raises IssueError or TemplateError when the issue can't be shown."""
    rendered = preview.rendered(number)
    edition = preview.edition(number)
    personalization = preview.sample_personalization(edition)
    mail = sample_message(edition, rendered, personalization, now)
    return Proof(
        sender=edition.sender.name,
        subject=rendered.subject,
        preheader=rendered.preheader,
        html=_inert(
            rendered.html, {link.number: link.url for link in rendered.links}, personalization
        ),
        text=slot_text(rendered.text, personalization, as_html=False),
        headers=_headers(mail.message),
        html_size=len(slot_text(rendered.html, personalization, as_html=True).encode()),
        message_size=len(mail.message),
        findings=tuple(Gate(preview.policy).check_quickly(mail)),
    )


def _inert(html: str, links: Mapping[int, str], personalization: Personalization) -> str:
    """The page with links an editor may try: no click is counted, no pixel loaded, and the
    personal ones are those of subscriber 0, who is nobody.
    """
    return slot_text(direct_links_html(html, links, "#"), personalization, as_html=True)


def _headers(message: bytes) -> tuple[tuple[str, str], ...]:
    parsed = message_from_bytes(message, policy=default)
    return tuple((name, str(value)) for name, value in parsed.items())


def _picks(session: Session, number: int) -> tuple[Reason, ...]:
    rows = session.exec(
        select(Pick, Comparison)
        .join(Comparison, col(Comparison.id) == col(Pick.comparison_id))
        .where(Pick.issue_number == number)
        .order_by(col(Pick.position))
    )
    return tuple(
        Reason(comparison.slug, comparison.title, pick.role, tuple(pick.reasons))
        for pick, comparison in rows
    )


def _titles(session: Session, slugs: list[str]) -> dict[str, str]:
    rows = session.exec(
        select(Comparison.slug, Comparison.title).where(col(Comparison.slug).in_(slugs))
    )
    return dict(rows.all())
