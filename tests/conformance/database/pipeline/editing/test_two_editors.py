"""Two editors change one issue in any order: it ends as its revisions tell, and no word is lost."""

from collections.abc import Callable
from functools import partial
from itertools import count
from typing import Any, ClassVar, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlmodel import select

from digest.catalog.queries import comparison_by_slug
from digest.gate import Finding, SampleMessage
from digest.issues.history import picks_of
from digest.issues.lifecycle import IssueError, find_issue
from digest.issues.revisions import fields
from digest.issues.revisions.errors import EditConflictError
from digest.issues.revisions.records import edited, revisions_of
from digest.issues.revisions.state import EditedIssue, replay
from digest.issues.revisions.tables import CHANGING, Revision, RevisionKind
from digest.issues.tables import Issue, PickRole, Variant
from digest.pipeline.editing.changes import (
    Add,
    Change,
    ChooseQuote,
    Drop,
    HideBrief,
    Move,
    PinNext,
    QuoteByRule,
    QuoteNobody,
    SetApart,
    TakeProposal,
    Write,
)
from digest.pipeline.editing.editor import Edit
from digest.pipeline.issue_service import IssueService
from store.engine import Store
from tests.parts.issues.editing import DAY, SLUGS, OpenGate, editing_service, keep_week
from tests.parts.world import Clock

T = TypeVar("T")
EDITORS = ("ana", "bob")
SERIES = count()
EXAMPLES, STEPS = 6, 14
slugs = st.sampled_from(SLUGS)
places = st.integers(1, 5)
words = st.sampled_from(["", "One", "One more", "Three *words* here"])
names = st.sampled_from(
    [*fields.OF_THE_ISSUE, *map(fields.headline, SLUGS[:2]), "summary/aye-vs-bee"]
)
sides = st.sampled_from(fields.SIDES)
texts = st.builds(Write, names, words)
changes: st.SearchStrategy[Change] = st.one_of(
    texts,
    st.builds(Add, slugs, st.none() | places),
    st.builds(Drop, slugs, st.just("thin")),
    st.builds(Move, slugs, places),
    st.builds(ChooseQuote, slugs, sides, places, places),
    st.builds(QuoteNobody, slugs, sides),
    st.builds(QuoteByRule, slugs, sides),
    st.builds(SetApart, slugs, st.booleans()),
    st.builds(HideBrief, slugs, st.booleans()),
    st.builds(PinNext, slugs, st.booleans()),
    st.builds(TakeProposal, st.integers(1, 3)),
)


class SlowGate(OpenGate):
    """Lets everything pass, and a colleague act meanwhile."""

    meanwhile: ClassVar[list[Callable[[], object]]] = []

    def check(self, mail: SampleMessage) -> list[Finding]:
        del mail
        while self.meanwhile:
            self.meanwhile.pop()()
        return []


