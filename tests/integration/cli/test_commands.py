"""The fixed command line: what every command says, refuses and prints."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import typer
from sqlalchemy import create_engine, text

from digest.cli import app as command_line
from digest.samples import comparisons, subscribers
from tests.integration.cli.conftest import Run
from tests.parts.dns_server import dns_server
from tests.parts.signatures import ed25519_key, keep_key


def every_command() -> list[tuple[str, ...]]:
    group: Any = typer.main.get_command(command_line)
    found: list[tuple[str, ...]] = []
    for name, command in group.commands.items():
        inner = getattr(command, "commands", None)
        found += [(name, one) for one in inner] if inner else [(name,)]
    return found


FIXED = [
    "demo", "serve", "web", "worker", "scheduler", "report", "doctor", "comparisons/import",
    "comparisons/list", "issue/draft", "issue/list", "issue/show", "issue/preview",
    "issue/render", "issue/check", "issue/test", "issue/approve", "issue/schedule",
    "issue/pause", "issue/resume", "issue/cancel", "issue/send", "issue/status",
    "subscribers/import", "subscribers/export", "subscribers/add", "subscribers/show",
    "subscribers/erase", "subscribers/unsubscribe", "schedule/list", "schedule/add",
    "schedule/run", "schedule/next", "database/upgrade", "database/backup", "database/restore",
]  # fmt: skip


@pytest.mark.parametrize("path", FIXED)
def test_the_fixed_commands_are_there(path: str) -> None:
    assert tuple(path.split("/")) in every_command()


@pytest.mark.parametrize("command", every_command(), ids=" ".join)
def test_every_help_has_an_example(run: Run, command: tuple[str, ...]) -> None:
    shown = run(*command, "--help")
    assert shown.status == 0
    assert f"Example: digest {' '.join(command)}" in " ".join(shown.out.split())


def one_line(error: str) -> bool:
    return len(error.strip().splitlines()) == 1 and "Traceback" not in error


def test_no_such_file(run: Run, home: Path) -> None:
    got = run("comparisons", "import", "nowhere.txt")
    assert got.status == 1
    assert "nowhere.txt" in got.err
    assert one_line(got.err)
    got = run("subscribers", "import", "nowhere.csv")
    assert got.status == 1
    assert "nowhere.csv" in got.err
    assert one_line(got.err)


def test_a_page_that_is_none_stops_no_other(run: Run, home: Path) -> None:
    (home / "bad.txt").write_text("Ten ways to bake bread\nFlour first.\n", encoding="utf-8")
    good = min(comparisons().glob("*.txt"))
    got = run("comparisons", "import", "bad.txt", str(good))
    assert got.status == 1
    assert "bad.txt" in got.err
    assert "expected" in got.err
    assert one_line(got.err)
    assert "1 new, 0 changed, 0 unchanged, 1 refused" in got.out
    assert len(json.loads(run("comparisons", "list", "--json").out)) == 1


def test_a_bad_setting(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_PUBLIC_URL", "nonsense")
    got = run("issue", "list")
    assert got.status == 1
    assert "DIGEST_PUBLIC_URL" in got.err
    assert "https://" in got.err
    assert one_line(got.err)


@pytest.mark.parametrize(
    ("provider", "name", "value"),
    [
        ("smtp", "DIGEST_SMTP_URL", "smtp://me:hush@mail..example.org"),
        ("sendgrid", "DIGEST_SENDGRID_HOST", "api.sendgrid.com"),
        ("sendgrid", "DIGEST_SENDGRID_API_KEY", "SG. hush"),
    ],
)
def test_a_provider_that_is_named_wrongly_is_told_in_a_line(
    run: Run, monkeypatch: pytest.MonkeyPatch, provider: str, name: str, value: str
) -> None:
    monkeypatch.setenv("DIGEST_SENDGRID_API_KEY", "SG.key")
    monkeypatch.setenv("DIGEST_PROVIDER", provider)
    monkeypatch.setenv("DIGEST_POSTAL_ADDRESS", "1 Road, Town")
    monkeypatch.setenv("DIGEST_SECRET_KEY", "k" * 32)
    monkeypatch.setenv(name, value)
    got = run("issue", "list")
    assert (got.status, one_line(got.err)) == (1, True)
    assert got.err.startswith(f"{name} should look like")
    assert "hush" not in got.err


@pytest.mark.parametrize("url", ["oracle://x/y", "nonsense", "sqlite:////proc/no/where.db"])
def test_a_database_that_can_not_be_opened(
    run: Run, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("DIGEST_DATABASE_URL", url)
    monkeypatch.setenv("DIGEST_SECRET_KEY", "x" * 40)
    got = run("issue", "list")
    assert got.status == 1
    assert one_line(got.err), got.err


def test_a_database_from_the_future(run: Run, home: Path) -> None:
    assert run("issue", "list").status == 0
    engine = create_engine(f"sqlite:///{home}/var/digest.db")
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    for command in (("issue", "list"), ("database", "upgrade"), ("serve",)):
        got = run(*command)
        assert got.status == 1
        assert "newer version" in got.err
        assert one_line(got.err)


@pytest.mark.parametrize(
    "command",
    ["show", "check", "approve", "send", "status", "pause", "resume", "cancel", "preview"],
)
def test_an_unknown_issue_number(run: Run, command: str) -> None:
    got = run("issue", command, "99")
    assert got.status == 1
    assert "there is no issue 99" in got.err
    assert one_line(got.err)


def test_a_number_beyond_all_issues(run: Run) -> None:
    got = run("issue", "show", "99999999999999999999999")
    assert (got.status, one_line(got.err)) == (1, True)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u@127.0.0.1:1/x?password=SECRETPW",
        "postgresql://u:SECRETPW@127.0.0.1:1/x",
        "postgresql://u:SECRETPW@127.0.0.1:abc/x",
    ],
)
def test_the_databases_password_is_never_shown(
    run: Run, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("DIGEST_DATABASE_URL", url)
    monkeypatch.setenv("DIGEST_SECRET_KEY", "x" * 40)
    for command in (("issue", "list"), ("doctor",), ("database", "upgrade")):
        got = run(*command)
        assert got.status == 1
        assert "SECRETPW" not in got.out + got.err
        assert one_line(got.err), got.err


def test_one_address_for_several_pages_is_refused_before_anything_is_kept(run: Run) -> None:
    got = run("comparisons", "import", str(comparisons()), "--url", "https://x.example/a")
    assert got.status == 1
    assert json.loads(run("comparisons", "list", "--json").out) == []


def test_what_found_no_room_comes_the_next_time(run: Run, home: Path) -> None:
    week = json.loads((comparisons() / "week.json").read_text(encoding="utf-8"))
    items = week["comparisons"] if isinstance(week, dict) else week
    many = []
    for number in range(13):
        item = json.loads(json.dumps(items[0]))
        item.pop("slug", None)
        item["contenders"][0]["name"] = f"Tool {number}"
        item["title"] = f"Tool {number} vs {item['contenders'][1]['name']}"
        many.append(item)
    (home / "many.json").write_text(json.dumps(many), encoding="utf-8")
    assert run("comparisons", "import", "many.json").status == 0
    assert run("issue", "draft").status == 0
    assert run("issue", "draft").status == 0
    picks = [json.loads(run("issue", "show", n, "--json").out)["picks"] for n in ("1", "2")]
    assert [len(one) for one in picks] == [10, 3]


def test_a_pending_row_stays_pending_and_an_unknown_status_is_refused(run: Run, home: Path) -> None:
    (home / "s.csv").write_text("email,status\np@example.org,pending\no@example.org,opted-out\n")
    got = run("subscribers", "import", "s.csv", "--status", "active")
    assert got.status == 1
    assert "line 3" in got.err
    known = json.loads(run("subscribers", "show", "p@example.org", "--json").out)
    assert known["status"] == "pending"


def test_the_doctor_notes_a_setting_that_is_none(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_PROVIDR", "smtp")
    got = run("doctor")
    assert got.status == 0
    assert "note DIGEST_PROVIDR is no setting" in got.out


def test_the_doctor_says_which_record_belongs_into_the_dns(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pem = home / "dkim.pem"
    keep_key(pem, ed25519_key())
    monkeypatch.setenv("DIGEST_SENDER", "V <digest@d.example>")
    monkeypatch.setenv("DIGEST_DKIM_SELECTOR", "e2026")
    monkeypatch.setenv("DIGEST_DKIM_KEY_FILE", str(pem))
    pem.chmod(0o644)
    with dns_server() as zone:
        monkeypatch.setenv("DIGEST_DNS_SERVER", zone.address)
        zone.text("e2026._domainkey.d.example", ed25519_key().record)
        got = run("doctor")
    assert got.status == 0, "what goes into the outbox needs no record yet"
    assert "ok   DKIM: the key at e2026._domainkey.d.example is ours" in got.out
    assert (
        "note SPF: d.example has no record; paste this TXT record at d.example: v=spf1" in got.out
    )
    assert "note Microsoft would object to SPF (d.example has no record), DMARC (" in got.out
    assert f"at e2026._domainkey.d.example: {ed25519_key().record}\n" in got.out
    assert f"note DKIM: everybody on this machine can read {pem}" in got.out
    assert "PRIVATE" not in got.out


def test_the_doctor_refuses_real_mail_that_would_be_refused(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "SENDER": "V <digest@d.example>",
        "PROVIDER": "smtp",
        "SMTP_URL": "smtp://127.0.0.1:9",
        "POSTAL_ADDRESS": "1 Road, Town",
        "SECRET_KEY": "x" * 40,
        "PUBLIC_URL": "https://127.0.0.1:9",
    }.items():
        monkeypatch.setenv(f"DIGEST_{name}", value)
    with dns_server() as zone:
        monkeypatch.setenv("DIGEST_DNS_SERVER", zone.address)
        got = run("doctor")
    assert got.status == 1
    assert "BAD  DMARC: d.example has no record; paste this TXT record at _dmarc.d.exam" in got.out
    assert "BAD  Gmail would object to SPF (" in got.out
    assert "note PTR: 127.0.0.1 is on a network of its own" in got.out
    assert "note DKIM: mail is not signed here" in got.out
    assert one_line(got.err)


def test_the_doctor_says_what_it_could_not_ask(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("digest.deliverability.resolver.TIMEOUT_SECONDS", 0.05)
    monkeypatch.setenv("DIGEST_SENDER", "V <digest@d.example>")
    with dns_server() as zone:
        zone.silent = True
        monkeypatch.setenv("DIGEST_DNS_SERVER", zone.address)
        got = run("doctor")
    assert got.status == 0
    assert "note SPF: not checked, since DNS did not answer" in got.out
    assert "note Gmail: can't say, for want of SPF, DKIM, DMARC" in got.out


def test_a_dns_server_that_is_none_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_DNS_SERVER", "nine")
    got = run("doctor")
    assert got.status == 1
    assert got.err == "DIGEST_DNS_SERVER: should look like 9.9.9.9 or 127.0.0.1:5353\n"


def test_a_key_that_can_not_sign_is_told_before_anything_is_sent(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGEST_DKIM_SELECTOR", "e2026")
    monkeypatch.setenv("DIGEST_DKIM_KEY_FILE", "gone.pem")
    got = run("doctor")
    assert got.status == 1
    assert "BAD  DIGEST_DKIM_KEY_FILE: gone.pem: No such file or directory" in got.out

    monkeypatch.setenv("DIGEST_PROVIDER", "smtp")
    monkeypatch.setenv("DIGEST_SMTP_URL", "smtp://localhost:25")
    monkeypatch.setenv("DIGEST_POSTAL_ADDRESS", "1 Road, Town")
    monkeypatch.setenv("DIGEST_SECRET_KEY", "x" * 40)
    got = run("issue", "list")
    assert got.status == 1
    assert got.err.splitlines() == ["DIGEST_DKIM_KEY_FILE: gone.pem: No such file or directory"]


def test_usage_is_status_two(run: Run) -> None:
    assert run("issue", "show", "three").status == 2
    assert run("issue", "fly").status == 2


def test_nothing_to_draft(run: Run) -> None:
    got = run("issue", "draft")
    assert got.status == 1
    assert "comparisons import" in got.err


def test_a_week_from_pages_to_outbox(run: Run, home: Path) -> None:
    assert run("comparisons", "import", str(comparisons())).status == 0
    again = run("comparisons", "import", str(comparisons()))
    assert again.out.strip().startswith("0 new, 0 changed")
    got = run("subscribers", "import", str(subscribers()), "--status", "active")
    assert got.status == 0, got.err
    assert run("schedule", "add", "weekly", "--zone", "Europe/Berlin").status == 0
    assert run("issue", "draft", "--schedule", "weekly").out.strip() == "1"
    shown = json.loads(run("issue", "show", "1", "--json").out)
    assert shown["picks"][0]["role"] == "lead"
    assert all(pick["reasons"] for pick in shown["picks"])
    assert run("issue", "send", "1").status == 1, "a draft is not sent"
    assert run("issue", "check", "1").status == 0
    assert run("issue", "approve", "1").status == 0
    assert run("issue", "render", "1", "--out", "out").status == 0
    assert {path.name for path in (home / "out").iterdir()} == {
        "issue.html",
        "issue.txt",
        "issue.eml",
    }
    sent = run("issue", "send", "1")
    assert sent.status == 0, sent.err
    status = json.loads(run("issue", "status", "1", "--json").out)
    counted = {name: n for name, n in status.items() if name not in ("number", "state", "audience")}
    assert status["state"] == "finished"
    assert sum(counted.values()) == status["audience"] == status["submitted"]
    assert len(list((home / "var/outbox/new").glob("*.eml"))) == status["audience"]
    assert run("issue", "send", "1").status == 1, "a finished issue is not sent again"
    assert run("issue", "resend", "1").status == 2
    assert "nobody like that" in run("issue", "resend", "1", "--uncertain", "--failed").err
    assert run("issue", "give-up", "1").out == "0 given up\n"
    report = json.loads(run("report", "1", "--json").out)
    assert report["people"] == {"opens": 0, "clicks": 0, "votes": 0, "unsubscribes": 0}


def test_the_status_says_what_is_to_be_done(run: Run, home: Path) -> None:
    (home / "list.csv").write_text("email\na@example.org\nb@example.org\n")
    run("comparisons", "import", str(comparisons()))
    run("subscribers", "import", "list.csv", "--status", "active")
    run("issue", "draft")
    assert "digest issue approve 1" in run("issue", "status", "1").out
    run("issue", "approve", "1")
    assert run("issue", "schedule", "1", "--at", "2999-01-01T08:00Z").status == 0
    status = run("issue", "status", "1").out
    assert "it would go to 2 people now" in status
    assert "goes out 2999-01-01 08:00 UTC" in status
    assert run("issue", "send", "1", "--detach").status == 0
    assert "nothing is under way" in run("issue", "status", "1").out
    run("issue", "pause", "1")
    assert "digest issue resume 1" in run("issue", "status", "1").out


def test_the_status_says_why_deliveries_failed(run: Run, home: Path) -> None:
    (home / "list.csv").write_text("email\na@example.org\nb@example.org\nc@example.org\n")
    run("comparisons", "import", str(comparisons()))
    run("subscribers", "import", "list.csv", "--status", "active")
    run("issue", "draft")
    run("issue", "approve", "1")
    run("issue", "send", "1")
    with sqlite3.connect(home / "var/digest.db") as database:
        database.execute("UPDATE delivery SET state = 'failed', code = '552 5.2.2' WHERE id < 3")
        database.execute("UPDATE delivery SET state = 'failed', code = '550 5.1.1' WHERE id = 3")
    told = [line.strip() for line in run("issue", "status", "1").out.splitlines()]
    assert told[2:4] == ["2 with 552 5.2.2", "1 with 550 5.1.1"]
    assert told[-1] == "digest issue resend 1 --failed tries the failed again"


def test_the_gate_is_asked_overridden_and_remembered(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGEST_GATE_TOOLS", "no")
    run("comparisons", "import", str(comparisons()))
    run("issue", "draft")
    run("issue", "edit", "1", "--subject", "RE: your tools")
    got = run("issue", "check", "1")
    assert got.status == 1
    assert got.out.startswith("blocks words-fake-reply: subject: ")
    assert got.err == "issue 1 may not go out: 1 block it\n"
    found = json.loads(run("issue", "check", "1", "--json").out)
    assert found[0] | {"what": "", "mend": ""} == {
        "level": "blocks", "code": "words-fake-reply", "where": "subject", "what": "", "mend": "",
        "blocks": True, "let_pass": False,
    }  # fmt: skip
    got = run("issue", "approve", "1")
    assert (got.status, one_line(got.err)) == (1, True)
    assert "words-fake-reply" in got.err
    got = run("issue", "approve", "1", "--despite", "words-fake-reply", "--because", "It is one.")
    assert got.status == 0, got.err
    assert run("issue", "check", "1").status == 0
    shown = run("issue", "show", "1").out
    assert "let pass by " in shown
    assert "words-fake-reply, because It is one." in shown
    (kept,) = json.loads(run("issue", "show", "1", "--json").out)["overrides"]
    assert (kept["code"], kept["reason"]) == ("words-fake-reply", "It is one.")
    assert kept["at"].endswith("Z")


def test_a_code_of_the_gate_that_is_none_is_named(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGEST_GATE_BLOCK", "words-shot")
    monkeypatch.setenv("DIGEST_GATE_IGNORE", "slot-open")
    got = run("issue", "list")
    assert got.status == 1
    assert "DIGEST_GATE_BLOCK: 'words-shot' is no code of the gate" in got.err
    assert "DIGEST_GATE_IGNORE: slot-open always blocks" in got.err


def test_a_subscriber_comes_goes_and_is_forgotten(run: Run, home: Path) -> None:
    assert run("subscribers", "add", "ana@example.org", "--name", "Ana").status == 0
    assert run("subscribers", "add", "ANA@example.org").status == 1
    assert run("subscribers", "unsubscribe", "ana@example.org").status == 0
    known = json.loads(run("subscribers", "show", "ana@example.org", "--json").out)
    assert known["status"] == "unsubscribed"
    assert known["suppression"]["reason"] == "unsubscribed"
    assert [one["kind"] for one in known["consents"]] == ["imported", "withdrawn"]
    assert run("subscribers", "erase", "ana@example.org").status == 0
    assert run("subscribers", "show", "ana@example.org").status == 1
    (home / "list.csv").write_text("email\nana@example.org\nbo@example.org\nnonsense\n")
    got = run("subscribers", "import", "list.csv", "--status", "active")
    assert got.status == 1
    assert "line 4: found 'nonsense'" in got.err
    assert "1 added, 0 already there, 0 repeated, 1 suppressed, 1 refused" in got.out
    assert b"ana@example.org" not in (home / "var/digest.db").read_bytes().lower()


def test_what_json_lists_can_be_imported_again(run: Run, home: Path) -> None:
    run("comparisons", "import", str(comparisons()))
    (home / "all.json").write_text(run("comparisons", "list", "--json").out, encoding="utf-8")
    got = run("comparisons", "import", "all.json")
    assert got.status == 0, got.err
    assert got.out.startswith("0 new, 0 changed")


def test_a_backup_comes_back(run: Run, home: Path) -> None:
    run("subscribers", "add", "ana@example.org")
    assert run("database", "backup", "saved.db").status == 0
    run("subscribers", "erase", "ana@example.org")
    assert run("database", "restore", "saved.db").status == 0
    assert run("subscribers", "show", "ana@example.org").status == 0
    (home / "newer.db").write_bytes((home / "saved.db").read_bytes())
    with closing(sqlite3.connect(home / "newer.db")) as newer, newer:
        newer.execute("UPDATE alembic_version SET version_num = '9999'")
    got = run("database", "restore", "newer.db")
    assert (got.status, one_line(got.err)) == (1, True)
    assert run("subscribers", "show", "ana@example.org").status == 0, "nothing was replaced"
    assert one_line(run("database", "backup", "nowhere/b.db").err)
    (home / "no.db").write_text("not a database at all, but long enough to be read as one")
    got = run("database", "restore", "no.db")
    assert got.status == 1
    assert one_line(got.err)


def test_schedules_are_listed_and_bad_ones_refused(run: Run) -> None:
    assert run("schedule", "add", "weekly", "--cron", "0 8 * * mon").status == 0
    assert len(run("schedule", "next", "weekly", "--count", "3").out.splitlines()) == 3
    for bad in (("--cron", "8 o'clock"), ("--zone", "Mars/Olympus")):
        got = run("schedule", "add", "other", *bad)
        assert got.status == 1
        assert one_line(got.err), got.err
    got = run("schedule", "next", "nosuch")
    assert got.status == 1
    assert "weekly" in got.err
