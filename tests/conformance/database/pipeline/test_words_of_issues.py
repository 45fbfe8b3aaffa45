"""What an issue says follows its pages: proposed words change, an editor's are checked."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from digest.brand import Brand
from digest.catalog.intake.sources import read_sources
from digest.catalog.pages import ComparisonPage
from digest.catalog.upsert import upsert_page
from digest.gate import Code, blocking
from digest.issues.archive import archived_issue, public_issues
from digest.issues.history import picks_of
from digest.issues.lifecycle import IssueError, find_issue
from digest.language.language import ENGLISH
from digest.message.edition import Sender
from digest.pipeline.drafting import NothingNewError
from digest.pipeline.editing.changes import TakeProposal
from digest.pipeline.issue_renderer import IssueRenderer
from digest.pipeline.issue_service import IssueService
from digest.pipeline.wording.current import CurrentWords, current_words
from digest.pipeline.wording.proposed import past_issues, wording
from digest.render.environment import email_environment, templates_folder
from digest.render.links import Tracking
from schedules.registry import add_schedule
from store.engine import Store
from subscribers.tokens import Tokens
from tests.parts.world import SECRET, Clock, add_people

CASES = Path(__file__).parents[3] / "cases" / "email"
DAY = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)


@pytest.fixture
def clock() -> Clock:
    return Clock(DAY)


@pytest.fixture
def issues(store: Store, clock: Clock) -> IssueService:
    renderer = IssueRenderer(
        brand=Brand("Verdicts", "https://d.example", "1 Road, Town"),
        sender=Sender("Verdicts", "digest@d.example"),
        environment=email_environment(templates_folder()),
        tokens=Tokens([SECRET]),
        tracking=Tracking(),
    )
    return IssueService(store, renderer, 100, clock)


def pages(case: str) -> list[ComparisonPage]:
    found = list(read_sources([str(CASES / f"{case}.json")], None))
    assert all(isinstance(page, ComparisonPage) for page in found)
    return found  # type: ignore[return-value]


def keep(store: Store, case: str, clock: Clock) -> None:
    with store.write() as session:
        for page in pages(case):
            upsert_page(session, page, clock())


def words(store: Store, number: int) -> CurrentWords:
    with store.read() as session:
        return current_words(session, find_issue(session, number), ENGLISH)


def test_a_group_never_reverses_a_verdict(store: Store, clock: Clock, issues: IssueService) -> None:
    keep(store, "group-score-of-another-page", clock)
    number = issues.draft()
    with store.read() as session:
        content = issues.renderer.content(session, number)
        views = {
            view.slug: view
            for view in wording(session, find_issue(session, number), ENGLISH).picked
        }
        text = issues.renderer.rendered(session, number).text
    rows = [*content.briefs, *(row for group in content.groups for row in group.matchups)]
    for group in content.groups:
        for row in group.matchups:
            assert row.left.panel_score == group.tool.panel_score
    for row in rows:
        scores = {side.tool_slug: side.panel_score for side in views[row.slug].contenders}
        assert scores[row.left.slug] == row.left.panel_score
        assert scores[row.right.slug] == row.right.panel_score
    assert "Osprey, 25%\n" not in text or "vs Tern" not in text.split("Osprey, 25%")[1][:40]


def test_proposed_words_follow_a_corrected_page(
    store: Store, clock: Clock, issues: IssueService
) -> None:
    keep(store, "draft-then-corrected-1", clock)
    number = issues.draft()
    before = words(store, number).title.subject
    keep(store, "draft-then-corrected-2", clock)
    after = words(store, number)
    assert before != after.title.subject
    assert "Aye" not in after.title.subject or after.title.subject.index("Bee") < (
        after.title.subject.index("Aye")
    )
    issues.approve(number, by="ana")
    with store.read() as session:
        issue = find_issue(session, number)
        assert issue.subject == after.title.subject
        assert issues.renderer.rendered(session, number).subject == after.title.subject
        assert [pick.reasons for pick, _ in picks_of(session, number)] == list(
            (after.reasons or {}).values()
        )


def test_what_an_editor_wrote_stays_and_blocks_when_it_is_false(
    store: Store, clock: Clock, issues: IssueService
) -> None:
    keep(store, "draft-then-corrected-1", clock)
    number = issues.draft()
    issues.edit(number, "Aye beats Bee", intro="Aye at 100%, and why.")
    assert blocking(issues.findings(number)) == []
    keep(store, "draft-then-corrected-2", clock)
    assert words(store, number).title.subject == "Aye beats Bee"
    found = {one.code: one for one in issues.findings(number)}
    assert found[Code.WORDS_FALSE].level == "blocks"
    assert Code.WORDS_STALE in found
    with pytest.raises(IssueError, match="words-false"):
        issues.approve(number, by="ana")
    issues.edit(number, "Bee beats Aye", intro="")
    issues.approve(number, by="ana")


def test_an_editor_takes_a_proposal_and_it_is_worded_anew(
    store: Store, clock: Clock, issues: IssueService
) -> None:
    keep(store, "draft-then-corrected-1", clock)
    number = issues.draft()
    offered = words(store, number).proposals
    assert len(offered) == 3
    assert len({one.pattern for one in offered}) == 3
    assert all(one.reasons for one in offered)
    issues.editor.change(number, TakeProposal(2), by="ana")
    assert words(store, number).title.subject == offered[1].subject
    keep(store, "draft-then-corrected-2", clock)
    assert words(store, number).title.subject in {
        one.subject for one in words(store, number).proposals
    }
    with pytest.raises(IssueError, match="no proposal 9"):
        issues.editor.change(number, TakeProposal(9), by="ana")


@pytest.mark.parametrize("state", ["approved", "scheduled"])
def test_a_page_that_changed_since_approval_is_told_with_a_diff(
    store: Store, clock: Clock, issues: IssueService, state: str
) -> None:
    keep(store, "draft-then-corrected-1", clock)
    number = issues.draft()
    issues.approve(number, by="ana")
    if state == "scheduled":
        issues.schedule(number, clock() + timedelta(days=1))
    assert words(store, number).changes == ()
    keep(store, "draft-then-corrected-2", clock)
    told = [str(one) for one in words(store, number).changes]
    assert told == [
        "aye-vs-bee: Aye, panel score was 100%, is 0%",
        "aye-vs-bee: Bee, panel score was 0%, is 100%",
    ]
    assert Code.PAGE_CHANGED in {one.code for one in issues.findings(number)}
    assert blocking(issues.findings(number)) == []


def test_a_first_issue_reaches_back_one_span_and_says_so(
    store: Store, clock: Clock, issues: IssueService
) -> None:
    keep(store, "first-issue-takes-old-pages", clock)
    number = issues.draft()
    with store.read() as session:
        assert [row.slug for _, row in picks_of(session, number)] == ["aye-vs-bee"]
        (left,) = find_issue(session, number).left_out
    assert left["slug"] == "old-vs-older"
    assert "the first issue reaches back 7 days" in left["reason"]


def test_an_option_says_how_far_a_first_issue_reaches(
    store: Store, clock: Clock, issues: IssueService
) -> None:
    keep(store, "first-issue-takes-old-pages", clock)
    number = issues.draft(first_days=500)
    with store.read() as session:
        assert len(picks_of(session, number)) == 2


def test_a_schedule_says_how_far_its_first_issue_reaches(
    store: Store, clock: Clock, issues: IssueService
) -> None:
    keep(store, "first-issue-takes-old-pages", clock)
    with store.write() as session:
        add_schedule(session, "monthly", "0 8 1 * *", "UTC", clock(), first_days=500)
    number = issues.draft("monthly")
    with store.read() as session:
        assert len(picks_of(session, number)) == 2


def test_a_first_issue_with_nothing_near_says_what_there_is(
    store: Store, clock: Clock, issues: IssueService
) -> None:
    keep(store, "first-issue-takes-old-pages", clock)
    clock.on(days=60)
    with pytest.raises(NothingNewError, match=r"2 older comparisons.*--first-days"):
        issues.draft()


@pytest.mark.parametrize(
    ("cron", "said"),
    [
        ("0 8 * * mon", "this week"),
        ("0 8 1 * *", "this month"),
        ("0 8 * * *", "today"),
        ("0 8 * * mon,thu", ""),
    ],
)
def test_a_span_is_said_only_where_the_schedule_has_it(
    store: Store, clock: Clock, issues: IssueService, cron: str, said: str
) -> None:
    keep(store, "draft-then-corrected-1", clock)
    with store.write() as session:
        add_schedule(session, "own", cron, "UTC", clock())
    number = issues.draft("own")
    with store.read() as session:
        content = issues.renderer.content(session, number)
    assert content.also == f"Also compared {said}".strip()
    assert content.preheader.startswith(f"Also {said}".strip() + ":")


def test_an_issue_by_hand_says_no_span(store: Store, clock: Clock, issues: IssueService) -> None:
    keep(store, "draft-then-corrected-1", clock)
    number = issues.draft()
    with store.read() as session:
        rendered = issues.renderer.rendered(session, number)
    assert not any(word in rendered.text for word in ("this week", "this month", "today"))


def test_the_day_is_that_of_sending_in_the_schedules_zone_everywhere(
    store: Store, clock: Clock, issues: IssueService
) -> None:
    """Approved on the 27th; sent on the 28th by UTC, when it is the 29th in Auckland."""
    keep(store, "draft-then-corrected-1", clock)
    add_people(store, 1)
    with store.write() as session:
        add_schedule(session, "own", "0 8 * * mon", "Pacific/Auckland", clock())
    number = issues.draft("own", clock())
    issues.approve(number, by="ana")
    clock.on(days=1, hours=1)
    issues.start(number)
    with store.read() as session:
        rendered = issues.renderer.rendered(session, number)
        archived, (entry,) = archived_issue(session, number), public_issues(session)
    assert "29 November 2026" in rendered.html
    assert "29 November 2026" in rendered.text
    assert archived is not None
    assert archived.day.isoformat() == entry.day.date().isoformat() == "2026-11-29"
    assert entry.day.isoformat().startswith("2026-11-29T02:00:00+13:00")
    clock.on(days=3)
    with store.write() as session:
        from schedules.registry import update_schedule

        update_schedule(session, "own", clock(), zone="UTC")
    with store.read() as session:
        assert issues.renderer.rendered(session, number) == rendered


@pytest.mark.parametrize(
    ("case", "never"),
    [
        ("ninety-splits-the-panel", "splits"),
        ("neither-ships-subject", "Heronry or Cormorant?\n"),
        ("subject-question-mark-comma", "?,"),
    ],
)
def test_no_subject_says_more_than_the_pages(
    store: Store, clock: Clock, issues: IssueService, case: str, never: str
) -> None:
    keep(store, case, clock)
    offered = words(store, issues.draft()).proposals
    assert offered
    for one in offered:
        assert never not in f"{one.subject}\n"
        assert len(one.subject) <= 60


def test_a_score_that_moved_since_an_earlier_issue_is_told(
    store: Store, clock: Clock, issues: IssueService
) -> None:
    keep(store, "draft-then-corrected-1", clock)
    first = issues.draft()
    issues.approve(first, by="ana")
    clock.on(days=7)
    aye, cee = (pages("draft-then-corrected-1")[at].contenders[0] for at in (0, 1))
    page = pages("draft-then-corrected-1")[0]
    again = replace(
        page,
        title="Aye vs Cee",
        contenders=(replace(aye, panel_score=25.0), cee),
        published_at=clock() - timedelta(days=1),
    )
    with store.write() as session:
        upsert_page(session, again, clock())
    number = issues.draft()
    with store.read() as session:
        content = issues.renderer.content(session, number)
    assert content.lead.since == f"Since issue {first}, Aye went from 100% to 25%."
    assert any(
        "Aye" in one.subject and "100%" in one.subject for one in words(store, number).proposals
    )


def test_an_approved_issue_keeps_its_quotes_for_the_next(
    store: Store, clock: Clock, issues: IssueService
) -> None:
    """How they begin is left to them for some weeks."""
    keep(store, "ninety-splits-the-panel", clock)
    number = issues.draft()
    with store.read() as session:
        lead = issues.renderer.content(session, number).lead
    quoted = {side.pull.quote for side in (lead.left, lead.right) if side.pull}
    assert quoted
    issues.approve(number, by="ana")
    clock.now += timedelta(days=7)
    keep(store, "neither-ships-subject", clock)
    later = issues.draft()
    with store.read() as session:
        (past,) = past_issues(session, find_issue(session, later))
    assert set(past.quotes) == quoted
