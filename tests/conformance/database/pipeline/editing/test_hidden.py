"""A hidden comparison is in no draft, page or list, and comes back when it is shown."""

import pytest
from sqlmodel import Session, select

from digest.catalog.hidden import hidden_by
from digest.catalog.published import (
    find_tool,
    matches_of,
    offered_categories,
    offered_tools,
    published_comparison,
    published_comparisons,
    published_tools,
)
from digest.catalog.tables import Tool
from digest.catalog.trends import trends
from digest.issues.lifecycle import IssueError
from digest.pipeline.editing.changes import Add, Drop
from digest.pipeline.editing.hiding import hide_comparison, unhide_comparison
from digest.pipeline.issue_service import IssueService
from store.engine import Store
from tests.parts.issues.editing import (
    DAY,
    SLUGS,
    editing_service,
    keep_week,
    revisions,
    state,
    view,
)
from tests.parts.world import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock(DAY)


@pytest.fixture
def issues(store: Store, clock: Clock) -> IssueService:
    keep_week(store, clock)
    return editing_service(store, clock, most=5)


def readers_find(session: Session, slug: str) -> set[str]:
    """Return where readers find the comparison or what is in it alone."""
    tool_slug = slug.split("-", maxsplit=1)[0]
    tool = session.exec(select(Tool).where(Tool.slug == tool_slug)).one()
    found = {
        "page": published_comparison(session, slug, DAY) is not None,
        "list": slug in dict(published_comparisons(session, DAY, 100)),
        "tool": find_tool(session, tool_slug, DAY) is not None,
        "tools": tool_slug in published_tools(session, DAY, 100),
        "matches": bool(matches_of(session, tool.id or 0, DAY)),
        "offered": tool_slug in offered_tools(session, 100, DAY),
        "trend": bool(trends(session, [tool.id or 0], DAY)),
    }
    return {name for name, is_found in found.items() if is_found}


def test_nobody_finds_it_until_it_is_shown_again(store: Store, issues: IssueService) -> None:
    with store.read() as session:
        everywhere = readers_find(session, SLUGS[0])
        assert len(everywhere) == 7
    hide_comparison(issues.editor, SLUGS[0], "ana")
    with store.read() as session:
        assert readers_find(session, SLUGS[0]) == set()
        assert readers_find(session, SLUGS[1]) == everywhere
        assert offered_categories(session, DAY) == {"Developer Tools"}
        hidden = hidden_by(session, SLUGS[0])
        assert hidden is not None
        assert (hidden.who, hidden.at) == ("ana", DAY)
    assert SLUGS[0] not in state(store, issues.draft("one")).order
    unhide_comparison(issues.editor, SLUGS[0])
    with store.read() as session:
        assert readers_find(session, SLUGS[0]) == everywhere
        assert hidden_by(session, SLUGS[0]) is None
    assert SLUGS[0] in state(store, issues.draft("two")).order


def test_a_draft_drops_it_with_a_reason_and_cant_have_it_back(
    store: Store, issues: IssueService
) -> None:
    number = issues.draft()
    slug = state(store, number).order[1]
    done = hide_comparison(issues.editor, slug, "ana")
    assert done[number].sentences == (f'ana dropped {slug}: "hidden"',)
    assert slug not in state(store, number).order
    (left,) = [one for one in view(issues, number).left_out if one.slug == slug]
    assert "hidden" in left.reason
    for again in (
        lambda: issues.editor.change(number, Add(slug), by="bob"),
        lambda: issues.editor.undo(number, by="ana"),
    ):
        with pytest.raises(IssueError, match=f"digest comparisons unhide {slug}"):
            again()
    unhide_comparison(issues.editor, slug)
    issues.editor.undo(number, by="ana")
    assert slug in state(store, number).order


def test_what_is_approved_is_not_changed_behind_anybodys_back(
    store: Store, issues: IssueService
) -> None:
    number = issues.draft()
    slug = state(store, number).order[0]
    issues.approve(number, by="ana")
    with pytest.raises(IssueError, match="which is approved") as refused:
        hide_comparison(issues.editor, slug, "bob")
    assert "\n" not in str(refused.value)
    with store.read() as session:
        assert hidden_by(session, slug) is None


def test_all_that_a_draft_has_is_not_hidden(store: Store, issues: IssueService) -> None:
    number = issues.draft()
    first, *rest = state(store, number).order
    issues.editor.change(number, *(Drop(slug, "thin") for slug in rest), by="ana")
    before = len(revisions(store, number))
    with pytest.raises(IssueError, match="is all that issue"):
        hide_comparison(issues.editor, first, "ana")
    with store.read() as session:
        assert hidden_by(session, first) is None
    assert len(revisions(store, number)) == before


def test_there_is_nothing_to_hide_under_another_name(issues: IssueService) -> None:
    for attempt in (
        lambda: hide_comparison(issues.editor, "nope", "ana"),
        lambda: unhide_comparison(issues.editor, "nope"),
    ):
        with pytest.raises(IssueError, match="there is no comparison nope"):
            attempt()
