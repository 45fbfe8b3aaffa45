"""A list that an attacker wrote, imported and mailed: what stands in it is text, no more."""

from email import message_from_bytes, policy
from pathlib import Path

from digest.samples import comparisons
from tests.integration.cli.conftest import Run

NAMES = (
    "<script>alert(1)</script>",
    "{{ 7 * 7 }}",
    "{% include '/etc/passwd' %}",
    '=HYPERLINK("http://evil.example")',
    "x\r\nBcc: other@example.org",
    "x\nSubject: won",
    "\u202egnp.exe",
    '"><img src=x onerror=alert(1)>',
    "visit evil.example/win",
    "%%name%%",
    "-personal- \ue000 \x00",
)


def test_hostile_names_reach_mail_as_text_alone(run: Run, home: Path) -> None:
    rows = [
        f'reader{place}@example.org,"{name.replace(chr(34), chr(34) * 2)}",active\r\n'
        for place, name in enumerate(NAMES)
    ]
    text = "email,first_name,status\r\n" + "".join(rows)
    (home / "list.csv").write_text(text, encoding="utf-8", newline="")
    imported = run("subscribers", "import", "list.csv")
    assert imported.status in {0, 1}, imported
    assert run("comparisons", "import", str(comparisons())).status == 0
    assert run("issue", "draft").status == 0
    for step in ("approve", "send"):
        got = run("issue", step, "1")
        assert got.status == 0, got
    mails = [
        message_from_bytes(path.read_bytes(), policy=policy.default)
        for path in (home / "var/outbox/new").glob("*.eml")
    ]
    assert mails
    for mail in mails:
        assert mail["Bcc"] is None
        assert len(mail.get_all("Subject", [])) == len(mail.get_all("To", [])) == 1
        assert "won" not in str(mail["Subject"]).split()
        html = mail.get_body(("html",))
        assert html is not None
        content = html.get_content()
        assert "<script>alert" not in content
        assert "onerror=alert(1)>" not in content.replace("&gt;", "")
        assert "49" not in content.partition("</p>")[0].rpartition(">")[2]
        assert "root:" not in content
    said = run("subscribers", "list").out + run("subscribers", "show", "reader6@example.org").out
    assert "\u202e" not in said
    assert "\x00" not in said
