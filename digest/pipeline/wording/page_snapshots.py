"""Stores what pages said when an issue was approved, and compares it with what they say now."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from digest.catalog.queries import ComparisonView, ContenderView, comparisons_by_id
from digest.issues.history import picks_of
from digest.issues.tables import Issue
from digest.number_words import percent

_EXTRACT = 60
"""Characters of a long text that a change shows."""
_FIELDS = {
    "name": "name",
    "category": "category",
    "tagline": "tagline",
    "description": "description",
    "panel_score": "panel score",
    "entry_price": "entry price",
    "reviews": "reviews",
}


@dataclass(frozen=True, slots=True)
class PageChange:
    """One thing that a page says otherwise now. `was` and `now` are as they would be printed."""

    slug: str
    what: str
    was: str
    now: str

    def __str__(self) -> str:
        return f"{self.slug}: {self.what} was {self.was}, is {self.now}"


def snapshot(view: ComparisonView) -> dict[str, Any]:
    """Return what the page says, as JSON. Readers' votes are no part of it: they come in daily."""
    return {
        "title": view.title,
        "url": view.url,
        "tools": [_tool(side) for side in view.contenders],
    }


def store_snapshots(
    session: Session,
    number: int,
    picked: Sequence[ComparisonView],
    quotes: Mapping[str, Sequence[str]],
) -> None:
    """Store with each pick what its page says now, and what the issue quotes of it (by slug)."""
    pages = {
        view.id: snapshot(view) | {"quotes": list(quotes.get(view.slug, ()))} for view in picked
    }
    for pick, _ in picks_of(session, number):
        pick.printed = pages.get(pick.comparison_id)
        session.add(pick)
    session.flush()


def page_changes(session: Session, issue: Issue) -> list[PageChange]:
    """Return what the pages of an approved issue say otherwise since; none for a draft."""
    if issue.content_hash is None:
        return []
    picks = picks_of(session, issue.number or 0)
    views = comparisons_by_id(session, [pick.comparison_id for pick, _ in picks])
    return [
        change
        for pick, _ in picks
        if pick.printed is not None and pick.comparison_id in views
        for change in _changes(views[pick.comparison_id], pick.printed)
    ]


def text_diff(was: str, now: str) -> list[str]:
    """Return a unified diff of two text parts: as approved, and as the pages would give it now."""
    lines = (was.splitlines(), now.splitlines())
    return list(difflib.unified_diff(*lines, "approved", "now", lineterm="", n=2))


def _tool(side: ContenderView) -> dict[str, Any]:
    return {
        "slug": side.tool_slug,
        "name": side.name,
        "category": side.category,
        "tagline": side.tagline,
        "description": side.description,
        "panel_score": side.panel_score,
        "entry_price": side.entry_price,
        "reviews": [[one.lens.value, one.quote, one.verdict] for one in side.reviews],
    }


def _changes(view: ComparisonView, was: Mapping[str, Any]) -> Iterator[PageChange]:
    now = snapshot(view)
    for field in ("title", "url"):
        if was[field] != now[field]:
            yield PageChange(view.slug, field, shown(was[field]), shown(now[field]))
    for before, after in zip(was["tools"], now["tools"], strict=True):
        for field, what in _FIELDS.items():
            if before[field] == after[field]:
                continue
            name = f"{after['name']}, {what}"
            if field in {"reviews", "description"}:
                yield PageChange(view.slug, name, *_extract(before[field], after[field]))
            elif field == "panel_score":
                yield PageChange(
                    view.slug, name, shown_score(before[field]), shown_score(after[field])
                )
            else:
                yield PageChange(view.slug, name, shown(before[field]), shown(after[field]))


def _extract(was: Any, now: Any) -> tuple[str, str]:
    """Return both from where they differ, in a few words."""
    before, after = (one if isinstance(one, str) else _spoken(one) for one in (was, now))
    same = next(
        (at for at, pair in enumerate(zip(before, after, strict=False)) if len(set(pair)) > 1), 0
    )
    start = before.rfind(" ", 0, same) + 1
    return shown(before[start : start + _EXTRACT]), shown(after[start : start + _EXTRACT])


def _spoken(reviews: Sequence[Sequence[str | None]]) -> str:
    return " ".join(f"{lens} ({verdict or 'open'}): {quote}" for lens, quote, verdict in reviews)


def shown(value: str | None) -> str:
    """Return a page's text as a change names it."""
    return f'"{value}"' if value else "not stated"


def shown_score(score: float | None) -> str:
    """Return a panel score as a change names it."""
    return "not scored" if score is None else percent(score)
