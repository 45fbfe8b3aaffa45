"""Where a schedule asks for four eyes, who edited an issue last does not approve it."""

import pytest

from digest.issues.lifecycle import IssueError
from digest.pipeline.editing.changes import Write
from digest.pipeline.issue_service import IssueService
from schedules.cron import ScheduleError
from schedules.registry import add_schedule, update_schedule
from schedules.tables import Approval
from store.engine import Store
from tests.parts.issues.editing import DAY, editing_service, issue_row, keep_week
from tests.parts.world import Clock


@pytest.fixture
def issues(store: Store) -> IssueService:
    clock = Clock(DAY)
    keep_week(store, clock)
    with store.write() as session:
        add_schedule(session, "weekly", "0 8 * * mon", "UTC", DAY, four_eyes=True)
    return editing_service(store, clock)


def test_who_edited_last_does_not_approve(store: Store, issues: IssueService) -> None:
    number = issues.draft("weekly")
    issues.editor.change(number, Write("closing", "Ana's."), by="ana")
    with pytest.raises(IssueError, match="ana edited it last") as refused:
        issues.approve(number, by="ana")
    assert "\n" not in str(refused.value)
    assert issue_row(store, number).state == "draft"
    issues.approve(number, by="bob")


def test_undoing_is_editing_too(issues: IssueService) -> None:
    number = issues.draft("weekly")
    issues.editor.change(number, Write("closing", "Ana's."), by="ana")
    issues.editor.undo(number, by="bob", revision=1)
    with pytest.raises(IssueError, match="bob edited it last"):
        issues.approve(number, by="bob")
    issues.approve(number, by="ana")


def test_what_nobody_edited_anybody_approves(issues: IssueService) -> None:
    issues.approve(issues.draft("weekly"), by="ana")


def test_other_series_ask_for_nothing(issues: IssueService) -> None:
    number = issues.draft("other")
    issues.editor.change(number, Write("closing", "Ana's."), by="ana")
    issues.approve(number, by="ana")


def test_it_is_switched_off_and_never_together_with_automatic(
    store: Store, issues: IssueService
) -> None:
    number = issues.draft("weekly")
    issues.editor.change(number, Write("closing", "Ana's."), by="ana")
    with pytest.raises(ScheduleError, match="four eyes"), store.write() as session:
        update_schedule(session, "weekly", DAY, approval=Approval.AUTOMATIC)
    with store.write() as session:
        update_schedule(session, "weekly", DAY, four_eyes=False)
    issues.approve(number, by="ana")
    with pytest.raises(ScheduleError, match="four eyes"), store.write() as session:
        add_schedule(
            session, "more", "0 8 * * mon", "UTC", DAY,
            approval=Approval.AUTOMATIC, four_eyes=True,
        )  # fmt: skip
