"""Schedules from the command line: added, changed, paused, removed, and their runs told."""

import json
from pathlib import Path

import pytest

from tests.integration.cli.conftest import Run

ADD = ("--cron", "0 12 * * fri", "--send-cron", "0 8 * * mon", "--zone", "Europe/Berlin")


def listed(run: Run) -> dict[str, object]:
    (one,) = json.loads(run("schedule", "list", "--json").out)
    assert isinstance(one, dict)
    return one


def test_a_schedule_from_add_to_remove(run: Run, home: Path) -> None:
    free = "\ufeff# free\n12-25 # Christmas\n2027-01-01\n"
    (home / "free.txt").write_text(free, encoding="utf-8")
    added = run("schedule", "add", "weekly", *ADD, "--skip-file", "free.txt", "--min-picks", "2")
    assert added.out.startswith(
        "weekly: drafts Fridays at 12:00, sends Mondays at 08:00 if approved by then, else holds; "
        "Berlin; not on 12-25, 2027-01-01; next: Fri "
    )
    one = listed(run)
    assert (one["send_cron"], one["if_unapproved"], one["min_picks"]) == ("0 8 * * mon", "hold", 2)
    assert (one["skipped_dates"], one["last_run"]) == (["12-25", "2027-01-01"], None)
    edited = run("schedule", "edit", "weekly", "--if-unapproved", "skip", "--unskip", "12-25")
    assert "else skips; Berlin; not on 2027-01-01; next: " in edited.out
    assert "paused until Fri 1 Jan 2990 09:00, next: Fri 1 Jan 2990 12:00" in (
        run("schedule", "pause", "weekly", "--until", "2990-01-01T09:00").out
    )
    (due,) = json.loads(run("schedule", "next", "weekly", "--json").out)
    assert due == {"due_at": "2990-01-01T11:00:00Z", "send_at": "2990-01-04T07:00:00Z"}
    assert run("schedule", "next", "weekly").out == (
        "2990-01-01T12:00:00+01:00  Fri 1 Jan 2990 12:00, sends Mon 4 Jan 2990 08:00\n"
    )
    assert run("schedule", "pause", "weekly").out == (
        "weekly: paused\ngo on with: digest schedule resume weekly\n"
    )
    assert (listed(run)["active"], listed(run)["next"]) == (False, None)
    assert run("schedule", "next", "weekly").err == (
        "weekly is paused; go on with: digest schedule resume weekly\n"
    )
    assert "weekly: drafts Fridays" in run("schedule", "resume", "weekly").out
    assert run("schedule", "resume", "weekly").out.endswith("(it was not paused)\n")
    assert run("schedule", "edit", "weekly", "--send-cron", "none").out.startswith(
        "weekly: Fridays at 12:00, Berlin; not on 2027-01-01; next: "
    )
    everything = (
        "--cron", "@monthly", "--zone", "UTC", "--automatic", "--late-limit", "60",
        "--frequency", "monthly", "--first-days", "30", "--min-picks", "1", "--max-picks", "4",
        "--unskip", "all",
    )  # fmt: skip
    assert run("schedule", "edit", "weekly", *everything).out.startswith(
        "weekly: the 1st of every month at 00:00, UTC; next: "
    )
    assert (listed(run)["max_picks"], listed(run)["first_days"]) == (4, 30)
    run("schedule", "edit", "weekly", "--max-picks", "0", "--first-days", "0")
    assert (listed(run)["max_picks"], listed(run)["first_days"]) == (None, None)
    assert run("schedule", "remove", "weekly").out == (
        "weekly is removed; its issues stay, and its runs: digest schedule runs weekly\n"
    )
    assert run("schedule", "list").out.startswith("no schedules yet")
    assert run("schedule", "runs", "weekly").status == 0
    assert run("schedule", "add", "weekly").out.startswith("weekly: Mondays at 08:00, UTC; next: ")


