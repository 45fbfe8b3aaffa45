"""Comparison views made to order."""

from datetime import datetime, timedelta

from digest.catalog.pages import Lens, ReviewPage, Verdict
from digest.catalog.queries import ComparisonView, ContenderView
from tests.parts.world import NOW


def contender(
    name: str,
    panel: float | None = 100,
    community: float | None = None,
    *,
    tool_id: int | None = None,
    skip: Lens | None = None,
) -> ContenderView:
    slug = name.lower().replace(" ", "-")
    return ContenderView(
        tool_id=tool_id if tool_id is not None else sum(map(ord, name)),
        tool_slug=slug,
        name=name,
        category="Developer Tools",
        tagline=f"What {name} is in a line",
        description=f"{name} does one thing. It does it well.",
        panel_score=panel,
        community_score=community,
        entry_price="Free",
        reviews=tuple(
            ReviewPage(
                lens,
                f"The {lens} has tried {name}. It went as such things go. There is more to say.",
                (Verdict.SKIP if lens is skip else Verdict.SHIP) if skip else None,
            )
            for lens in Lens
        ),
    )


def comparison(
    number: int,
    left: ContenderView,
    right: ContenderView,
    *,
    days_old: float = 1,
    imported: datetime | None = None,
    pin: int | None = None,
) -> ComparisonView:
    published = NOW - timedelta(days=days_old)
    return ComparisonView(
        id=number,
        slug=f"{left.tool_slug}-vs-{right.tool_slug}",
        title=f"{left.name} vs {right.name}",
        url=None,
        published_at=published,
        imported_at=imported or published,
        pin=pin,
        contenders=(left, right),
    )