class TwoEditors(RuleBasedStateMachine):
    """Each editor looks at a revision, and goes on from what they saw."""

    def __init__(self, store: Store, issues: IssueService) -> None:
        super().__init__()
        self.store, self.issues = store, issues
        self.number = issues.draft(f"series-{next(SERIES)}")
        self.seen = dict.fromkeys(EDITORS, 0)
        self.said: list[str] = []

    @rule(who=st.sampled_from(EDITORS))
    def look(self, who: str) -> None:
        self.seen[who] = self._row().revision

    @rule(who=st.sampled_from(EDITORS), change=changes, fresh=st.sampled_from([True, False]))
    def edit(self, *, who: str, change: Change, fresh: bool) -> None:
        self._change(who, change, fresh=fresh)

    def _change(self, who: str, change: Change, *, fresh: bool) -> None:
        before, seen = self._state(), None if fresh else self.seen[who]
        done, error = attempt(
            lambda: self.issues.editor.change(self.number, change, by=who, seen=seen)
        )
        typed = change.text if isinstance(change, Write) else ""
        if done is not None:
            self.said += filter(None, [typed])
            for one in done.added:
                self._holds(one)
                assert not fields.same(before.value(one.field), one.after)
            if isinstance(change, Write):
                assert fields.text_of(self._state().value(change.field)) == typed
            if isinstance(change, Write) and done.added and seen is not None:
                shown = self._state_at(seen, before).value(change.field)
                assert fields.same(shown, before.value(change.field)), "nobody saw what it replaced"
            return
        assert self._state() == before
        if isinstance(error, EditConflictError):
            assert seen is not None
            assert fields.same(before.value(error.field), error.theirs)
            shown = self._state_at(seen, before).value(error.field)
            assert not fields.same(shown, error.theirs), "they saw what it replaced"
            if typed:
                self.said.append(typed)
                assert fields.text_of(error.yours) == self._kept(error.aside) == typed

    @rule(who=st.sampled_from(EDITORS), text=words, fresh=st.sampled_from([True, False]))
    def write(self, *, who: str, text: str, fresh: bool) -> None:
        """Write where the other writes too, as often as all other changes together."""
        self._change(who, Write(fields.INTRO, text), fresh=fresh)

    @rule(who=st.sampled_from(EDITORS), given=st.lists(texts | changes, min_size=2, max_size=3))
    def edit_at_once(self, who: str, given: list[Change]) -> None:
        """Several changes in one request: all of them are made, or none."""
        before, edits = self._state(), self.count()
        done, _ = attempt(lambda: self.issues.editor.change(self.number, *given, by=who))
        if done is None:
            assert (self._state(), self.count()) == (before, edits)
            return
        written = {one.field: one.text for one in given if isinstance(one, Write)}
        taken = any(isinstance(one, TakeProposal) for one in given)
        for name, text in written.items():
            if not (taken and name == fields.SUBJECT):
                assert fields.text_of(self._state().value(name)) == text
        self.said += [text for text in written.values() if text]
        assert self.count() == edits + len(done.added)

    @rule(who=st.sampled_from(EDITORS), change=changes)
    def there_and_back(self, who: str, change: Change) -> None:
        """A change that is undone, redone and undone again leaves what was before, exactly."""
        before = self._state()
        done, _ = attempt(lambda: self.issues.editor.change(self.number, change, by=who))
        if done is None or not done.added:
            return
        after = self._state()
        for step, expected in ((self._undo, before), (self._redo, after), (self._undo, before)):
            self._holds(self._revisions()[-1])
            self.the_issue_is_what_its_revisions_tell()
            step(who)
            assert self._state() == expected

    def _undo(self, who: str) -> None:
        self.issues.editor.undo(self.number, by=who)

    def _redo(self, who: str) -> None:
        self.issues.editor.redo(self.number, by=who)

    @rule(who=st.sampled_from(EDITORS))
    def undo(self, who: str) -> None:
        own = [n for n, one in Model(self._revisions()).holding.items() if one.who == who]
        self._step(partial(self.issues.editor.undo, self.number, by=who), max(own, default=None))

    @rule(who=st.sampled_from(EDITORS), data=st.data())
    def undo_one(self, who: str, data: st.DataObject) -> None:
        n = data.draw(st.integers(1, max(1, self._row().revision)))
        self._step(partial(self.issues.editor.undo, self.number, by=who, revision=n), n)

    @rule(who=st.sampled_from(EDITORS))
    def redo(self, who: str) -> None:
        undone = [one for one in Model(self._revisions()).undone.values() if one.who == who]
        last = max(undone, key=lambda one: one.n, default=None)
        newer = [
            one.n
            for one in self._revisions()
            if last and one.n > last.n and one.kind == RevisionKind.EDIT and one.who == who
        ]
        of = last.of if last and not newer else None
        self._step(partial(self.issues.editor.redo, self.number, by=who), of)

    @rule(one=words, two=words)
    def undo_underneath(self, one: str, two: str) -> None:
        """Who wrote first takes nothing from under who wrote last, there or back."""
        ana, bob = EDITORS
        for name in (fields.INTRO, fields.PREHEADER):
            self._change(ana, Write(name, one), fresh=True)
        self.undo(ana)
        self._change(bob, Write(fields.PREHEADER, two), fresh=True)
        self.redo(ana)
        self.the_issue_is_what_a_model_of_its_own_says()
        self._change(bob, Write(fields.INTRO, two), fresh=True)
        self.undo(ana)
        self.undo(bob)

    @precondition(lambda self: self._row().state == "draft")
    @rule(change=changes, is_seen=st.booleans())
    def change_while_approving(self, change: Change, *, is_seen: bool) -> None:
        """What a colleague changes while the gate looks is not approved with the rest."""
        seen = self._row().revision
        with self.store.read() as session:
            shown = self.issues.renderer.undated(session, self.number)
        SlowGate.meanwhile.append(
            lambda: attempt(lambda: self.issues.editor.change(self.number, change, by="bob"))
        )
        sha256, _ = attempt(
            lambda: self.issues.approve(self.number, by="ana", seen=seen if is_seen else None)
        )
        if isinstance(change, Write) and self._row().revision != seen:
            self.said += filter(None, [change.text])
        if sha256 is None:
            assert self._row().revision != seen
            return
        assert not is_seen or self._row().revision == seen
        assert self._frozen() == [(shown.html, shown.text)]

    @precondition(lambda self: self._row().state == "approved")
    @rule(who=st.sampled_from(EDITORS), text=words)
    def edit_what_is_approved(self, who: str, text: str) -> None:
        self._change(who, Write(fields.INTRO, text), fresh=True)
        assert self._row().state == "draft"

    @precondition(lambda self: self._row().state == "draft")
    @rule(who=st.sampled_from(EDITORS))
    def approve(self, who: str) -> None:
        now, seen = self._row().revision, self.seen[who]
        with self.store.read() as session:
            expected = self.issues.renderer.undated(session, self.number)
        sha256, error = attempt(lambda: self.issues.approve(self.number, by=who, seen=seen))
        if sha256 is None:
            assert seen != now
            assert "\n" not in str(error)
            assert self._row().state == "draft"
            return
        assert seen == now == self._row().approved_revision
        assert self._frozen() == [(expected.html, expected.text)]
        assert replay(one for one in self._revisions() if one.n <= seen) == self._state()

    @invariant()
    def the_issue_is_what_its_revisions_tell(self) -> None:
        with self.store.read() as session:
            issue, revisions = find_issue(session, self.number), revisions_of(session, self.number)
            state, picks = edited(session, issue), picks_of(session, self.number)
        if revisions:
            assert replay(revisions) == state
        assert [one.n for one in revisions] == list(range(len(revisions)))
        changing = [one.n for one in revisions if one.kind in CHANGING]
        assert issue.revision == (changing[-1] if changing else 0)
        assert [pick.position for pick, _ in picks] == list(range(len(picks)))
        roles = [PickRole.LEAD, *[PickRole.BRIEF] * (len(picks) - 1)]
        assert [pick.role for pick, _ in picks] == roles
        theirs = fields.text_of(state.value("subject"))
        assert not theirs or issue.subject == theirs

    @invariant()
    def the_issue_is_what_a_model_of_its_own_says(self) -> None:
        """The model knows rows alone: a field has what the last edit that holds gave it."""
        revisions = self._revisions()
        if not revisions:
            return
        state, model = self._state(), Model(revisions)
        assert list(state.order) == model.order
        for name in {*state.values, *model.values}:
            assert fields.same(state.value(name), model.values.get(name)), name

    @invariant()
    def only_what_is_approved_is_frozen(self) -> None:
        row = self._row()
        is_approved = row.state == "approved"
        assert len(self._frozen()) == int(is_approved)
        assert not is_approved or row.approved_revision == row.revision

    @invariant()
    def no_word_is_lost(self) -> None:
        kept = {fields.text_of(one.after) for one in self._revisions()}
        assert set(self.said) <= kept

    def _step(self, step: Callable[[], Edit], of: int | None) -> None:
        """Undo or redo; it must be about the edit `of`, and about none where that is None."""
        before = self._state()
        done, _ = attempt(step)
        if done is None:
            assert self._state() == before
            return
        (added,) = done.added
        assert added.of == of
        assert added.kind in (RevisionKind.UNDO, RevisionKind.REDO)
        self._holds(added)

    def _holds(self, revision: Revision) -> None:
        """Check that the field has the revision's value; of a place beyond the end, the end."""
        state, after = self._state(), revision.after
        if fields.kind_of(revision.field) == fields.PICKS and after is not None:
            after = min(after, len(state.order))
        assert fields.same(state.value(revision.field), after)
        if fields.kind_of(revision.field) == fields.PIN:
            with self.store.read() as session:
                view = comparison_by_slug(session, fields.slug_of(revision.field))
            assert view is not None
            assert view.pin == after

    def _frozen(self) -> list[tuple[str, str]]:
        with self.store.read() as session:
            rows = session.exec(select(Variant).where(Variant.issue_number == self.number))
            return [(one.html, one.text) for one in rows]

    def count(self) -> int:
        return sum(one.kind in CHANGING for one in self._revisions())

    def _row(self) -> Issue:
        with self.store.read() as session:
            return find_issue(session, self.number)

    def _state(self) -> EditedIssue:
        with self.store.read() as session:
            return edited(session, find_issue(session, self.number))

    def _state_at(self, n: int, now: EditedIssue) -> EditedIssue:
        """Return the issue at revision `n`: as it is `now`, where nobody has changed it yet."""
        then = [one for one in self._revisions() if one.n <= n]
        return replay(then) if then else now

    def _revisions(self) -> list[Revision]:
        with self.store.read() as session:
            return revisions_of(session, self.number)

    def _kept(self, n: int | None) -> str:
        (found,) = [one for one in self._revisions() if one.n == n]
        assert found.kind == RevisionKind.SUPERSEDED
        return fields.text_of(found.after)


