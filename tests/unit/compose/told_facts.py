"""What holds on the pages: the arithmetic behind each rule."""

import re
from collections.abc import Callable
from datetime import timedelta

from digest.catalog.queries import ContenderView
from tests.unit.compose.told_pages import Pages, near, number


def one(holds: Callable[[ContenderView], bool]) -> Callable[..., bool]:
    return lambda pages, tool, *_: any(holds(side) for side in pages.sides(tool))


def two(holds: Callable[[ContenderView, ContenderView], bool]) -> Callable[..., bool]:
    return lambda pages, a, b, *_: any(holds(*pair) for pair in pages.pairs(a, b))


def S(side: ContenderView) -> float:  # noqa: N802 - short, as in the rules
    """Return the score as a page prints it: one decimal, and 0 and 100 only where it is."""
    score = side.panel_score
    if score is None:
        return -1
    return score if score in (0, 100) else min(max(round(score, 1), 0.1), 99.9)


def scored(a: ContenderView, b: ContenderView) -> bool:
    return a.panel_score is not None and b.panel_score is not None


def lead_words(pages: Pages, a: str, b: str, high: str, low: str) -> bool:
    return any(
        scored(x, y) and S(x) > S(y) and near(S(x), high) and near(S(y), low)
        for x, y in pages.pairs(a, b)
    )


def well_ahead(pages: Pages, a: str, b: str, high: str, low: str) -> bool:
    return lead_words(pages, a, b, high, low) and any(
        S(x) > 50 and S(x) - S(y) > 19.8 for x, y in pages.pairs(a, b)
    )


def points(pages: Pages, said: str, a: str, b: str) -> bool:
    return any(
        scored(x, y) and abs(S(x) - S(y) - number(said)) < 0.21 and S(x) > S(y)
        for x, y in pages.pairs(a, b)
    )


def split_counted(pages: Pages, tool: str, ships: str, skips: str) -> bool:
    return any(
        len(x.reviews) == int(ships) + int(skips) > 1
        and abs(S(x) - 100 * int(ships) / len(x.reviews)) <= 0.6
        and min(int(ships), int(skips)) / len(x.reviews) >= 0.4
        for x in pages.sides(tool)
    )


def moved(pages: Pages, tool: str, was: str, now: str) -> bool:
    last = pages.last_printed(tool)
    before = last is not None and len(last[1]) == 1 and near(next(iter(last[1])), was)
    return before and any(near(x.panel_score, now) for x in pages.sides(tool))


def mind(pages: Pages, tool: str, was: str, now: str) -> bool:
    return moved(pages, tool, was, now) and (number(was) - 50) * (number(now) - 50) < 0


def since(pages: Pages, issue: str, tool: str, was: str, now: str) -> bool:
    last = pages.last_printed(tool)
    return last is not None and last[0] == int(issue) and moved(pages, tool, was, now)


def rivals(pages: Pages, tool: str) -> list[tuple[ContenderView, ContenderView]]:
    return [pair for other in pages.names if other != tool for pair in pages.pairs(tool, other)]


def all_rivals(sign: int) -> Callable[..., bool]:
    def rule(pages: Pages, tool: str, count: str) -> bool:
        pairs = rivals(pages, tool)
        return (
            len(pairs) == number(count) == len({y.name for _, y in pairs})
            and all(scored(x, y) and sign * (S(x) - S(y)) > 0 for x, y in pairs)
        )  # fmt: skip

    return rule


def verdicts(pages: Pages) -> list[set[str]]:
    def verdict(side: ContenderView) -> str:
        return "?" if side.panel_score is None else "ship" if S(side) > 50 else "no"

    return [{verdict(side) for side in pages.sides(name)} for name in pages.names]


def ships(pages: Pages, said: str, count: str) -> bool:
    found = verdicts(pages)
    known = all(len(one) == 1 and "?" not in one for one in found)
    return known and len(found) == number(count) and found.count({"ship"}) == number(said)


def first(score: int) -> Callable[..., bool]:
    def rule(pages: Pages, tool: str, issues: str) -> bool:
        before = pages.printed[: int(number(issues)) - 1]
        seen = [one for _, scores in before for many in scores.values() for one in many]
        here = {x.name for name in pages.names for x in pages.sides(name) if x.panel_score == score}
        return len(before) == number(issues) - 1 and score not in seen and here == {tool}

    return rule


def free(side: ContenderView) -> bool:
    return side.entry_price.lower() == "free"


def price_of(side: ContenderView, said: str) -> bool:
    return side.entry_price == said and any(one in said for one in "$€£")


def within(days: int) -> Callable[[Pages], bool]:
    def rule(pages: Pages) -> bool:
        oldest = pages.as_of - timedelta(days=days, hours=2)
        return all(view.published_at >= oldest for view in pages.views)

    return rule


def count_rule(pages: Pages, said: str) -> bool:
    return number(said) == len(pages.views) - 1


def unanimous(pages: Pages, said: str) -> bool:
    backed = [n for n in pages.names if all(x.panel_score == 100 for x in pages.sides(n))]
    return len(backed) == number(said)


def free_tools(pages: Pages, said: str, count: str) -> bool:
    found = [n for n in pages.names if all(free(x) for x in pages.sides(n))]
    return len(found) == number(said) and len(pages.names) == number(count)


def loner(fans: int) -> Callable[..., bool]:
    def rule(pages: Pages, size: str, tool: str) -> bool:
        def holds(x: ContenderView) -> bool:
            n = len(x.reviews)
            few = 1 if fans == 1 else n - 1
            return n == number(size) >= 3 and abs(S(x) - 100 * few / n) <= 0.6

        return any(holds(x) for x in pages.sides(tool))

    return rule


def topics(pages: Pages, said: str) -> bool:
    lead, *rest = pages.views
    there = {x.category for view in rest for x in view.contenders}
    first_ones = {x.category for x in lead.contenders}
    told = re.split(r", | and ", said)
    return set(told) == there - first_ones
