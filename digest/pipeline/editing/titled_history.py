"""Tells an issue's revisions in sentences that call comparisons by their titles."""

from collections.abc import Sequence

from sqlmodel import Session

from digest.catalog.published import comparison_titles
from digest.issues.revisions.sentences import history, slugs_in
from digest.issues.revisions.tables import Revision


def titled_history(session: Session, revisions: Sequence[Revision]) -> list[tuple[Revision, str]]:
    """Return each revision that tells something with its sentence, the oldest first."""
    return history(revisions, comparison_titles(session, sorted(slugs_in(revisions))))
