"""Each form of a sentence, and the rule under which it is true."""

import re
from collections.abc import Callable

from tests.unit.compose.told_facts import (
    S,
    all_rivals,
    count_rule,
    first,
    free,
    free_tools,
    lead_words,
    loner,
    mind,
    moved,
    one,
    points,
    price_of,
    rivals,
    scored,
    ships,
    since,
    split_counted,
    topics,
    two,
    unanimous,
    well_ahead,
    within,
)
from tests.unit.compose.told_pages import near, number

Rule = tuple[str, Callable[..., bool]]
T = "TOOL"
"""Stands for a name; what matches is looked up, so that a tool called \"beats\" is no trap."""
N = r"([\d.]+%?|[A-Za-z]+)"
P = r"([\d.]+%)"

RULES: list[Rule] = [
    (rf"{T} splits the panel (\d+) to (\d+)", split_counted),
    (rf"{T} splits the panel", one(lambda x: 40 <= S(x) <= 60 and len(x.reviews) != 1)),
    (
        rf"The panel can't agree on {T}: read both sides before you build on it\.",
        one(lambda x: 40 <= S(x) <= 60 and len(x.reviews) != 1),
    ),
    (rf"All but one of {N} reviewers would ship {T}", loner(0)),
    (rf"Only one of {N} reviewers would ship {T}", loner(1)),
    (rf"The whole panel ships {T}, nobody {T}", two(lambda x, y: S(x) == 100 and S(y) == 0)),
    (rf"{T} beats {T}, {P} to {P}", well_ahead),
    (
        rf"{N} points between {T} and {T}",
        lambda pages, n, a, b: points(pages, n, a, b) and number(n) >= 50,
    ),
    (rf"{T} is {N} points ahead of {T}\.", lambda pages, a, n, b: points(pages, n, a, b)),
    (
        rf"{T} edges out {T}, {P} to {P}",
        lambda pages, *v: (
            lead_words(pages, *v) and any(S(x) - S(y) < 20.2 for x, y in pages.pairs(*v[:2]))
        ),
    ),
    (rf"{T} leads {T}, {P} to {P}", lead_words),
    (rf"The whole panel would ship {T} and {T}", two(lambda x, y: S(x) == S(y) == 100)),
    (rf"{T} or {T}\? The panel would ship both", two(lambda x, y: S(x) > 50 and S(y) > 50)),
    (
        rf"{T} or {T}\? The panel would ship only one",
        two(lambda x, y: scored(x, y) and (S(x) - 50) * (S(y) - 50) < 0),
    ),
    (
        rf"{T} or {T}\? The panel would ship neither",
        two(lambda x, y: 0 <= S(x) < 50 and 0 <= S(y) < 50),
    ),
    (rf"Nobody on the panel would ship {T} or {T}", two(lambda x, y: S(x) == S(y) == 0)),
    (
        rf"{T} and {T} tie at {P}",
        lambda pages, a, b, s: any(near(S(x), s) and near(S(y), s) for x, y in pages.pairs(a, b)),
    ),
    (
        rf"Free {T} beats {T} at (.+)",
        lambda pages, a, b, price: any(
            free(x) and price_of(y, price) and S(x) > 50 and S(x) - S(y) > 19.8 and scored(x, y)
            for x, y in pages.pairs(a, b)
        ),
    ),
    (
        rf"{T} at (.+) beats free {T}",
        lambda pages, a, price, b: any(
            free(y) and price_of(x, price) and S(x) > 50 and S(x) - S(y) > 19.8 and scored(x, y)
            for x, y in pages.pairs(a, b)
        ),
    ),
    (rf"{T} goes from {P} to {P}", moved),
    (rf"The panel changes its mind on {T}: {P}, now {P}", mind),
    (
        rf"And {T} moved: {P} in issue (\d+), {P} now\.",
        lambda pages, t, was, issue, now: since(pages, issue, t, was, now),
    ),
    (rf"Since issue (\d+), {T} went from {P} to {P}\.", since),
    (
        rf"{T} has its score, {T} has none yet",
        two(lambda x, y: x.panel_score is not None and y.panel_score is None),
    ),
    (
        rf"{T} and {T}: reviewed, not yet scored",
        two(
            lambda x, y: (
                x.panel_score is None and y.panel_score is None and bool(x.reviews and y.reviews)
            )
        ),
    ),
    (rf"{T} beats all {N} rivals", all_rivals(1)),
    (rf"{T} loses to all {N} rivals", all_rivals(-1)),
    (
        rf"{N} rivals took on {T}",
        lambda pages, n, t: (
            len(rivals(pages, t)) == number(n) == len({y.name for _, y in rivals(pages, t)})
        ),
    ),
    (rf"The panel would ship {N} of {N} tools", ships),
    (rf"{N} tools, and the panel would ship every one", lambda pages, n: ships(pages, n, n)),
    (rf"{N} tools, and the panel would ship none", lambda pages, n: ships(pages, "no", n)),
    (rf"{T}: the first in {N} issues nobody would ship", first(0)),
    (rf"{T}: the first in {N} issues all would ship", first(100)),
    (rf"{T} against {T}", two(lambda *_: True)),
    (
        r"Issue (\d+): two tools compared",
        lambda pages, n: int(n) == pages.number and len(pages.views) == 1,
    ),
    (
        rf"Issue (\d+): {N} comparisons",
        lambda pages, n, c: int(n) == pages.number and number(c) == len(pages.views),
    ),
    # the lead-in
    (
        rf"Choosing between {T} and {T}\? The panel would ship only {T}, and says why\.",
        lambda pages, a, b, w: any(
            S(x) > 50 and 0 <= S(y) < 50 and x.name == w
            for p in ((a, b), (b, a))
            for x, y in pages.pairs(*p)
        ),
    ),
    (
        rf"{T} or {T}: the whole panel would ship either, so let price and fit decide\.",
        two(lambda x, y: S(x) == S(y) == 100 and x.entry_price != y.entry_price),
    ),
    (
        rf"{T} or {T}: the whole panel would ship either, so let fit decide\.",
        two(lambda x, y: S(x) == S(y) == 100),
    ),
    (
        rf"Before you spend an evening on {T} or {T}: nobody on the panel would\.",
        two(lambda x, y: S(x) == S(y) == 0),
    ),
    (
        rf"Neither {T} nor {T} wins most of the panel; read the reviews before you settle on one\.",
        two(lambda x, y: 0 <= S(x) <= 50 and 0 <= S(y) <= 50),
    ),
    (
        rf"Choosing between {T} and {T}\? The panel leans to {T}\.",
        lambda pages, a, b, w: any(
            S(x) > 50 and scored(x, y) and S(x) > S(y) and x.name == w
            for p in ((a, b), (b, a))
            for x, y in pages.pairs(*p)
        ),
    ),
    (
        rf"{T} and {T} come out level; the reviews tell them apart\.",
        two(lambda x, y: scored(x, y) and abs(S(x) - S(y)) < 0.11),
    ),
    (
        rf"No score yet for {T}: here is what the reviewers wrote\.",
        one(lambda x: x.panel_score is None and bool(x.reviews)),
    ),
    (
        rf"What {T} and {T} do, what they cost, and where they differ\.",
        two(lambda x, y: bool(x.entry_price and y.entry_price)),
    ),
    (rf"What {T} and {T} are good for, and what they are not\.", two(lambda *_: True)),
    (
        rf"One of the {N} tools here is free to start\.",
        lambda pages, c: free_tools(pages, "one", c),
    ),
    (rf"{N} of the {N} tools here are free to start\.", free_tools),
    (rf"Of {N} tools here, the panel would ship {N}\.", lambda pages, c, n: ships(pages, n, c)),
    (
        rf"Of the {N} tools here, there is none that most of the panel would skip\.",
        lambda pages, c: ships(pages, c, c),
    ),
    (r"One tool here has the whole panel behind it\.", lambda pages: unanimous(pages, "one")),
    (rf"{N} tools here have the whole panel behind them\.", unanimous),
    (
        rf"On {T}, readers and panel part ways: {P} against {P}\.",
        lambda pages, t, r, p: any(
            near(x.community_score, r)
            and near(x.panel_score, p)
            and abs(number(r) - number(p)) > 19
            for x in pages.sides(t)
        ),
    ),
    (r"Also here: (.+)\.", topics),
    (r"One more comparison follows\.", lambda pages: len(pages.views) == 2),
    (rf"{N} more comparisons follow\.", count_rule),
    # rows
    (
        r"The panel has scored neither of the two yet\.",
        lambda pages: any(
            x.panel_score is None and y.panel_score is None
            for v in pages.views
            for x, y in [v.contenders]
        ),
    ),
    (rf"The panel has not scored {T} yet\.", one(lambda x: x.panel_score is None)),
    (
        r"The whole panel would ship either one\.",
        lambda pages: any(S(x) == S(y) == 100 for v in pages.views for x, y in [v.contenders]),
    ),
    (rf"Nobody on the panel would skip {T} or {T}\.", two(lambda x, y: S(x) == S(y) == 100)),
    (rf"No dissent: {T} and {T} both ship\.", two(lambda x, y: S(x) == S(y) == 100)),
    (
        rf"The whole panel would ship both; to start, {T}: (.+?); {T}: (.+)\.",
        lambda pages, a, p, b, q: any(
            S(x) == S(y) == 100 and (x.entry_price, y.entry_price) == (p, q)
            for x, y in pages.pairs(a, b)
        ),
    ),
    (
        r"Nobody on the panel would ship either one\.",
        lambda pages: any(S(x) == S(y) == 0 for v in pages.views for x, y in [v.contenders]),
    ),
    (rf"The whole panel would skip {T} and {T}\.", two(lambda x, y: S(x) == S(y) == 0)),
    (rf"Not one reviewer would ship {T} or {T}\.", two(lambda x, y: S(x) == S(y) == 0)),
    (
        rf"A dead heat: {P} of the panel would ship each\.",
        lambda pages, s: any(
            near(S(x), s) and near(S(y), s) for v in pages.views for x, y in [v.contenders]
        ),
    ),
    (
        rf"{T} and {T} are level at {P}\.",
        lambda pages, a, b, s: any(near(S(x), s) and near(S(y), s) for x, y in pages.pairs(a, b)),
    ),
    (
        rf"{T} leads, {P} to {P}\.",
        lambda pages, a, h, lo: any(lead_words(pages, a, b, h, lo) for b in pages.names),
    ),
    (
        rf"{P} of the panel would ship {T}, {P} {T}\.",
        lambda pages, h, a, lo, b: lead_words(pages, a, b, h, lo),
    ),
    # headings
    (r"Also compared this week", within(7)),
    (r"Also compared this month", within(31)),
    (r"Also compared today", within(1)),
    (r"Also compared", lambda _: True),
]


def _compiled(rule: Rule) -> tuple[list[re.Pattern[str]], list[bool], Callable[..., bool]]:
    pattern, holds = rule
    kinds = [found == T for found in re.findall(rf"{T}|\((?!\?)", pattern)]
    shapes = [re.compile(pattern.replace(T, any_name)) for any_name in ("(.+?)", "(.+)")]
    return shapes, kinds, holds


COMPILED = [_compiled(rule) for rule in RULES]
