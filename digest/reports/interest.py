"""Which tools and categories readers care about: who clicked, voted, and follows them.

`interest_in` tells it of the comparisons of a draft.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import quote

from sqlalchemy import case, func
from sqlmodel import Session, col, select

from digest.catalog.pages import Verdict
from digest.catalog.tables import Comparison, Contender, Tool, Vote
from digest.catalog.votes import MIN_VOTES
from digest.issues.tables import Issue, Link, Pick
from digest.reports.deliveries import deliveries_by_state, reached
from digest.reports.figures import Column, Figures, ratio, share, text
from digest.reports.hits import clickers_by_link
from subscribers.tables import Followed, TopicKind

LAST_ISSUES = 12
"""How many issues that went out are looked at, unless it is said otherwise."""


class Topic(StrEnum):
    """What readers may care about."""

    TOOL = "tool"
    CATEGORY = "category"


@dataclass(frozen=True, slots=True)
class Interest:
    """What is known of one tool or category. `key` is a tool's slug, or the category itself.

    `clicks` are of people, each once a link and issue; `shown` is how many people had it before
    them in the issues looked at. `ship` is None where too few voted to tell.
    """

    topic: Topic
    key: str
    name: str
    issues: int = 0
    shown: int = 0
    clicks: int = 0
    followers: int = 0
    votes: int = 0
    ship: int | None = None

    @property
    def rate(self) -> float | None:
        """Return the clicks for each person who had it before them."""
        return ratio(self.clicks, self.shown)

    @property
    def is_known(self) -> bool:
        """Return whether there is anything to tell."""
        return bool(self.clicks or self.followers or self.votes)


Key = tuple[Topic, str]


@dataclass(slots=True)
class _Tally:
    issues: set[int] = field(default_factory=set)
    clicks: int = 0


def interests(session: Session, last: int = LAST_ISSUES, series: str = "") -> list[Interest]:
    """Return every tool and category that was in the last issues, or that somebody follows.

    Most clicked for each who could first.
    """
    numbers = _last_issues(session, last, series)
    sizes = {
        number: reached(counts) for number, counts in deliveries_by_state(session, numbers).items()
    }
    tallies = _tally(session, numbers)
    followers = _followers(session)
    votes = _votes(session)
    names = dict(session.exec(select(Tool.slug, Tool.name)).all())
    found = []
    for topic, key in {*tallies, *followers}:
        tally = tallies.get((topic, key), _Tally())
        cast, ship = votes.get(key, (0, 0)) if topic is Topic.TOOL else (0, 0)
        found.append(
            Interest(
                topic,
                key,
                names.get(key, key) if topic is Topic.TOOL else key,
                len(tally.issues),
                sum(sizes[number] for number in tally.issues),
                tally.clicks,
                followers.get((topic, key), 0),
                cast,
                ship if cast >= MIN_VOTES else None,
            )
        )
    return sorted(found, key=lambda one: (-(one.rate or 0), -one.followers, one.topic, one.key))


def may_be_known(session: Session) -> bool:
    """Return whether `interests` may find anything; takes no time, whatever the store holds."""
    went_out = select(Issue.number).where(col(Issue.started_at).is_not(None)).limit(1)
    followed = select(Followed.name).limit(1)
    return session.exec(went_out).first() is not None or session.exec(followed).first() is not None


def interest_in(
    known: Iterable[Interest], session: Session, comparisons: Collection[int]
) -> dict[int, tuple[Interest, ...]]:
    """Return what is known of the tools and categories of each comparison, by its id.

    `known` is what `interests` returned: it takes a while, and serves many drafts.
    """
    by_key = {(one.topic, one.key): one for one in known}
    found: dict[int, dict[Key, Interest]] = {number: {} for number in comparisons}
    for number, slug, category in _contenders(session, comparisons):
        for key in ((Topic.TOOL, slug), (Topic.CATEGORY, category)):
            if key in by_key:
                found[number][key] = by_key[key]
    return {number: tuple(its.values()) for number, its in found.items()}


def in_words(interest: Interest) -> str:
    """Return one line on it: `SmolLM3: 4.1 % of 900 clicked, 12 follow it, 18 votes, 72 % ship`."""
    parts = []
    if interest.rate is not None:
        parts.append(
            f"{100 * interest.rate:.1f} clicks for each 100 readers in "
            f"{_counted(interest.issues, 'issue')}"
        )
    if interest.followers:
        parts.append(f"{interest.followers:,} follow it")
    if interest.votes:
        ship = ratio(interest.ship, interest.votes) if interest.ship is not None else None
        told = f", {100 * ship:.0f} % ship" if ship is not None else ""
        parts.append(f"{_counted(interest.votes, 'vote')}{told}")
    return f"{interest.name}: {'; '.join(parts) or 'nothing known yet'}"


def _counted(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def interest_figures(found: Iterable[Interest], topic: Topic) -> Figures:
    title = "Tools readers care about" if topic is Topic.TOOL else "Categories readers care about"
    return Figures(
        "tools" if topic is Topic.TOOL else "categories",
        title,
        (
            text("key", "Slug" if topic is Topic.TOOL else "Key"),
            text("name", "Tool" if topic is Topic.TOOL else "Category"),
            share("rate", "Clicks for each reader"),
            Column("clicks", "Clicks by people"),
            Column("shown", "Shown to"),
            Column("issues", "Issues"),
            Column("followers", "Followers"),
            Column("votes", "Votes"),
            share("ship", "Would ship"),
        ),
        tuple(
            (
                one.key,
                one.name,
                one.rate,
                one.clicks,
                one.shown,
                one.issues,
                one.followers,
                one.votes,
                None if one.ship is None else ratio(one.ship, one.votes),
            )
            for one in found
            if one.topic is topic
        ),
        bar="rate",
        note="A click on a comparison counts for both its tools and their categories; a person "
        "counts once for each link and issue. Votes are of all time.",
        empty="No issue went out yet, and nobody follows anything.",
    )


def _last_issues(session: Session, last: int, series: str) -> list[int]:
    wanted = select(Issue.number).where(
        col(Issue.started_at).is_not(None), col(Issue.audience).is_not(None)
    )
    if series:
        wanted = wanted.where(Issue.series == series)
    rows = session.exec(wanted.order_by(col(Issue.started_at).desc()).limit(last))
    return [number for number in rows if number is not None]


def _tally(session: Session, numbers: Collection[int]) -> dict[Key, _Tally]:
    """Return in which of the issues each tool and category was, and its clicks there."""
    keys: dict[tuple[int, str], dict[Key, None]] = defaultdict(dict)
    tallies: dict[Key, _Tally] = defaultdict(_Tally)
    for issue, title, url, slug, tool, category in _picked(session, numbers):
        sides: tuple[Key, Key] = ((Topic.TOOL, tool), (Topic.CATEGORY, category))
        for key in sides:
            tallies[key].issues.add(issue)
        for name in (url, title, f"/comparisons/{quote(slug)}", f"/tools/{quote(tool)}"):
            if name:
                keys[issue, name].update(dict.fromkeys(sides))
    clicks = clickers_by_link(session, numbers)
    for issue, number, url, label in _links(session, numbers):
        for key in _meant(keys, issue, url, label):
            tallies[key].clicks += clicks.get((issue, number), 0)
    return tallies


def _meant(
    keys: Mapping[tuple[int, str], dict[Key, None]], issue: int, url: str, label: str
) -> tuple[Key, ...]:
    """Return what a link is about: by its address, ours or the page's own, else by its label."""
    own = "/" + "/".join(url.rsplit("/", 2)[-2:])
    for name in (url, own, label):
        if (issue, name) in keys:
            return tuple(keys[issue, name])
    return ()


