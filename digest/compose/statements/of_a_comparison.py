"""Lists what a subject may say of one comparison; docs/claims.md says when each holds."""

from digest.compose.statements import messages
from digest.compose.statements.issue_facts import PairFacts, ToolFacts
from digest.compose.statements.statement import (
    PairStatement,
    Said,
    both,
    ranked,
    score,
    scores,
    share,
)
from digest.language.message import Count, Figure, Percent, Value
from digest.number_words import figure, percent

CLEAR_GAP = 20
"""Points from which one tool "beats" the other; below, it edges it out."""
WIDE_GAP = 50
MOVED = 10
"""Points from which a tool has moved since an earlier issue."""
MAX_PRICE = 16


def _of_one(holds: list[ToolFacts], strength: float, why: str) -> Said | None:
    if not holds:
        return None
    tool = holds[0]
    words: dict[str, Value] = {
        "size": Count(tool.panel.size),
        "ships": tool.panel.ships or 0,
        "skips": tool.panel.skips or 0,
    }
    return Said({"tool": tool}, words, strength, why.format(tool=tool.name, score=score(tool)))


def _split_counted(pair: PairFacts) -> Said | None:
    holds = [one for one in pair.sides if one.panel.is_split and one.panel.ships is not None]
    return _of_one(holds, 0.9, "{score} of the panel would ship {tool}: as good as even")


def _split(pair: PairFacts) -> Said | None:
    holds = [one for one in pair.sides if one.panel.is_split and one.panel.ships is None]
    return _of_one(holds, 0.9, "{score} of the panel would ship {tool}: as good as even")


def _all_but_one(pair: PairFacts) -> Said | None:
    holds = [one for one in pair.sides if one.panel.all_but_one_ship]
    return _of_one(holds, 0.5, "one reviewer alone would skip {tool} ({score} ship)")


def _only_one(pair: PairFacts) -> Said | None:
    holds = [one for one in pair.sides if one.panel.only_one_ships]
    return _of_one(holds, 0.6, "one reviewer alone would ship {tool} ({score} ship)")


def _all_and_none(pair: PairFacts) -> Said | None:
    if not (pair.scored and pair.ahead.panel.all_ship and pair.behind.panel.none_ships):
        return None
    return Said(ranked(pair), {}, 1.0, f"the widest gap there can be: {pair.title}")


def beats(pair: PairFacts) -> bool:
    """Whether "A beats B" holds: well ahead, and most of the panel would ship it."""
    return pair.gap >= CLEAR_GAP and pair.ahead.panel.would_ship


def _why_gap(pair: PairFacts) -> str:
    return f"{figure(pair.gap)} points between the two of {pair.title}"


def _beats(pair: PairFacts) -> Said | None:
    if not beats(pair):
        return None
    return Said(ranked(pair), scores(pair), 0.4 + pair.gap / 250, _why_gap(pair))


def _gap(pair: PairFacts) -> Said | None:
    if pair.gap < WIDE_GAP:
        return None
    return Said(ranked(pair), {"points": Figure(pair.gap)}, 0.4 + pair.gap / 250, _why_gap(pair))


def _edges(pair: PairFacts) -> Said | None:
    if not 0 < pair.gap < CLEAR_GAP:
        return None
    return Said(ranked(pair), scores(pair), 0.5, _why_gap(pair))


def _leads(pair: PairFacts) -> Said | None:
    if pair.gap < CLEAR_GAP or pair.ahead.panel.would_ship:
        return None
    return Said(ranked(pair), scores(pair), 0.4, _why_gap(pair))


def _both(pair: PairFacts) -> Said | None:
    if not all(one.panel.all_ship for one in pair.sides):
        return None
    return Said(both(pair), {}, 0.5, f"the whole panel would ship both of {pair.title}")


def _nobody(pair: PairFacts) -> Said | None:
    if not all(one.panel.none_ships for one in pair.sides):
        return None
    return Said(both(pair), {}, 0.9, f"nobody would ship either of {pair.title}")


def _both_question(pair: PairFacts) -> Said | None:
    if not all(one.panel.would_ship for one in pair.sides):
        return None
    return Said(both(pair), {}, 0.4, f"most of the panel would ship both of {pair.title}")


def one_ships(pair: PairFacts) -> bool:
    """Whether most of the panel would ship one, and most would skip the other."""
    return pair.scored and pair.ahead.panel.would_ship and pair.behind.panel.would_skip


def _one_question(pair: PairFacts) -> Said | None:
    if not one_ships(pair):
        return None
    return Said(both(pair), {}, 0.7, f"most of the panel would ship {pair.ahead.name} alone")


