"""Commands that only read: list, show, status. They open the database and nothing else."""

from typing import Any

from digest.cli.common import (
    AsJson,
    Number,
    format_time,
    open_reader,
    print_json,
    print_rows,
)

MAX_CHANGES = 8
"""Changes that `show` prints; `diff` prints them all."""


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
        print_json([_brief(one, words[one.number]) for one in issues])
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
            words[one.number].title.subject + _mark(words[one.number]),
        )
        for one in issues
    ]
    print_rows(("no", "state", "series", "as of", "subject"), rows)


def show(number: Number, as_json: AsJson = False) -> None:
    """What is in an issue, why, and what was left out and why."""
    from digest.issues.history import all_overrides, picks_of
    from digest.issues.lifecycle import find_issue
    from digest.pipeline.wording.current import current_words

    with open_reader() as reader, reader.store.read() as session:
        issue = find_issue(session, number)
        picks = picks_of(session, number)
        overrides = all_overrides(session, number)
        now = current_words(session, issue, reader.settings.reader_language)
    chosen = [
        {
            "slug": row.slug,
            "title": row.title,
            "role": one.role,
            "reasons": (now.reasons or {}).get(row.id or 0, one.reasons),
        }
        for one, row in picks
    ]
    if as_json:
        print_json(
            _brief(issue, now)
            | {
                "proposals": [_proposed(one) for one in now.proposals],
                "picks": chosen,
                "left_out": issue.left_out,
                "overrides": [_passed(one) for one in overrides],
            }
        )
        return
    print(f"issue {number} ({issue.series}), {issue.state}")
    print(f"subject    {now.title.subject}{_by(issue, 'subject')}")
    print(f"preheader  {now.title.preheader}{_by(issue, 'preheader')}")
    print(f"lead-in    {now.title.intro}{_by(issue, 'intro')}")
    print_changes(number, now.changes)
    print_proposals(number, now.proposals)
    for one in chosen:
        print(f"\n{one['role']:5}  {one['title']}")
        for reason in one["reasons"]:
            print(f"       - {reason}")
    for passed in overrides:
        print(
            f"\nlet pass by {passed.decided_by}, {format_time(passed.decided_at)}: {passed.code}, "
            f"because {passed.reason}"
        )
    if issue.left_out:
        print("\nleft out")
    for left in issue.left_out:
        print(f"       {left['slug']}: {left['reason']}")


def status(number: Number, as_json: AsJson = False) -> None:
    """How many recipients are in which state; the counts add up to the audience."""
    from digest.cli.issue.status import MAX_REPLIES, status_lines
    from digest.deliver.ledger.finish import count_deliveries
    from digest.deliver.ledger.queries import common_replies
    from digest.issues.lifecycle import find_issue

    with open_reader() as reader, reader.store.read() as session:
        issue = find_issue(session, number)
        counts = count_deliveries(session, number)
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


def proposals(number: Number, as_json: AsJson = False) -> None:
    """Subjects that hold for the issue, each with the reasons why it is proposed."""
    from digest.issues.lifecycle import find_issue
    from digest.pipeline.wording.proposed import wording

    with open_reader() as reader, reader.store.read() as session:
        found = wording(
            session, find_issue(session, number), reader.settings.reader_language
        ).proposals
    if as_json:
        print_json([_proposed(one) for one in found])
        return
    print_proposals(number, found)


def _mark(now: Any) -> str:
    return "   (its pages changed since)" if now.changes else ""


def _by(issue: Any, name: str) -> str:
    """Return who worded a line, unless the words are simply proposed."""
    if name not in issue.written:
        return ""
    return "   (taken)" if "pattern" in issue.written[name] else "   (the editor's)"


def print_proposals(number: int, found: Any) -> None:
    """Print proposed subjects with their reasons, and how to take one."""
    if not found:
        return
    print(f"\nproposed subjects; take one with: digest issue edit {number} --proposal 1")
    for place, one in enumerate(found, start=1):
        print(f"{place:5}  {one.subject}")
        for reason in one.reasons:
            print(f"       - {reason}")


def print_changes(number: int, changes: Any) -> None:
    """Print what the pages say otherwise since the approval."""
    if not changes:
        return
    print(f"\nits pages changed since it was approved; all of it: digest issue diff {number}")
    for change in changes[:MAX_CHANGES]:
        print(f"       - {change}")
    if len(changes) > MAX_CHANGES:
        print(f"       - and {len(changes) - MAX_CHANGES} more")


def _proposed(one: Any) -> dict[str, Any]:
    return {"subject": one.subject, "pattern": one.pattern, "reasons": list(one.reasons)}


def _changed(change: Any) -> dict[str, Any]:
    return {"slug": change.slug, "what": change.what, "was": change.was, "now": change.now}


def _brief(issue: Any, now: Any) -> dict[str, Any]:
    return {
        "number": issue.number,
        "state": issue.state,
        "series": issue.series,
        "subject": now.title.subject,
        "preheader": now.title.preheader,
        "intro": now.title.intro,
        "changes": [_changed(one) for one in now.changes],
        "as_of": issue.as_of,
        "content_hash": issue.content_hash,
        "audience": issue.audience or 0,
    }


def _passed(override: Any) -> dict[str, Any]:
    return {
        "code": override.code,
        "reason": override.reason,
        "by": override.decided_by,
        "at": override.decided_at,
    }
