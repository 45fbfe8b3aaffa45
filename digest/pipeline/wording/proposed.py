"""Words a draft from the facts as they are now: what an editor wrote stays, the rest is proposed.

An approved issue is worded the same way only to tell what changed since: its bytes are frozen.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice
from typing import Any

from sqlmodel import Session, col, select

from digest.catalog.queries import ComparisonView, comparisons_by_id
from digest.catalog.votes import with_votes
from digest.compose.content import Headline, Markdown
from digest.compose.kicker import kicker
from digest.compose.lead_in import lead_in
from digest.compose.preheader import preheader
from digest.compose.span import Span, said_span, span_between
from digest.compose.statements.issue_facts import IssueFacts, PastIssue, issue_facts
from digest.compose.subject import PROPOSALS, Proposal, propose
from digest.issues.history import earlier_issues, picks_of
from digest.issues.revisions import fields
from digest.issues.revisions.records import drops, edited
from digest.issues.tables import Issue, Pick
from digest.language.language import Language
from digest.pick import reasons
from schedules.tables import Schedule
from schedules.timetable import recurrence_of

PAST_ISSUES = 8
"""How far back a series' words are looked at."""
DUE_TIMES = 8


@dataclass(frozen=True, slots=True)
class Wording:
    """An issue's words as they stand, the proposals for its subject, and the facts under both."""

    title: Headline
    proposals: tuple[Proposal, ...]
    patterns: tuple[str, ...]
    """Of the words that follow one; a subject of the editor's own follows none."""
    facts: IssueFacts
    picked: tuple[ComparisonView, ...]
    proposed: Headline
    """The words as they would be if no editor had written any."""
    values: Mapping[str, Any]
    """What editors made of the issue, by field."""


def wording(
    session: Session,
    issue: Issue,
    language: Language,
    typed: Mapping[str, str] | None = None,
) -> Wording:
    """Word `issue` from its picks as they are in the store now.

    `typed` are texts by field that an editor is about to write: they stand as if they were kept.
    """
    picked = picked_views(session, issue)
    facts = facts_of(session, issue, picked)
    values = _with_typed(edited(session, issue).values, typed or {})
    every = islice(propose(facts, language), PAST_ISSUES * PROPOSALS)
    offered = tuple(islice(every, PROPOSALS))
    subject, pattern = _subject(values, chain(offered, every))
    intro = lead_in(facts, pattern, language)
    proposed = Headline(offered[0].subject, preheader(facts, language), intro.text)
    theirs = {name: fields.text_of(values.get(name)) for name in fields.OF_THE_ISSUE}
    title = Headline(
        subject,
        theirs[fields.PREHEADER] or proposed.preheader,
        _prose(values.get(fields.INTRO)) or intro.text,
        _prose(values.get(fields.CLOSING)),
    )
    patterns = (pattern, kicker(facts)[0], *(() if theirs[fields.INTRO] else intro.patterns))
    return Wording(
        title,
        offered,
        tuple(filter(None, patterns)),
        facts,
        tuple(picked),
        proposed,
        values,
    )


def _with_typed(values: Mapping[str, Any], typed: Mapping[str, str]) -> Mapping[str, Any]:
    """Return the values with texts over them; an empty one leaves its field to be proposed."""
    kept = {name: value for name, value in values.items() if name not in typed}
    return kept | {name: {"text": text} for name, text in typed.items() if text.strip()}


def reword(session: Session, issue: Issue, language: Language) -> Wording:
    """Bring the words of a draft, and the reasons for its picks, up to date in its rows."""
    now = wording(session, issue, language)
    why = pick_reasons(session, issue, now.picked)
    issue.subject, issue.preheader = now.title.subject, now.title.preheader
    issue.intro = str(now.title.intro)
    issue.patterns = list(now.patterns)
    session.add(issue)
    for pick, comparison in picks_of(session, issue.number or 0):
        pick.reasons = why.get(comparison.id or 0, pick.reasons)
        session.add(pick)
    session.flush()
    return now


