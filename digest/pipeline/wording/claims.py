"""Checks an issue's words against its pages, for the gate."""

from sqlmodel import Session

from digest.compose.contradictions import contradictions
from digest.gate import Claims
from digest.issues.revisions import fields
from digest.issues.revisions.records import edited
from digest.issues.tables import Issue
from digest.pipeline.wording.page_snapshots import page_changes
from digest.pipeline.wording.proposed import facts_of, picked_views
from digest.pipeline.wording.unfinished import unfinished
from digest.pipeline.wording.written import changed_under


def claims_of(session: Session, issue: Issue) -> Claims:
    """Return what is wrong with the words of `issue`.

    Of a draft, what the editor wrote; proposed words hold. Of an approved issue, what its pages say
    otherwise since: its bytes were right when they were approved, and whether it goes out is the
    editor's to say.
    """
    if issue.content_hash is not None:
        return Claims(changed=tuple(map(str, page_changes(session, issue))))
    values = edited(session, issue).values
    theirs = {
        field: fields.text_of(value)
        for field, value in values.items()
        if fields.is_text(field) and fields.text_of(value)
    }
    if not theirs:
        return Claims()
    picked = picked_views(session, issue)
    slugs = {"", *(view.slug for view in picked)}
    shown = {field: text for field, text in theirs.items() if fields.slug_of(field) in slugs}
    facts = facts_of(session, issue, picked)
    return Claims(
        false=tuple(
            (field, what) for field, text in shown.items() for what in contradictions(text, facts)
        ),
        stale=tuple(
            (field, what)
            for field, changes in changed_under(values, facts, picked).items()
            for what in changes
        ),
        unfinished=tuple(unfinished({field: values[field] for field in shown})),
    )
