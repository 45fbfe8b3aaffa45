"""A tool's panel scores over the weeks, on both databases."""

from datetime import UTC, datetime

from sqlmodel import select

from digest.catalog.tables import Comparison, Contender, Tool
from digest.catalog.trends import Week, trends
from store.engine import Store

TUESDAY, SUNDAY = datetime(2026, 3, 3, 9, tzinfo=UTC), datetime(2026, 3, 8, 23, tzinfo=UTC)
NEXT_MONDAY = datetime(2026, 3, 9, tzinfo=UTC)


def publish(store: Store, at: datetime, score: float | None) -> None:
    """A comparison of Loom, which has `score` in it, with something new."""
    with store.write() as session:
        number = len(session.exec(select(Comparison)).all())
        loom = session.exec(select(Tool).where(Tool.slug == "loom")).first()
        loom = loom or Tool(slug="loom", name="Loom")
        page = Comparison(
            slug=f"loom-vs-{number}",
            title=f"Loom vs {number}",
            published_at=at,
            imported_at=at,
            changed_at=at,
        )
        rival = Tool(slug=f"rival-{number}", name=f"Rival {number}")
        session.add_all([loom, rival, page])
        session.flush()
        for position, (tool, panel) in enumerate(((loom, score), (rival, 100.0))):
            session.add(
                Contender(
                    comparison_id=page.id,
                    position=position,
                    tool_id=tool.id,
                    name=tool.name,
                    category="Writing",
                    tagline="",
                    description="",
                    panel_score=panel,
                    entry_price="Free",
                )
            )


def weeks(store: Store, until: datetime) -> list[Week]:
    with store.read() as session:
        loom = session.exec(select(Tool.id).where(Tool.slug == "loom")).one()
        return trends(session, [loom or 0], until).get(loom or 0, [])


def test_scores_of_a_week_are_one_point_and_monday_begins_the_next(store: Store) -> None:
    publish(store, NEXT_MONDAY, 100)
    publish(store, TUESDAY, 50)
    publish(store, SUNDAY, 75)
    assert weeks(store, NEXT_MONDAY) == [
        Week(datetime(2026, 3, 2, tzinfo=UTC).date(), 62.5),
        Week(NEXT_MONDAY.date(), 100.0),
    ]


def test_what_was_published_later_or_not_scored_leaves_no_trace(store: Store) -> None:
    publish(store, TUESDAY, 50)
    publish(store, SUNDAY, None)
    publish(store, NEXT_MONDAY, 100)
    assert [week.score for week in weeks(store, SUNDAY)] == [50.0]
