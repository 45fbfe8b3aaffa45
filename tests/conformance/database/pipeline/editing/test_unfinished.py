"""What an editor left to be written blocks approval, wherever they left it."""

import pytest

from digest.gate import Code, Gate, blocking
from digest.issues.lifecycle import IssueError
from digest.issues.revisions import fields
from digest.pipeline.editing.changes import Drop, Write
from digest.pipeline.issue_service import IssueService
from digest.pipeline.wording.unfinished import unfinished
from store.engine import Store
from tests.parts.issues.editing import DAY, SLUGS, editing_service, keep_week, state
from tests.parts.world import Clock


@pytest.fixture
def issues(store: Store) -> IssueService:
    clock = Clock(DAY)
    keep_week(store, clock)
    return editing_service(store, clock, gate=Gate())


@pytest.mark.parametrize("where", [*fields.OF_THE_ISSUE, "headline", "summary"])
def test_tk_blocks_until_it_is_written(store: Store, issues: IssueService, where: str) -> None:
    number = issues.draft()
    slug = state(store, number).order[1]
    field = where if where in fields.OF_THE_ISSUE else f"{where}/{slug}"
    issues.editor.change(number, Write(field, "Their week: TK"), by="ana")
    (found,) = [one for one in issues.findings(number) if one.code == Code.WORDS_UNFINISHED]
    assert found.where == field
    assert f"--{where}" in found.fix
    with pytest.raises(IssueError, match="words-unfinished") as refused:
        issues.approve(number, by="ana")
    assert "\n" not in str(refused.value)
    issues.editor.change(number, Write(field, "Their week."), by="ana")
    assert blocking(issues.findings(number)) == []
    issues.approve(number, by="ana")


def test_a_headline_without_a_word_blocks(store: Store, issues: IssueService) -> None:
    number = issues.draft()
    slug = state(store, number).order[0]
    issues.editor.change(number, Write(fields.headline(slug), "\u200b…"), by="ana")
    with pytest.raises(IssueError, match="it has no word"):
        issues.approve(number, by="ana")


def test_what_is_not_in_the_issue_blocks_nothing(store: Store, issues: IssueService) -> None:
    number = issues.draft()
    slug = state(store, number).order[1]
    issues.editor.change(number, Write(fields.headline(slug), "TKTK"), by="ana")
    issues.editor.change(number, Drop(slug, "thin"), by="ana")
    issues.approve(number, by="ana")


def _found(text: str) -> bool:
    return bool(list(unfinished({fields.headline(SLUGS[0]): {"text": text}})))


@pytest.mark.parametrize(
    "text",
    ["TK", "TKTK", "TKTKTK", "By TK.", "(TK)", "TK, and more", "*TK*", "_TK_", "[TK]", "“TK”",
     "Aye—TK", "TK: numbers", "TK?", "two\nTK\nlines", "…", "—", "\u200b", "***"],
)  # fmt: skip
def test_it_is_found(text: str) -> None:
    assert _found(text)


@pytest.mark.parametrize(
    "text",
    ["Tk", "tk", "Tcl/TK", "TK-421", "ATK", "TKO", "TKs", "TK1", "STKTK", "https://d.example/TK",
     "EXAMPLE.TK", "@TK", "#TK", "TK.COM", "Ｔ", "比较", "🎉", "5", "×"],
)  # fmt: skip
def test_it_is_not_found(text: str) -> None:
    assert not _found(text)
