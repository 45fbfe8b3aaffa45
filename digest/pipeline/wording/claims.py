"""Holds an issue's words against its pages, for the gate."""

from collections.abc import Iterator, Mapping

from sqlmodel import Session

from digest.compose.contradictions import contradictions
from digest.compose.statements.issue_facts import IssueFacts
from digest.gate import Claims
from digest.issues.tables import Issue
from digest.pipeline.wording.printed import page_changes
from digest.pipeline.wording.proposed import facts_of, picked_views


def claims_of(session: Session, issue: Issue) -> Claims:
    """Return what is wrong with the words of `issue`.

    Of a draft, what the editor wrote; proposed words hold. Of an approved issue, what its pages say
    otherwise since: its bytes were right when they were approved, and whether it goes out is the
    editor's to say.
    """
    if issue.content_hash is not None:
        return Claims(changed=tuple(map(str, page_changes(session, issue))))
    theirs = {
        name: written["scores"] for name, written in issue.written.items() if "scores" in written
    }
    if not theirs:
        return Claims()
    facts = facts_of(session, issue, picked_views(session, issue))
    texts = {name: str(getattr(issue, name)) for name in theirs}
    return Claims(
        false=tuple(
            (name, what) for name, text in texts.items() for what in contradictions(text, facts)
        ),
        stale=tuple(
            (name, what)
            for name, text in texts.items()
            for what in _stale(text, facts, theirs[name])
        ),
    )


def _stale(text: str, facts: IssueFacts, scores: Mapping[str, float | None]) -> Iterator[str]:
    """Yield each tool that `text` names and whose score is no longer what it was."""
    for pair in facts.pairs:
        for side in pair.sides:
            key = f"{pair.slug}/{side.slug}"
            named = side.name.casefold() in text.casefold()
            if named and key in scores and scores[key] != side.panel.score:
                yield f"it was written before the score of {side.name} changed"
