"""digest issue diff: what an approved issue's pages say otherwise since."""

from digest.cli.common import AsJson, Number, open_app, print_json


def diff(number: Number, as_json: AsJson = False) -> None:
    """What the pages of an approved issue say otherwise since, and what the mail would say now."""
    from digest.issues.lifecycle import find_issue
    from digest.pipeline.wording.printed import page_changes, text_diff

    with open_app() as app, app.store.read() as session:
        issue = find_issue(session, number)
        changes = page_changes(session, issue)
        lines = []
        if changes:
            was = app.renderer.undated(session, number)
            lines = text_diff(was.text, app.renderer.rendered_anew(session, number).text)
    if as_json:
        found = [
            {"slug": one.slug, "what": one.what, "was": one.was, "now": one.now} for one in changes
        ]
        print_json({"number": number, "changes": found, "text": lines})
        return
    if not changes:
        print(f"issue {number}: its pages say what they said when it was approved")
        return
    for one in changes:
        print(one)
    print()
    for line in lines:
        print(line)
    print(f"\ntake the approval back to word it anew: digest issue edit {number} --subject ''")
