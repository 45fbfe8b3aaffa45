"""The list of issues drafts the next one."""

from datetime import datetime

from starlette.testclient import TestClient

from digest.pipeline.editing.changes import Write
from digest.pipeline.editing.edit_view import edit_view
from tests.parts.issues.studio import SERIES, Studio


def test_an_issue_is_drafted_once_and_nothing_new_is_told(
    office: Studio, editor: TestClient
) -> None:
    assert "Draft the next issue" in editor.get("/studio/").text
    office.app.issues.cancel(office.number)
    answer = editor.post("/studio/issues", data={"series": SERIES})
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/studio/issues/{office.number + 1}"
    again = editor.post("/studio/issues", data={"series": SERIES})
    assert again.status_code == 409
    assert "nothing new" in again.text
    assert f"<option selected>{SERIES}" in again.text


def test_a_schedule_that_is_not_there_drafts_nothing(office: Studio, editor: TestClient) -> None:
    answer = editor.post("/studio/issues", data={"series": "<b>no such</b>"})
    assert answer.status_code == 409
    assert "<b>no such" not in answer.text
    by_hand = editor.post("/studio/issues", data={"series": "by-hand"})
    assert by_hand.headers["location"] == f"/studio/issues/{office.number + 1}"


def test_an_approval_that_does_not_say_what_was_seen_is_refused(
    office: Studio, editor: TestClient
) -> None:
    for seen in ("<script>", "9" * 5_000, "7"):
        path = f"/studio/issues/{office.number}/send/approve"
        assert editor.post(path, data={"seen": seen}).status_code == 409
    assert office.state() == "draft"


def test_what_blocks_an_approval_leads_to_its_field(office: Studio, editor: TestClient) -> None:
    with office.app.store.read() as session:
        content = office.app.renderer.content(session, office.number)
        slug = edit_view(session, office.number, content, office.app.language).picks[0].slug
    for field in ("subject", f"headline/{slug}"):
        office.app.issues.editor.change(office.number, Write(field, "TK"), by="ben")
    page = editor.get(f"/studio/issues/{office.number}/send").text
    assert f"<b>Headline of {slug}</b>: TK stands for" in page
    assert f'/studio/issues/{office.number}?open={slug}#f-headline-{slug}">Go there' in page
    assert f'/studio/issues/{office.number}#f-subject">Go there' in page
    assert "digest issue" not in page
    assert page.count('name="despite"') == 1
    assert "(in 2 places)" in page
    field = editor.get(f"/studio/issues/{office.number}?open={slug}").text
    assert f'id="f-headline-{slug}"' in field


def test_the_list_says_when_an_issue_goes_out(office: Studio, editor: TestClient) -> None:
    office.app.issues.approve(office.number, by="ben")
    office.app.issues.schedule(office.number, datetime.fromisoformat("2026-11-30T07:00Z"))
    assert "Monday 30 November 2026, 08:00 (Europe/Berlin)" in editor.get("/studio/").text
