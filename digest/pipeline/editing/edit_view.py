"""Reads all that an editing page or command shows of an issue."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from digest.catalog.published import comparison_titles
from digest.catalog.queries import ComparisonView
from digest.compose.content import Content, Matchup, PullQuote
from digest.compose.edits import NO_QUOTE, PickEdits
from digest.compose.subject import Proposal
from digest.issues.lifecycle import find_issue
from digest.issues.revisions import fields
from digest.issues.revisions.records import Dropped, drops, revisions_of
from digest.issues.revisions.stack import latest_of
from digest.issues.revisions.tables import Revision
from digest.issues.tables import Issue
from digest.language.language import Language
from digest.pipeline.editing.titled_history import titled_history
from digest.pipeline.wording.chosen import lost_quotes, pick_edits
from digest.pipeline.wording.page_snapshots import page_changes
from digest.pipeline.wording.proposed import Wording, pick_reasons, wording
from digest.pipeline.wording.written import MARKDOWN, changed_under
from digest.quotes.choosable import quotable


@dataclass(frozen=True, slots=True)
class TextField:
    """A text of the issue: as it stands, as it would be proposed, and who wrote it.

    `beside` is what changed on the pages since it was written, and what is wrong with its links.
    """

    field: str
    text: str
    proposed: str
    by: str = ""
    revision: int = 0
    beside: tuple[str, ...] = ()

    @property
    def is_theirs(self) -> bool:
        """Return whether an editor wrote it."""
        return bool(self.by)


@dataclass(frozen=True, slots=True)
class ReviewView:
    """A review whose sentences can be quoted; both are counted from 1 when one is chosen."""

    lens: str
    verdict: str | None
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SideView:
    """One side of a comparison: what is quoted about it, and what could be.

    `choice` is `chosen`, `none` or empty (the rules choose); `lost` says that the page no longer
    has the sentence that was chosen.
    """

    side: str
    tool: str
    slug: str
    reviews: tuple[ReviewView, ...]
    quote: str
    lens: str
    choice: str
    lost: bool


@dataclass(frozen=True, slots=True)
class PickView:
    """A comparison of the issue. `grouped` says that the email shows it in a group."""

    id: int
    slug: str
    title: str
    place: int
    reasons: tuple[str, ...]
    headline: TextField
    summary: TextField
    sides: tuple[SideView, SideView]
    grouped: bool
    apart: bool
    hidden: bool


@dataclass(frozen=True, slots=True)
class LeftOutView:
    """A comparison that is not in the issue, and why; `dropped` if an editor took it out."""

    slug: str
    title: str
    reason: str
    dropped: bool = False


@dataclass(frozen=True, slots=True)
class EditView:
    """An issue as its editor finds it. `revision` is what an edit or approval names as seen."""

    number: int
    state: str
    series: str
    revision: int
    approved_revision: int | None
    subject: TextField
    preheader: TextField
    intro: TextField
    closing: TextField
    proposals: tuple[Proposal, ...]
    picks: tuple[PickView, ...]
    left_out: tuple[LeftOutView, ...]
    changes: tuple[str, ...]
    """What pages say otherwise since the approval."""
    history: tuple[tuple[Revision, str], ...]

    @property
    def texts(self) -> tuple[TextField, ...]:
        return self.subject, self.preheader, self.intro, self.closing


def edit_view(session: Session, number: int, content: Content, language: Language) -> EditView:
    """Return the issue for editing; `content` is what it is composed to now. Reads only.

    Raises NoSuchIssueError.
    """
    issue = find_issue(session, number)
    words, revisions = wording(session, issue, language), revisions_of(session, number)
    texts = _Texts(words, revisions)
    proposed, title = words.proposed, words.title
    return EditView(
        number=number,
        state=issue.state,
        series=issue.series,
        revision=issue.revision,
        approved_revision=issue.approved_revision,
        subject=texts.field(fields.SUBJECT, title.subject, proposed.subject),
        preheader=texts.field(fields.PREHEADER, title.preheader, proposed.preheader),
        intro=texts.field(fields.INTRO, title.intro, proposed.intro),
        closing=texts.field(fields.CLOSING, title.closing, ""),
        proposals=words.proposals,
        picks=tuple(picks_view(words, content, texts, pick_reasons(session, issue, words.picked))),
        left_out=tuple(left_out_view(session, issue, [one.slug for one in words.picked])),
        changes=tuple(map(str, page_changes(session, issue))),
        history=tuple(titled_history(session, revisions)),
    )


def left_out_view(session: Session, issue: Issue, picked: Sequence[str]) -> list[LeftOutView]:
    """Return what is not in the issue now: what the rules left out, then what editors dropped."""
    dropped = _dropped(session, issue)
    ruled = [one for one in issue.left_out if one["slug"] not in {*picked, *dropped}]
    slugs = [*(one["slug"] for one in ruled), *dropped]
    titles = comparison_titles(session, slugs)
    before = drops(session, [one["slug"] for one in ruled])
    return [
        *(
            LeftOutView(one["slug"], titles.get(one["slug"], one["slug"]), _why(one, before))
            for one in ruled
        ),
        *(
            LeftOutView(slug, titles.get(slug, slug), one.reason, dropped=True)
            for slug, one in dropped.items()
            if slug not in picked
        ),
    ]


def _why(left: Mapping[str, Any], before: Mapping[str, Dropped]) -> str:
    found = before.get(left["slug"])
    if found is None or found.reason in left["reason"]:
        return str(left["reason"])
    return f"{left['reason']}; {found.reason}"


def _dropped(session: Session, issue: Issue) -> dict[str, Dropped]:
    revisions = revisions_of(session, issue.number or 0)
    slugs = {fields.slug_of(one.field) for one in revisions if one.because}
    found = drops(session, sorted(slugs))
    return {slug: one for slug, one in found.items() if one.issue == issue.number}


class _Texts:
    """Makes text fields out of what was written, and when."""

    def __init__(self, words: Wording, revisions: Sequence[Revision]) -> None:
        self.words = words
        self._revisions = revisions
        self._beside = changed_under(words.values, words.facts, words.picked)

    def field(self, name: str, text: str, proposed: str) -> TextField:
        theirs = fields.text_of(self.words.values.get(name))
        last = latest_of(self._revisions, name)
        problems = _link_problems(theirs) if fields.kind_of(name) in MARKDOWN else []
        return TextField(
            field=name,
            text=str(text),
            proposed=proposed,
            by=(last.who if last else "an editor") if theirs else "",
            revision=last.n if last else 0,
            beside=(*self._beside.get(name, ()), *problems),
        )


def _link_problems(text: str) -> list[str]:
    if not text:
        return []
    # A command that only reads imports no template engine where no editor wrote Markdown.
    from digest.render.markdown import link_problems  # noqa: PLC0415

    return link_problems(text)


def picks_view(
    words: Wording, content: Content, texts: _Texts, reasons: Mapping[int, list[str]]
) -> list[PickView]:
    """Return the comparisons of the issue, the lead first."""
    edits = pick_edits(words.values, words.picked)
    lost = set(lost_quotes(words.values, words.picked))
    shown = _shown(content)
    grouped = {one.slug for group in content.groups for one in group.matchups}
    found = []
    for place, view in enumerate(words.picked, start=1):
        own, matchup = edits[view.slug], shown[view.slug]
        headline, summary = fields.headline(view.slug), fields.summary(view.slug)
        found.append(
            PickView(
                id=view.id,
                slug=view.slug,
                title=view.title,
                place=place,
                reasons=tuple(reasons.get(view.id, ())),
                headline=texts.field(headline, matchup.headline, view.title),
                summary=texts.field(summary, matchup.summary, matchup.summary),
                sides=(
                    _side(view, 0, own, matchup, lost),
                    _side(view, 1, own, matchup, lost),
                ),
                grouped=view.slug in grouped,
                apart=own.apart,
                hidden=own.hidden,
            )
        )
    return found


def _shown(content: Content) -> dict[str, Matchup]:
    rows = [one for group in content.groups for one in group.matchups]
    return {one.slug: one for one in (content.lead, *rows, *content.briefs)}


def _side(
    view: ComparisonView, at: int, own: PickEdits, matchup: Matchup, lost: set[str]
) -> SideView:
    name, contender = fields.SIDES[at], view.contenders[at]
    chosen = (own.left, own.right)[at]
    quote = _printed(matchup, contender.tool_slug, contender.name)
    choice = "none" if chosen is NO_QUOTE else "chosen" if isinstance(chosen, PullQuote) else ""
    return SideView(
        side=name,
        tool=contender.name,
        slug=contender.tool_slug,
        reviews=tuple(
            ReviewView(one.lens, one.verdict, tuple(quotable(one))) for one in contender.reviews
        ),
        quote=quote[0],
        lens=quote[1],
        choice=choice,
        lost=fields.quote(view.slug, name) in lost,
    )


def _printed(matchup: Matchup, slug: str, name: str) -> tuple[str, str]:
    """Return what the email quotes about one tool, and by whom; empty if nothing."""
    side = matchup.left if matchup.left.slug == slug else matchup.right
    if side.pull is not None:
        return side.pull.quote, side.pull.lens
    for line in matchup.lines:
        if line.tool == name and line.lens:
            return line.text, line.lens
    return "", ""
