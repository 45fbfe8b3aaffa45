"""Proposes the preheader: what else is in the issue, cut between names so that the count stays."""

from digest.compose.rows import Rows
from digest.compose.statements import messages
from digest.compose.statements.issue_facts import IssueFacts
from digest.number_words import listed, number_word

MAX_PREHEADER_LENGTH = 110


def preheader(issue: IssueFacts) -> str:
    """Return the names of what follows the lead, as many as fit, and how many more there are.

    With nothing else in the issue, it says how the lead came out.
    """
    if len(issue.pairs) == 1:
        text = Rows().sentence(issue.lead)
        return text if len(text) <= MAX_PREHEADER_LENGTH else messages.INBOX_ALONE.say()
    titles = [" ".join(pair.title.split()) for pair in issue.pairs[1:]]
    for shown in range(len(titles), 0, -1):
        text = _named(issue, titles, shown)
        if len(text) <= MAX_PREHEADER_LENGTH:
            return text
    return messages.INBOX_COUNT.say(len(titles), more=number_word(len(titles)))


def _named(issue: IssueFacts, titles: list[str], shown: int) -> str:
    more = len(titles) - shown
    if not more:
        return messages.INBOX[issue.span].say(names=listed(titles))
    names = ", ".join(titles[:shown])
    return messages.INBOX_MORE[issue.span].say(names=names, more=number_word(more))
