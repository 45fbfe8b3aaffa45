"""Picks to content: what an issue says, in the order it says it, without a word of markup."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType

from digest.catalog.pages import ReviewPage, Verdict
from digest.catalog.queries import ComparisonView, ContenderView
from digest.catalog.trends import Trends, Week
from digest.number_words import count_of, listed, number_word, percent
from digest.sentences import pull

SUBJECT_LENGTH = 70
PREHEADER_LENGTH = 110
SMALLEST_GROUP = 2
OF_ONE_MIND: dict[float | None, Verdict] = {100.0: Verdict.SHIP, 0.0: Verdict.SKIP}
MOST_WEEKS = 8
"""Bars of a trend at most."""


@dataclass(frozen=True, slots=True)
class PullQuote:
    """A review cut at the end of a sentence; `verdict` is ship, skip or None (unknown).

    Where the whole panel is of one mind, its score says the verdict of each.
    """

    lens: str
    quote: str
    verdict: str | None


@dataclass(frozen=True, slots=True)
class Side:
    """A contender as the email shows it. Scores are per cent or None (no score, no votes yet)."""

    slug: str
    name: str
    category: str
    tagline: str
    description: str
    panel_score: float | None
    community_score: float | None
    entry_price: str
    ships: int | None
    """How many of the panel ship it, where score and panel size give a whole number."""
    panel_size: int
    pull: PullQuote | None
    url: str
    """Where the tool's own page is."""
    trend: tuple[Week, ...] = ()
    """Panel scores by week, the oldest first; none where there is but one."""


@dataclass(frozen=True, slots=True)
class Matchup:
    """One comparison in the email. `kicker` says in a few words why it is worth reading."""

    slug: str
    title: str
    url: str
    left: Side
    right: Side
    kicker: str
    summary: str
    """One sentence of our own: who leads, or that the panel is divided."""


@dataclass(frozen=True, slots=True)
class Group:
    """Several rivals of one tool: the tool once, then each rival. `heading` is the sentence."""

    heading: str
    tool: Side
    matchups: tuple[Matchup, ...]
    """In each, `left` is the tool and `right` the rival, whichever way the page had them."""


@dataclass(frozen=True, slots=True)
class Content:
    """An issue's content: one lead in full, then groups, then the rest in brief."""

    number: int
    date: date
    subject: str
    preheader: str
    intro: str
    lead: Matchup
    groups: tuple[Group, ...]
    briefs: tuple[Matchup, ...]


@dataclass(frozen=True, slots=True)
class Headline:
    """Subject and preheader as an editor may change them."""

    subject: str
    preheader: str


def headline(picked: Sequence[ComparisonView]) -> Headline:
    """Subject and preheader proposed from the picks, the lead first."""
    lead, *others = picked
    subject = _subject(lead)
    if others:
        tail = f", and {number_word(len(others))} more {_verdicts(len(others))}"
        if len(subject) + len(tail) <= SUBJECT_LENGTH:
            subject += tail
    return Headline(subject, _preheader(lead, others))


def compose(
    number: int,
    day: date,
    title: Headline,
    picked: Sequence[ComparisonView],
    public_url: str,
    *,
    trends: Trends = MappingProxyType({}),
) -> Content:
    """The issue's content: the first pick in full, rivals of a tool grouped, the rest in brief."""
    lead, *others = [matchup(view, public_url, trends) for view in picked]
    groups, briefs = _grouped(list(picked[1:]), others)
    return Content(
        number=number,
        date=day,
        subject=title.subject,
        preheader=title.preheader,
        intro=_intro(picked),
        lead=lead,
        groups=tuple(groups),
        briefs=tuple(briefs),
    )


def _verdicts(count: int) -> str:
    return "verdict" if count == 1 else "verdicts"


def _subject(lead: ComparisonView) -> str:
    left, right = lead.contenders
    divided = [side for side in lead.contenders if _is_divided(side)]
    if divided:
        most = min(divided, key=lambda side: abs((side.panel_score or 0) - 50))
        subject = f"{most.name} splits the panel"
    elif left.panel_score != right.panel_score and None not in (
        left.panel_score,
        right.panel_score,
    ):
        first, second = sorted(lead.contenders, key=lambda side: -(side.panel_score or 0))
        subject = f"{first.name} beats {second.name}"
    else:
        subject = f"{left.name} or {right.name}?"
    return subject if len(subject) <= SUBJECT_LENGTH else f"{_short(subject, SUBJECT_LENGTH)}"


def _preheader(lead: ComparisonView, others: Sequence[ComparisonView]) -> str:
    if not others:
        return _short(_summary(*lead.contenders), PREHEADER_LENGTH)
    names = listed([view.title for view in others[:2]])
    more = len(others) - 2
    tail = f", plus {more} more" if more > 0 else ""
    return _short(f"Also this week: {names}{tail}.", PREHEADER_LENGTH)


def _intro(picked: Sequence[ComparisonView]) -> str:
    tools = {side.tool_id for view in picked for side in view.contenders}
    count = len(picked)
    if count == 1:
        # Also what comes as soon as a comparison does, in no week's digest.
        return "One new comparison, two tools, one panel."
    comparisons = f"{number_word(count)} comparisons".capitalize()
    return f"{comparisons} this week, {number_word(len(tools))} tools, one panel."


