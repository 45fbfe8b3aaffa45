"""A comparison as JSON, as `comparisons list` and `show` print it."""

from typing import Any


def comparison_as_json(view: Any) -> dict[str, Any]:
    """Return the JSON form that `comparisons import` reads (docs/json-form.md): no other key."""
    return {
        "slug": view.slug,
        "title": view.title,
        "published_at": view.published_at,
        "url": view.url,
        "contenders": [
            {
                "name": side.name,
                "slug": side.tool_slug,
                "category": side.category,
                "tagline": side.tagline,
                "description": side.description,
                "panel_score": side.panel_score,
                "community_score": side.community_score,
                "entry_price": side.entry_price,
                "reviews": [
                    {"lens": one.lens, "quote": one.quote, "verdict": one.verdict}
                    for one in side.reviews
                ],
            }
            for side in view.contenders
        ],
    }
