"""Keeps what an editor corrected on a page apart from what the page says.

The tables of comparisons hold the corrected values, which all that reads them goes by. What the
page says stands in `correction`, so that a re-import changes that and leaves the correction.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlmodel import Session, col, delete, select, update

from digest.catalog.pages import Lens, Verdict
from digest.catalog.queries import ComparisonView, ContenderView, comparison_by_slug
from digest.catalog.tables import Comparison, Contender, Correction, Review
from digest.catalog.urls import is_web_address
from store.errors import UserError
from store.text import normalize

SIDES = ("left", "right")
_OF_THE_PAGE = {"title": 500, "url": 2_000, "published_at": 0}
_OF_A_SIDE = {
    "name": 200,
    "category": 100,
    "tagline": 500,
    "description": 10_000,
    "panel_score": 0,
    "community_score": 0,
    "entry_price": 100,
}
"""The most characters of each text that can be corrected."""
_NEEDED = {"title", "name", "published_at"}
_BEST = 100


class CorrectionError(UserError):
    """The page can't be corrected like that; the text says why."""


def fields() -> list[str]:
    """Return every field that can be corrected, by name."""
    of_sides = [f"{side}.{name}" for side in SIDES for name in _OF_A_SIDE]
    verdicts = [f"{side}.{lens}.verdict" for side in SIDES for lens in Lens]
    return [*_OF_THE_PAGE, *of_sides, *verdicts]


def correctable(view: ComparisonView) -> list[str]:
    """Return the fields of this comparison that can be corrected: verdicts of its reviews only."""
    reviewed = {
        f"{side}.{one.lens}.verdict"
        for side, contender in zip(SIDES, view.contenders, strict=True)
        for one in contender.reviews
    }
    return [name for name in fields() if not name.endswith(".verdict") or name in reviewed]


def corrections_of(session: Session, comparison_id: int) -> list[Correction]:
    """Return the corrections of a comparison, in the order in which they were made."""
    return list(
        session.exec(
            select(Correction)
            .where(Correction.comparison_id == comparison_id)
            .order_by(col(Correction.at), col(Correction.field))
        )
    )


def correct(
    session: Session, slug: str, field: str, text: str, *, who: str, now: datetime
) -> Correction | None:
    """Correct a field; an empty text says that it is not known.

    Returns None where the page says the same: a correction that there was is taken back. Raises
    CorrectionError.
    """
    view = _found(session, slug)
    value = _value(view, field, text)
    before = _correction(session, view.id, field)
    page = before.page_now if before is not None else read(view, field)
    if value == page:
        if before is not None:
            _remove(session, view, before, now)
        return None
    if before is None:
        before = Correction(
            comparison_id=view.id, field=field, page_was=page, page_now=page, who=who, at=now
        )
    before.page_was, before.value, before.who, before.at = page, value, who, now
    session.add(before)
    _write(session, view.id, field, value)
    _touch(session, view.id, now)
    return before


def take_back(session: Session, slug: str, field: str, now: datetime) -> Any:
    """Let the page speak for itself again; return what it says. Raises CorrectionError."""
    view = _found(session, slug)
    found = _correction(session, view.id, field)
    if found is None:
        msg = f"{field} of {slug} is not corrected; digest comparisons show {slug} says what is"
        raise CorrectionError(msg)
    _remove(session, view, found, now)
    return found.page_now


def uncorrected(view: ComparisonView, corrections: Iterable[Correction]) -> ComparisonView:
    """Return the comparison as its page has it."""
    for one in corrections:
        view = _with(view, one.field, one.page_now)
    return view


def apply_again(session: Session, slug: str, corrections: Sequence[Correction]) -> list[str]:
    """Correct a page that was stored anew; return in words which corrected facts it changed."""
    view = _found(session, slug)
    told = []
    for one in corrections:
        said = read(view, one.field)
        if said != one.page_now:
            told.append(
                f"{one.field}: the page says {shown(said)} now; it stays corrected to "
                f"{shown(one.value)} (by {one.who})"
            )
            one.page_now = said
            session.add(one)
        _write(session, view.id, one.field, one.value)
    return told


def read(view: ComparisonView, field: str) -> Any:
    """Return a field as JSON would hold it; None for what is not known."""
    side, _, name = field.partition(".")
    if not name:
        value = getattr(view, field)
        return value.isoformat() if isinstance(value, datetime) else value
    contender = view.contenders[SIDES.index(side)]
    lens, dot, _ = name.partition(".")
    if not dot:
        return getattr(contender, name)
    found = next((one.verdict for one in contender.reviews if one.lens == lens), None)
    return found.value if found else None


def shown(value: Any) -> str:
    """Return a value as a sentence names it."""
    if value is None or value == "":
        return "nothing"
    return f"{value:g}" if isinstance(value, (int, float)) else f'"{value}"'


