"""Proposes the preheader: what else is in the issue, cut between names so that the count stays."""

from digest.compose.rows import Rows
from digest.compose.statements import messages
from digest.compose.statements.issue_facts import IssueFacts
from digest.language.language import ENGLISH, Language
from digest.language.message import Count, Names, Series

MAX_PREHEADER_LENGTH = 110


def preheader(issue: IssueFacts, language: Language = ENGLISH) -> str:
    """Return the names of what follows the lead, as many as fit, and how many more there are.

    Two that are compared again are named once: the count has the others. With nothing else in the
    issue, it says how the lead came out.
    """
    if len(issue.pairs) == 1:
        text = Rows(language).sentence(issue.lead)
        fits = len(text) <= MAX_PREHEADER_LENGTH
        return text if fits else language.say(messages.INBOX_ALONE)
    others = issue.pairs[1:]
    named: dict[frozenset[int], str] = {}
    for pair in others:
        tools = frozenset(side.tool_id for side in pair.sides)
        named.setdefault(tools, " ".join(pair.title.split()))
    titles = list(named.values())
    for shown in range(len(titles), 0, -1):
        text = _named(issue, titles[:shown], len(others) - shown, language)
        if len(text) <= MAX_PREHEADER_LENGTH:
            return text
    return language.say(messages.INBOX_COUNT, more=Count(len(others)))


def _named(issue: IssueFacts, titles: list[str], more: int, language: Language) -> str:
    if not more:
        return language.say(messages.INBOX[issue.span], names=Names(titles))
    names = Series(titles)
    return language.say(messages.INBOX_MORE[issue.span], names=names, more=Count(more))
