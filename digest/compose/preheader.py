"""Proposes the preheader: what else is in the issue, cut between names so that the count stays."""

from digest.compose.rows import Rows
from digest.compose.statements import messages
from digest.compose.statements.issue_facts import IssueFacts
from digest.language.language import ENGLISH, Language
from digest.language.message import Count, Names, Series

MAX_PREHEADER_LENGTH = 110


def preheader(issue: IssueFacts, language: Language = ENGLISH) -> str:
    """Return the names of what follows the lead, as many as fit, and how many more there are.

    With nothing else in the issue, it says how the lead came out.
    """
    if len(issue.pairs) == 1:
        text = Rows(language).sentence(issue.lead)
        fits = len(text) <= MAX_PREHEADER_LENGTH
        return text if fits else language.say(messages.INBOX_ALONE)
    titles = [" ".join(pair.title.split()) for pair in issue.pairs[1:]]
    for shown in range(len(titles), 0, -1):
        text = _named(issue, titles, shown, language)
        if len(text) <= MAX_PREHEADER_LENGTH:
            return text
    return language.say(messages.INBOX_COUNT, more=Count(len(titles)))


def _named(issue: IssueFacts, titles: list[str], shown: int, language: Language) -> str:
    more = len(titles) - shown
    if not more:
        return language.say(messages.INBOX[issue.span], names=Names(titles))
    names = Series(titles[:shown])
    return language.say(messages.INBOX_MORE[issue.span], names=names, more=Count(more))
