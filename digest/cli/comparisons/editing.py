"""digest comparisons show, hide, unhide, correct: what a page says, and what editors made of it."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from digest.cli.common import (
    AsJson,
    CommandError,
    acting_user,
    format_time,
    open_app,
    open_reader,
    print_json,
)
from digest.cli.comparisons.as_json import comparison_as_json

if TYPE_CHECKING:
    from digest.catalog.queries import ComparisonView, ContenderView
    from digest.catalog.tables import Correction

By = Annotated[
    str | None,
    typer.Option("--by", metavar="NAME", help="Who acts (default: this machine's user)."),
]
INDENT = "       "


def show(slug: str, as_json: AsJson = False) -> None:
    """What a comparison says, what was corrected in it, and the issues that have it."""
    from digest.catalog.corrections import corrections_of
    from digest.catalog.hidden import hidden_by
    from digest.catalog.queries import comparison_by_slug
    from digest.issues.history import issues_of
    from digest.issues.revisions.records import drops

    with open_reader() as reader, reader.store.read() as session:
        view = comparison_by_slug(session, slug)
        if view is None:
            raise CommandError(_unknown(slug))
        corrections = corrections_of(session, view.id)
        hidden = hidden_by(session, slug)
        issues = issues_of(session, slug)
        dropped = [one.reason for one in drops(session, [slug]).values()]
    if as_json:
        print_json(
            comparison_as_json(view)
            | {
                "imported_at": view.imported_at,
                "pin": view.pin,
                "hidden": view.hidden,
                "hidden_by": hidden.who if hidden else None,
                "hidden_at": hidden.at if hidden else None,
                "corrections": [_as_json(one) for one in corrections],
                "issues": [{"number": number, "state": state} for number, state in issues],
                "dropped": dropped,
            }
        )
        return
    _print_head(view)
    if hidden:
        print(f"hidden     by {hidden.who}, {format_time(hidden.at)}")
    for side, contender in zip(("left", "right"), view.contenders, strict=True):
        _print_side(side, contender)
    _print_corrections(corrections)
    for reason in dropped:
        print(f"\n{reason}")
    for number, state in issues:
        print(f"\nit is in issue {number} ({state}): digest issue show {number}")


def hide(slug: str, by: By = None) -> None:
    """Keep a comparison from drafts and readers; drafts that have it drop it."""
    from digest.pipeline.editing.hiding import hide_comparison

    with open_app() as app:
        done = hide_comparison(app.issues.editor, slug, by or acting_user())
    print(f"{slug} is hidden: it is in no draft, and on no page or list for readers")
    for number, edit in done.items():
        for sentence in edit.sentences:
            print(f"issue {number}: {sentence}")


def unhide(slug: str) -> None:
    """Show a hidden comparison to readers again; drafts can have it."""
    from digest.pipeline.editing.hiding import unhide_comparison

    with open_app() as app:
        unhide_comparison(app.issues.editor, slug)
    print(f"{slug} is not hidden")


def correct(
    slug: str,
    given: Annotated[
        list[str] | None,
        typer.Argument(metavar="FIELD=VALUE", help="left.panel_score=75; empty is unknown."),
    ] = None,
    take_back: Annotated[
        list[str] | None,
        typer.Option("--take-back", metavar="FIELD", help="Let the page speak for itself again."),
    ] = None,
    by: By = None,
) -> None:
    """Correct what was misread of a page: all fields, or none. Importing it again keeps that."""
    from digest.catalog import corrections

    pairs = [_pair(one) for one in given or []]
    if not pairs and not take_back:
        raise typer.BadParameter("give FIELD=VALUE, or --take-back FIELD")
    who = (by or acting_user())[:100]
    lines = []
    with open_app() as app, app.store.write() as session:
        for field, value in pairs:
            done = corrections.correct(session, slug, field, value, who=who, now=app.clock())
            lines.append(
                f"{slug}: {field} is as the page says, and needs no correction"
                if done is None
                else f"{slug}: {_told(done)}"
            )
        for field in take_back or []:
            said = corrections.take_back(session, slug, field, app.clock())
            lines.append(f"{slug}: {field} is {corrections.shown(said)} again, as the page says")
    for line in lines:
        print(line)


def _pair(given: str) -> tuple[str, str]:
    field, equals, value = given.partition("=")
    if not equals:
        msg = f"{given!r} should look like FIELD=VALUE, as in left.panel_score=75"
        raise typer.BadParameter(msg)
    return field.strip(), value


def _print_head(view: "ComparisonView") -> None:
    print(f"{view.slug}")
    print(f"title      {view.title}")
    print(f"published  {format_time(view.published_at)}")
    print(f"page       {view.url or '-'}")
    if view.pin:
        print(f"pinned     at place {view.pin} of the next issue")


def _print_side(side: str, one: "ContenderView") -> None:
    scores = [
        f"{name} {'—' if score is None else f'{score:g}%'}"
        for name, score in (("panel", one.panel_score), ("community", one.community_score))
    ]
    print(f"\n{side:5}  {one.name} ({one.category}), {', '.join(scores)}, {one.entry_price or '-'}")
    print(f"{INDENT}{one.tagline}")
    for review in one.reviews:
        print(f"{INDENT}{review.lens}{f', {review.verdict}' if review.verdict else ''}: ", end="")
        print(review.quote)


def _print_corrections(corrections: "list[Correction]") -> None:
    if corrections:
        print("\ncorrected")
    for one in corrections:
        print(f"{INDENT}{_told(one)}")


def _told(one: "Correction") -> str:
    """Return what the page says, what it is corrected to, by whom and when."""
    from digest.catalog.corrections import shown

    said = (
        f"{one.field}: the page says {shown(one.page_now)}, corrected to {shown(one.value)} "
        f"by {one.who}, {format_time(one.at)}"
    )
    if not one.page_changed:
        return said
    return f"{said}; the page changed since: it said {shown(one.page_was)} then"


def _as_json(one: "Correction") -> dict[str, Any]:
    return {
        "field": one.field,
        "page": one.page_now,
        "page_then": one.page_was,
        "value": one.value,
        "page_changed": one.page_changed,
        "by": one.who,
        "at": one.at,
    }


def _unknown(slug: str) -> str:
    return f"there is no comparison {slug}; `digest comparisons list` shows those there are"
