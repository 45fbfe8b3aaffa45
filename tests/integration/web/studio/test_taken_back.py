"""What the pages of a draft say whose approval was taken back, and how it ends."""

from starlette.testclient import TestClient

from digest.pipeline.editing.changes import Write
from tests.parts.issues.studio import Studio


def test_a_draft_says_that_its_approval_was_taken_back_and_can_be_cancelled(
    editor: TestClient, office: Studio
) -> None:
    page = f"/studio/issues/{office.number}"
    assert "approval was taken back" not in editor.get(page).text
    office.app.issues.approve(office.number, by="ana")
    change = Write("subject", "Another subject")
    office.app.issues.editor.change(office.number, change, by="ben")
    assert "approval was taken back" in editor.get(page).text
    said = editor.get(f"{page}/send").text
    assert "<ins>Subject: Another subject</ins>" in said
    assert "<del>Subject: " in said
    assert editor.post(f"{page}/send/cancel").status_code == 303
    assert office.state() == "cancelled"
    assert "approval was taken back" not in editor.get(page).text