def test_runs_and_what_is_on_its_way_are_told(run: Run) -> None:
    run("comparisons", "import", str(sample()))
    run("schedule", "add", "weekly", *ADD, "--first-days", "36500")
    done = run("schedule", "run", "weekly", "--as-of", "2990-01-01T11:00Z")
    assert (done.status, done.out.split(":")[0]) == (0, "weekly, due 2990-01-01 11"), done.err
    (one,) = json.loads(run("schedule", "runs", "weekly", "--json").out)
    assert (one["state"], one["issue"], one["issue_state"]) == ("drafted", 1, "draft")
    assert (one["send_at"], one["send_state"]) == ("2990-01-04T07:00:00Z", "waiting")
    assert one["go_on"] == "digest issue approve 1"
    told = run("schedule", "runs", "weekly").out.splitlines()
    assert told[1].startswith("Fri 1 Jan 2990 12:00  issue 1, draft, to be approved before Mon 4")
    assert listed(run)["last_run"] == one
    assert "  last: Fri 1 Jan 2990 12:00, issue 1, draft" in run("schedule", "list").out
    on_its_way = "issue 1 (draft, send time Mon 4 Jan 2990 08:00) "
    for command, what in (
        (("edit", "weekly", "--send-cron", "0 9 * * mon"), "was drafted before and keeps its"),
        (("pause", "weekly"), "is held at its send time while the schedule is paused"),
        (("remove", "weekly"), "does not go out by itself any more"),
    ):
        assert f"{on_its_way}{what}" in run("schedule", *command).out
    assert json.loads(run("schedule", "runs", "weekly", "--json").out)[0]["go_on"] == (
        "digest issue approve 1"
    )


def test_who_approves_is_told_when_the_schedule_sends_it(run: Run) -> None:
    run("comparisons", "import", str(sample()))
    run("schedule", "add", "weekly", *ADD, "--first-days", "36500")
    run("schedule", "run", "weekly", "--as-of", "2990-01-01T11:00Z")
    said = run("issue", "approve", "1").out.splitlines()[1:]
    assert said == [
        "goes out 2990-01-04 07:00 UTC, if digest serve or digest worker runs then",
        "to send it now: digest issue send 1",
    ]


def sample() -> Path:
    from digest.samples import comparisons

    return next(iter(sorted(comparisons().glob("*.txt"))))


@pytest.mark.parametrize(
    ("wrong", "status", "said"),
    [
        (("edit", "weekly"), 2, "say what to change"),
        (("edit", "nope", "--cron", "@daily"), 1, "found 'nope', expected one of weekly"),
        (("edit", "weekly", "--cron", "L"), 1, "expected five fields"),
        (("edit", "weekly", "--skip", "Easter"), 1, "found 'Easter', expected a date such as"),
        (("edit", "weekly", "--unskip", "12-24"), 1, "does not rest on '12-24'"),
        (("edit", "weekly", "--skip-file", "none.txt"), 1, "none.txt: No such file"),
        (("edit", "weekly", "--skip-file", "bad.txt"), 1, "bad.txt: line 2: skipped date: found"),
        (("edit", "weekly", "--skip-file", "bytes.txt"), 1, "bytes.txt: it is no text in UTF-8"),
        (("edit", "weekly", "--if-unapproved", "go"), 1, "expected one of hold, send, skip"),
        (("edit", "weekly", "--if-unapproved", "send"), 1, "without a send time"),
        (("pause", "weekly", "--until", "tomorrow"), 2, "--until: 'tomorrow' is no time"),
        (("pause", "weekly", "--until", "2020-01-01"), 1, "expected a time to come"),
        (("remove", "nope"), 1, "found 'nope'"),
        (("runs", "nope"), 1, "found 'nope'"),
    ],
)
def test_bad_input_gets_a_line(
    run: Run, home: Path, wrong: tuple[str, ...], status: int, said: str
) -> None:
    (home / "bad.txt").write_text("12-25\nEaster\n", encoding="utf-8")
    (home / "bytes.txt").write_bytes(b"\xff\xfe\x00")
    run("schedule", "add", "weekly")
    before = listed(run)
    got = run("schedule", *wrong)
    assert (got.status, got.out) == (status, "")
    assert said in got.err
    assert status == 2 or got.err.count("\n") == 1
    assert listed(run) == before
