"""The edit page over the whole application: its forms without a script, its mail, its streams."""

import json
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from jinja2 import Environment, FileSystemLoader
from sqlmodel import col, select
from starlette.testclient import TestClient

from digest.catalog.tables import Contender, Tool
from digest.issues.lifecycle import IssueError, find_issue
from digest.issues.revisions.records import revisions_of
from digest.issues.tables import Pick
from digest.pipeline.editing.changes import Move, Write
from digest.pipeline.editing.edit_view import EditView, edit_view
from digest.pipeline.issue_renderer import IssueRenderer
from digest.web.studio.edit.events import edit_events, glance
from digest.web.studio.edit.template_files import template_mark
from subscribers.tables import Followed, Subscriber, TopicKind
from subscribers.tokens import Purpose
from tests.parts.issues.studio import Studio
from tests.parts.loops import run_in_thread

EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>"


def view(office: Studio) -> EditView:
    with office.app.store.read() as session:
        content = office.app.renderer.content(session, office.number)
        return edit_view(session, office.number, content, office.app.language)


def slugs(office: Studio) -> list[str]:
    return [one.slug for one in view(office).picks]


def post(editor: TestClient, office: Studio, **fields: str) -> tuple[int, str]:
    """Posts a form; returns the status and where it leads, or the page that refuses it."""
    given = {"seen": str(view(office).revision), **fields}
    answer = editor.post(f"/studio/issues/{office.number}/edit", data=given)
    return answer.status_code, answer.headers.get("location") or answer.text


def page_of(editor: TestClient, office: Studio, query: str = "") -> BeautifulSoup:
    answer = editor.get(f"/studio/issues/{office.number}{query}")
    assert answer.status_code == 200
    return BeautifulSoup(answer.text, "html.parser")


def words(page: BeautifulSoup) -> str:
    return " ".join(page.get_text(" ").split())


def test_the_list_is_the_table_of_contents_of_the_mail(editor: TestClient, office: Studio) -> None:
    page = page_of(editor, office)
    listed = [str(one["data-link"]) for one in page.select("#picks [data-item]")]
    headings = [words(one) for one in page.select("#picks .block")]
    html = editor.get(f"/studio/issues/{office.number}/mail").text
    mail = BeautifulSoup(html, "html.parser")
    links = [str(one["href"]) for one in mail.select("a[href]")]
    assert listed == sorted(listed, key=links.index)
    assert sorted(one["data-slug"] for one in page.select("#picks [data-item]")) == sorted(
        slugs(office)
    )
    assert len(headings) > 1
    for heading in headings:
        assert heading in words(mail)
    first = view(office).picks[0]
    assert first.title in words(page)
    for reason in first.reasons:
        assert reason in words(page)


def test_every_change_by_a_form(editor: TestClient, office: Studio) -> None:
    first, second, third = slugs(office)[:3]
    assert post(editor, office, do="move-1", slug=second)[0] == 303
    assert slugs(office)[:2] == [second, first]
    assert post(editor, office, do="drop", slug=third, because="not this week")[0] == 303
    assert third not in slugs(office)
    assert "not this week" in words(page_of(editor, office))
    assert post(editor, office, do="add", slug=third)[0] == 303
    assert slugs(office)[-1] == third
    for act in ("hide", "show", "pin", "unpin", "apart", "group"):
        status, where = post(editor, office, do=act, slug=second)
        assert status == 303
        assert where.endswith(f"#pick-{second}")
    post(editor, office, do="take-2")
    assert view(office).subject.text == view(office).proposals[1].subject
    post(editor, office, do="undo")
    post(editor, office, do="redo")
    assert view(office).subject.text == view(office).proposals[1].subject
    fields = {"quote:left": "1.1", "was-quote:left": "rules"}
    assert post(editor, office, do="save", slug=second, **fields)[0] == 303
    side = view(office).picks[0].sides[0]
    assert (side.choice, side.quote) == ("chosen", side.reviews[0].sentences[0])


