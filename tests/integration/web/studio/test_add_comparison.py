"""A page is pasted, uploaded or read from its address: understood, corrected, only then kept."""

from dataclasses import replace

from bs4 import BeautifulSoup, Tag
from sqlmodel import select
from starlette.testclient import TestClient

from digest.catalog.corrections import corrections_of
from digest.catalog.intake import limits
from digest.catalog.queries import ComparisonView, all_comparisons, comparison_by_slug
from digest.catalog.tables import Comparison
from digest.samples import comparisons
from digest.sources.http.addresses import AddressPolicy
from digest.sources.manual import MOST_PAGES, page_reader
from digest.web.application import create_app
from digest.web.forms import MAX_UPLOAD_BYTES
from tests.integration.web.studio.conftest import OWN
from tests.parts.issues.studio import Studio
from tests.parts.site import Names, page, site

ADD = "/studio/add"
SLUG = "heron-3-8b-vs-tern-mini-api"
EVIL = "</textarea><script>alert(1)</script>"
SAMPLE = (comparisons() / "lanternfish-3-8b-vs-tern-mini-api.txt").read_text(encoding="utf-8")
NEW = SAMPLE.replace("Lanternfish", "Heron")


def kept(office: Studio, slug: str = SLUG) -> ComparisonView | None:
    with office.app.store.read() as session:
        return comparison_by_slug(session, slug)


def count(office: Studio) -> int:
    with office.app.store.read() as session:
        return len(all_comparisons(session))


def form_of(html: str) -> dict[str, str]:
    """The fields of the page's form, as a browser would send them."""
    form = BeautifulSoup(html, "html.parser").select_one('form[method="post"]')
    assert form is not None
    fields: dict[str, str] = {}
    for one in form.select("input, textarea, select"):
        name = str(one.get("name", ""))
        if one.name == "textarea":
            fields[name] = one.get_text().removeprefix("\n")
        elif one.name == "select":
            chosen = one.select_one("option[selected]")
            fields[name] = str(chosen["value"]) if isinstance(chosen, Tag) else ""
        elif one.get("type") != "file" and (
            one.get("type") != "checkbox" or one.has_attr("checked")
        ):
            fields[name] = str(one.get("value", "on"))
    return fields


def read(editor: TestClient, text: str = NEW, **more: str) -> dict[str, str]:
    answer = editor.post(ADD, data={"do": "read", "text": text, **more})
    assert answer.status_code == 200, answer.text
    return form_of(answer.text)


def test_what_was_understood_is_shown_and_nothing_is_kept(
    editor: TestClient, office: Studio
) -> None:
    before = count(office)
    assert 'name="file"' in editor.get(ADD).text
    form = read(editor)
    assert form["is:0:left.name"] == "Heron 3 (8B)"
    assert (form["is:0:left.panel_score"], form["is:0:published_at"]) == ("100", "")
    assert form["text"].split() == NEW.split()
    assert "is:0:left.builder.verdict" in form
    assert (count(office), kept(office)) == (before, None)


def test_it_is_kept_as_it_was_corrected(editor: TestClient, office: Studio) -> None:
    form = read(editor)
    changes = {
        "is:0:left.panel_score": "75",
        "is:0:url": "https://example.org/a",
        "is:0:left.skeptic.verdict": "skip",
    }
    answer = editor.post(ADD, data={**form, **changes, "do": "keep"})
    assert answer.status_code == 303
    assert answer.headers["location"].endswith(f"/studio/comparisons/{SLUG}?said=new")
    view = kept(office)
    assert view is not None
    assert (view.contenders[0].panel_score, view.url) == (75, "https://example.org/a")
    with office.app.store.read() as session:
        corrected = {one.field: one.page_now for one in corrections_of(session, view.id)}
    assert corrected == {"left.panel_score": 100, "url": None, "left.skeptic.verdict": None}
    assert "Kept: it is new." in editor.get(answer.headers["location"]).text

    again = read(editor)  # the page says what it said: the corrections stay
    assert again["is:0:left.panel_score"] == "75"
    assert editor.post(ADD, data={**again, "do": "keep"}).headers["location"].endswith("said=same")
    view = kept(office)
    assert view is not None
    assert view.contenders[0].panel_score == 75


