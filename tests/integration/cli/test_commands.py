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
from digest.samples import comparisons
from tests.integration.cli.conftest import Run
from tests.parts.output import one_line
from tests.unit.catalog.pages import PAGE, page_text, quotes


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
    "database/hold", "database/release",
]  # fmt: skip


@pytest.mark.parametrize("path", FIXED)
def test_the_fixed_commands_are_there(path: str) -> None:
    assert tuple(path.split("/")) in every_command()


@pytest.mark.parametrize("command", every_command(), ids=" ".join)
def test_every_help_has_an_example(run: Run, command: tuple[str, ...]) -> None:
    shown = run(*command, "--help")
    assert shown.status == 0
    assert f"Example: digest {' '.join(command)}" in " ".join(shown.out.split())


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


def test_a_page_whose_panel_is_incomplete_comes_in_and_says_so(run: Run, home: Path) -> None:
    (home / "page.txt").write_text(page_text(reviews=quotes(PAGE)[:6]), encoding="utf-8")
    got = run("comparisons", "import", "page.txt")
    assert got.status == 0
    assert "1 new, 0 changed, 0 unchanged, 0 refused" in got.out
    assert "page.txt: 6 reviews of 8" in got.err


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
    (home / "s.csv").write_text("email,status\np@example.org,pending\no@example.org,sleepy\n")
    got = run("subscribers", "import", "s.csv", "--status", "active")
    assert got.status == 1
    assert "line 3" in got.err
    known = json.loads(run("subscribers", "show", "p@example.org", "--json").out)
    assert known["status"] == "pending"


def test_usage_is_status_two(run: Run) -> None:
    assert run("issue", "show", "three").status == 2
    assert run("issue", "fly").status == 2


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
    got = run("database", "restore", "saved.db")
    assert got.status == 0, got.err
    assert "nothing is sent from it until: digest database release" in got.out
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