def test_only_a_text_that_differs_from_what_was_shown_is_written(
    editor: TestClient, office: Studio
) -> None:
    shown = view(office)
    fields = {
        "text:subject": shown.subject.text,
        "was:subject": shown.subject.text,
        "text:intro": "Two sentences.\r\n\r\nOf *mine*.",
        "was:intro": shown.intro.text,
    }
    status, where = post(editor, office, do="save", **fields)
    assert status == 303
    now = view(office)
    assert not now.subject.is_theirs
    assert (now.intro.text, now.intro.by) == ("Two sentences.\n\nOf *mine*.", "ana")
    said = editor.get(where.partition("#")[0]).text
    assert "wrote the introduction" in said


def test_a_text_is_kept_while_a_button_of_its_form_is_pressed(
    editor: TestClient, office: Studio
) -> None:
    first = slugs(office)[0]
    fields = {f"text:headline/{first}": "Mine", f"was:headline/{first}": ""}
    post(editor, office, do="move-2", slug=first, **fields)
    moved = view(office).picks[1]
    assert (moved.slug, moved.headline.text) == (first, "Mine")


def test_two_texts_of_one_field_are_both_shown(editor: TestClient, office: Studio) -> None:
    office.app.issues.editor.change(office.number, Write("closing", "Ben's"), by="ben")
    seen = {"seen": "0", "was:closing": "", "text:closing": "Mine", "do": "save"}
    status, text = post(editor, office, **seen, **{"text:preheader": "Also mine"})
    assert status == 409
    page = BeautifulSoup(text, "html.parser")
    box = page.select_one("[data-conflict]")
    assert box is not None
    assert box.textarea is not None
    assert box.textarea.text.strip() == "Mine"
    assert box.blockquote is not None
    assert box.blockquote.text == "Ben's"
    assert view(office).preheader.text == "Also mine"  # other fields merge
    assert view(office).closing.text == "Ben's"
    was = box.select_one("input[type=hidden]")
    assert was is not None
    fields = {"text:closing": "Mine", "was:closing": str(was["value"])}
    assert post(editor, office, do="save", **fields)[0] == 303
    assert view(office).closing.text == "Mine"


def test_a_refused_form_comes_back_with_its_words(editor: TestClient, office: Studio) -> None:
    first = slugs(office)[0]
    long = "x" * 300
    status, text = post(
        editor, office, do="save", **{"text:subject": long, "was:subject": "", "slug": first}
    )
    assert status == 409
    assert "200 are the most" in text
    assert long in text
    status, text = post(editor, office, do="drop", slug=first, because=" ")
    assert status == 409
    assert "say why" in text


def test_a_text_that_is_too_long_is_not_cut_by_the_page_but_told_and_given_back(
    editor: TestClient, office: Studio
) -> None:
    assert not page_of(editor, office).select("textarea[maxlength]")
    long = "Far more than fits. " * 240
    status, page = post(editor, office, **{"text:intro": long, "was:intro": ""})
    assert status == 409
    assert "the introduction has 4,799 characters; 2,000 are the most" in page
    assert long.strip() in page


def test_an_approved_issue_is_locked_until_it_is_reopened(
    editor: TestClient, office: Studio
) -> None:
    office.app.issues.approve(office.number, by="ben")
    first = slugs(office)[0]
    status, text = post(editor, office, do="move-2", slug=first)
    assert status == 409
    assert "approved now: nothing was changed" in text
    assert office.state() == "approved"
    page = page_of(editor, office)
    assert page.select("textarea:not([readonly])") == []
    assert page.select("#picks .acts") == []
    assert post(editor, office, do="reopen")[0] == 303
    assert office.state() == "draft"


