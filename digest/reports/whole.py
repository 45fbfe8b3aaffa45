"""The whole report over time: its issues, its interests, its sign-ups, as one value."""

from dataclasses import dataclass

from sqlmodel import Session

from digest.reports.figures import Figures
from digest.reports.interest import Interest, Topic, interest_figures, interests
from digest.reports.issue_report import comparisons_figures
from digest.reports.over_time import IssueInTime, issues_over_time, series_with_issues
from digest.reports.signups import ComparisonSignups, signups_by_comparison
from digest.reports.time_figures import (
    delivery_over_time,
    engagement_over_time,
    growth_over_time,
    providers_over_time,
)


@dataclass(frozen=True, slots=True)
class WholeReport:
    """What came of the last issues of one series, or of all."""

    issues: tuple[IssueInTime, ...]
    interests: tuple[Interest, ...]
    signups: tuple[ComparisonSignups, ...]
    series: tuple[str, ...]
    """Every series of which an issue went out."""


def read_whole(session: Session, last: int, series: str = "") -> WholeReport:
    """Read the report over the last issues. `interests` and sign-ups are of all series."""
    return WholeReport(
        tuple(issues_over_time(session, last, series)),
        tuple(interests(session, last, series)),
        tuple(signups_by_comparison(session)),
        tuple(series_with_issues(session)),
    )


def whole_figures(whole: WholeReport) -> tuple[Figures, ...]:
    """Return every table of the report, in the order of the page."""
    return (
        engagement_over_time(whole.issues),
        growth_over_time(whole.issues),
        delivery_over_time(whole.issues),
        providers_over_time(whole.issues),
        interest_figures(whole.interests, Topic.TOOL),
        interest_figures(whole.interests, Topic.CATEGORY),
        comparisons_figures(whole.signups),
    )
