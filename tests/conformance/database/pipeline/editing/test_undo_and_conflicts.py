"""Undo and redo, two editors of one issue, and the revision that an approval names."""

import pytest

from digest.issues.lifecycle import IssueError
from digest.issues.revisions import fields
from digest.issues.revisions.errors import EditConflictError, EditError
from digest.issues.revisions.tables import RevisionKind
from digest.pipeline.editing.changes import (
    Drop,
    Move,
    Write,
)
from digest.pipeline.issue_service import IssueService
from store.engine import Store
from tests.parts.issues.editing import (
    issue_row,
    revisions,
    state,
    view,
)


def test_undo_and_redo_are_revisions_of_their_own(
    store: Store, issues: IssueService, number: int
) -> None:
    editor = issues.editor
    editor.change(number, Write("subject", "One"), by="ana")
    editor.change(number, Write("subject", "Two"), by="ana")
    editor.undo(number, by="ana")
    assert view(issues, number).subject.text == "One"
    editor.undo(number, by="ana")
    assert not view(issues, number).subject.is_theirs
    editor.redo(number, by="ana")
    editor.redo(number, by="ana")
    assert view(issues, number).subject.text == "Two"
    with pytest.raises(EditError, match="ana has nothing to redo"):
        editor.redo(number, by="ana")
    editor.undo(number, by="ana")
    editor.change(number, Write("preheader", "Else"), by="ana")
    with pytest.raises(EditError, match="nothing to redo"):
        editor.redo(number, by="ana")
    kinds = [one.kind for one in revisions(store, number)]
    assert kinds == ["base", "edit", "edit", "undo", "undo", "redo", "redo", "undo", "edit"]
    assert view(issues, number).history[2][1] == 'ana undid revision 2 (wrote the subject: "Two")'


def test_everybody_undoes_their_own_unless_they_name_a_revision(
    issues: IssueService, number: int
) -> None:
    editor = issues.editor
    editor.change(number, Write("subject", "Ana's"), by="ana")
    editor.change(number, Write("preheader", "Bob's"), by="bob")
    editor.undo(number, by="ana")
    assert not view(issues, number).subject.is_theirs
    assert view(issues, number).preheader.text == "Bob's"
    with pytest.raises(EditError, match=r"to undo what bob did last: --revision 2"):
        editor.undo(number, by="ana")
    editor.undo(number, by="ana", revision=2)
    assert not view(issues, number).preheader.is_theirs
    with pytest.raises(EditError, match="no change that could be undone"):
        editor.undo(number, by="ana", revision=2)


def test_what_a_colleague_changed_since_is_not_undone_underneath(
    issues: IssueService, number: int
) -> None:
    editor = issues.editor
    editor.change(number, Write("subject", "Ana's"), by="ana")
    editor.change(number, Write("subject", "Bob's"), by="bob")
    with pytest.raises(EditError, match="bob changed the same since"):
        editor.undo(number, by="ana")
    assert view(issues, number).subject.text == "Bob's"


def test_different_fields_merge(issues: IssueService, number: int) -> None:
    editor = issues.editor
    editor.change(number, Write("subject", "Ana's"), by="ana", seen=0)
    done = editor.change(number, Write("preheader", "Bob's"), by="bob", seen=0)
    assert done.revision == 2
    seen = view(issues, number)
    assert (seen.subject.text, seen.preheader.text) == ("Ana's", "Bob's")


def test_the_same_field_shows_both_texts_and_keeps_the_later_one(
    store: Store, issues: IssueService, number: int
) -> None:
    editor = issues.editor
    editor.change(number, Write("subject", "Ana's"), by="ana", seen=0)
    for _ in range(2):
        with pytest.raises(EditConflictError) as told:
            editor.change(
                number, Write("preheader", "Meanwhile"), Write("subject", "Bob's"), by="bob", seen=0
            )
    assert "Ana's" in str(told.value)
    assert "Bob's" in str(told.value)
    assert (fields.text_of(told.value.theirs), fields.text_of(told.value.yours)) == (
        "Ana's",
        "Bob's",
    )
    assert view(issues, number).subject.text == "Ana's"
    assert not view(issues, number).preheader.is_theirs
    kept = [one for one in revisions(store, number) if one.kind == RevisionKind.SUPERSEDED]
    assert [(one.n, one.after["text"]) for one in kept] == [(told.value.aside, "Bob's")]
    assert issue_row(store, number).revision == 1
    editor.change(number, Write("subject", "Bob's"), by="bob", seen=1)
    assert view(issues, number).subject.text == "Bob's"


def test_the_same_words_twice_are_no_conflict(issues: IssueService, number: int) -> None:
    issues.editor.change(number, Write("subject", "Same"), by="ana", seen=0)
    assert issues.editor.change(number, Write("subject", "Same"), by="bob", seen=0).added == ()


def test_the_same_comparison_moved_by_two_is_a_conflict(
    store: Store, issues: IssueService, number: int
) -> None:
    first = state(store, number).order
    issues.editor.change(number, Move(first[3], 1), by="ana", seen=0)
    issues.editor.change(number, Move(first[1], 4), by="bob", seen=0)
    with pytest.raises(EditConflictError, match=f"ana made {first[3]} the lead"):
        issues.editor.change(number, Drop(first[3], "thin"), by="bob", seen=0)


def test_words_for_a_comparison_that_a_colleague_drops_are_kept(
    store: Store, issues: IssueService, number: int
) -> None:
    slug = state(store, number).order[1]
    issues.editor.change(number, Drop(slug, "thin"), by="ana")
    issues.editor.change(number, Write(fields.headline(slug), "Words"), by="bob", seen=0)
    issues.editor.undo(number, by="ana")
    (pick,) = [one for one in view(issues, number).picks if one.slug == slug]
    assert pick.headline.text == "Words"


def test_an_edit_names_a_revision_that_there_is(issues: IssueService, number: int) -> None:
    with pytest.raises(EditError, match="has no revision 3; its last is 0"):
        issues.editor.change(number, Write("subject", "x"), by="ana", seen=3)


def test_approval_names_the_revision_that_was_seen(
    store: Store, issues: IssueService, number: int
) -> None:
    issues.editor.change(number, Write("subject", "One"), by="ana")
    with pytest.raises(IssueError, match="is at revision 1, not 0"):
        issues.approve(number, by="bob", seen=0)
    issues.approve(number, by="bob", seen=1)
    assert issue_row(store, number).approved_revision == 1
    assert view(issues, number).history[-1][1] == "bob approved revision 1"
    issues.editor.change(number, Write("subject", "Two"), by="ana")
    row = issue_row(store, number)
    assert (row.state, row.approved_revision, row.revision) == ("draft", 1, 3)
