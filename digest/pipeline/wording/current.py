"""Reads an issue as its editor finds it: a draft's words now, or what changed since approval."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlmodel import Session

from digest.compose.content import Headline
from digest.compose.subject import Proposal
from digest.issues.revisions import fields
from digest.issues.tables import Issue, IssueState
from digest.language.language import Language
from digest.pipeline.wording.page_snapshots import PageChange, page_changes
from digest.pipeline.wording.proposed import pick_reasons, wording
from digest.pipeline.wording.written import changed_under

WAITING = (IssueState.APPROVED, IssueState.SCHEDULED)


@dataclass(frozen=True, slots=True)
class CurrentWords:
    """Words, proposals and reasons for picks (by comparison id) of a draft; else the stored words.

    `changes` are what the pages of an issue that waits to be sent say otherwise since.
    """

    title: Headline
    proposals: tuple[Proposal, ...] = ()
    reasons: Mapping[int, list[str]] | None = None
    changes: tuple[PageChange, ...] = ()
    beside: Mapping[str, list[str]] = field(default_factory=dict)
    """What changed under each text that an editor wrote, by its field."""


def current_words(session: Session, issue: Issue, language: Language) -> CurrentWords:
    """Return the words of `issue` and what changed; reads only."""
    closing = fields.text_of(issue.written.get(fields.CLOSING))
    stored = Headline(issue.subject, issue.preheader, issue.intro, closing)
    if issue.state == IssueState.DRAFT:
        now = wording(session, issue, language)
        beside = changed_under(now.values, now.facts, now.picked)
        why = pick_reasons(session, issue, now.picked)
        return CurrentWords(now.title, now.proposals, why, beside=beside)
    if issue.state in WAITING:
        return CurrentWords(stored, changes=tuple(page_changes(session, issue)))
    return CurrentWords(stored)