def test_a_correction_that_cannot_be_is_told_at_its_field_and_nothing_is_kept(
    editor: TestClient, office: Studio
) -> None:
    form = {**read(editor), "is:0:left.panel_score": "lots", "is:0:right.tagline": EVIL}
    answer = editor.post(ADD, data={**form, "do": "keep"})
    assert answer.status_code == 409
    page_ = BeautifulSoup(answer.text, "html.parser")
    field = page_.select_one('[name="is:0:left.panel_score"]')
    assert field is not None
    assert (field["value"], field["aria-invalid"]) == ("lots", "true")
    assert "a number from 0 to 100" in answer.text
    assert page_.select_one("main script") is None
    assert kept(office) is None
    corrected = {**form_of(answer.text), "is:0:left.panel_score": "50", "do": "keep"}
    assert editor.post(ADD, data=corrected).status_code == 303
    view = kept(office)
    assert view is not None
    assert (view.contenders[0].panel_score, view.contenders[1].tagline) == (50, EVIL)


def test_no_script_in_any_field_runs(editor: TestClient, office: Studio) -> None:
    form = read(editor)
    fields = [name for name in form if name.startswith("is:0:")]
    evil = {**form, **dict.fromkeys(fields, EVIL), "name": EVIL, "address": EVIL, "ending": EVIL}
    answer = editor.post(ADD, data={**evil, "do": "keep"})
    assert answer.status_code == 409
    shown = BeautifulSoup(answer.text, "html.parser")
    assert shown.select_one("main script") is None
    held = [str(one.get("value", "")) for one in shown.select('input[name^="is:0:"]')]
    assert held
    assert set(held) == {EVIL}, "what was typed is still there"
    assert kept(office) is None


def test_reading_it_again_keeps_what_was_corrected_meanwhile(editor: TestClient) -> None:
    form = {**read(editor), "is:0:left.tagline": "A better line", "do": "read"}
    again = form_of(editor.post(ADD, data=form).text)
    assert again["is:0:left.tagline"] == "A better line"
    assert again["was:0:left.tagline"] != "A better line"


def test_a_page_that_is_known_says_what_changes_and_where_it_stands(
    editor: TestClient, office: Studio
) -> None:
    answer = editor.post(ADD, data={"do": "read", "text": SAMPLE.replace("100%", "50%", 1)})
    assert "known, and changed" in answer.text
    assert "panel score: 100 -&gt; 50" in answer.text
    assert f"/studio/issues/{office.number}" in answer.text


NOT_UNDERSTOOD = {
    EVIL: "expected",
    "": "found nothing",
    NEW.replace("100%", "lots", 1): "line 7",
    "[]": "expected",
    "{" * 60_000: "expected",
    "<p>" * 5_000: "expected",
    "\ufeff\u202e" + NEW.replace("Scorecard", "x").replace("scorecard", "x"): "expected",
}


def test_what_is_not_understood_is_refused_with_its_source_kept(
    editor: TestClient, office: Studio
) -> None:
    before = count(office)
    for text, said in NOT_UNDERSTOOD.items():
        answer = editor.post(ADD, data={"do": "read", "text": text})
        assert answer.status_code == 409, text[:40]
        assert said in answer.text
        assert "Correct the source below" in answer.text
        assert BeautifulSoup(answer.text, "html.parser").select_one("main script") is None
        if text:
            assert form_of(answer.text)["text"].strip() == text.strip()
    assert count(office) == before


def test_a_file_is_read_by_its_ending_and_its_name_is_only_text(
    editor: TestClient, office: Studio
) -> None:
    head = '<meta charset="windows-1252">'
    html = page("Héron", "Tern", head=head).encode("cp1252")
    name = '../<img src=x onerror="alert(1)">.html'
    answer = editor.post(ADD, data={"do": "read"}, files={"file": (name, html, "text/html")})
    assert answer.status_code == 200, answer.text
    assert "<img" not in answer.text.split("<main", 1)[1]
    form = form_of(answer.text)
    assert form["ending"] == ".html"
    shown = BeautifulSoup(answer.text, "html.parser").select(".source-lines li")
    assert "Héron" in " ".join(one.get_text() for one in shown)
    assert editor.post(ADD, data={**form, "do": "keep"}).status_code == 303
    assert kept(office, "heron-vs-tern") is not None


NO_PAGES = {
    b"\0\1\2": "a binary file",
    b"  \n": "an empty file",
    b"\xff\xff": "the byte 0xff at offset 0",
    b"x" * (limits.FILE_BYTES + 1): "found more than 2 MiB",
    b"x" * (MAX_UPLOAD_BYTES + 1): "more than 2 MiB",
}


