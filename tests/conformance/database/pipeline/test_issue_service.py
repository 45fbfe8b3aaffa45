"""Drafting, approving, editing and cancelling, over real comparisons on both databases."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from digest.brand import Brand
from digest.catalog.intake.sources import read_sources
from digest.catalog.pages import ComparisonPage
from digest.catalog.tables import Comparison
from digest.catalog.upsert import Change, upsert_page
from digest.issues.lifecycle import IssueError, find_issue
from digest.issues.tables import IssueState, Pick, Variant
from digest.message.edition import Sender
from digest.pipeline.drafting import NothingNewError
from digest.pipeline.issue_renderer import IssueRenderer
from digest.pipeline.issue_service import IssueService
from digest.render.environment import email_environment, templates_folder
from digest.render.links import Tracking
from digest.samples import comparisons
from store.engine import Store
from subscribers.tokens import Tokens
from tests.parts.world import SECRET, Clock, add_people

BRAND = Brand("Verdicts", "https://d.example", "1 Road, Town")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def issue_service(store: Store, clock: Clock) -> IssueService:
    renderer = IssueRenderer(
        brand=BRAND,
        sender=Sender("Verdicts", "digest@d.example"),
        environment=email_environment(templates_folder()),
        tokens=Tokens([SECRET]),
        tracking=Tracking(),
    )
    return IssueService(store, renderer, 100, clock)


def test_an_issue_of_a_clock_that_was_ahead_does_not_silence_its_series(
    store: Store, issue_service: IssueService, clock: Clock
) -> None:
    first, *others = samples()
    keep(store, [first], clock)
    ahead = issue_service.draft()
    with store.write() as session:
        find_issue(session, ahead).as_of += timedelta(days=365)
    clock.on(days=1)
    keep(store, others, clock)
    assert issue_service.draft() > ahead


def samples() -> list[ComparisonPage]:
    pages = list(read_sources([str(comparisons())], None))
    assert all(isinstance(page, ComparisonPage) for page in pages)
    return pages  # type: ignore[return-value]


def keep(store: Store, pages: list[ComparisonPage], clock: Clock) -> list[Change]:
    with store.write() as session:
        return [upsert_page(session, page, clock()).change for page in pages]


def test_importing_again_changes_nothing(store: Store, clock: Clock) -> None:
    assert set(keep(store, samples(), clock)) == {Change.NEW}
    clock.on(days=1)
    assert set(keep(store, samples(), clock)) == {Change.SAME}


def test_a_changed_page_updates_its_comparison_and_says_what(store: Store, clock: Clock) -> None:
    from dataclasses import replace

    page = samples()[0]
    keep(store, [page], clock)
    left, right = page.contenders
    changed = replace(page, contenders=(replace(left, panel_score=12.5, entry_price="$9"), right))
    with store.write() as session:
        kept = upsert_page(session, changed, clock())
    assert kept.change is Change.CHANGED
    assert any("panel score" in line and "12.5" in line for line in kept.changes)
    assert any("entry price" in line and "$9" in line for line in kept.changes)
    with store.read() as session:
        assert len(session.exec(select(Comparison)).all()) == 1


def test_what_a_source_can_not_say_is_not_forgotten(store: Store, clock: Clock) -> None:
    from dataclasses import replace

    page = next(
        one for one in samples() if one.url and any(r.verdict for r in one.contenders[0].reviews)
    )
    keep(store, [page], clock)
    bare = replace(
        page,
        url=None,
        published_at=None,
        contenders=tuple(
            replace(side, reviews=tuple(replace(r, verdict=None) for r in side.reviews))
            for side in page.contenders
        ),
    )
    assert keep(store, [bare], clock) == [Change.SAME]


def test_a_week_is_drafted_and_the_next_is_empty(
    store: Store, clock: Clock, issue_service: IssueService
) -> None:
    keep(store, samples(), clock)
    number = issue_service.draft("weekly")
    with store.read() as session:
        issue = find_issue(session, number)
        assert issue.subject
        picks = session.exec(select(Pick).where(Pick.issue_number == number)).all()
        assert len(picks) == len(samples())
        assert all(pick.reasons for pick in picks)
    clock.on(days=7)
    with pytest.raises(NothingNewError, match=f"issue {number} is a draft"):
        issue_service.draft("weekly")
    assert issue_service.draft("other-series") == number + 1, "another series has its own history"


def test_cancelling_a_draft_frees_its_comparisons(
    store: Store, clock: Clock, issue_service: IssueService
) -> None:
    keep(store, samples(), clock)
    first = issue_service.draft("weekly")
    issue_service.cancel(first)
    second = issue_service.draft("weekly")
    assert second > first


def test_approval_freezes_and_a_later_import_changes_nothing(
    store: Store, clock: Clock, issue_service: IssueService
) -> None:
    from dataclasses import replace

    keep(store, samples(), clock)
    number = issue_service.draft("weekly")
    with store.read() as session:
        before = issue_service.renderer.rendered(session, number)
    sha256 = issue_service.approve(number, by="editor")
    page = samples()[0]
    left, right = page.contenders
    keep(store, [replace(page, contenders=(replace(left, tagline="Changed."), right))], clock)
    with store.read() as session:
        after = issue_service.renderer.rendered(session, number)
        assert find_issue(session, number).content_hash == sha256
    assert after == before


def test_an_edit_takes_the_approval_back(
    store: Store, clock: Clock, issue_service: IssueService
) -> None:
    keep(store, samples(), clock)
    number = issue_service.draft("weekly")
    first = issue_service.approve(number, by="editor")
    issue_service.edit(number, subject="Another subject")
    with store.read() as session:
        issue = find_issue(session, number)
        assert (issue.state, issue.content_hash) == (IssueState.DRAFT, None)
        assert not session.exec(select(Variant)).all()
    assert issue_service.approve(number, by="editor") != first


def test_a_draft_can_not_be_sent(store: Store, clock: Clock, issue_service: IssueService) -> None:
    add_people(store, 2)
    keep(store, samples(), clock)
    number = issue_service.draft("weekly")
    with pytest.raises(IssueError, match="approve it first"):
        issue_service.start(number)


def test_an_issue_is_scheduled_for_a_time_to_come(
    store: Store, clock: Clock, issue_service: IssueService
) -> None:
    keep(store, samples(), clock)
    number = issue_service.draft("weekly")
    issue_service.approve(number, by="editor")
    with pytest.raises(IssueError, match="is past"):
        issue_service.schedule(number, clock() - timedelta(minutes=1))
    issue_service.schedule(number, clock() + timedelta(hours=1))
    with store.read() as session:
        assert find_issue(session, number).state == IssueState.SCHEDULED


def test_unscheduling_keeps_the_approval(
    store: Store, clock: Clock, issue_service: IssueService
) -> None:
    keep(store, samples(), clock)
    number = issue_service.draft("weekly")
    sha256 = issue_service.approve(number, by="editor")
    with pytest.raises(IssueError, match="is not scheduled"):
        issue_service.unschedule(number)
    issue_service.schedule(number, clock() + timedelta(hours=1))
    issue_service.unschedule(number)
    with store.read() as session:
        issue = find_issue(session, number)
    assert (issue.state, issue.content_hash, issue.send_at) == (IssueState.APPROVED, sha256, None)


def test_names_of_every_kind_survive_to_the_email(
    store: Store, clock: Clock, issue_service: IssueService, tmp_path: Path
) -> None:
    import json

    names = ['Llama 4 (12B) & "Friends" <b>', "Zoë’s 模型 🎉️ \\ e\u0301"]
    item = json.loads((Path(__file__).parent / "hostile.json").read_text(encoding="utf-8"))
    for side, name in zip(item["contenders"], names, strict=True):
        side["name"] = name
    item["title"] = " vs ".join(names)
    path = tmp_path / "hostile.json"
    path.write_text(json.dumps(item), encoding="utf-8")
    (page,) = read_sources([str(path)], None)
    assert isinstance(page, ComparisonPage), page
    keep(store, [page], clock)
    with store.read() as session:
        pass
    number = issue_service.draft("weekly")
    with store.read() as session:
        rendered = issue_service.renderer.rendered(session, number)
    from bs4 import BeautifulSoup

    shown = BeautifulSoup(rendered.html, "html.parser").get_text(" ")
    for name in (side.name for side in page.contenders):
        assert name in shown
        assert name in rendered.text
    assert "<b>" not in rendered.html
