"""Proposes an issue's subject lines, each with its reasons."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from digest.compose.statements.issue_facts import IssueFacts
from digest.compose.statements.of_a_comparison import PAIR_STATEMENTS
from digest.compose.statements.of_an_issue import ISSUE_STATEMENTS
from digest.compose.statements.ranking import Ranked, rank
from digest.compose.statements.statement import candidates
from digest.language.language import ENGLISH, Language, shown_length

MAX_SUBJECT_LENGTH = 60
"""Characters that most inboxes show."""
NAME_LENGTHS = (32, 26, 20, 15)
"""To how many characters names are shortened, in turn."""
PROPOSALS = 3


@dataclass(frozen=True, slots=True)
class Proposal:
    """A subject that holds for the picks, the pattern it follows, and why it is proposed."""

    subject: str
    pattern: str
    reasons: tuple[str, ...]


def proposals(
    issue: IssueFacts, count: int = PROPOSALS, language: Language = ENGLISH
) -> list[Proposal]:
    """Return the best subjects, no two of one pattern and none of the last issues' own words."""
    return list(islice(propose(issue, language), count))


def propose(issue: IssueFacts, language: Language = ENGLISH) -> Iterator[Proposal]:
    """Yield every subject, the best first, each worded when it is asked for."""
    found: set[str] = set()
    for one in rank(issue, candidates(issue, (*PAIR_STATEMENTS, *ISSUE_STATEMENTS))):
        name = one.candidate.name
        if name in found:
            continue
        text = next(_fitting(issue, one, language), None)
        if text is not None:
            found.add(name)
            yield Proposal(text, name, one.reasons(issue))


def _fitting(issue: IssueFacts, ranked: Ranked, language: Language) -> Iterator[str]:
    said = {past.subject.casefold() for past in issue.past}
    for text in ranked.candidate.texts(issue, NAME_LENGTHS, language):
        if shown_length(text) <= MAX_SUBJECT_LENGTH and text.casefold() not in said:
            yield text