class Model:
    """An issue by its revisions, worked out otherwise than the product does."""

    def __init__(self, revisions: list[Revision]) -> None:
        self.order: list[str] = []
        self.values: dict[str, Any] = {}
        self.holding: dict[int, Revision] = {}
        """The edits that hold, by their numbers."""
        self.undone: dict[int, Revision] = {}
        """What undid each of the others."""
        for one in revisions:
            if one.kind == RevisionKind.BASE:
                self.order, self.values = list(one.after["order"]), dict(one.after["values"])
                continue
            if one.kind == RevisionKind.EDIT:
                self.holding[one.n] = one
            elif one.kind == RevisionKind.UNDO:
                del self.holding[one.of or 0]
                self.undone[one.of or 0] = one
            elif one.kind == RevisionKind.REDO:
                self.holding[one.of or 0] = next(edit for edit in revisions if edit.n == one.of)
                del self.undone[one.of or 0]
            else:
                continue
            if one.field.startswith("picks/"):
                self._place(one.field.removeprefix("picks/"), one.after)
        for _, one in sorted(self.holding.items()):
            if not one.field.startswith("picks/"):
                self.values[one.field] = one.after

    def _place(self, slug: str, place: int | None) -> None:
        if slug in self.order:
            self.order.remove(slug)
        if place is not None:
            self.order[place - 1 : place - 1] = [slug]