def _picked(
    session: Session, numbers: Collection[int]
) -> list[tuple[int, str, str | None, str, str, str]]:
    rows = session.exec(
        select(
            Pick.issue_number,
            Comparison.title,
            Comparison.url,
            Comparison.slug,
            Tool.slug,
            Contender.category,
        )  # type: ignore[call-overload]
        .join(Comparison, col(Comparison.id) == col(Pick.comparison_id))
        .join(Contender, col(Contender.comparison_id) == col(Comparison.id))
        .join(Tool, col(Tool.id) == col(Contender.tool_id))
        .where(col(Pick.issue_number).in_(numbers))
    )
    return [tuple(row) for row in rows]


def _links(session: Session, numbers: Collection[int]) -> list[tuple[int, int, str, str]]:
    rows = session.exec(
        select(Link.issue_number, Link.number, Link.url, Link.label).where(
            col(Link.issue_number).in_(numbers), col(Link.kind).in_(("comparison", "tool"))
        )
    )
    return [(issue, number, url, label) for issue, number, url, label in rows]


def _contenders(session: Session, comparisons: Collection[int]) -> list[tuple[int, str, str]]:
    rows = session.exec(
        select(Contender.comparison_id, Tool.slug, Contender.category)
        .join(Tool, col(Tool.id) == col(Contender.tool_id))
        .where(col(Contender.comparison_id).in_(comparisons))
        .order_by(col(Contender.comparison_id), col(Contender.position))
    )
    return [(number, slug, category) for number, slug, category in rows]


def _followers(session: Session) -> dict[Key, int]:
    topics = {TopicKind.TOOL: Topic.TOOL, TopicKind.CATEGORY: Topic.CATEGORY}
    rows = session.exec(
        select(Followed.topic, Followed.name, func.count()).group_by(
            col(Followed.topic), col(Followed.name)
        )
    )
    return {(topics[TopicKind(topic)], name): people for topic, name, people in rows}


def _votes(session: Session) -> dict[str, tuple[int, int]]:
    """Return how many voted on each tool, and how many of them would ship it, by slug."""
    ships = func.sum(case((col(Vote.verdict) == Verdict.SHIP, 1), else_=0))
    rows = session.exec(
        select(Tool.slug, func.count(), ships)
        .join(Vote, col(Vote.tool_id) == col(Tool.id))
        .group_by(col(Tool.slug))
    )
    return {slug: (int(cast), int(ship)) for slug, cast, ship in rows}