def test_only_the_revision_that_was_seen_is_approved(editor: TestClient, office: Studio) -> None:
    send = f"/studio/issues/{office.number}/send"
    page = BeautifulSoup(editor.get(send).text, "html.parser")
    seen = page.select_one("form[action$='/approve'] input[name=seen]")
    assert seen is not None
    office.app.issues.editor.change(office.number, Write("closing", "Later"), by="ben")
    answer = editor.post(f"{send}/approve", data={"seen": str(seen["value"])})
    assert answer.status_code == 409
    assert "is at revision" in answer.text
    assert office.state() == "draft"
    assert editor.post(f"{send}/approve", data={"seen": "1"}).status_code == 303


def test_what_changed_since_the_last_approval_is_shown(editor: TestClient, office: Studio) -> None:
    office.app.issues.approve(office.number, by="ben")
    office.app.issues.editor.change(office.number, Write("closing", "A late word."), by="ben")
    text = editor.get(f"/studio/issues/{office.number}/send").text
    page = BeautifulSoup(text, "html.parser")
    assert "ben wrote the closing note" in words(page)
    assert "A late word." in [one.text for one in page.select("ins")]


@pytest.mark.parametrize("which", ["text", "source", "headers", "inbox"])
def test_the_other_views_show_what_a_recipient_gets(
    editor: TestClient, office: Studio, which: str
) -> None:
    page = words(page_of(editor, office, f"?view={which}"))
    expected = {
        "text": "Hello Sam,",
        "source": "<!doctype html>",
        "headers": "List-Unsubscribe-Post List-Unsubscribe=One-Click",
        "inbox": view(office).preheader.text,
    }[which]
    assert expected.lower() in page.lower()
    if which == "headers":
        token = page.split("List-Unsubscribe <https://digest.example.org/unsubscribe/")[1][:22]
        assert office.app.tokens.read(Purpose.UNSUBSCRIBE, token).subscriber == 0


def test_the_mail_is_that_of_anybody_on_the_list(editor: TestClient, office: Studio) -> None:
    mail = f"/studio/issues/{office.number}/mail"
    assert "Hello Sam," in editor.get(mail).text
    assert "Hello Sam," not in editor.get(f"{mail}?who=READER3@example.org").text
    refused = editor.get(f"{mail}?who=nobody@example.org")
    assert refused.status_code == 422
    assert "is not on the list" in refused.text
    assert "is not on the list" in words(page_of(editor, office, "?who=nobody@example.org"))


def test_what_is_typed_is_rendered_and_kept_nowhere(editor: TestClient, office: Studio) -> None:
    first = slugs(office)[0]
    typed = {"text:intro": "I am **typing**", f"text:headline/{first}": "Over it", "text:x/y": "no"}
    answer = editor.post(f"/studio/issues/{office.number}/mail", data=typed)
    assert "<strong>typing</strong>" in answer.text
    assert "Over it" in answer.text
    assert int(answer.headers["x-mail-size"]) > 10_000
    with office.app.store.read() as session:
        assert revisions_of(session, office.number) == []
    office.app.issues.approve(office.number, by="ben")
    frozen = editor.post(f"/studio/issues/{office.number}/mail", data=typed)
    assert "typing" not in frozen.text


def test_no_script_runs_and_no_image_loads_where_there_are_to_be_none(
    editor: TestClient, office: Studio
) -> None:
    answer = editor.get(f"/studio/issues/{office.number}/mail?view=plain")
    policy = answer.headers["content-security-policy"]
    assert "allow-scripts" not in policy
    assert "script-src" not in policy
    assert not BeautifulSoup(answer.text, "html.parser").select("img[src]")
    frame = page_of(editor, office).iframe
    assert frame is not None
    assert "allow-scripts" not in frame["sandbox"]


def test_the_gate_speaks_where_it_concerns(editor: TestClient, office: Studio) -> None:
    office.app.issues.editor.change(office.number, Write("subject", "FREE MONEY " * 9), by="ben")
    page = page_of(editor, office, "?checks=1")
    assert page.select("#found-subject li")
    assert "KB" in page.select_one("#size-words").text  # type: ignore[union-attr]
    assert not page_of(editor, office).select("#found-subject li")