def picked_views(session: Session, issue: Issue) -> list[ComparisonView]:
    """Return the issue's comparisons in its order, with readers' scores as of its time."""
    ids = session.exec(
        select(Pick.comparison_id)
        .where(Pick.issue_number == issue.number)
        .order_by(col(Pick.position))
    ).all()
    views = comparisons_by_id(session, ids)
    return with_votes(session, [views[one] for one in ids], issue.as_of)


def facts_of(session: Session, issue: Issue, picked: Sequence[ComparisonView]) -> IssueFacts:
    """Return the facts of `issue`: its picks, its span of time, and the issues before it."""
    published = [view.published_at for view in picked]
    span = said_span(schedule_span(session, issue.series, issue.as_of), published, issue.as_of)
    return issue_facts(issue.number or 0, picked, span=span, past=past_issues(session, issue))


def schedule_span(session: Session, series: str, at: datetime) -> Span:
    """Return the span of the series' schedule; OPEN for issues drafted manually."""
    schedule = session.exec(select(Schedule).where(Schedule.name == series)).first()
    if schedule is None:
        return Span.OPEN
    return span_between(recurrence_of(schedule).next(at, DUE_TIMES))


def past_issues(session: Session, issue: Issue) -> list[PastIssue]:
    """Return the issues of the series before this one, the newest first."""
    rows = earlier_issues(session, issue, PAST_ISSUES)
    numbers = [row.number for row in rows]
    printed: dict[int, list[dict[str, Any] | None]] = {}
    for pick in session.exec(select(Pick).where(col(Pick.issue_number).in_(numbers))):
        printed.setdefault(pick.issue_number, []).append(pick.printed)
    return [
        PastIssue(
            row.number or 0,
            row.subject,
            frozenset(row.patterns),
            _scores(printed.get(row.number or 0, [])),
            _quotes(printed.get(row.number or 0, [])),
        )
        for row in rows
    ]


def _scores(printed: Sequence[dict[str, Any] | None]) -> dict[str, tuple[float | None, ...]] | None:
    """Return what an issue printed of each tool; None if that was not kept of all its picks."""
    found: dict[str, tuple[float | None, ...]] = {}
    for page in printed:
        if page is None:
            return None
        for tool in page["tools"]:
            before = found.get(tool["slug"], ())
            if tool["panel_score"] not in before:
                found[tool["slug"]] = (*before, tool["panel_score"])
    return found


def _subject(values: Mapping[str, Any], every: Iterable[Proposal]) -> tuple[str, str]:
    """Return the subject and its pattern: the editor's own, the proposal they took, or the first.

    A proposal that was taken and does not hold any more gives way to the first that does.
    """
    written = values.get(fields.SUBJECT) or {}
    if text := fields.text_of(written):
        return text, ""
    proposed = iter(every)
    taken = first = next(proposed)
    if pattern := written.get("pattern"):
        taken = next((one for one in chain((first,), proposed) if one.pattern == pattern), first)
    return taken.subject, taken.pattern


def _prose(value: Any) -> str:
    """Return an editor's text as Markdown; as plain text if it is from before there was any."""
    text = fields.text_of(value)
    return text if not text or value.get("plain") else Markdown(text)


def pick_reasons(
    session: Session, issue: Issue, picked: Sequence[ComparisonView]
) -> dict[int, list[str]]:
    """Return in words why each comparison is picked, by its id."""
    dropped = drops(session, [view.slug for view in picked])
    return {
        view.id: [
            *([dropped[view.slug].reason] if view.slug in dropped else []),
            *reasons(view, issue.as_of),
        ]
        for view in picked
    }


def _quotes(printed: Sequence[dict[str, Any] | None]) -> tuple[str, ...]:
    """Return what an issue quoted; issues of older versions did not keep it."""
    return tuple(text for page in printed if page for text in page.get("quotes", ()))
