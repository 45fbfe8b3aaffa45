"""Stores what an editor writes over the proposed words, with the facts as they were at the time."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from digest.catalog.queries import ComparisonView
from digest.compose.statements.issue_facts import IssueFacts
from digest.issues.lifecycle import IssueError
from digest.issues.revisions import fields
from digest.pipeline.wording.page_snapshots import shown, shown_score
from digest.pipeline.wording.proposed import Wording
from store.text import normalize

MAX_LENGTHS = {
    fields.SUBJECT: 200,
    fields.PREHEADER: 200,
    fields.INTRO: 2_000,
    fields.CLOSING: 2_000,
    fields.HEADLINE: 200,
    fields.SUMMARY: 600,
}
"""Characters: the first two columns take 250, and inboxes show a third of it."""
MARKDOWN = frozenset({fields.INTRO, fields.CLOSING})
"""Fields that are Markdown, and keep their lines."""
NAMES = {
    fields.INTRO: "introduction",
    fields.CLOSING: "closing note",
}
_FACTS = ("name", "category", "tagline", "panel_score", "entry_price")


def written_value(
    field: str, text: str, facts: IssueFacts, picked: Sequence[ComparisonView]
) -> dict[str, Any] | None:
    """Return the value of a text field with the facts it was written under; None if it is empty.

    Raises IssueError if it is too long.
    """
    kind = fields.kind_of(field)
    cleaned = normalize("NFC", text.replace("\x00", ""))
    cleaned = _lines(cleaned) if kind in MARKDOWN else " ".join(cleaned.split())
    if not cleaned:
        return None
    longest = MAX_LENGTHS[kind]
    if len(cleaned) > longest:
        name = NAMES.get(kind, kind)
        msg = f"the {name} has {len(cleaned):,} characters; {longest:,} are the most"
        raise IssueError(msg)
    slug = fields.slug_of(field)
    if slug:
        view = next((one for one in picked if one.slug == slug), None)
        return {"text": cleaned, "facts": _facts(view) if view else []}
    return {"text": cleaned, "scores": scores(facts)}


def taken_value(place: int, number: int, now: Wording) -> dict[str, Any]:
    """Return the value of a subject that follows the proposal at `place`, from 1.

    When the pages change, it is worded again by the same pattern. Raises IssueError if there is no
    such proposal.
    """
    if not 0 < place <= len(now.proposals):
        msg = f"there is no proposal {place} for issue {number}; it has {len(now.proposals)}"
        raise IssueError(msg)
    return {"pattern": now.proposals[place - 1].pattern}


def scores(facts: IssueFacts) -> dict[str, float | None]:
    """Return the panel score that each page gives each tool, by `page/tool`."""
    return {
        f"{pair.slug}/{side.slug}": side.panel.score for pair in facts.pairs for side in pair.sides
    }


def changed_under(
    values: Mapping[str, Any], facts: IssueFacts, picked: Sequence[ComparisonView]
) -> dict[str, list[str]]:
    """Return for each text of an editor what changed on its pages since it was written."""
    views = {view.slug: view for view in picked}
    found: dict[str, list[str]] = {}
    for field, value in values.items():
        if not fields.is_text(field) or "pattern" in value:
            continue
        view = views.get(fields.slug_of(field))
        if view is not None:
            changes = list(_page_changes(value.get("facts", []), view))
        else:
            changes = list(_score_changes(fields.text_of(value), value.get("scores", {}), facts))
        if changes:
            found[field] = changes
    return found


def _lines(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.splitlines()).strip("\n")


def _facts(view: ComparisonView) -> list[dict[str, Any]]:
    return [{name: getattr(side, name) for name in _FACTS} for side in view.contenders]


def _page_changes(was: list[dict[str, Any]], view: ComparisonView) -> Iterator[str]:
    for before, now in zip(was, view.contenders, strict=False):
        for name in _FACTS:
            old, new = before.get(name), getattr(now, name)
            if old != new:
                say = shown_score if name == "panel_score" else shown
                yield f"{now.name}, {name.replace('_', ' ')}: was {say(old)}, is {say(new)}"


def _score_changes(text: str, was: Mapping[str, float | None], facts: IssueFacts) -> Iterator[str]:
    """Yield each tool that `text` names and whose score is no longer what it was."""
    for pair in facts.pairs:
        for side in pair.sides:
            key = f"{pair.slug}/{side.slug}"
            named = side.name.casefold() in text.casefold()
            if named and key in was and was[key] != side.panel.score:
                yield f"it was written before the score of {side.name} changed"