def matchup(
    view: ComparisonView, public_url: str, trends: Trends = MappingProxyType({})
) -> Matchup:
    """One comparison as mail shows it."""
    left, right = view.contenders
    return Matchup(
        slug=view.slug,
        title=view.title,
        url=view.url or f"{public_url}/comparisons/{view.slug}",
        left=_side(left, public_url, trends),
        right=_side(right, public_url, trends),
        kicker=_kicker(left, right),
        summary=_summary(left, right),
    )


def _side(contender: ContenderView, public_url: str, trends: Trends) -> Side:
    size = len(contender.reviews)
    return Side(
        slug=contender.tool_slug,
        name=contender.name,
        category=contender.category,
        tagline=contender.tagline,
        description=contender.description,
        panel_score=contender.panel_score,
        community_score=contender.community_score,
        entry_price=contender.entry_price,
        ships=ships(contender.panel_score, size),
        panel_size=size,
        pull=_pull_quote(contender),
        url=f"{public_url}/tools/{contender.tool_slug}",
        trend=_trend(trends.get(contender.tool_id, ())),
    )


def ships(score: float | None, size: int) -> int | None:
    """How many of `size` reviewers make `score` per cent; None where that is no whole number."""
    if score is None or not size:
        return None
    exact = score * size / 100
    return round(exact) if abs(exact - round(exact)) <= 0.02 * size else None


def _trend(weeks: Sequence[Week]) -> tuple[Week, ...]:
    return tuple(weeks[-MOST_WEEKS:]) if len(weeks) > 1 else ()


def _pull_quote(contender: ContenderView) -> PullQuote | None:
    """The dissent where the panel is divided (a known skip, else the skeptic), else the builder."""
    chosen = _chosen_review(contender)
    if chosen is None:
        return None
    verdict = chosen.verdict or OF_ONE_MIND.get(contender.panel_score)
    return PullQuote(chosen.lens, pull(chosen.quote), verdict)


def _chosen_review(contender: ContenderView) -> ReviewPage | None:
    by_lens = {str(review.lens): review for review in contender.reviews}
    if _is_divided(contender):
        skips = [review for review in contender.reviews if review.verdict is Verdict.SKIP]
        if skips:
            return skips[0]
        order = ("skeptic", "founder", "builder", "futurist")
    else:
        order = ("builder", "founder", "futurist", "skeptic")
    return next((by_lens[lens] for lens in order if lens in by_lens), None)


def _is_divided(side: ContenderView) -> bool:
    return side.panel_score is not None and 0 < side.panel_score < 100  # noqa: PLR2004 - per cent


def _kicker(left: ContenderView, right: ContenderView) -> str:
    scores = (left.panel_score, right.panel_score)
    if None in scores:
        return "Verdict open"
    if _is_divided(left) or _is_divided(right):
        return "Divided panel"
    if scores == (100, 100):
        return "Both ship"
    if scores == (0, 0):
        return "Neither ships"
    return "Clear verdict"


def _summary(left: ContenderView, right: ContenderView) -> str:
    if left.panel_score is None or right.panel_score is None:
        missing = left if left.panel_score is None else right
        return f"The panel has not scored {missing.name} yet."
    if left.panel_score == right.panel_score:
        if left.panel_score == 100:  # noqa: PLR2004 - per cent
            return "The whole panel would ship either one."
        if left.panel_score == 0:
            return "Nobody on the panel would ship either one."
        return f"A dead heat: {percent(left.panel_score)} of the panel would ship each."
    ahead, behind = sorted((left, right), key=lambda side: -(side.panel_score or 0))
    assert ahead.panel_score is not None and behind.panel_score is not None  # noqa: S101, PT018 - both known, see above
    return f"{ahead.name} leads, {percent(ahead.panel_score)} to {percent(behind.panel_score)}."


def _grouped(
    views: Sequence[ComparisonView], matchups: Sequence[Matchup]
) -> tuple[list[Group], list[Matchup]]:
    """Rivals of one tool together; a comparison stands in one group at most, the largest first."""
    left = list(zip(views, matchups, strict=True))
    groups: list[Group] = []
    while True:
        tools = Counter(side.tool_id for view, _ in left for side in view.contenders)
        best = max(tools.items(), key=lambda item: (item[1], -item[0]), default=(0, 0))
        if best[1] < SMALLEST_GROUP:
            return groups, [matchup for _, matchup in left]
        members = [pair for pair in left if _has(pair[0], best[0])]
        left = [pair for pair in left if not _has(pair[0], best[0])]
        groups.append(_group([_turned(view, matchup, best[0]) for view, matchup in members]))


def _has(view: ComparisonView, tool_id: int) -> bool:
    return any(side.tool_id == tool_id for side in view.contenders)


def _turned(view: ComparisonView, matchup: Matchup, tool_id: int) -> Matchup:
    """`matchup` with the tool on the left."""
    if view.contenders[0].tool_id == tool_id:
        return matchup
    return replace(matchup, left=matchup.right, right=matchup.left)


def _group(matchups: Sequence[Matchup]) -> Group:
    tool = matchups[0].left
    rivals = count_of(len(matchups), "rival").replace(
        str(len(matchups)), number_word(len(matchups)).capitalize(), 1
    )
    return Group(f"{rivals} took on {tool.name} this week", tool, tuple(matchups))


def _short(text: str, length: int) -> str:
    """`text` cut at a word with an ellipsis, if it is longer than `length` characters."""
    if len(text) <= length:
        return text
    return text[: length - 1].rsplit(" ", 1)[0].rstrip(",;: ") + "…"
