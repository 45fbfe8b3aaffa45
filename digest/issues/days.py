"""Finds the day of an issue: the one on which it is sent, in its schedule's zone."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlmodel import Session, select

from digest.issues.tables import Issue
from schedules.recurrence import parse_zone
from schedules.tables import Schedule


def sending_moment(session: Session, issue: Issue) -> datetime:
    """Return when sending began, in the issue's zone; before that, when it is expected to begin."""
    zone = issue_zone(session, issue)
    if issue.started_at is not None:
        return issue.started_at.astimezone(zone)
    if issue.send_at is not None:
        return issue.send_at.astimezone(zone)
    return max(filter(None, (issue.as_of, issue.approved_at))).astimezone(zone)


def sending_day(session: Session, issue: Issue) -> date:
    """Return the day that the mail, the archive and the feed all show."""
    return sending_moment(session, issue).date()


def issue_zone(session: Session, issue: Issue) -> ZoneInfo:
    """Return the zone of the issue's days: as sending began in it, else its schedule's, or UTC."""
    if issue.started_at is not None:
        return ZoneInfo(issue.zone)
    schedule = session.exec(select(Schedule).where(Schedule.name == issue.series)).first()
    return parse_zone(schedule.zone) if schedule else ZoneInfo("UTC")
