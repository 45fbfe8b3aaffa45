"""The page of schedules: when each is due, what came of its runs; forms that need no script."""

import pytest
from bs4 import BeautifulSoup
from starlette.testclient import TestClient

from digest.worker import maintenance_of
from schedules.manual_run import run_now
from schedules.registry import add_schedule, find_schedule, remove_schedule
from schedules.runs import claim
from schedules.tables import RunState, Schedule
from tests.integration.web.test_words import XSS, inert
from tests.parts.issues.studio import SERIES, Studio
from tests.parts.world import NOW

PAGE = "/studio/schedules/"
FORM = f"{PAGE}{SERIES}"


def soup(html: str) -> BeautifulSoup:
    return BeautifulSoup(html, "html.parser")


def words(editor: TestClient, path: str = PAGE) -> str:
    return " ".join(soup(editor.get(path).text).get_text(" ").split())


def schedule(office: Studio) -> Schedule:
    with office.app.store.read() as session:
        return find_schedule(session, SERIES)


def press(editor: TestClient, **fields: str) -> str:
    """Press a button; return what the page says then."""
    answer = editor.post(FORM, data=fields)
    assert answer.status_code == 303, answer.text
    return words(editor, answer.headers["location"])


def test_it_says_when_the_next_ones_are_due_and_links_from_the_issues(
    office: Studio, editor: TestClient
) -> None:
    said = words(editor)
    assert "Drafts next on Mon 30 Nov 2026 08:00" in said
    assert "Mondays at 08:00, Berlin" in said
    assert "Mon 7 Dec 2026 08:00" in said
    assert "It has not run yet." in said
    assert "weekly drafts next on Mon 30 Nov 2026 08:00 (Berlin)" in words(editor, "/studio/")


def test_a_date_is_skipped_and_taken_back(office: Studio, editor: TestClient) -> None:
    said = press(editor, do="skip", date="2026-11-30")
    assert "Skipped" in said
    assert "Drafts next on Mon 7 Dec 2026 08:00" in said
    assert schedule(office).skipped_dates == ["2026-11-30"]
    assert "Drafts next on Mon 30 Nov 2026 08:00" in press(editor, do="unskip", date="2026-11-30")
    assert schedule(office).skipped_dates == []


def test_it_is_paused_for_a_while_or_for_good_and_resumed(
    office: Studio, editor: TestClient
) -> None:
    said = press(editor, do="pause", until="2026-12-10")
    assert "Paused until Thu 10 Dec 2026 00:00" in said
    assert schedule(office).paused_until is not None
    assert "Mon 14 Dec 2026 08:00" in said
    assert "Drafts next on Mon 30 Nov" in press(editor, do="resume")
    assert "Coming up" not in press(editor, do="pause", until="")
    assert not schedule(office).active
    assert "Resume weekly" in words(editor)


def test_runs_stand_with_what_came_of_them_and_why(office: Studio, editor: TestClient) -> None:
    office.app.issues.cancel(office.number)
    due = maintenance_of(office.app).draft_due
    run_now(office.app.store, SERIES, NOW, NOW, lambda session, one, at: due(session, one, at, NOW))
    with office.app.store.write() as session:
        older = find_schedule(session, SERIES)
        at = NOW.replace(year=2025)
        claim(session, older, at, RunState.HELD, note="it came 5 hours late", now=at)
    page = soup(editor.get(PAGE).text)
    assert page.select_one(f'.days a[href="/studio/issues/{office.number + 1}"]')
    said = words(editor)
    assert "Held: it came 5 hours late" in said
    assert "digest schedule run weekly --as-of" in said


@pytest.mark.parametrize(
    "fields",
    [
        {"do": "skip", "date": XSS},
        {"do": "pause", "until": XSS},
        {"do": "pause", "until": "2020-01-01"},
        {"do": "skip", "date": ""},
    ],
)
def test_what_is_no_date_is_refused_and_changes_nothing(
    office: Studio, editor: TestClient, fields: dict[str, str]
) -> None:
    answer = editor.post(FORM, data=fields)
    assert answer.status_code == 409
    inert(answer.text)
    assert soup(answer.text).select_one("[role=alert]:not([hidden])")
    assert schedule(office).active
    assert schedule(office).skipped_dates == []


def test_another_schedule_and_no_schedule(office: Studio, editor: TestClient) -> None:
    assert editor.post(f"{PAGE}nope", data={"do": "pause"}).status_code == 409
    assert editor.post(FORM, data={"do": XSS}).status_code == 303
    assert (
        editor.post(
            FORM, data={"do": "pause"}, headers={"Sec-Fetch-Site": "cross-site"}
        ).status_code
        == 403
    )
    with office.app.store.write() as session:
        remove_schedule(session, SERIES, NOW)
    assert "No schedule yet" in words(editor)
    with office.app.store.write() as session:
        add_schedule(session, "nightly", "0 2 * * *", "UTC", now=NOW, skipped_dates=["12-25"])
    said = words(editor)
    assert "Rests on 25 December of every year" in said
    assert "12-25" not in said