def _neither_question(pair: PairFacts) -> Said | None:
    if not all(one.panel.would_skip for one in pair.sides):
        return None
    return Said(both(pair), {}, 0.7, f"most of the panel would skip both of {pair.title}")


def _tie(pair: PairFacts) -> Said | None:
    if not pair.tied or pair.left.panel.all_ship or pair.left.panel.none_ships:
        return None
    why = f"both of {pair.title} have {score(pair.left)}"
    return Said(both(pair), {"score": share(pair.left)}, 0.6, why)


def _priced(pair: PairFacts, *, free: ToolFacts, paid: ToolFacts) -> bool:
    known = free.is_free and paid.is_paid and len(paid.price) <= MAX_PRICE
    return known and beats(pair)


def _free_beats(pair: PairFacts) -> Said | None:
    if not _priced(pair, free=pair.ahead, paid=pair.behind):
        return None
    why = f"the free tool of {pair.title} is {figure(pair.gap)} points ahead"
    return Said(ranked(pair), {"price": pair.behind.price}, 0.8, why)


def _paid_beats(pair: PairFacts) -> Said | None:
    if not _priced(pair, free=pair.behind, paid=pair.ahead):
        return None
    why = f"the free tool of {pair.title} is {figure(pair.gap)} points behind"
    return Said(ranked(pair), {"price": pair.ahead.price}, 0.6, why)


def _moved_words(tool: ToolFacts) -> dict[str, Value]:
    return {"was": Percent(tool.earlier.score if tool.earlier else 0), "now": share(tool)}


def _why_moved(tool: ToolFacts) -> str:
    if tool.earlier is None:
        return ""
    was = percent(tool.earlier.score)
    return f"{tool.name} had {was} in issue {tool.earlier.issue} and has {score(tool)} now"


def _moved(pair: PairFacts) -> Said | None:
    tool = max(pair.sides, key=lambda side: side.moved)
    if tool.moved < MOVED:
        return None
    return Said({"tool": tool}, _moved_words(tool), 0.6 + tool.moved / 250, _why_moved(tool))


def _changed_mind(pair: PairFacts) -> Said | None:
    for tool in pair.sides:
        was, now = tool.earlier.score if tool.earlier else None, tool.panel
        if was is None or tool.moved < MOVED:
            continue
        if (was > 50 and now.would_skip) or (was < 50 and now.would_ship):  # noqa: PLR2004 - half
            return Said({"tool": tool}, _moved_words(tool), 1.2, _why_moved(tool))
    return None


def _unscored(pair: PairFacts) -> Said | None:
    scored = [one for one in pair.sides if one.panel.score is not None]
    if len(scored) != 1:
        return None
    other = pair.right if scored[0] is pair.left else pair.left
    tools = {"scored": scored[0], "unscored": other}
    return Said(tools, {}, 0.3, f"{other.name} has no panel score yet")


def _unscored_both(pair: PairFacts) -> Said | None:
    reviewed = all(one.panel.score is None and one.panel.size for one in pair.sides)
    return Said(both(pair), {}, 0.3, "neither has a panel score yet") if reviewed else None


def _versus(pair: PairFacts) -> Said | None:
    return Said(both(pair), {}, 0.0, "says no more than what is compared")


PAIR_STATEMENTS = (
    PairStatement("split", messages.SPLIT_COUNTED, _split_counted),
    PairStatement("split", messages.SPLIT, _split),
    PairStatement("all-but-one", messages.ALL_BUT_ONE, _all_but_one),
    PairStatement("only-one", messages.ONLY_ONE, _only_one),
    PairStatement("all-and-none", messages.ALL_AND_NONE, _all_and_none),
    PairStatement("beats", messages.BEATS, _beats),
    PairStatement("gap", messages.GAP, _gap),
    PairStatement("edges", messages.EDGES, _edges),
    PairStatement("leads", messages.LEADS, _leads),
    PairStatement("both", messages.BOTH, _both),
    PairStatement("nobody", messages.NOBODY, _nobody),
    PairStatement("question-both", messages.BOTH_QUESTION, _both_question),
    PairStatement("question-one", messages.ONE_QUESTION, _one_question),
    PairStatement("question-neither", messages.NEITHER_QUESTION, _neither_question),
    PairStatement("tie", messages.TIE, _tie),
    PairStatement("free-beats", messages.FREE_BEATS, _free_beats),
    PairStatement("paid-beats", messages.PAID_BEATS, _paid_beats),
    PairStatement("moved", messages.MOVED, _moved),
    PairStatement("changed-mind", messages.CHANGED_MIND, _changed_mind),
    PairStatement("unscored", messages.UNSCORED_ONE, _unscored),
    PairStatement("unscored", messages.UNSCORED_BOTH, _unscored_both),
    PairStatement("versus", messages.VERSUS, _versus),
)
