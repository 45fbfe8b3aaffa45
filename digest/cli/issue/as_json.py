"""What the commands that read an issue print as JSON."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from digest.issues.tables import Issue
    from digest.pipeline.editing.edit_view import EditView, PickView, SideView


def brief(issue: Any, now: Any) -> dict[str, Any]:
    return {
        "number": issue.number,
        "state": issue.state,
        "series": issue.series,
        "subject": now.title.subject,
        "preheader": now.title.preheader,
        "intro": now.title.intro,
        "closing": now.title.closing,
        "revision": issue.revision,
        "changes": [changed(one) for one in now.changes],
        "as_of": issue.as_of,
        "content_hash": issue.content_hash,
        "audience": issue.audience or 0,
    }


def changed(change: Any) -> dict[str, Any]:
    return {"slug": change.slug, "what": change.what, "was": change.was, "now": change.now}


def proposed(one: Any) -> dict[str, Any]:
    return {"subject": one.subject, "pattern": one.pattern, "reasons": list(one.reasons)}


def passed(override: Any) -> dict[str, Any]:
    return {
        "code": override.code,
        "reason": override.reason,
        "by": override.decided_by,
        "at": override.decided_at,
    }


def written(view: "EditView | None") -> dict[str, Any]:
    """Return who wrote which text, by field, and what changed on the pages since."""
    if view is None:
        return {}
    texts = [*view.texts, *(text for one in view.picks for text in (one.headline, one.summary))]
    return {
        text.field: {
            "text": text.text,
            "proposed": text.proposed,
            "by": text.by,
            "revision": text.revision,
            "changed_since": list(text.beside),
        }
        for text in texts
        if text.is_theirs
    }


def pick(
    one: "PickView", role: str, reasons: Sequence[str], *, with_reviews: bool
) -> dict[str, Any]:
    """Return a comparison of the issue; with its reviews, the sentences that can be quoted."""
    found = {
        "slug": one.slug,
        "title": one.title,
        "role": role,
        "reasons": list(reasons),
        "headline": one.headline.text or one.headline.proposed,
        "summary": one.summary.text or one.summary.proposed,
        "quotes": [_quote(side) for side in one.sides],
        "grouped": one.grouped,
        "apart": one.apart,
        "hidden": one.hidden,
    }
    if with_reviews:
        found["reviews"] = {side.side: _reviews(side) for side in one.sides}
    return found


def left_out(issue: "Issue", view: "EditView | None") -> list[dict[str, Any]]:
    """Return what is not in the issue: left out by the rules, or dropped by an editor."""
    if view is None:
        return list(issue.left_out)
    waits = {one["slug"]: bool(one.get("waits")) for one in issue.left_out}
    return [
        {
            "slug": one.slug,
            "reason": one.reason,
            "waits": waits.get(one.slug, False),
            "dropped": one.dropped,
        }
        for one in view.left_out
    ]


def _quote(side: "SideView") -> dict[str, Any]:
    return {
        "side": side.side,
        "tool": side.tool,
        "quote": side.quote or None,
        "lens": side.lens or None,
        "choice": side.choice or "rules",
        "lost": side.lost,
    }


def _reviews(side: "SideView") -> list[dict[str, Any]]:
    return [
        {
            "review": place,
            "lens": review.lens,
            "verdict": review.verdict,
            "sentences": list(review.sentences),
        }
        for place, review in enumerate(side.reviews, start=1)
    ]
