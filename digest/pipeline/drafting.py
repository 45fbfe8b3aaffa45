"""Drafts an issue: picks comparisons and writes the issue's row, subject and picks."""

from dataclasses import asdict, replace
from datetime import datetime, timedelta

from sqlmodel import Session, col, func, or_, select, update

from digest.catalog.queries import ComparisonView, views
from digest.catalog.tables import Comparison
from digest.catalog.votes import with_votes
from digest.issues.history import last_issue, open_draft, used
from digest.issues.lifecycle import IssueError
from digest.issues.tables import Issue, Pick
from digest.language.language import ENGLISH, Language
from digest.number_words import count_of
from digest.pick import History, Rules, Selection, pick
from digest.pipeline.wording.proposed import reword, schedule_span
from schedules.tables import Run, RunState, Schedule

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
    first_days: int | None = None,
    language: Language = ENGLISH,
) -> int:
    """Pick for the next issue of `series` as things stood at `as_of`; return its number.

    `run_id` names the scheduled run that asked for it, if any; `first_days` is how far a first
    issue reaches back, by default what its schedule says. Raises NothingNewError.
    """
    schedule = session.exec(select(Schedule).where(Schedule.name == series)).first()
    if schedule is not None and schedule.max_picks is not None:
        rules = replace(rules, max_picks=schedule.max_picks)
    selection = _select(session, series, as_of, rules, first_days)
    if not selection.picks:
        raise NothingNewError(_why_nothing_new(session, series, as_of, selection))
    # An editor who drafts by hand decides themselves whether it is enough.
    if schedule is not None and run_id is not None and len(selection.picks) < schedule.min_picks:
        raise NothingNewError(
            f"too few: {count_of(len(selection.picks), 'new comparison')}, and an issue of "
            f"{series} takes at least {schedule.min_picks}; they wait for the next"
        )
    issue = Issue(
        series=series,
        run_id=run_id,
        subject="",
        as_of=as_of,
        left_out=[asdict(one) for one in selection.left_out],
        created_at=now,
    )
    session.add(issue)
    session.flush()
    assert issue.number is not None  # noqa: S101 - flushed
    _record_picks(session, issue.number, series, selection)
    reword(session, issue, language)
    return issue.number


def _select(
    session: Session, series: str, as_of: datetime, rules: Rules, first_days: int | None
) -> Selection:
    last = last_issue(session, series, as_of)
    history = History(
        since=last.as_of if last else None,
        drafted_at=last.created_at if last else None,
        used=used(session, series),
        first_span=_first_span(session, series, as_of, first_days),
        waiting={str(one["slug"]) for one in last.left_out if one.get("waits")}
        if last
        else frozenset(),
    )
    return pick(_candidates(session, series, as_of), history, rules, as_of)


def _first_span(
    session: Session, series: str, as_of: datetime, first_days: int | None
) -> timedelta:
    """Return how far back a first issue of the series reaches.

    From its schedule's first run that was skipped, if any: what was too little then still waits.
    """
    schedule = session.exec(select(Schedule).where(Schedule.name == series)).first()
    days = first_days or (schedule.first_days if schedule else None)
    span = timedelta(days=days) if days else schedule_span(session, series, as_of).length
    if schedule is None:
        return span
    skipped = session.exec(
        select(func.min(Run.due_at)).where(
            Run.schedule_id == schedule.id, Run.state == RunState.SKIPPED, Run.due_at < as_of
        )
    ).one()
    return span + (as_of - skipped if skipped else timedelta())


def _candidates(session: Session, series: str, as_of: datetime) -> list[ComparisonView]:
    """Return comparisons that were in no issue of the series, and recent ones that were.

    What an editor hid is none of them.
    """
    used_before = select(Pick.comparison_id).where(Pick.series == series)
    rows = session.exec(
        select(Comparison).where(
            col(Comparison.hidden_at).is_(None),
            or_(
                col(Comparison.id).not_in(used_before),
                col(Comparison.published_at) > as_of - LOOK_BACK,
            ),
        )
    )
    return with_votes(session, views(session, list(rows)), as_of)


def _why_nothing_new(session: Session, series: str, as_of: datetime, selection: Selection) -> str:
    waiting = open_draft(session, series)
    if waiting is not None:
        return (
            f"nothing new: issue {waiting.number} is a draft that already has the newest "
            f"comparisons; approve it or cancel it"
        )
    total = len(session.exec(select(Comparison.id)).all())
    if not total:
        return "nothing to draft: the store has no comparison; digest comparisons import PATH"
    if last_issue(session, series, as_of) is None:
        older = sum("--first-days" in one.reason for one in selection.left_out)
        nothing = f"nothing was published by {as_of.date().isoformat()}"
        if not older:
            return nothing
        return (
            f"{nothing} that a first issue reaches back to; to take some of the "
            f"{count_of(older, 'older comparison')}: digest issue draft --first-days 30"
        )
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
