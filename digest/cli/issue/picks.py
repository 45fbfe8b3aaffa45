"""Commands that choose what is in an issue, in which order, and what is quoted."""

from typing import Annotated

import typer

from digest.cli.common import Number
from digest.cli.issue.edit_common import By, Seen, Slug, make_change


def add(
    number: Number,
    slug: Slug,
    at: Annotated[
        int | None, typer.Option(min=1, metavar="K", help="Its place; 1 leads (default: the end).")
    ] = None,
    by: By = None,
    seen: Seen = None,
) -> None:
    """Add a comparison to a draft."""
    from digest.pipeline.editing.changes import Add

    make_change(number, Add(slug, at), by=by, seen=seen)


def drop(
    number: Number,
    slug: Slug,
    because: Annotated[
        str, typer.Option(metavar="TEXT", help="Why; shown when the comparison comes up again.")
    ],
    by: By = None,
    seen: Seen = None,
) -> None:
    """Take a comparison out, for a reason that is kept."""
    from digest.pipeline.editing.changes import Drop

    make_change(number, Drop(slug, because), by=by, seen=seen)


def move(
    number: Number,
    slug: Slug,
    to: Annotated[int, typer.Option(metavar="K", help="Its new place; 1 leads.")],
    by: By = None,
    seen: Seen = None,
) -> None:
    """Move a comparison to another place."""
    from digest.pipeline.editing.changes import Move

    make_change(number, Move(slug, to), by=by, seen=seen)


def lead(number: Number, slug: Slug, by: By = None, seen: Seen = None) -> None:
    """Make a comparison the lead; the others keep their order."""
    from digest.pipeline.editing.changes import Move

    make_change(number, Move(slug, 1), by=by, seen=seen)


def ungroup(number: Number, slug: Slug, by: By = None, seen: Seen = None) -> None:
    """Show a comparison by itself, not among several rivals of one tool."""
    from digest.pipeline.editing.changes import SetApart

    make_change(number, SetApart(slug, apart=True), by=by, seen=seen)


def group(number: Number, slug: Slug, by: By = None, seen: Seen = None) -> None:
    """Let a comparison be grouped again, where others share a tool with it."""
    from digest.pipeline.editing.changes import SetApart

    make_change(number, SetApart(slug, apart=False), by=by, seen=seen)


def hide_brief(number: Number, slug: Slug, by: By = None, seen: Seen = None) -> None:
    """Leave out what is said about a comparison; its names, scores and link stay."""
    from digest.pipeline.editing.changes import HideBrief

    make_change(number, HideBrief(slug, hidden=True), by=by, seen=seen)


def show_brief(number: Number, slug: Slug, by: By = None, seen: Seen = None) -> None:
    """Say again what is said about a comparison."""
    from digest.pipeline.editing.changes import HideBrief

    make_change(number, HideBrief(slug, hidden=False), by=by, seen=seen)


def pin(number: Number, slug: Slug, by: By = None, seen: Seen = None) -> None:
    """Pin a comparison for the next issue, as an edit of this one: undo takes it back."""
    from digest.pipeline.editing.changes import PinNext

    make_change(number, PinNext(slug, pinned=True), by=by, seen=seen)


def unpin(number: Number, slug: Slug, by: By = None, seen: Seen = None) -> None:
    """Take the pin off a comparison, as an edit of this issue."""
    from digest.pipeline.editing.changes import PinNext

    make_change(number, PinNext(slug, pinned=False), by=by, seen=seen)


def quote(
    number: Number,
    slug: Slug,
    side: Annotated[str, typer.Argument(metavar="SIDE", help="left or right.")],
    *,
    review: Annotated[
        int | None, typer.Option(min=1, metavar="K", help="Which review, from 1.")
    ] = None,
    sentence: Annotated[
        int | None, typer.Option(min=1, metavar="J", help="Which of its sentences, from 1.")
    ] = None,
    none: Annotated[bool, typer.Option("--none", help="Quote nobody on this side.")] = False,
    by_rule: Annotated[
        bool, typer.Option("--by-rule", help="Leave it to the rules again.")
    ] = False,
    by: By = None,
    seen: Seen = None,
) -> None:
    """Choose the sentence that is quoted about one side; `issue show N --quotes` numbers them."""
    from digest.pipeline.editing.changes import ChooseQuote, QuoteByRule, QuoteNobody

    chosen = review is not None and sentence is not None
    if (review is None) != (sentence is None) or chosen + none + by_rule != 1:
        raise typer.BadParameter("give --review K and --sentence J, or --none, or --by-rule")
    if review is not None and sentence is not None:
        change: ChooseQuote | QuoteNobody | QuoteByRule = ChooseQuote(slug, side, review, sentence)
    else:
        change = QuoteNobody(slug, side) if none else QuoteByRule(slug, side)
    make_change(number, change, by=by, seen=seen)
