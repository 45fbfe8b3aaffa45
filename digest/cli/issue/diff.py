"""digest issue diff: what changed since the last approval, by editors and by the pages."""

from typing import TYPE_CHECKING, Any

from digest.cli.common import AsJson, Number, format_time, open_app, print_json

if TYPE_CHECKING:
    from digest.pipeline.editing.approvals import SinceApproval


def diff(number: Number, as_json: AsJson = False) -> None:
    """What editors and pages changed since the last approval, and how the text differs."""
    from digest.issues.lifecycle import find_issue
    from digest.pipeline.editing.approvals import since_approval
    from digest.pipeline.wording.page_snapshots import page_changes, text_diff

    with open_app() as app, app.store.read() as session:
        issue = find_issue(session, number)
        since = since_approval(session, number)
        changes = page_changes(session, issue)
        approved = issue.content_hash is not None
        lines = []
        if changes and approved:
            was, now = app.renderer.undated, app.renderer.rendered_anew
            lines = text_diff(was(session, number).text, now(session, number).text)
        elif since is not None and not approved:
            lines = text_diff(since.text, app.renderer.rendered(session, number).text)
    if as_json:
        found = [
            {"slug": one.slug, "what": one.what, "was": one.was, "now": one.now} for one in changes
        ]
        edits = _edits(since)
        print_json({"number": number, "changes": found, "text": lines, **edits})
        return
    if since is None and not approved:
        print(f"issue {number} was never approved; its history: digest issue log {number}")
        return
    _print_edits(number, since)
    if not changes and (approved or not lines):
        print(f"issue {number}: its pages say what they said when it was approved")
    for one in changes:
        print(one)
    for line in ["", *lines] if lines else []:
        print(line)
    if changes:
        print(f"\ntake the approval back to word it anew: digest issue edit {number} --subject ''")


def _print_edits(number: int, since: "SinceApproval | None") -> None:
    """Print who approved what, and each change since."""
    if since is None:
        return
    approval = since.approval
    print(
        f"issue {number} was last approved by {approval.who}, {format_time(approval.at)}, "
        f"at revision {approval.of}"
    )
    for revision, sentence in since.revisions:
        print(f"  {revision.n}  {sentence}")


def _edits(since: "SinceApproval | None") -> dict[str, Any]:
    if since is None:
        return {"approval": None, "revisions": []}
    one = since.approval
    return {
        "approval": {"by": one.who, "at": one.at, "revision": one.of},
        "revisions": [
            {"n": revision.n, "who": revision.who, "when": revision.at, "sentence": sentence}
            for revision, sentence in since.revisions
        ],
    }
