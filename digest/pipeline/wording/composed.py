"""Composes the content of an issue from its picks, as they and their edits are now."""

from collections.abc import Mapping

from sqlmodel import Session

from digest.catalog.trends import trends
from digest.compose.content import Content
from digest.compose.issue import compose
from digest.issues.days import sending_day
from digest.issues.lifecycle import find_issue
from digest.language.language import Language
from digest.pipeline.wording.chosen import pick_edits
from digest.pipeline.wording.proposed import wording


def composed(
    session: Session,
    number: int,
    public_url: str,
    language: Language,
    typed: Mapping[str, str] | None = None,
) -> Content:
    """Return the issue's content; `typed` are texts over its own. Raises NoSuchIssueError."""
    issue = find_issue(session, number)
    now = wording(session, issue, language, typed)
    tools = {side.tool_id for view in now.picked for side in view.contenders}
    return compose(
        number,
        sending_day(session, issue),
        now.title,
        now.picked,
        public_url,
        trends=trends(session, tools, issue.as_of),
        facts=now.facts,
        language=language,
        edits=pick_edits(now.values, now.picked),
    )
