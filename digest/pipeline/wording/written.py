"""What an editor writes over the proposed words, with the facts as they were at the time."""

from sqlmodel import Session

from digest.issues.lifecycle import IssueError
from digest.issues.tables import Issue
from digest.language.language import Language
from digest.pipeline.wording.proposed import SUBJECT, facts_of, picked_views, wording

MAX_LENGTHS = {"subject": 200, "preheader": 200, "intro": 600}
"""Characters: the first two columns take 250, and inboxes show a third of it."""
_NAMES = {"intro": "lead-in"}


def write_words(session: Session, issue: Issue, name: str, text: str) -> None:
    """Set the subject, preheader or intro to the editor's text; an empty one is proposed again.

    Raises IssueError if it is too long.
    """
    folded = " ".join(text.split())
    written = {field: value for field, value in issue.written.items() if field != name}
    if folded:
        _check_length(folded, name)
        setattr(issue, name, folded)
        written[name] = {"scores": _scores(session, issue)}
    issue.written = written
    session.add(issue)
    session.flush()


def choose_proposal(session: Session, issue: Issue, place: int, language: Language) -> None:
    """Have the subject follow the proposal at `place`, from 1. Raises IssueError if none is there.

    When the pages change, it is worded again by the same pattern.
    """
    offered = wording(session, issue, language).proposals
    if not 0 < place <= len(offered):
        msg = f"there is no proposal {place} for issue {issue.number}; it has {len(offered)}"
        raise IssueError(msg)
    issue.written = {**issue.written, SUBJECT: {"pattern": offered[place - 1].pattern}}
    session.add(issue)
    session.flush()


def _check_length(text: str, name: str) -> None:
    longest = MAX_LENGTHS[name]
    if len(text) > longest:
        shown = _NAMES.get(name, name)
        msg = f"the {shown} has {len(text)} characters; {longest} are the most"
        raise IssueError(msg)


def _scores(session: Session, issue: Issue) -> dict[str, float | None]:
    """Return the panel score that each page gives each tool, by `page/tool`."""
    return {
        f"{pair.slug}/{side.slug}": side.panel.score
        for pair in facts_of(session, issue, picked_views(session, issue)).pairs
        for side in pair.sides
    }
