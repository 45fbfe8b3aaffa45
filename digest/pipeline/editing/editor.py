"""Makes an editor's changes, each a revision; undoes and redoes them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from digest.catalog.queries import comparison_by_slug
from digest.issues.revisions import fields
from digest.issues.revisions.errors import EditConflictError, EditError
from digest.issues.revisions.records import add_revision, edited, lock_issue, revisions_of
from digest.issues.revisions.sentences import sentence
from digest.issues.revisions.stack import Step, latest_of, redo_step, undo_step
from digest.issues.revisions.tables import CHANGING, Revision, RevisionKind
from digest.issues.tables import Issue
from digest.language.language import ENGLISH, Language
from digest.pipeline.editing.changes import Change
from digest.pipeline.editing.entries import EditContext, Entry, ensure_unused, entry_of
from digest.pipeline.editing.rows import draft_again, write_state
from digest.pipeline.wording.proposed import wording
from store.engine import Store

MAX_NAME = 100


@dataclass(frozen=True, slots=True)
class Edit:
    """What came of a change: the issue's revision now, and the revisions that were added."""

    revision: int
    added: tuple[Revision, ...] = ()
    sentences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IssueEditor:
    """Changes issues. Each method is one transaction, and withdraws an approval.

    `by` names who acts. `seen` is the revision that the editor looked at: changes of other fields
    since then merge, a change of the same field is a conflict. None stands for the newest one.
    """

    store: Store
    clock: Callable[[], datetime]
    language: Language = ENGLISH

    def change(self, number: int, *changes: Change, by: str, seen: int | None = None) -> Edit:
        """Make the changes, all or none.

        Raises EditConflictError, which has both texts; EditError and IssueError in one line.
        """
        try:
            with self.store.write() as session:
                return self.change_in(session, number, changes, by, seen)
        except EditConflictError as conflict:
            self._keep_aside(number, conflict, by)
            raise

    def change_in(
        self,
        session: Session,
        number: int,
        changes: tuple[Change, ...],
        by: str,
        seen: int | None = None,
    ) -> Edit:
        """Make the changes within the caller's transaction; a conflict keeps no text aside."""
        issue = draft_again(session, number)
        if seen is not None and not 0 <= seen <= issue.revision:
            msg = f"issue {number} has no revision {seen}; its last is {issue.revision}"
            raise EditError(msg)
        added: list[Revision] = []
        for change in changes:
            around = self._around(session, issue)
            entry = entry_of(change, around)
            before = around.state.value(entry.field)
            if fields.same(before, entry.after):
                continue
            if seen is not None:
                _refuse_conflict(around, entry, seen, added)
            added.append(self._record(session, around, entry, RevisionKind.EDIT, by))
        if not added:
            state = edited(session, issue)
            write_state(session, issue, state, state, self.language)
        return _edit_of(issue, added)

    def undo(self, number: int, by: str, revision: int | None = None) -> Edit:
        """Undo what `by` changed last and was not undone, or that one revision of anybody's."""
        with self.store.write() as session:
            issue = draft_again(session, number)
            step = undo_step(revisions_of(session, number), by, revision)
            return self._step(session, issue, step, RevisionKind.UNDO, by)

    def redo(self, number: int, by: str) -> Edit:
        """Redo what `by` undid last, unless they have changed something since."""
        with self.store.write() as session:
            issue = draft_again(session, number)
            step = redo_step(revisions_of(session, number), by)
            return self._step(session, issue, step, RevisionKind.REDO, by)

    def _step(
        self, session: Session, issue: Issue, step: Step, kind: RevisionKind, by: str
    ) -> Edit:
        around = self._around(session, issue)
        edit = step.edit
        if fields.kind_of(edit.field) == fields.PICKS:
            _refuse_impossible(around, edit, step.after)
        entry = Entry(edit.field, step.after)
        added = self._record(session, around, entry, kind, by, of=edit.n)
        undone = {edit.n: edit}
        return Edit(issue.revision, (added,), (sentence(added, undone),))

    def _record(
        self,
        session: Session,
        around: EditContext,
        entry: Entry,
        kind: RevisionKind,
        by: str,
        *,
        of: int | None = None,
    ) -> Revision:
        revision = add_revision(
            session,
            around.issue,
            kind,
            who=by[:MAX_NAME],
            at=around.now,
            field=entry.field,
            before=around.state.value(entry.field),
            after=entry.after,
            of=of,
            because=entry.because,
        )
        after = around.state.changed(entry.field, entry.after)
        write_state(session, around.issue, around.state, after, self.language)
        return revision

    def _around(self, session: Session, issue: Issue) -> EditContext:
        state, words = edited(session, issue), wording(session, issue, self.language)
        return EditContext(session, issue, state, words, self.clock())

    def _keep_aside(self, number: int, conflict: EditConflictError, by: str) -> None:
        """Keep a text that came too late as a revision that changes nothing."""
        if not fields.text_of(conflict.yours):
            return
        with self.store.write() as session:
            issue = lock_issue(session, number)
            kept = [
                one
                for one in revisions_of(session, number)
                if one.kind == RevisionKind.SUPERSEDED
                and (one.who, one.field) == (by[:MAX_NAME], conflict.field)
            ]
            if kept and fields.same(kept[-1].after, conflict.yours):
                conflict.aside = kept[-1].n
                return
            conflict.aside = add_revision(
                session,
                issue,
                RevisionKind.SUPERSEDED,
                who=by[:MAX_NAME],
                at=self.clock(),
                field=conflict.field,
                before=conflict.theirs,
                after=conflict.yours,
                of=conflict.revision,
            ).n


def _edit_of(issue: Issue, added: list[Revision]) -> Edit:
    return Edit(issue.revision, tuple(added), tuple(sentence(one, {}) for one in added))


def _refuse_conflict(around: EditContext, entry: Entry, seen: int, own: list[Revision]) -> None:
    """Raise EditConflictError if the field was changed since `seen`, by another request."""
    now = around.state.value(entry.field)
    since = [
        one
        for one in revisions_of(around.session, around.number)
        if one.field == entry.field and one.n > seen and one.kind in CHANGING and one not in own
    ]
    if not since or fields.same(since[0].before, since[-1].after):
        return
    last = latest_of(since, entry.field) or since[-1]
    what = f"{last.who} changed the same since revision {seen} (revision {last.n})"
    theirs, yours = fields.text_of(now), fields.text_of(entry.after)
    if fields.is_text(entry.field):
        name = entry.field.replace("/", " of ")
        msg = f'{what}: the {name} is now "{theirs}", and yours was "{yours}", which is kept'
    else:
        msg = f"{what}: {sentence(last, {})}; look at it, and try again"
    raise EditConflictError(
        msg, field=entry.field, theirs=now, yours=entry.after, by=last.who, revision=last.n
    )


def _refuse_impossible(around: EditContext, edit: Revision, after: int | None) -> None:
    """Raise EditError if an undone or redone place can't be given back."""
    slug = fields.slug_of(edit.field)
    present = around.state.value(edit.field) is not None
    if after is None and present and len(around.state.order) == 1:
        msg = f"{slug} is all that issue {around.number} has; add another first"
        raise EditError(msg)
    view = comparison_by_slug(around.session, slug)
    if after is not None and not present and view is not None:
        ensure_unused(around, view)