def test_a_file_that_is_none_is_refused_in_one_line(editor: TestClient) -> None:
    for data, said in NO_PAGES.items():
        answer = editor.post(ADD, data={"do": "read"}, files={"file": ("a.txt", data)})
        assert answer.status_code == 409, data[:9]
        assert said in answer.text


def test_several_in_one_file_are_chosen_from(editor: TestClient, office: Studio) -> None:
    week = (
        (comparisons() / "week.json")
        .read_text(encoding="utf-8")
        .replace('"name": "', '"name": "New ')
    )
    week = week.replace('"slug": "', '"slug": "new-')
    form = read(editor, week)
    places = sorted(int(name[5:]) for name in form if name.startswith("keep:"))
    assert len(places) > 1
    before = count(office)
    del form["keep:0"]
    answer = editor.post(ADD, data={**form, "do": "keep"})
    assert answer.status_code == 303, answer.text
    assert count(office) == before + len(places) - 1
    for place in places:
        form.pop(f"keep:{place}", None)
    nothing = editor.post(ADD, data={**form, "do": "keep"})
    assert nothing.status_code == 409
    assert "Nothing was chosen" in nothing.text


def test_too_many_in_one_file_are_left_to_the_command_line(editor: TestClient) -> None:
    one = '{"contenders": []}'
    answer = editor.post(
        ADD, data={"do": "read", "text": f"[{', '.join([one] * (MOST_PAGES + 1))}]"}
    )
    assert answer.status_code == 409


def test_an_address_is_read_through_the_guard(office: Studio) -> None:
    reader = page_reader(
        AddressPolicy(frozenset({"site.example"}), Names()),
        public_url="https://digest.example.org",
        clock=office.clock,
        tick=lambda: 0.0,
    )
    app = create_app(office.app, studio=True, context=replace(office.context, read_address=reader))
    editor = TestClient(app, "http://127.0.0.1:8026", headers=OWN, follow_redirects=False)
    with site() as web:
        web.put("/compare", page("Heron", "Tern"))
        web.redirect("/moved", "/compare")
        web.redirect("/inside", f"http://127.0.0.1:{web.server_port}/compare")
        web.put("/robots.txt", "User-agent: *\nDisallow: /private", "text/plain")
        answer = editor.post(ADD, data={"do": "read", "url": web.url("/moved")})
        assert answer.status_code == 200, answer.text
        form = form_of(answer.text)
        assert form["is:0:url"] == web.url("/compare")
        for address, said in {
            web.url("/inside"): "an address of this machine or of a private network",
            web.url("/private"): "robots.txt does not allow it",
            web.url("/none"): "answered 404",
            "javascript:alert(1)": "no web address",
            f"http://127.0.0.1:{web.server_port}/compare": "DIGEST_SOURCE_ALLOW",
            "file:///etc/passwd": "no web address",
        }.items():
            refused = editor.post(ADD, data={"do": "read", "url": address})
            assert refused.status_code == 409
            assert said in refused.text
        assert kept(office, "heron-vs-tern") is None
        assert editor.post(ADD, data={**form, "do": "keep"}).status_code == 303
    view = kept(office, "heron-vs-tern")
    assert view is not None
    assert view.url == form["is:0:url"]


def test_another_site_cannot_make_it_read_or_keep_anything(
    editor: TestClient, office: Studio
) -> None:
    form = {**read(editor), "do": "keep"}
    answer = editor.post(ADD, data=form, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert kept(office) is None


def test_a_comparison_that_is_called_add_has_its_page(editor: TestClient, office: Studio) -> None:
    old = "/studio/comparisons/add"
    assert editor.get(old).headers["location"] == ADD
    assert (
        "This is how the page was understood"
        in editor.post(old, data={"do": "read", "text": NEW}).text
    )
    with office.app.store.write() as session:
        row = session.exec(select(Comparison).limit(1)).one()
        row.slug = "add"
        title = row.title
    page = editor.get(old)
    assert title in page.text
    assert "Correct what was misread" in page.text
    assert editor.post(old, data={"do": "hide"}).headers["location"] == old
    assert "hidden by ana" in editor.get(old).text
    assert "Its address" in editor.get(ADD).text
