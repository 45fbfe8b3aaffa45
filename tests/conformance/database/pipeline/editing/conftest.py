"""A week of comparisons, and an issue drafted from it."""

import pytest

from digest.pipeline.issue_service import IssueService
from store.engine import Store
from tests.parts.issues.editing import DAY, editing_service, keep_week
from tests.parts.world import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock(DAY)


@pytest.fixture
def issues(store: Store, clock: Clock) -> IssueService:
    keep_week(store, clock)
    return editing_service(store, clock)


@pytest.fixture
def number(issues: IssueService) -> int:
    return issues.draft()