def attempt(step: Callable[[], T]) -> tuple[T | None, IssueError | None]:
    """Return what `step` returns, or the error that refused it."""
    try:
        return step(), None
    except IssueError as error:
        return None, error


def test_any_two_editors_end_with_what_the_revisions_tell(store: Store) -> None:
    clock = Clock(DAY)
    keep_week(store, clock)
    issues = editing_service(store, clock, gate=SlowGate())
    run_state_machine_as_test(
        lambda: TwoEditors(store, issues),
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_every_kind_of_change_there_and_back(sqlite_store: Store) -> None:
    clock = Clock(DAY)
    keep_week(sqlite_store, clock)
    editors = TwoEditors(sqlite_store, editing_service(sqlite_store, clock))
    slug, last = SLUGS[1], SLUGS[-1]
    written = [*fields.OF_THE_ISSUE, fields.headline(slug), fields.summary(slug)]
    every: list[Change] = [
        *(Write(name, "Other words") for name in written),
        Drop(slug, "thin"),
        Move(slug, 1),
        Add(last),
        ChooseQuote(slug, fields.LEFT, 2, 1),
        QuoteNobody(slug, fields.RIGHT),
        SetApart(slug, apart=True),
        HideBrief(slug, hidden=True),
        PinNext(slug, pinned=True),
        TakeProposal(2),
    ]
    for change in every:
        before = editors.count()
        editors.edit_at_once(EDITORS[1], [change, Drop("nothing-like-it", "thin")])
        editors.there_and_back(EDITORS[0], change)
        assert editors.count() == before + 4, change
        editors.the_issue_is_what_its_revisions_tell()


def test_what_a_colleague_changes_while_the_gate_looks_is_not_approved(sqlite_store: Store) -> None:
    clock = Clock(DAY)
    keep_week(sqlite_store, clock)
    editors = TwoEditors(sqlite_store, editing_service(sqlite_store, clock, gate=SlowGate()))
    # A pin for the next issue is a revision that this mail does not show.
    for change, is_seen in (
        (Write(fields.INTRO, "One"), True),
        (PinNext(SLUGS[0], pinned=True), True),
        (Write(fields.INTRO, "One more"), False),
        (PinNext(SLUGS[1], pinned=True), False),
    ):
        edits = editors.count()
        editors.change_while_approving(change, is_seen=is_seen)
        assert editors.count() == edits + 1
        editors.only_what_is_approved_is_frozen()
        editors.the_issue_is_what_its_revisions_tell()


def test_nothing_is_redone_over_what_was_written_since(sqlite_store: Store) -> None:
    clock = Clock(DAY)
    keep_week(sqlite_store, clock)
    editors, (ana, _) = TwoEditors(sqlite_store, editing_service(sqlite_store, clock)), EDITORS
    editors.undo_underneath("One", "Three *words* here")
    editors.the_issue_is_what_a_model_of_its_own_says()
    for name in (fields.SUBJECT, fields.CLOSING):
        editors.edit(who=ana, change=Write(name, "One"), fresh=True)
        editors.undo(ana)
        editors.edit(who=ana, change=Write(fields.headline(SLUGS[0]), name), fresh=True)
        editors.redo(ana)
        editors.the_issue_is_what_a_model_of_its_own_says()


def test_of_two_texts_the_second_is_kept_aside(sqlite_store: Store) -> None:
    clock = Clock(DAY)
    keep_week(sqlite_store, clock)
    editors, (ana, bob) = TwoEditors(sqlite_store, editing_service(sqlite_store, clock)), EDITORS
    editors.look(bob)
    for name in (fields.INTRO, fields.headline(SLUGS[0])):
        editors.edit(who=ana, change=Write(name, "One"), fresh=True)
        for text in ("One more", "Three *words* here"):
            edits = editors.count()
            editors.edit(who=bob, change=Write(name, text), fresh=False)
            assert editors.count() == edits
            editors.no_word_is_lost()
    editors.edit(who=bob, change=Write(fields.CLOSING, "One more"), fresh=False)
    assert editors.count() == edits + 1
