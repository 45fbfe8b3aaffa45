"""Defines the values that an issue's templates show."""

from dataclasses import dataclass
from datetime import date

from digest.catalog.trends import Week


class Markdown(str):
    """Text of an editor's, to be read as Markdown. Any other text is printed as it stands."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class PullQuote:
    """Whole sentences of a review; `verdict` is ship, skip or None (unknown).

    Where the whole panel is of one mind, its score says the verdict of each.
    """

    lens: str
    quote: str
    verdict: str | None


@dataclass(frozen=True, slots=True)
class TellingLine:
    """A short whole sentence about one of a comparison's tools, as a reason to read it.

    `lens` is the reviewer's; None where the words are the page's own description of the tool.
    """

    text: str
    tool: str
    lens: str | None
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
    url: str
    """Where the tool's own page is."""
    trend: tuple[Week, ...] = ()
    """Panel scores by week, the oldest first; none where there is but one."""
    pull: PullQuote | None = None
    """On the two sides of the lead only."""


@dataclass(frozen=True, slots=True)
class Matchup:
    """One comparison in the email. `kicker` says in a few words why it is worth reading."""

    slug: str
    title: str
    url: str
    left: Side
    right: Side
    kicker: str = ""
    summary: str = ""
    """One sentence of our own: who leads, or that the panel is divided."""
    line: TellingLine | None = None
    """In groups and briefs; the lead has a pull quote on each side."""
    since: str = ""
    """How a score moved since an earlier issue printed it, in a sentence."""
    headline: str = ""
    """The editor's headline, if they wrote one; `title` is the page's."""
    note: str = ""
    """The editor's summary, if they wrote one; `summary` holds it too."""
    second: TellingLine | None = None
    """Another line, where an editor chose one about each tool."""

    @property
    def lines(self) -> tuple[TellingLine, ...]:
        """Return the telling lines that there are."""
        return tuple(filter(None, (self.line, self.second)))


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
    also: str = "Also compared"
    """The heading over the briefs."""
    closing: str = ""
    """The editor's closing note, under the last comparison."""


@dataclass(frozen=True, slots=True)
class Headline:
    """Subject, preheader and lead-in as an editor may change them; an empty one is proposed.

    There is a closing note only where an editor wrote one.
    """

    subject: str
    preheader: str
    intro: str = ""
    closing: str = ""