def test_scripts_in_every_field_stay_words(editor: TestClient, office: Studio) -> None:
    first = slugs(office)[0]
    fields = [
        *("subject", "preheader", "intro", "closing"),
        f"headline/{first}",
        f"summary/{first}",
    ]
    for name in fields:
        post(editor, office, do="save", **{f"text:{name}": EVIL, f"was:{name}": ""})
    post(editor, office, do="drop", slug=slugs(office)[-1], because=EVIL)
    paths = ["", "?find=" + EVIL, "?view=" + EVIL, "?who=" + EVIL, "?said=" + EVIL, "?view=inbox"]
    for query in [*paths, "?view=text", "?view=source", "?checks=1"]:
        text = editor.get(f"/studio/issues/{office.number}{query}").text
        assert "<script>alert" not in text
        assert "<img src=x" not in text
    assert "<script" not in editor.get(f"/studio/issues/{office.number}/mail").text


def test_an_issue_that_cannot_be_composed_says_why(
    editor: TestClient, office: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise IssueError("its stored bytes were <b>altered</b>")

    monkeypatch.setattr(IssueRenderer, "content", fail)
    answer = editor.get(f"/studio/issues/{office.number}")
    assert answer.status_code == 422
    assert "its stored bytes were &lt;b&gt;altered&lt;/b&gt;" in answer.text


def test_another_comparison_is_found_by_its_words(editor: TestClient, office: Studio) -> None:
    gone = slugs(office)[-1]
    with office.app.store.write() as session:
        issue = find_issue(session, office.number)
        issue.left_out = []
    office.app.issues.editor.change(office.number, Move(gone, 1), by="ben")
    page = page_of(editor, office, "?find=zzzz")
    assert "No other comparison has" in words(page)


def test_a_stream_tells_what_others_change(office: Studio) -> None:
    run_in_thread(_listen(office))


async def _listen(office: Studio) -> None:
    stream = edit_events(office.number, office.app, office.context, seen=0, state="draft")
    office.app.issues.editor.change(office.number, Write("closing", "News"), by="ben")
    first = await anext(stream)
    told = json.loads(first.raw_data or "")
    assert told["revision"] == 1
    assert told["said"].startswith("ben wrote the closing note")
    office.stop.set()
    assert [one async for one in stream] == []


def test_a_changed_added_or_removed_template_is_seen(office: Studio, tmp_path: Path) -> None:
    folder = tmp_path / "email"
    (folder / "_parts").mkdir(parents=True)
    environment = Environment(loader=FileSystemLoader(folder), autoescape=True)
    marks = [template_mark(environment)]
    part = folder / "_parts" / "lead.mjml.j2"
    part.write_text("one")
    marks.append(template_mark(environment))
    part.with_suffix(".bak").write_text("two")
    marks.append(template_mark(environment))
    part.unlink()
    marks.append(template_mark(environment))
    assert len({*marks}) == len(marks)
    assert glance(office.app, office.number).state == "draft"


def test_the_page_is_small(editor: TestClient, office: Studio) -> None:
    text = editor.get(f"/studio/issues/{office.number}").text
    assert not re.search(r"\sstyle=|\son[a-z]+=", text)


def test_what_readers_care_about_stands_beside_the_picks_once_the_checks_ran(
    editor: TestClient, office: Studio
) -> None:
    path = f"/studio/issues/{office.number}"
    assert "interest room" not in editor.get(path).text
    with office.app.store.write() as session:
        pick = session.exec(
            select(Tool.slug)
            .join(Contender, col(Contender.tool_id) == col(Tool.id))
            .join(Pick, col(Pick.comparison_id) == col(Contender.comparison_id))
        ).first()
        person = session.exec(select(Subscriber.id)).first()
        session.add(Followed(subscriber_id=person, topic=TopicKind.TOOL, name=pick))
    first = editor.get(path).text
    assert "follow it" not in first
    assert "interest room" in first, "nothing moves when it comes"
    assert "1 follow it" in editor.get(f"{path}?checks=1").text
