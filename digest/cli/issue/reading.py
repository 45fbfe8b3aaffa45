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


def list_(as_json: AsJson = False) -> None:
    """Every issue, newest first."""
    from digest.issues.history import all_issues

    with open_reader() as reader, reader.store.read() as session:
        issues = all_issues(session)
    if as_json:
        print_json([_brief(one) for one in issues])
        return
    if not issues:
        print("no issues yet; digest issue draft")
        return
    rows = [
        (one.number, one.state, one.series, format_time(one.as_of), one.subject) for one in issues
    ]
    print_rows(("no", "state", "series", "as of", "subject"), rows)


def show(number: Number, as_json: AsJson = False) -> None:
    """What is in an issue, why, and what was left out and why."""
    from digest.issues.history import all_overrides, picks_of
    from digest.issues.lifecycle import find_issue

    with open_reader() as reader, reader.store.read() as session:
        issue = find_issue(session, number)
        picks = picks_of(session, number)
        overrides = all_overrides(session, number)
    chosen = [
        {"slug": row.slug, "title": row.title, "role": one.role, "reasons": one.reasons}
        for one, row in picks
    ]
    if as_json:
        print_json(
            _brief(issue)
            | {
                "picks": chosen,
                "left_out": issue.left_out,
                "overrides": [_passed(one) for one in overrides],
            }
        )
        return
    print(f"issue {number} ({issue.series}), {issue.state}")
    print(f"subject    {issue.subject}")
    print(f"preheader  {issue.preheader}")
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
    from digest.cli.issue.status import status_lines
    from digest.deliver.ledger.finish import count_deliveries
    from digest.issues.lifecycle import find_issue

    with open_reader() as reader, reader.store.read() as session:
        issue = find_issue(session, number)
        counts = count_deliveries(session, number)
        lines = [] if as_json else list(status_lines(reader, session, issue, counts))
    if as_json:
        print_json(
            {"number": number, "state": issue.state, "audience": issue.audience or 0} | counts
        )
        return
    print(f"issue {number}, {issue.state}, audience {issue.audience or 0}")
    for words in lines:
        print(f"  {words}")


def _brief(issue: Any) -> dict[str, Any]:
    return {
        "number": issue.number,
        "state": issue.state,
        "series": issue.series,
        "subject": issue.subject,
        "preheader": issue.preheader,
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
