"""The studio's reports: their pages, maps and files."""

import csv
import io

import pytest
from bs4 import BeautifulSoup
from sqlmodel import col, select
from starlette.testclient import TestClient

from digest.deliver.tables import Delivery
from digest.events.tables import Event
from digest.issues.tables import Link
from subscribers.tables import UnsubscribeFeedback
from tests.integration.web.test_words import XSS, inert
from tests.parts.issues.studio import PEOPLE, Studio
from tests.parts.waiting import until
from tests.parts.world import NOW

PAGE = "/studio/issues/1/report"


@pytest.fixture
def sent(office: Studio) -> Studio:
    office.app.issues.approve(1, by="ana")
    office.app.issues.start(1)
    office.sender.send(1)
    until(lambda: office.state() == "finished", "the end of the issue")
    with office.app.store.write() as session:
        deliveries = session.exec(select(Delivery.id).order_by(col(Delivery.id))).all()
        for place, one in enumerate(deliveries[:12]):
            for kind, machine in (("opened", False), ("clicked", place >= 10)):
                session.add(
                    Event(
                        key=f"{kind}-{one}", kind=kind, issue_number=1, delivery_id=one,
                        link_number=1 if kind == "clicked" else None, machine=machine,
                        rule="sweep" if machine else "person", at=NOW,
                    )
                )  # fmt: skip
    return office


def test_a_draft_has_no_report_yet(editor: TestClient) -> None:
    answer = editor.get(PAGE)
    assert answer.status_code == 200
    assert "Nothing came of it yet" in answer.text
    assert "<iframe" not in answer.text


def test_the_page_tells_people_and_machines(sent: Studio, editor: TestClient) -> None:
    page = BeautifulSoup(editor.get(PAGE).text, "html.parser")
    tiles = {
        one.dt.get_text(): one.dd.get_text(" ", strip=True) for one in page.select(".tiles > div")
    }
    assert tiles["Reached"] == f"{PEOPLE} of {PEOPLE}"
    assert tiles["Opened"] == "12 30.0 %"
    assert tiles["Clicked"] == "10 25.0 %"
    first = page.select("#links-title ~ .map tbody tr")[0].get_text(" ", strip=True)
    assert first.endswith("10 25.0 % 2")


def test_the_map_is_the_mail_with_a_count_at_each_link(sent: Studio, editor: TestClient) -> None:
    answer = editor.get(f"{PAGE}/map")
    page = BeautifulSoup(answer.text, "html.parser")
    with sent.app.store.read() as session:
        url = session.exec(select(Link.url).where(Link.number == 1)).one()
        counted = session.exec(select(Link.number).where(Link.kind != "hidden")).all()
    marked = page.select("a:has(> .clicks-badge)")
    assert {one.span.get_text() for one in marked if one["href"] == url} == {"10"}
    assert len({one["href"] for one in marked}) == len(counted)
    assert "~~" not in answer.text
    assert "/l/1/" not in answer.text
    assert "sandbox" in answer.headers["content-security-policy"]
    assert "script-src" not in answer.headers["content-security-policy"]


@pytest.mark.parametrize("path", [PAGE, "/studio/reports/"])
def test_each_table_of_a_page_is_a_file(sent: Studio, editor: TestClient, path: str) -> None:
    page = BeautifulSoup(editor.get(path).text, "html.parser")
    files = [one["href"] for one in page.select("a[href*='.csv']")]
    assert len(files) >= 4
    for file in files:
        answer = editor.get(str(file))
        assert answer.status_code == 200, file
        assert answer.headers["content-disposition"].startswith("attachment")
        rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
        assert len(rows) > 1
        assert {len(row) for row in rows} == {len(rows[0])}


@pytest.mark.parametrize(
    "path",
    [
        "/studio/issues/99/report",
        "/studio/issues/99/report/map",
        "/studio/issues/99/report/links.csv",
        f"{PAGE}/nothing.csv",
        "/studio/reports/nothing.csv",
    ],
)
def test_what_is_not_there(editor: TestClient, path: str) -> None:
    assert editor.get(path).status_code == 404


@pytest.mark.parametrize("query", ["?last=0", "?last=261", "?last=x", "?series=" + "x" * 61])
def test_a_query_out_of_bounds_is_refused(editor: TestClient, query: str) -> None:
    assert editor.get(f"/studio/reports/{query}").status_code in (400, 422)


def test_the_report_over_time(sent: Studio, editor: TestClient) -> None:
    answer = editor.get("/studio/reports/?last=26&series=weekly")
    page = BeautifulSoup(answer.text, "html.parser")
    for plot in page.select("svg.field[role=img]"):
        named = str(plot["aria-labelledby"]).split()
        assert [plot.find(id=one).name for one in named] == ["title", "desc"]
    assert all(one["aria-label"] == one.title.string for one in page.select("svg.spark"))
    assert page.select_one("#engagement-title ~ details table") is not None
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert not page.select("[style]")
    other = editor.get("/studio/reports/?series=monthly").text
    assert "No issue of this series went out" in other


def test_no_issue_yet(editor: TestClient) -> None:
    assert "No issue went out yet" in editor.get("/studio/reports/").text


def test_nothing_that_a_reader_or_a_page_says_runs(sent: Studio, editor: TestClient) -> None:
    with sent.app.store.write() as session:
        for link in session.exec(select(Link)).all():
            link.label = XSS
        session.add(
            UnsubscribeFeedback(subscriber_id=1, reason="other", words=XSS, issue_number=1, at=NOW)
        )
    inert(editor.get(PAGE).text)
    inert(editor.get("/studio/reports/").text)
    inert(editor.get("/studio/reports/?series=" + "%22%3E%3Cscript%3E").text)
    assert "<script" not in editor.get(f"{PAGE}/map").text
