"""Drafts an issue: picks comparisons and writes the issue's row, subject and picks."""

from dataclasses import asdict
from datetime import datetime, timedelta

from sqlmodel import Session, col, or_, select, update

from digest.catalog.queries import ComparisonView, comparisons_by_id, views
from digest.catalog.tables import Comparison
from digest.catalog.votes import with_votes
from digest.compose.subject import headline
from digest.issues.history import last_issue, open_draft, used
from digest.issues.lifecycle import IssueError
from digest.issues.tables import Issue, Pick
from digest.number_words import count_of
from digest.pick import History, Rules, Selection, pick

LOOK_BACK = timedelta(days=60)
"""How long a comparison that was in an issue is still named among those left out."""


class NothingNewError(IssueError):
    """There is no new comparison, so no issue is made."""


def draft_issue(
    session: Session,
    series: str,
    as_of: datetime,
    *,
    run_id: int | None,
    rules: Rules,
    now: datetime,
) -> int:
    """Pick for the next issue of `series` as things stood at `as_of`; return its number.

    `run_id` names the scheduled run that asked for it, if any. Raises NothingNewError.
    """
    selection = _select(session, series, as_of, rules)
    if not selection.picks:
        raise NothingNewError(_why_nothing_new(session, series, as_of))
    chosen = [one.comparison_id for one in selection.picks]
    by_id = comparisons_by_id(session, chosen)
    title = headline([by_id[one] for one in chosen])
    issue = Issue(
        series=series,
        run_id=run_id,
        subject=title.subject,
        preheader=title.preheader,
        as_of=as_of,
        left_out=[asdict(one) for one in selection.left_out],
        created_at=now,
    )
    session.add(issue)
    session.flush()
    assert issue.number is not None  # noqa: S101 - flushed
    _record_picks(session, issue.number, series, selection)
    return issue.number


def _select(session: Session, series: str, as_of: datetime, rules: Rules) -> Selection:
    last = last_issue(session, series)
    history = History(
        since=last.as_of if last else None,
        drafted_at=last.created_at if last else None,
        used=used(session, series),
        waiting={str(one["slug"]) for one in last.left_out if one.get("waits")}
        if last
        else frozenset(),
    )
    return pick(_candidates(session, series, as_of), history, rules, as_of)


def _candidates(session: Session, series: str, as_of: datetime) -> list[ComparisonView]:
    """Return comparisons that were in no issue of the series, and recent ones that were."""
    used_before = select(Pick.comparison_id).where(Pick.series == series)
    rows = session.exec(
        select(Comparison).where(
            or_(
                col(Comparison.id).not_in(used_before),
                col(Comparison.published_at) > as_of - LOOK_BACK,
            )
        )
    )
    return with_votes(session, views(session, list(rows)), as_of)


def _why_nothing_new(session: Session, series: str, as_of: datetime) -> str:
    waiting = open_draft(session, series)
    if waiting is not None:
        return (
            f"nothing new: issue {waiting.number} is a draft that already has the newest "
            f"comparisons; approve it or cancel it"
        )
    total = len(session.exec(select(Comparison.id)).all())
    if not total:
        return "nothing to draft: the store has no comparison; digest comparisons import PATH"
    if last_issue(session, series) is None:
        return f"nothing was published by {as_of.date().isoformat()}"
    return f"nothing new since the last issue ({count_of(total, 'comparison')} in the store)"


def _record_picks(session: Session, number: int, series: str, selection: Selection) -> None:
    session.add_all(
        Pick(
            issue_number=number,
            comparison_id=one.comparison_id,
            position=position,
            role=one.role,
            series=series,
            reasons=list(one.reasons),
        )
        for position, one in enumerate(selection.picks)
    )
    # A pin is for the next issue, which this is.
    session.exec(
        update(Comparison)
        .where(col(Comparison.id).in_([one.comparison_id for one in selection.picks]))
        .values(pin=None)
    )
    session.flush()
