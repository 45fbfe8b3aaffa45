"""A model of seasons: weeks of made-up comparisons, drawn from one seed.

Sizes are mostly small (half of the weeks have one to five comparisons) and go to 40. One tool in
five was compared before, one in ten is compared several times within a week. Scores are those of
panels of four, of three and of larger ones that a page rounds; some are missing. Names come from a
list that is nasty: brackets, question marks, percent signs, braces, other scripts, one name that
begins with another, words that a sentence could be made of, and words without a space.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from digest.catalog.pages import Lens, ReviewPage
from digest.catalog.queries import ComparisonView, ContenderView

START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
MOST = 40
NASTY = (
    "Heronry 2 (9B)", "Heronry", "Cormorant Mini API", "Cormorant Mini", "Who?", "Yahoo!", "100%",
    "Zero % Agent", "{left}", "{0}", "C++ Copilot", "Node.js", "Character.AI", "copy.ai", "A",
    "Nobody", "Everyone Else", "Neither", "No. 5", "Либра", "你好助手", "مساعد", "Ünïcödé Writer",
    "Pneumonoultramicroscopicsilicovolcanoconiosis", "x" * 70, ("Very long name of a tool that "
    "goes on for quite a while and then a little more"), "Tool, with comma", "Tool; with more",
    "O’Reilly’s “Best”", "<b>Bold</b>", "Ship & Skip", "R2", "R22", "Half [beta]", "E.g. Writer",
    "Free", "at $20/mo", "beats", "GPT-5 Mini API (2026 preview)", "GPT-5 Mini API", "🚀 Launch",
)  # fmt: skip
SOUNDS = ("lo", "ra", "mi", "ten", "dor", "qui", "sal", "ven", "ho", "ka")
PRICES = ("Free", "Free", "$20/mo", "$0.40 / 1M tokens", "", "€9", "Free trial, then $5", "£12/mo")
SCORES = (
    *(0, 25, 50, 75, 100) * 6, 100, 100, 95, 90, 5, 10, 60, 40, 100 / 3, 200 / 3, 33, 67, 87.5,
    99.97, 0.02, 49.96, 50.04, None,
)  # fmt: skip
MODELS: dict[str, Sequence[float | None]] = {
    "drawn": SCORES,
    "unanimous": (100,),
    "divided": (25, 75),
}
"""What the scores of a season are drawn from; in weeks of one mind, all are 100."""
CATEGORIES = ("Developer Tools", "Writing", "Research", "Video", "Speech", "Data")


@dataclass(frozen=True)
class SeasonWeek:
    """The comparisons of a week, the lead first, and when its issue is made."""

    number: int
    as_of: datetime
    views: tuple[ComparisonView, ...]


def weeks(count: int, seed: int, model: str = "drawn") -> list[SeasonWeek]:
    """Draw so many weeks; equal seeds give equal weeks."""
    return list(_Season(seed, MODELS[model]).draw(count))


class _Season:
    def __init__(self, seed: int, scores: Sequence[float | None]) -> None:
        self.random = Random(seed)
        self.scores = scores
        self.names: list[str] = []
        self.comparisons = 0

    def draw(self, count: int) -> Iterator[SeasonWeek]:
        for number in range(1, count + 1):
            as_of = START + timedelta(weeks=number)
            yield SeasonWeek(number, as_of, tuple(self._week(as_of)))

    def _week(self, as_of: datetime) -> list[ComparisonView]:
        draw = self.random
        size = draw.choice(
            (1, 2, 3, 4, 5, draw.randint(6, 12), draw.randint(6, 12), draw.randint(13, MOST))
        )
        of_one_mind = draw.random() < 0.15 and self.scores is SCORES
        hubs = [self._name() for _ in range(2)]
        views = []
        for _ in range(size):
            left = draw.choice(hubs) if draw.random() < 0.25 else self._name()
            right = self._name()
            while right == left:
                right = self._name()
            sides = (left, right) if draw.random() < 0.5 else (right, left)
            views.append(self._view(sides, as_of, of_one_mind=of_one_mind))
        return views

    def _name(self) -> str:
        draw = self.random
        kind = draw.random()
        if self.names and kind < 0.2:
            return draw.choice(self.names)
        if kind < 0.5:
            name = draw.choice(NASTY)
        else:
            word = "".join(draw.choice(SOUNDS) for _ in range(draw.randint(2, 4))).capitalize()
            name = draw.choice(
                (word, f"{word} {draw.randint(2, 9)}", f"{word} Writer Pro", f"{word} (12B)")
            )
        self.names.append(name)
        return name

    def _view(
        self, names: tuple[str, str], as_of: datetime, *, of_one_mind: bool
    ) -> ComparisonView:
        self.comparisons += 1
        published = as_of - timedelta(days=self.random.choice((0, 1, 3, 6, 6, 9)))
        left, right = (self._side(name, of_one_mind=of_one_mind) for name in names)
        return ComparisonView(
            id=self.comparisons,
            slug=f"comparison-{self.comparisons}",
            title=f"{names[0]} vs {names[1]}",
            url=None,
            published_at=published,
            imported_at=published,
            pin=None,
            contenders=(left, right),
        )

    def _side(self, name: str, *, of_one_mind: bool) -> ContenderView:
        draw = self.random
        size = draw.choice((4, 4, 4, 4, 3, 1, 0))
        return ContenderView(
            tool_id=sum(ord(one) * 257**place % 999_983 for place, one in enumerate(name)),
            tool_slug=name.casefold(),
            name=name,
            category=draw.choice(CATEGORIES),
            tagline=f"{name} in a line",
            description=f"{name} does one thing well. It costs what it costs.",
            panel_score=100 if of_one_mind else draw.choice(self.scores),
            community_score=draw.choice((None, None, 64.0, 20.0, 88.5)),
            entry_price=draw.choice(PRICES),
            reviews=tuple(
                ReviewPage(
                    lens, f"The {lens} ran {name} for a week and kept it. Skip if you can.", None
                )
                for lens in list(Lens)[:size]
            ),
        )
