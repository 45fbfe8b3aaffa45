"""Colours, a logo and a typeface are tried on an issue before they are set; nothing is kept."""

from io import StringIO

from bs4 import BeautifulSoup
from dotenv import dotenv_values
from starlette.testclient import TestClient

from digest.brand import ACCENT
from digest.render.palette import MIN_CONTRAST, dark, light
from digest.web.studio.brand import Tried, findings, readable, trial_of
from tests.parts.issues.studio import Studio

EVIL = '"><script>alert(1)</script>'


def test_the_mail_is_shown_as_it_would_be(editor: TestClient, office: Studio) -> None:
    asked = {
        "accent": "#0A7D55",
        "typeface": "serif",
        "logo_url": "https://example.org/l.png?a=1#b",
    }
    page = editor.get("/studio/brand", params={**asked, "view": "dark"})
    assert page.status_code == 200
    shown = BeautifulSoup(page.text, "html.parser")
    frame = shown.select_one("iframe")
    assert frame is not None
    mail = editor.get(str(frame["src"]))
    assert light("#0a7d55").accent in mail.text
    assert dark("#0a7d55").accent in mail.text
    assert "Palatino" in mail.text
    assert "https://example.org/l.png?a=1#b" in mail.text
    assert "script-src" not in mail.headers["Content-Security-Policy"]
    assert "default-src 'none'" in mail.headers["Content-Security-Policy"]
    lines = shown.select_one("#lines")
    assert lines is not None
    assert dotenv_values(stream=StringIO(lines.get_text())) == {
        "DIGEST_ACCENT": "#0a7d55",
        "DIGEST_LOGO_URL": asked["logo_url"],
        "DIGEST_TYPEFACE": "serif",
    }
    as_set = editor.get(f"/studio/issues/{office.number}/mail").text
    assert light(ACCENT).accent in as_set
    assert light("#0a7d55").accent not in as_set


def test_without_anything_asked_it_is_as_it_is_set(editor: TestClient) -> None:
    page = editor.get("/studio/brand").text
    assert "This is how it is set." in page
    assert ACCENT in page


WRONG = (
    ("accent", "red"),
    ("accent", EVIL),
    ("logo_url", "http://example.org/l.png"),
    ("logo_url", "javascript:alert(1)"),
    ("logo_url", EVIL),
    ("typeface", "Comic Sans"),
    ("typeface", EVIL),
)


def test_what_cannot_be_set_is_told_at_its_field(editor: TestClient) -> None:
    for name, value in WRONG:
        page = editor.get("/studio/brand", params={name: value})
        assert page.status_code == 422, value
        shown = BeautifulSoup(page.text, "html.parser")
        assert shown.select_one(f"#b-{name}-why") is not None
        assert shown.select_one("main script") is None
        assert "This is how it is set." in page.text
        mail = editor.get("/studio/brand/mail", params={name: value, "issue": "1"})
        assert mail.status_code == 422


def test_an_approved_issue_is_tried_too_and_stays_as_it_was(
    editor: TestClient, office: Studio
) -> None:
    office.app.issues.approve(office.number, by="ana")
    asked = {"accent": "#0a7d55", "issue": str(office.number)}
    assert light("#0a7d55").accent in editor.get("/studio/brand/mail", params=asked).text
    assert light("#0a7d55").accent not in editor.get(f"/studio/issues/{office.number}/mail").text


def test_the_gate_finds_every_accent_readable_and_its_contrast_is_shown(office: Studio) -> None:
    for accent in ("#ffcc00", "#000000", "#ffffff", ACCENT, "#808080"):
        brand = trial_of(office.app.brand, Tried(accent=accent)).brand
        assert not findings(office.app, office.number, brand), accent
        shown = readable(accent)
        assert [one.scheme for one in shown] == ["light", "dark"]
        assert all(one.ratio >= MIN_CONTRAST for one in shown)
        assert any(one.is_mixed for one in shown)


def test_an_issue_that_is_not_there_is_a_404(editor: TestClient) -> None:
    assert editor.get("/studio/brand", params={"issue": "99"}).status_code == 404
    assert editor.get("/studio/brand/mail", params={"issue": "99"}).status_code == 404
    assert editor.get("/studio/brand/mail").status_code == 404
