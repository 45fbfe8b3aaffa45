"""digest issue edit: the texts of an issue and of its comparisons."""

from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli.common import Number, open_app
from digest.cli.issue.edit_common import By, Seen, make_changes, slug_and_text, text_given

if TYPE_CHECKING:
    from digest.bootstrap import App
    from digest.pipeline.editing.changes import Change


def edit(
    number: Number,
    *,
    subject: Annotated[str | None, typer.Option(help="The new subject.")] = None,
    preheader: Annotated[str | None, typer.Option(help="The new preheader.")] = None,
    intro: Annotated[
        str | None, typer.Option(help="The new lead-in under the greeting, in Markdown.")
    ] = None,
    closing: Annotated[
        str | None, typer.Option(help="The closing note under the comparisons, in Markdown.")
    ] = None,
    headline: Annotated[
        list[str] | None,
        typer.Option(metavar="SLUG=TEXT", help="A comparison's headline; may be repeated."),
    ] = None,
    summary: Annotated[
        list[str] | None,
        typer.Option(metavar="SLUG=TEXT", help="What is said of a comparison; may be repeated."),
    ] = None,
    proposal: Annotated[
        int | None, typer.Option(help="Take this one of the proposed subjects (issue proposals).")
    ] = None,
    by: By = None,
    seen: Seen = None,
) -> None:
    """Write the texts of an issue: all of them, or none. An approved issue becomes a draft again.

    A text may be @FILE, or @- for standard input; one that begins with @ is written @@. What you
    write stays, whatever the pages say later. An empty text is proposed again.
    """
    if subject is not None and proposal is not None:
        raise typer.BadParameter("give --subject or --proposal, not both")
    single = {"subject": subject, "preheader": preheader, "intro": intro, "closing": closing}
    changes = _changes(single, {"headline": headline or [], "summary": summary or []}, proposal)
    if not changes:
        raise typer.BadParameter(
            "nothing to change: give --subject, --proposal, --preheader, --intro, --closing, "
            "--headline or --summary"
        )
    with open_app() as app:
        make_changes(app, number, *changes, by=by, seen=seen)
        if proposal is not None:
            print(f"its subject is now: {_subject(app, number)}")


def _changes(
    single: dict[str, str | None], of_comparisons: dict[str, list[str]], proposal: int | None
) -> list["Change"]:
    from digest.pipeline.editing.changes import TakeProposal, Write

    found: list[Change] = [] if proposal is None else [TakeProposal(proposal)]
    found += [
        Write(name, text_given(text, f"--{name}"))
        for name, text in single.items()
        if text is not None
    ]
    for name, given in of_comparisons.items():
        for slug, text in (slug_and_text(one, f"--{name}") for one in given):
            found.append(Write(f"{name}/{slug}", text))
    return found


def _subject(app: "App", number: int) -> str:
    from digest.issues.lifecycle import find_issue

    with app.store.read() as session:
        return find_issue(session, number).subject
