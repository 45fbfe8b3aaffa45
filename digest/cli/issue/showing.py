"""digest issue show and proposals: what is in an issue, in whose words, and what could be.

They open the database and nothing else.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from digest.cli.common import AsJson, Number, Reader, format_time, open_reader, print_json
from digest.cli.issue.as_json import brief, left_out, passed, pick, proposed, written

if TYPE_CHECKING:
    from sqlmodel import Session

    from digest.issues.tables import Issue, Override
    from digest.pipeline.editing.edit_view import EditView, PickView, SideView, TextField
    from digest.pipeline.wording.current import CurrentWords

MAX_CHANGES = 8
"""Changes that `show` prints; `diff` prints them all."""
INDENT = "       "


def show(
    number: Number,
    as_json: AsJson = False,
    quotes: Annotated[
        bool, typer.Option("--quotes", help="Number the sentences that `issue quote` can choose.")
    ] = False,
) -> None:
    """What is in an issue, why and in whose words, and what was left out and why."""
    from digest.issues.history import all_overrides, picks_of
    from digest.issues.lifecycle import find_issue
    from digest.pipeline.wording.current import current_words

    with open_reader() as reader, reader.store.read() as session:
        issue = find_issue(session, number)
        rows = [(one.role, row.id or 0, one.reasons) for one, row in picks_of(session, number)]
        overrides = all_overrides(session, number)
        now = current_words(session, issue, reader.settings.reader_language)
        view = _view(reader, session, number) if rows else None
    picks = [
        pick(one, role, (now.reasons or {}).get(comparison, reasons), with_reviews=quotes)
        for one, (role, comparison, reasons) in zip(view.picks if view else (), rows, strict=True)
    ]
    if as_json:
        print_json(
            brief(issue, now)
            | {
                "approved_revision": issue.approved_revision,
                "written": written(view),
                "proposals": [proposed(one) for one in now.proposals],
                "picks": picks,
                "left_out": left_out(issue, view),
                "overrides": [passed(one) for one in overrides],
            }
        )
        return
    _print_head(number, issue, now, view)
    for one, of in zip(picks, view.picks if view else (), strict=True):
        _print_pick(one, of, with_reviews=quotes)
    _print_overrides(overrides)
    _print_left_out(left_out(issue, view))


def proposals(number: Number, as_json: AsJson = False) -> None:
    """Subjects that hold for the issue, each with the reasons why it is proposed."""
    from digest.issues.lifecycle import find_issue
    from digest.pipeline.wording.proposed import wording

    with open_reader() as reader, reader.store.read() as session:
        found = wording(
            session, find_issue(session, number), reader.settings.reader_language
        ).proposals
    if as_json:
        print_json([proposed(one) for one in found])
        return
    print_proposals(number, found)


def print_proposals(number: int, found: Any) -> None:
    """Print proposed subjects with their reasons, and how to take one."""
    if not found:
        return
    print(f"\nproposed subjects; take one with: digest issue edit {number} --proposal 1")
    for place, one in enumerate(found, start=1):
        print(f"{place:5}  {one.subject}")
        for reason in one.reasons:
            print(f"{INDENT}- {reason}")


def _view(reader: Reader, session: "Session", number: int) -> "EditView":
    from digest.pipeline.editing.edit_view import edit_view
    from digest.pipeline.wording.composed import composed

    language = reader.settings.reader_language
    content = composed(session, number, reader.settings.public_url, language)
    return edit_view(session, number, content, language)


def _print_head(number: int, issue: "Issue", now: "CurrentWords", view: "EditView | None") -> None:
    revision = f", revision {issue.revision}" if issue.revision else ""
    print(f"issue {number} ({issue.series}), {issue.state}{revision}")
    texts = {one.field: one for one in view.texts} if view else {}
    for label, field, text in (
        ("subject", "subject", now.title.subject),
        ("preheader", "preheader", now.title.preheader),
        ("lead-in", "intro", now.title.intro),
        ("closing", "closing", now.title.closing),
    ):
        if text or field != "closing":
            print(f"{label:10} {_block(text, 11)}{_by(texts.get(field), issue, field)}")
            _print_beside(texts.get(field), " " * 11)
    _print_changes(number, now.changes)
    print_proposals(number, now.proposals)


def _block(text: str, indent: int) -> str:
    """Return a text of several lines with the later ones indented."""
    return f"\n{' ' * indent}".join(str(text).splitlines())


def _by(one: "TextField | None", issue: "Issue", name: str) -> str:
    """Return who worded a line, unless the words are simply proposed."""
    if "pattern" in (issue.written.get(name) or {}):
        return "   (taken)"
    if one is None or not one.is_theirs:
        return ""
    # Older stores do not know which editor.
    return f"   (the editor's: {one.by})" if one.revision else "   (the editor's)"


def _print_beside(one: "TextField | None", indent: str) -> None:
    """Print what changed on the pages since an editor wrote the text."""
    for fact in one.beside if one is not None and one.is_theirs else ():
        print(f"{indent}! {fact}")


def _print_pick(said: dict[str, Any], one: "PickView", *, with_reviews: bool) -> None:
    marks = [name for name in ("grouped", "apart", "hidden") if said[name]]
    shown_as = f"   ({', '.join(marks)})" if marks else ""
    print(f"\n{said['role']:5}  {one.title}{shown_as}")
    for label, text in (("headline", one.headline), ("summary", one.summary)):
        if text.is_theirs:
            print(f"{INDENT}{label}: {text.text}   (the editor's: {text.by})")
            _print_beside(text, f"{INDENT}  ")
    for side in one.sides:
        _print_side(side, with_reviews=with_reviews)
    for reason in said["reasons"]:
        print(f"{INDENT}- {reason}")


def _print_side(side: "SideView", *, with_reviews: bool) -> None:
    if side.lost:
        print(f"{INDENT}! the page no longer has the {side.side} quote that was chosen")
    elif side.choice == "none":
        print(f"{INDENT}{side.side} quote: nobody   (the editor's choice)")
    elif side.choice and side.quote:
        print(f'{INDENT}{side.side} quote: "{side.quote}"   (the editor\'s choice)')
    if not with_reviews:
        return
    for place, review in enumerate(side.reviews, start=1):  # the star marks what is quoted
        verdict = f", {review.verdict}" if review.verdict else ""
        print(f"{INDENT}{side.side} ({side.tool}), review {place}: {review.lens}{verdict}")
        for at, sentence in enumerate(review.sentences, start=1):
            mark = "*" if (sentence, review.lens) == (side.quote, side.lens) else " "
            print(f"{INDENT}  {mark}{at:2}  {sentence}")


def _print_changes(number: int, changes: Sequence[Any]) -> None:
    """Print what the pages say otherwise since the approval."""
    if not changes:
        return
    print(f"\nits pages changed since it was approved; all of it: digest issue diff {number}")
    for change in changes[:MAX_CHANGES]:
        print(f"{INDENT}- {change}")
    if len(changes) > MAX_CHANGES:
        print(f"{INDENT}- and {len(changes) - MAX_CHANGES} more")


def _print_overrides(overrides: "Iterable[Override]") -> None:
    for one in overrides:
        print(
            f"\nlet pass by {one.decided_by}, {format_time(one.decided_at)}: {one.code}, "
            f"because {one.reason}"
        )


def _print_left_out(found: Sequence[dict[str, Any]]) -> None:
    if found:
        print("\nleft out")
    for left in found:
        print(f"{INDENT}{left['slug']}: {left['reason']}")
