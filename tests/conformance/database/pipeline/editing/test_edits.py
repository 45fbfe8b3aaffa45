"""An editor's changes are revisions, and the issue is what they tell."""

import pytest

from digest.issues.lifecycle import IssueError
from digest.issues.revisions import fields
from digest.issues.revisions.errors import EditError
from digest.pipeline.editing.changes import (
    Add,
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
from digest.pipeline.issue_service import IssueService
from store.engine import Store
from tests.parts.issues.editing import (
    FIRST,
    SECOND,
    SLUGS,
    editing_service,
    keep,
    page,
    rendered,
    revisions,
    state,
    view,
)
from tests.parts.world import Clock


def order(store: Store, number: int) -> tuple[str, ...]:
    return state(store, number).order


def test_before_the_first_change_there_is_no_revision(
    store: Store, issues: IssueService, number: int
) -> None:
    assert revisions(store, number) == []
    assert view(issues, number).revision == 0


def test_comparisons_are_moved_added_and_dropped(
    store: Store, issues: IssueService, number: int
) -> None:
    first = order(store, number)
    (out,) = set(SLUGS) - set(first)
    editor = issues.editor
    editor.change(number, Move(first[2], 1), by="ana")
    assert order(store, number) == (first[2], first[0], first[1], first[3])
    editor.change(number, Drop(first[0], "thin"), Add(out, 2), by="ana")
    assert order(store, number) == (first[2], out, first[1], first[3])
    assert [pick.place for pick in view(issues, number).picks] == [1, 2, 3, 4]
    assert [one.sentence for one in _told(store, number)] == [
        f"ana made {first[2]} the lead",
        f'ana dropped {first[0]}: "thin"',
        f"ana added {out} at 2",
    ]
    text = rendered(issues, number).text
    assert text.index(_title(first[2])) < text.index("Read the full comparison")


def test_what_is_dropped_keeps_its_reason_and_comes_up_with_it(
    store: Store, clock: Clock, issues: IssueService, number: int
) -> None:
    slug = order(store, number)[1]
    issues.editor.change(number, Drop(slug, "  no  numbers "), by="ana")
    (left,) = [one for one in view(issues, number).left_out if one.slug == slug]
    assert left.dropped
    assert left.reason == f'dropped from issue {number} by ana: "no numbers"'
    clock.on(days=7)
    keep(store, clock, page("Ell", "Em", clock()))
    following = issues.draft()
    assert slug not in order(store, following)
    (again,) = [one for one in view(issues, following).left_out if one.slug == slug]
    assert f'dropped from issue {number} by ana: "no numbers"' in again.reason
    issues.editor.change(following, Add(slug), by="bob")
    (pick,) = [one for one in view(issues, following).picks if one.slug == slug]
    assert pick.reasons[0] == f'dropped from issue {number} by ana: "no numbers"'


def test_a_drop_that_was_undone_is_forgotten(
    store: Store, issues: IssueService, number: int
) -> None:
    before = order(store, number)
    issues.editor.change(number, Drop(before[0], "thin"), by="ana")
    issues.editor.undo(number, by="ana")
    assert order(store, number) == before
    assert not any(one.dropped for one in view(issues, number).left_out)
    assert not any(
        "dropped" in said for pick in view(issues, number).picks for said in pick.reasons
    )


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (Drop("aye-vs-bee", " "), "say why"),
        (Drop("no-such", "thin"), "no comparison no-such"),
        (Add("aye-vs-bee"), "already"),
        (Add("no-such"), "no comparison"),
        (Move("aye-vs-bee", 9), "places 1 to 4, no 9"),
        (Move("aye-vs-bee", 0), "places 1 to 4, no 0"),
        (ChooseQuote("aye-vs-bee", "left", 5, 1), "4 reviews"),
        (ChooseQuote("aye-vs-bee", "left", 1, 4), "3 sentences"),
        (ChooseQuote("aye-vs-bee", "top", 1, 1), "no side"),
        (Write("headline/no-such", "Words"), "no comparison"),
        (Write("colour", "red"), "no text"),
        (Write("subject", "x" * 201), "200 are the most"),
        (Write("closing", "x" * 2_001), "2,000 are the most"),
        (TakeProposal(9), "no proposal 9"),
        (SetApart("no-such", apart=True), "no comparison"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_line(
    store: Store, issues: IssueService, number: int, change: object, why: str
) -> None:
    before = state(store, number)
    if "aye-vs-bee" not in before.order:
        issues.editor.change(number, Drop(before.order[0], "room"), Add("aye-vs-bee"), by="ana")
        before = state(store, number)
    with pytest.raises(IssueError, match=why) as told:
        issues.editor.change(number, change, by="ana")  # type: ignore[arg-type]
    assert "\n" not in str(told.value)
    assert state(store, number) == before


def test_an_issue_keeps_at_least_one_comparison(
    store: Store, issues: IssueService, number: int
) -> None:
    *most, last = order(store, number)
    issues.editor.change(number, *(Drop(slug, "thin") for slug in most), by="ana")
    with pytest.raises(EditError, match="all that issue"):
        issues.editor.change(number, Drop(last, "thin"), by="ana")


def test_a_comparison_of_another_issue_of_the_series_is_refused(
    store: Store, clock: Clock, issues: IssueService, number: int
) -> None:
    (out,) = set(SLUGS) - set(order(store, number))
    following = issues.draft()
    assert order(store, following) == (out,)
    with pytest.raises(EditError, match=f"is in issue {following} of the same series"):
        issues.editor.change(number, Add(out), by="ana")
    del clock


def test_texts_are_theirs_until_they_are_emptied(
    store: Store, issues: IssueService, number: int
) -> None:
    lead = order(store, number)[0]
    editor = issues.editor
    editor.change(
        number,
        Write("subject", "A week of two halves"),
        Write("intro", "Hello *there*,\n\nwith [a link](https://x.example/y)."),
        Write("closing", "Until next week."),
        Write(fields.headline(lead), "The one to read"),
        Write(fields.summary(lead), "In a sentence of ours."),
        by="ana",
    )
    seen = view(issues, number)
    assert (seen.subject.text, seen.subject.by) == ("A week of two halves", "ana")
    assert seen.subject.proposed != seen.subject.text
    assert seen.picks[0].headline.text == "The one to read"
    part = rendered(issues, number)
    assert "The one to read" in part.html
    assert "In a sentence of ours." in part.text
    assert "<em>there</em>" in part.html.replace(' style=""', "")
    assert "Hello there,\n\nwith a link <https://d.example/l/" in part.text
    assert part.text.index("Until next week.") > part.text.index("Also compared")
    editor.change(number, Write("intro", " \n "), Write("closing", ""), by="ana")
    assert view(issues, number).intro.text == view(issues, number).intro.proposed
    assert "Until next week" not in rendered(issues, number).text
    del store


def test_a_fact_that_changed_under_a_text_stands_beside_it(
    store: Store, clock: Clock, issues: IssueService, number: int
) -> None:
    slug = "aye-vs-bee"
    issues.editor.change(
        number,
        Write("subject", "Aye and the others"),
        Write(fields.headline(slug), "Aye, at half the panel"),
        by="ana",
    )
    assert view(issues, number).subject.beside == ()
    keep(store, clock, page("Aye", "Bee", panel_score=25.0))
    seen = view(issues, number)
    (pick,) = [one for one in seen.picks if one.slug == slug]
    assert seen.subject.text == "Aye and the others"
    assert seen.subject.beside == ("it was written before the score of Aye changed",)
    assert pick.headline.text == "Aye, at half the panel"
    assert pick.headline.beside == ("Aye, panel score: was 75%, is 25%",)


def test_a_sentence_is_chosen_and_never_rewritten(
    store: Store, clock: Clock, issues: IssueService, number: int
) -> None:
    slug = "aye-vs-bee"
    issues.editor.change(number, Move(slug, 1), ChooseQuote(slug, "left", 2, 2), by="ana")
    left = view(issues, number).picks[0].sides[0]
    assert (left.quote, left.lens, left.choice) == (SECOND, "skeptic", "chosen")
    assert left.reviews[1].sentences[:2] == (FIRST, SECOND)
    issues.editor.change(number, QuoteNobody(slug, "right"), by="ana")
    right = view(issues, number).picks[0].sides[1]
    assert (right.quote, right.choice) == ("", "none")
    # The page no longer says it: it is not printed, and the editor is told.
    keep(store, clock, page("Aye", "Bee", reviews=()))
    lost = view(issues, number).picks[0].sides[0]
    assert (lost.lost, lost.quote) == (True, "")
    issues.editor.change(number, QuoteByRule(slug, "left"), by="ana")
    assert not view(issues, number).picks[0].sides[0].lost


def test_in_a_brief_the_chosen_sentences_are_the_lines(
    store: Store, issues: IssueService, number: int
) -> None:
    slug = order(store, number)[-1]
    issues.editor.change(
        number, ChooseQuote(slug, "left", 1, 2), ChooseQuote(slug, "right", 3, 1), by="ana"
    )
    with store.read() as session:
        brief = issues.renderer.content(session, number).briefs[-1]
    assert [(one.text, one.lens) for one in brief.lines] == [
        (SECOND, "builder"),
        (FIRST, "futurist"),
    ]
    issues.editor.change(number, QuoteNobody(slug, "left"), QuoteNobody(slug, "right"), by="ana")
    with store.read() as session:
        assert issues.renderer.content(session, number).briefs[-1].lines == ()


def test_a_hidden_brief_keeps_names_scores_and_link(
    store: Store, issues: IssueService, number: int
) -> None:
    slug = order(store, number)[-1]
    issues.editor.change(
        number, Write(fields.summary(slug), "Words of ours."), HideBrief(slug, hidden=True), by="a"
    )
    with store.read() as session:
        brief = issues.renderer.content(session, number).briefs[-1]
    assert (brief.lines, brief.summary, brief.since) == ((), "", "")
    part = rendered(issues, number)
    assert "Words of ours." not in part.text + part.html
    assert brief.left.name in part.text
    issues.editor.change(number, HideBrief(slug, hidden=False), by="a")
    assert "Words of ours." in rendered(issues, number).text


def test_a_comparison_leaves_its_group_and_joins_it_again(
    store: Store, clock: Clock, issues: IssueService
) -> None:
    for rival in ("Bee", "Ell", "Em"):
        keep(store, clock, page("Aye", rival))
    number = editing_service(store, clock, 8).draft()
    first = next(one for one in order(store, number) if not one.startswith("aye-"))
    issues.editor.change(number, Move(first, 1), by="ana")
    grouped = [one.slug for one in view(issues, number).picks if one.grouped]
    assert grouped == ["aye-vs-bee", "aye-vs-ell", "aye-vs-em"] or set(grouped) == {
        "aye-vs-bee",
        "aye-vs-ell",
        "aye-vs-em",
    }
    issues.editor.change(number, SetApart("aye-vs-bee", apart=True), by="ana")
    (apart,) = [one for one in view(issues, number).picks if one.slug == "aye-vs-bee"]
    assert (apart.grouped, apart.apart) == (False, True)
    issues.editor.undo(number, by="ana")
    assert sum(one.grouped for one in view(issues, number).picks) == 3


def test_a_pin_is_for_the_next_issue_and_can_be_undone(
    store: Store, issues: IssueService, number: int
) -> None:
    (out,) = set(SLUGS) - set(order(store, number))
    issues.editor.change(number, PinNext(out, pinned=True), by="ana")
    issues.editor.undo(number, by="ana")
    issues.editor.redo(number, by="ana")
    following = issues.draft()
    (pick,) = view(issues, following).picks
    assert pick.slug == out
    assert store is issues.store


def test_a_legacy_draft_keeps_its_words(store: Store, issues: IssueService, number: int) -> None:
    """As the stores of before have them: the text in its column, the facts in `written`."""
    with store.write() as session:
        from digest.issues.lifecycle import find_issue

        issue = find_issue(session, number)
        issue.subject, issue.intro = "Old *words*", "Old *intro*"
        issue.written = {"subject": {"scores": {}}, "intro": {"scores": {}}}
        session.add(issue)
    issues.editor.change(number, Write("preheader", "New"), by="ana")
    seen = view(issues, number)
    assert (seen.subject.text, seen.intro.text) == ("Old *words*", "Old *intro*")
    assert "Old *intro*" in rendered(issues, number).html


def _title(slug: str) -> str:
    return " vs ".join(part.capitalize() for part in slug.split("-vs-"))


class _Told:
    def __init__(self, sentence: str) -> None:
        self.sentence = sentence


def _told(store: Store, number: int) -> list[_Told]:
    from digest.issues.revisions.sentences import history

    return [_Told(said) for _, said in history(revisions(store, number))]
