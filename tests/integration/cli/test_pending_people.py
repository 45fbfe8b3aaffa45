"""Pending people by the command line: asked by mail, taken on a word; imports taken back."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.integration.cli.conftest import Run


def rows(query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect("var/digest.db")) as store:
        return store.execute(query).fetchall()


def statuses() -> dict[object, object]:
    return dict(rows("SELECT email, status FROM subscriber ORDER BY id"))  # type: ignore[arg-type]


@pytest.fixture
def imported(run: Run, home: Path) -> Path:
    """Two imports: of three and of two people, nothing known of their consent."""
    first = "email\nana@example.org\nbob@example.org\ncyd@example.org\n"
    (home / "first.csv").write_text(first, encoding="utf-8")
    second = "email,unsubscribed\ndee@example.org,no\neve@example.org,yes\n"
    (home / "second.csv").write_text(second, encoding="utf-8")
    for name, number in (("first", 1), ("second", 2)):
        got = run("subscribers", "import", f"{name}.csv")
        assert f"this was import {number}; to take it back: digest subscribers import --undo" in (
            got.err
        )
    return home


def test_pending_people_are_asked_by_mail_at_the_stated_rate_and_once(
    run: Run, imported: Path
) -> None:
    got = run("subscribers", "confirm", "--rate", "2", "--run", "1")
    assert (got.status, got.out) == (0, "3 are asked by mail, 2 an hour: the last in 1.5 hours\n")
    times = [
        round((second - first) * 24, 3)
        for (first,), (second,) in zip(
            *[iter(rows("SELECT julianday(not_before) FROM letter ORDER BY id"))] * 2, strict=False
        )
        if isinstance(first, float) and isinstance(second, float)
    ]
    assert times == [0.5]
    assert rows("SELECT kind, count(*) FROM letter GROUP BY kind") == [("confirmation", 3)]
    again = run("subscribers", "confirm")
    assert again.out.startswith("1 are asked by mail, 100 an hour"), "who was not asked yet"
    assert run("subscribers", "confirm").out.startswith("0 are asked by mail")
    assert set(statuses().values()) == {"pending", "unsubscribed"}


def test_a_word_is_taken_with_its_reason_and_both_are_kept(run: Run, imported: Path) -> None:
    got = run("subscribers", "confirm", "--run", "1", "--who", "Ed", "--why", "they paid for it")
    assert (got.status, got.out) == (0, "3 are active\n")
    assert [one for one, status in statuses().items() if status == "active"] == [
        "ana@example.org",
        "bob@example.org",
        "cyd@example.org",
    ]
    shown = json.loads(run("subscribers", "show", "ana@example.org", "--json").out)
    assert shown["consents"][-1]["wording"] == "Ed takes it on their word: they paid for it"
    assert rows("SELECT count(*) FROM letter") == [(0,)]


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("--why", "they paid"), 1, "--who and --why"),
        (("--who", "Ed"), 1, "--who and --why"),
        (("--who", " ", "--why", "they paid"), 1, "--who and --why"),
        (("--rate", "0"), 2, "--rate"),
        (("--rate", "many"), 2, "--rate"),
        (("--run", "9"), 1, "there is no import 9"),
        (("--run", "9", "--who", "Ed", "--why", "so"), 1, "there is no import 9"),
    ],
)
def test_a_confirmation_that_can_t_be_is_refused_in_one_line(
    run: Run, imported: Path, arguments: tuple[str, ...], status: int, said: str
) -> None:
    got = run("subscribers", "confirm", *arguments)
    assert (got.status, got.out) == (status, "")
    assert said in got.err
    assert status == 2 or len(got.err.strip().splitlines()) == 1
    assert rows("SELECT count(*) FROM letter") == [(0,)]
    assert "active" not in statuses().values()


def test_an_import_is_taken_back_once(run: Run, imported: Path) -> None:
    got = run("subscribers", "import", "--undo", "2")
    assert got.status == 0
    assert got.out == ("2 removed, 1 suppressions removed, 0 kept who were mailed or acted since\n")
    assert list(statuses()) == ["ana@example.org", "bob@example.org", "cyd@example.org"]
    again = run("subscribers", "import", "--undo", "2")
    assert (again.status, again.out) == (1, "")
    assert "import 2 was undone on " in again.err
    assert run("subscribers", "import", "second.csv").out.startswith("1 added")


def test_who_acted_since_stays_when_an_import_is_taken_back(run: Run, imported: Path) -> None:
    run("subscribers", "unsubscribe", "ana@example.org")
    run("subscribers", "confirm", "--run", "1", "--who", "Ed", "--why", "so")
    got = run("subscribers", "import", "--undo", "1")
    assert got.out.startswith("0 removed, 0 suppressions removed, 3 kept")
    assert statuses()["ana@example.org"] == "unsubscribed"


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("--undo", "9"), 1, "there is no import 9"),
        (("--undo", "0"), 1, "there is no import 0"),
        (("--undo", "first"), 2, "--undo"),
        (("first.csv", "--undo", "1"), 2, "--undo RUN takes no file and no other option"),
        ((), 2, "expected FILE.csv, or --undo RUN"),
        (("--undo", "1", "--status", "active"), 2, "--undo RUN takes no file and no other option"),
        (("--undo", "1", "--dry-run"), 2, "--undo RUN takes no file and no other option"),
    ],
)
def test_what_can_t_be_taken_back_is_said_and_nobody_is_removed(
    run: Run, imported: Path, arguments: tuple[str, ...], status: int, said: str
) -> None:
    got = run("subscribers", "import", *arguments)
    assert (got.status, got.out) == (status, "")
    assert said in " ".join(got.err.replace("│", " ").split())
    assert len(statuses()) == 5
