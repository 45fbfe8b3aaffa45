"""Tells revisions in sentences."""

from collections.abc import Iterable, Mapping
from typing import Any

from digest.issues.revisions import fields
from digest.issues.revisions.tables import Revision, RevisionKind

_NAMES = {
    fields.INTRO: "introduction",
    fields.CLOSING: "closing note",
}
_SHOWN = 80
_NO_TITLES: Mapping[str, str] = {}


Titles = Mapping[str, str]
"""What comparisons are called, by slug; one that is not there is called by its slug."""


def history(
    revisions: Iterable[Revision], titles: Titles = _NO_TITLES
) -> list[tuple[Revision, str]]:
    """Return each revision that tells something with its sentence, the oldest first."""
    every = [one for one in revisions if one.kind != RevisionKind.BASE]
    by_number = {one.n: one for one in every}
    return [(one, sentence(one, by_number, titles)) for one in every]


def slugs_in(revisions: Iterable[Revision]) -> set[str]:
    """Return the slugs of the comparisons that revisions are about."""
    return {fields.slug_of(one.field) for one in revisions} - {""}


def sentence(one: Revision, others: Mapping[int, Revision], titles: Titles = _NO_TITLES) -> str:
    """Return what was done, and by whom; `others` has the edit that an undo is about."""
    return f"{one.who} {_done(one, others, titles)}"


def _done(one: Revision, others: Mapping[int, Revision], titles: Titles) -> str:
    if one.kind in (RevisionKind.UNDO, RevisionKind.REDO):
        verb = "undid" if one.kind == RevisionKind.UNDO else "redid"
        about = others.get(one.of or 0)
        if about is None:
            return f"{verb} revision {one.of}"
        by = f" by {about.who}" if about.who != one.who else ""
        return f"{verb} revision {one.of}{by} ({_edited(about, titles)})"
    if one.kind == RevisionKind.SUPERSEDED:
        name = _name(one.field, titles)
        return f"wrote {_text(one.after)} as the {name}, too late: it is kept, and not in the issue"
    if one.kind == RevisionKind.APPROVAL:
        return f"approved revision {one.of}"
    return _edited(one, titles)


def _edited(one: Revision, titles: Titles) -> str:
    kind, slug = fields.kind_of(one.field), _called(one.field, titles)
    if kind == fields.PICKS:
        return _placed(one, slug)
    if kind == fields.QUOTE:
        return _quoted(one, slug)
    if kind == fields.APART:
        return f"took {slug} out of its group" if one.after else f"let {slug} be grouped"
    if kind == fields.HIDDEN:
        return f"hid the brief of {slug}" if one.after else f"showed the brief of {slug} again"
    if kind == fields.PIN:
        return f"pinned {slug} for the next issue" if one.after else f"took the pin off {slug}"
    return _wrote(one, titles)


def _placed(one: Revision, slug: str) -> str:
    if one.after is None:
        return f'dropped {slug}: "{one.because}"' if one.because else f"took {slug} out"
    if one.before is None:
        return f"added {slug} at {one.after}"
    if one.after == 1:
        return f"made {slug} the lead"
    return f"moved {slug} from {one.before} to {one.after}"


def _quoted(one: Revision, slug: str) -> str:
    side = one.field.rsplit("/", 1)[-1]
    if one.after is None:
        return f"left the {side} quote of {slug} to the rules"
    if one.after.get("none"):
        return f"quoted nobody on the {side} of {slug}"
    return f"quoted the {one.after['lens']} on the {side} of {slug}: {_text(one.after)}"


def _wrote(one: Revision, titles: Titles) -> str:
    name = _name(one.field, titles)
    if one.after is None:
        return (
            f"took the {name} back"
            if one.field == fields.CLOSING
            else f"left the {name} to be proposed"
        )
    if "pattern" in one.after:
        return "took a proposed subject"
    return f"wrote the {name}: {_text(one.after)}"


def _called(field: str, titles: Titles) -> str:
    slug = fields.slug_of(field)
    return titles.get(slug, slug)


def _name(field: str, titles: Titles) -> str:
    kind, slug = fields.kind_of(field), _called(field, titles)
    return f"{kind} of {slug}" if slug else _NAMES.get(kind, kind)


def _text(value: Any) -> str:
    text = " ".join(fields.text_of(value).split())
    return f'"{text}"' if len(text) <= _SHOWN else f'"{text[: _SHOWN - 1]}…"'
