"""Commands that only read: list and status. They open the database and nothing else."""

from typing import Any

from digest.cli.common import (
    AsJson,
    Number,
    format_time,
    open_reader,
    print_json,
    print_rows,
)
from digest.cli.issue.as_json import brief


def list_(as_json: AsJson = False) -> None:
    """Every issue, newest first."""
    from digest.issues.history import all_issues
    from digest.pipeline.wording.current import current_words

    with open_reader() as reader, reader.store.read() as session:
        issues = all_issues(session)
        words = {
            one.number: current_words(session, one, reader.settings.reader_language)
            for one in issues
        }
    if as_json:
        print_json([brief(one, words[one.number]) for one in issues])
        return
    if not issues:
        print("no issues yet; digest issue draft")
        return
    rows = [
        (
            one.number,
            one.state,
            one.series,
            format_time(one.as_of),
            words[one.number].title.subject + _changed_note(words[one.number]),
        )
        for one in issues
    ]
    print_rows(("no", "state", "series", "as of", "subject"), rows)


def status(number: Number, as_json: AsJson = False) -> None:
    """How many recipients are in which state; the counts add up to the audience."""
    from digest.cli.issue.status import MAX_REPLIES, status_lines
    from digest.deliver.ledger.queries import common_replies
    from digest.deliver.ledger.state_counts import kept_counts
    from digest.issues.lifecycle import find_issue

    with open_reader() as reader, reader.store.read() as session:
        issue = find_issue(session, number)
        counts = kept_counts(session, [number])[number]
        replies = [
            {"reply": one.reply, "stage": one.stage, "count": one.times}
            for one in common_replies(session, number, MAX_REPLIES)
        ]
        lines = [] if as_json else list(status_lines(reader, session, issue, counts))
    held = issue.held_because if issue.state == "paused" else None
    if as_json:
        print_json(
            {"number": number, "state": issue.state, "audience": issue.audience or 0}
            | counts
            | {"held_because": held, "replies": replies}
        )
        return
    print(f"issue {number}, {issue.state}, audience {issue.audience or 0}")
    for words in lines:
        print(f"  {words}")


def _changed_note(now: Any) -> str:
    return "   (its pages changed since)" if now.changes else ""
