"""Schedules are added, changed and removed in the studio, by the command line's rules."""

import pytest
from starlette.testclient import TestClient

from digest.web.studio.schedule_form import fields_of, new_fields
from schedules.registry import all_schedules, find_schedule
from schedules.tables import Schedule
from tests.integration.web.studio.test_schedules_page import FORM, PAGE, press, soup, words
from tests.integration.web.test_words import XSS, inert
from tests.parts.issues.studio import SERIES, Studio

NEW = new_fields("Europe/Berlin")


def schedule(office: Studio, name: str = SERIES) -> Schedule:
    with office.app.store.read() as session:
        return find_schedule(session, name)


def test_one_is_added_with_its_next_dates(office: Studio, editor: TestClient) -> None:
    fields = NEW | {"name": "monthly", "days": "1 * *", "time": "09:30", "frequency": "monthly"}
    answer = editor.post(PAGE, data=fields)
    assert answer.status_code == 303
    said = words(editor, answer.headers["location"])
    assert "Added. Its next dates stand below." in said
    assert "The 1st of every month at 09:30, Berlin" in said
    assert "Tue 1 Dec 2026 09:30" in said
    assert schedule(office, "monthly").frequency == "monthly"


def test_it_is_changed_and_what_is_not_touched_stays(office: Studio, editor: TestClient) -> None:
    before = schedule(office)
    press(editor, do="skip", date="12-25")
    fields = fields_of(before) | {"send": "* * tue", "send_time": "07:15", "do": "change"}
    said = press(editor, **fields)
    assert "Changed. Issues that are drafted already keep their send times." in said
    assert "sends Tuesdays at 07:15 if approved by then, else holds" in said
    after = schedule(office)
    changed = {"send_cron": "15 7 * * tue", "skipped_dates": ["12-25"]}
    assert after.model_dump() == before.model_dump() | changed
    assert fields_of(after)["send_time"] == "07:15"


def test_it_is_removed_and_its_issues_stay(office: Studio, editor: TestClient) -> None:
    assert "Removed: nothing comes due any more." in press(editor, do="remove")
    with office.app.store.read() as session:
        assert all_schedules(session) == []
    assert editor.get(f"/studio/issues/{office.number}").status_code == 200
    page = soup(editor.get(PAGE).text)
    assert page.select_one("#add[open]"), "with no schedule the form stands open"


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"name": "Weekly Digest"}, "Schedule name: found 'Weekly Digest', expected lower-case"),
        ({"name": SERIES}, "which is taken; expected another name"),
        ({"name": "by-hand"}, "is the series of issues drafted manually; take another name"),
        ({"name": "x", "zone": "Berlin"}, "'Berlin'"),
        ({"name": "x", "days": "cron", "cron": "often"}, "Cron rule: found 'often', expected five"),
        ({"name": "x", "send": "automatic", "four_eyes": "yes"}, "automatic with four eyes"),
        ({"name": "x", "min_picks": "5", "max_picks": "2"}, "expected the smallest number first"),
        ({"name": XSS, "zone": XSS, "days": "cron", "cron": XSS}, "Schedule name: found"),
        ({"name": "x", "zone": XSS}, "zone"),
    ],
)
def test_what_is_refused_says_why_and_stays_in_its_fields(
    office: Studio, editor: TestClient, fields: dict[str, str], why: str
) -> None:
    answer = editor.post(PAGE, data=NEW | fields)
    assert answer.status_code == 409
    inert(answer.text)
    page = soup(answer.text)
    form = page.select_one("#add[open]")
    assert form
    told = form.select_one("[role=alert]")
    assert told
    assert why in told.get_text()
    name = form.select_one("[name=name]")
    assert name
    assert name["value"] == fields["name"]
    with office.app.store.read() as session:
        assert [one.name for one in all_schedules(session)] == [SERIES]


def test_a_refused_change_changes_nothing_and_is_told_in_its_form(
    office: Studio, editor: TestClient
) -> None:
    before = schedule(office)
    fields = fields_of(before) | {"do": "change", "max_picks": "1000"}
    answer = editor.post(FORM, data=fields)
    assert answer.status_code == 409
    form = soup(answer.text).select_one(f"#change-{SERIES}[open]")
    assert form
    assert "Largest number of picks: found 1000, expected 1 to 100" in form.get_text()
    assert schedule(office) == before