def _found(session: Session, slug: str) -> ComparisonView:
    view = comparison_by_slug(session, slug)
    if view is None:
        msg = f"there is no comparison {slug}; `digest comparisons list` shows those there are"
        raise CorrectionError(msg)
    return view


def _correction(session: Session, comparison_id: int, field: str) -> Correction | None:
    return session.exec(
        select(Correction).where(
            Correction.comparison_id == comparison_id, Correction.field == field
        )
    ).first()


def _remove(session: Session, view: ComparisonView, one: Correction, now: datetime) -> None:
    _write(session, view.id, one.field, one.page_now)
    session.exec(delete(Correction).where(col(Correction.id) == one.id))
    _touch(session, view.id, now)


def _value(view: ComparisonView, field: str, text: str) -> Any:
    """Return the value that `text` gives the field. Raises CorrectionError."""
    if field not in fields():
        msg = f"{field!r} can't be corrected; what can be: {', '.join(fields())}"
        raise CorrectionError(msg)
    name = field.rpartition(".")[2]
    text = normalize("NFC", " ".join(text.replace("\x00", "").split()))
    if not text:
        return _unknown(field, name)
    if name == "verdict":
        return _verdict(view, field, text)
    if name in {"panel_score", "community_score"}:
        return _score(field, text)
    if name == "published_at":
        return _moment(field, text)
    if name == "url" and not is_web_address(text):
        msg = f"url: {text!r} is no web address; it should look like https://example.org/page"
        raise CorrectionError(msg)
    longest = (_OF_THE_PAGE | _OF_A_SIDE)[name]
    if len(text) > longest:
        msg = f"{field} has {len(text)} characters; {longest} are the most"
        raise CorrectionError(msg)
    return text


def _unknown(field: str, name: str) -> str | None:
    if name in _NEEDED:
        msg = f"{field} can't be empty"
        raise CorrectionError(msg)
    return None if name in {"url", "verdict", "panel_score", "community_score"} else ""


def _verdict(view: ComparisonView, field: str, text: str) -> str:
    side, lens, _ = field.split(".")
    contender = view.contenders[SIDES.index(side)]
    if text not in set(Verdict):
        msg = f"{field}: {text!r} is no verdict; say ship or skip"
        raise CorrectionError(msg)
    if not any(one.lens == lens for one in contender.reviews):
        msg = f"{view.slug} has no review of {contender.name} by the {lens}"
        raise CorrectionError(msg)
    return text


def _score(field: str, text: str) -> float:
    try:
        score = float(text.removesuffix("%"))
    except ValueError:
        score = -1.0
    if not 0 <= score <= _BEST:
        msg = f"{field}: {text!r} is no score; it is a number from 0 to 100"
        raise CorrectionError(msg)
    return score


def _moment(field: str, text: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        msg = f"{field}: {text!r} is no time; it should look like 2026-11-23 or 2026-11-23T08:00Z"
        raise CorrectionError(msg) from None
    return moment.isoformat()


def _with(view: ComparisonView, field: str, value: Any) -> ComparisonView:
    side, _, name = field.partition(".")
    if not name:
        made: dict[str, Any] = {field: value}
        if field == "published_at":
            made[field] = datetime.fromisoformat(value)
        return replace(view, **made)
    place = SIDES.index(side)
    sides = list(view.contenders)
    sides[place] = _side_with(sides[place], name, value)
    return replace(view, contenders=(sides[0], sides[1]))


def _side_with(side: ContenderView, name: str, value: Any) -> ContenderView:
    lens, dot, _ = name.partition(".")
    if not dot:
        return replace(side, **{name: value})
    verdict = Verdict(value) if value else None
    return replace(
        side,
        reviews=tuple(
            replace(one, verdict=verdict) if one.lens == lens else one for one in side.reviews
        ),
    )


def _write(session: Session, comparison_id: int, field: str, value: Any) -> None:
    """Write a field's value into the row that has it; of a review that is gone, nowhere."""
    side, _, name = field.partition(".")
    if not name:
        made = datetime.fromisoformat(value) if field == "published_at" else value
        row = update(Comparison).where(col(Comparison.id) == comparison_id)
        session.execute(row.values({field: made}))
        return
    of_side = (col(Contender.comparison_id) == comparison_id) & (
        col(Contender.position) == SIDES.index(side)
    )
    lens, dot, _ = name.partition(".")
    if not dot:
        session.execute(update(Contender).where(of_side).values({name: value}))
        return
    contender = select(Contender.id).where(of_side).scalar_subquery()
    session.execute(
        update(Review)
        .where(col(Review.contender_id) == contender, col(Review.lens) == lens)
        .values(verdict=value)
    )


def _touch(session: Session, comparison_id: int, now: datetime) -> None:
    """Note that the comparison changed, and let what was read of it be read again."""
    session.flush()
    row = update(Comparison).where(col(Comparison.id) == comparison_id)
    session.execute(row.values(changed_at=now))
    session.expire_all()
