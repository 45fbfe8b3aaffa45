"""Stores a page: as new, as changed (and what changed), or not at all if it is the same."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlmodel import Session, col, delete, select

from digest.catalog.corrections import apply_again, corrections_of, uncorrected
from digest.catalog.pages import ComparisonPage, ContenderPage, ReviewPage, Verdict
from digest.catalog.queries import ComparisonView, ContenderView, comparison_by_slug
from digest.catalog.slugs import comparison_slug, slugify
from digest.catalog.tables import Comparison, Contender, Review, Tool


class Change(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class UpsertResult:
    """What became of a page; `changes` says in words what differs from before."""

    slug: str
    change: Change
    changes: tuple[str, ...] = ()


def upsert_page(session: Session, page: ComparisonPage, now: datetime) -> UpsertResult:
    """Insert or update the comparison that `page` describes.

    What a source can't carry (date, URL, verdicts) never erases what is known. Nor do reviews that
    an incomplete page lacks: where none of a contender could be taken, the known ones stay. What an
    editor corrected stays corrected.
    """
    slug = page.slug or comparison_slug(page.contenders[0].name, page.contenders[1].name)
    known = comparison_by_slug(session, slug)
    if known is None:
        _insert(session, slug, page, now)
        return UpsertResult(slug, Change.NEW)
    corrections = corrections_of(session, known.id)
    known = uncorrected(known, corrections)
    merged = _merged(page, known)
    changes = tuple(_changes(merged, known))
    if not changes:
        return UpsertResult(slug, Change.SAME)
    _update(session, known.id, merged, now)
    told = apply_again(session, slug, corrections) if corrections else []
    return UpsertResult(slug, Change.CHANGED, (*changes, *told))


def _insert(session: Session, slug: str, page: ComparisonPage, now: datetime) -> None:
    comparison = Comparison(
        slug=slug,
        title=page.title,
        url=page.url,
        published_at=page.published_at or now,
        imported_at=now,
        changed_at=now,
    )
    session.add(comparison)
    session.flush()
    assert comparison.id is not None  # noqa: S101 - flushed, so the database has numbered it
    _insert_contenders(session, comparison.id, page)


def _update(session: Session, comparison_id: int, page: ComparisonPage, now: datetime) -> None:
    comparison = session.get_one(Comparison, comparison_id)
    comparison.title = page.title
    comparison.url = page.url
    if page.published_at is not None:
        comparison.published_at = page.published_at
    comparison.changed_at = now
    session.exec(delete(Contender).where(col(Contender.comparison_id) == comparison_id))
    session.flush()
    _insert_contenders(session, comparison_id, page)


def _insert_contenders(session: Session, comparison_id: int, page: ComparisonPage) -> None:
    for position, shown in enumerate(page.contenders):
        contender = Contender(
            comparison_id=comparison_id,
            position=position,
            tool_id=_tool_id(session, shown),
            name=shown.name,
            category=shown.category,
            tagline=shown.tagline,
            description=shown.description,
            panel_score=shown.panel_score,
            community_score=shown.community_score,
            entry_price=shown.entry_price,
        )
        session.add(contender)
        session.flush()
        assert contender.id is not None  # noqa: S101 - flushed
        for place, review in enumerate(shown.reviews):
            session.add(
                Review(
                    contender_id=contender.id,
                    position=place,
                    lens=review.lens,
                    quote=review.quote,
                    verdict=review.verdict,
                )
            )
    session.flush()


def _tool_id(session: Session, shown: ContenderPage) -> int:
    slug = shown.slug or slugify(shown.name)
    tool = session.exec(select(Tool).where(Tool.slug == slug)).first()
    if tool is None:
        tool = Tool(slug=slug, name=shown.name)
    tool.name = shown.name
    session.add(tool)
    session.flush()
    assert tool.id is not None  # noqa: S101 - flushed
    return tool.id


def _merged(page: ComparisonPage, known: ComparisonView) -> ComparisonPage:
    return ComparisonPage(
        title=page.title,
        contenders=(
            _merged_contender(page, 0, known.contenders[0]),
            _merged_contender(page, 1, known.contenders[1]),
        ),
        slug=known.slug,
        url=page.url or known.url,
        published_at=page.published_at or known.published_at,
        source=page.source,
    )


def _merged_contender(whole: ComparisonPage, side: int, known: ContenderView) -> ContenderPage:
    page = whole.contenders[side]
    verdicts = {(review.lens, review.quote): review.verdict for review in known.reviews}
    reviews = tuple(
        ReviewPage(
            review.lens,
            review.quote,
            review.verdict or verdicts.get((review.lens, review.quote)),
        )
        for review in page.reviews
    )
    if not reviews and whole.notes:
        reviews = known.reviews
    same_tool = page.slug is None and slugify(page.name) == slugify(known.name)
    return ContenderPage(
        name=page.name,
        category=page.category,
        tagline=page.tagline,
        description=page.description,
        panel_score=page.panel_score,
        community_score=page.community_score,
        entry_price=page.entry_price,
        reviews=reviews,
        slug=known.tool_slug if same_tool else (page.slug or slugify(page.name)),
    )


def _changes(page: ComparisonPage, known: ComparisonView) -> list[str]:
    changes = [
        f"{label}: {_shown(old)} -> {_shown(new)}"
        for label, old, new in (
            ("title", known.title, page.title),
            ("url", known.url, page.url),
            ("published", known.published_at, page.published_at),
        )
        if old != new
    ]
    for old, new in zip(known.contenders, page.contenders, strict=True):
        changes += _contender_changes(old, new)
    return changes


def _contender_changes(old: ContenderView, new: ContenderPage) -> list[str]:
    changes = [
        f"{old.name}, {name.replace('_', ' ')}: "
        f"{_shown(getattr(old, name))} -> {_shown(getattr(new, name))}"
        for name in (
            "name",
            "category",
            "tagline",
            "description",
            "panel_score",
            "community_score",
            "entry_price",
        )
        if getattr(old, name) != getattr(new, name)
    ]
    if old.tool_slug != new.slug:
        changes.append(f"{old.name}, tool: {old.tool_slug} -> {new.slug}")
    before = {review.lens: review for review in old.reviews}
    after = {review.lens: review for review in new.reviews}
    lenses = [*before, *(lens for lens in after if lens not in before)]
    changes += [
        f"{old.name}, {lens}'s review: {_review_change(before.get(lens), after.get(lens))}"
        for lens in lenses
        if before.get(lens) != after.get(lens)
    ]
    return changes


def _review_change(before: ReviewPage | None, after: ReviewPage | None) -> str:
    if before is None:
        return "added"
    if after is None:
        return "gone"
    if before.quote != after.quote:
        return "rewritten"
    return f"verdict {_shown(before.verdict)} -> {_shown(after.verdict)}"


def _shown(value: str | float | datetime | Verdict | None) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, datetime):
        return value.date().isoformat()
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 40 else text[:39] + "…"  # noqa: PLR2004 - one terminal line
