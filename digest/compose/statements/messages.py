"""Lists every sentence that an issue words itself, whole, with named placeholders.

Catalogues translate them one by one: nothing here is glued from pieces, and what depends on a
number has a form for one and a form for many, as other languages have more. docs/claims.md says
when each may be said.
"""

from digest.compose.span import Span
from digest.language.message import Message


def by_span(day: Message, week: Message, month: Message, always: Message) -> dict[Span, Message]:
    """Return a sentence for each span."""
    return {Span.DAY: day, Span.WEEK: week, Span.MONTH: month, Span.OPEN: always}


# Subjects.
SPLIT_COUNTED = Message("{tool} splits the panel {ships} to {skips}")
SPLIT = Message("{tool} splits the panel")
ALL_BUT_ONE = Message(
    "All but one of {size} reviewer would ship {tool}",
    "All but one of {size} reviewers would ship {tool}",
    by="size",
)
ONLY_ONE = Message(
    "Only one of {size} reviewer would ship {tool}",
    "Only one of {size} reviewers would ship {tool}",
    by="size",
)
ALL_AND_NONE = Message("The whole panel ships {ahead}, nobody {behind}")
BEATS = Message("{ahead} beats {behind}, {high} to {low}")
GAP = Message(
    "{points} point between {ahead} and {behind}",
    "{points} points between {ahead} and {behind}",
    by="points",
)
EDGES = Message("{ahead} edges out {behind}, {high} to {low}")
LEADS = Message("{ahead} leads {behind}, {high} to {low}")
BOTH = Message("The whole panel would ship {left} and {right}")
BOTH_QUESTION = Message("{left} or {right}? The panel would ship both")
ONE_QUESTION = Message("{left} or {right}? The panel would ship only one")
NEITHER_QUESTION = Message("{left} or {right}? The panel would ship neither")
NOBODY = Message("Nobody on the panel would ship {left} or {right}")
TIE = Message("{left} and {right} tie at {score}")
FREE_BEATS = Message("Free {ahead} beats {behind} at {price}")
PAID_BEATS = Message("{ahead} at {price} beats free {behind}")
MOVED = Message("{tool} goes from {was} to {now}")
CHANGED_MIND = Message("The panel changes its mind on {tool}: {was}, now {now}")
UNSCORED_ONE = Message("{scored} has its score, {unscored} has none yet")
UNSCORED_BOTH = Message("{left} and {right}: reviewed, not yet scored")
BEATS_ALL_RIVALS = Message("{tool} beats {count} rival", "{tool} beats all {count} rivals")
BEATEN_BY_ALL = Message("{tool} loses to {count} rival", "{tool} loses to all {count} rivals")
RIVALS = Message("{count} rival took on {tool}", "{count} rivals took on {tool}")
SHIPS_SOME = Message(
    "The panel would ship {ships} of {count} tool", "The panel would ship {ships} of {count} tools"
)
SHIPS_ALL = Message(
    "{count} tool, and the panel would ship it",
    "{count} tools, and the panel would ship every one",
)
SHIPS_NONE = Message(
    "{count} tool, and the panel would not ship it",
    "{count} tools, and the panel would ship none",
)
FIRST_NONE = Message(
    "{tool}: the first in {issues} issue nobody would ship",
    "{tool}: the first in {issues} issues nobody would ship",
    by="issues",
)
FIRST_ALL = Message(
    "{tool}: the first in {issues} issue all would ship",
    "{tool}: the first in {issues} issues all would ship",
    by="issues",
)
VERSUS = Message("{left} against {right}")
NUMBERED = Message("Issue {number}: two tools compared", "Issue {number}: {count} comparisons")

# Kickers: a word or two over the lead.
KICKER_OPEN = Message("Verdict open")
KICKER_SPLIT = Message("Split panel")
KICKER_DIVIDED = Message("Divided panel")
KICKER_ALL_BUT_ONE = Message("One dissent")
KICKER_ONLY_ONE = Message("One lone fan")
KICKER_BOTH = Message("Both ship")
KICKER_NEITHER = Message("Neither ships")
KICKER_CLEAR = Message("Clear verdict")
KICKER_CLOSE = Message("Close call")
KICKER_TIE = Message("Dead heat")
KICKER_LEAD = Message("One ahead")

# One sentence under a comparison.
UNSCORED_ROW = Message("The panel has not scored {unscored} yet.")
UNSCORED_ROWS = Message("The panel has scored neither of the two yet.")
BOTH_ROWS = (
    Message("The whole panel would ship either one."),
    Message("Nobody on the panel would skip {left} or {right}."),
    Message("No dissent: {left} and {right} both ship."),
)
BOTH_PRICES = Message(
    "The whole panel would ship both; to start, {left}: {first}; {right}: {second}."
)
NOBODY_ROWS = (
    Message("Nobody on the panel would ship either one."),
    Message("The whole panel would skip {left} and {right}."),
    Message("Not one reviewer would ship {left} or {right}."),
)
TIE_ROWS = (
    Message("A dead heat: {score} of the panel would ship each."),
    Message("{left} and {right} are level at {score}."),
)
LEAD_ROWS = (
    Message("{ahead} leads, {high} to {low}."),
    Message("{high} of the panel would ship {ahead}, {low} {behind}."),
    Message(
        "{ahead} is {points} point ahead of {behind}.",
        "{ahead} is {points} points ahead of {behind}.",
        by="points",
    ),
)
SINCE = Message("Since issue {issue}, {tool} went from {was} to {now}.")

# The lead-in: what is in it for the reader.
IN_ONE_QUESTION = Message(
    "Choosing between {left} and {right}? The panel would ship only {ahead}, and says why."
)
IN_SPLIT = Message("The panel can't agree on {tool}: read both sides before you build on it.")
IN_BOTH = Message(
    "{left} or {right}: the whole panel would ship either, so let price and fit decide."
)
IN_BOTH_ALIKE = Message("{left} or {right}: the whole panel would ship either, so let fit decide.")
IN_NOBODY = Message("Before you spend an evening on {left} or {right}: nobody on the panel would.")
IN_NEITHER = Message(
    "Neither {left} nor {right} wins most of the panel; read the reviews before you settle on one."
)
IN_AHEAD = Message("Choosing between {left} and {right}? The panel leans to {ahead}.")
IN_TIE = Message("{left} and {right} come out level; the reviews tell them apart.")
IN_UNSCORED = Message("No score yet for {unscored}: here is what the reviewers wrote.")
IN_NEW = Message("What {left} and {right} do, what they cost, and where they differ.")
IN_PLAIN = Message("What {left} and {right} are good for, and what they are not.")
IN_MOVED = Message("And {tool} moved: {was} in issue {issue}, {now} now.")
IN_FREE = Message(
    "One of the {count} tools here is free to start.",
    "{free} of the {count} tools here are free to start.",
    by="free",
)
IN_SHIPS = Message(
    "Of {count} tool here, the panel would ship {ships}.",
    "Of {count} tools here, the panel would ship {ships}.",
)
IN_ALL_SHIP = Message(
    "Of the {count} tool here, there is none that most of the panel would skip.",
    "Of the {count} tools here, there is none that most of the panel would skip.",
)
IN_UNANIMOUS = Message(
    "One tool here has the whole panel behind it.",
    "{unanimous} tools here have the whole panel behind them.",
    by="unanimous",
)
IN_READERS = Message("On {tool}, readers and panel part ways: {readers} against {panel}.")
IN_TOPICS = Message("Also here: {topics}.")
IN_MORE = Message("One more comparison follows.", "{more} more comparisons follow.", by="more")

# Headings and the preheader.
ALSO = by_span(
    Message("Also compared today"),
    Message("Also compared this week"),
    Message("Also compared this month"),
    Message("Also compared"),
)
TOOK_ON = by_span(
    Message(
        "{rivals} rival took on {tool} today", "{rivals} rivals took on {tool} today", by="rivals"
    ),
    Message(
        "{rivals} rival took on {tool} this week",
        "{rivals} rivals took on {tool} this week",
        by="rivals",
    ),
    Message(
        "{rivals} rival took on {tool} this month",
        "{rivals} rivals took on {tool} this month",
        by="rivals",
    ),
    Message("{rivals} rival took on {tool}", "{rivals} rivals took on {tool}", by="rivals"),
)
TOOK_ON_AT = Message(
    "{rivals} rival took on {tool} at {score}",
    "{rivals} rivals took on {tool} at {score}",
    by="rivals",
)
TOOK_ON_UNSCORED = Message(
    "{rivals} rival took on {tool}, not yet scored",
    "{rivals} rivals took on {tool}, not yet scored",
    by="rivals",
)
INBOX = by_span(
    Message("Also today: {names}."),
    Message("Also this week: {names}."),
    Message("Also this month: {names}."),
    Message("Also: {names}."),
)
INBOX_MORE = by_span(
    Message(
        "Also today: {names}, plus one more.", "Also today: {names}, plus {more} more.", by="more"
    ),
    Message(
        "Also this week: {names}, plus one more.",
        "Also this week: {names}, plus {more} more.",
        by="more",
    ),
    Message(
        "Also this month: {names}, plus one more.",
        "Also this month: {names}, plus {more} more.",
        by="more",
    ),
    Message("Also: {names}, plus one more.", "Also: {names}, plus {more} more.", by="more"),
)
INBOX_COUNT = Message("And one more comparison.", "And {more} more comparisons.", by="more")
INBOX_ALONE = Message("Two tools, one panel, and what each reviewer made of them.")
