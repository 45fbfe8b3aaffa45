"""Suppressions reviewed and lifted, and the bounce mailbox read, as an operator does it."""

import json
from pathlib import Path

import pytest

from tests.integration.cli.conftest import Run
from tests.parts.inbound_messages import plain


def test_a_suppression_is_listed_lifted_and_remembered(run: Run) -> None:
    assert run("suppressions", "list", "--json").out == "[]\n"
    run("subscribers", "add", "ana@example.org")
    run("subscribers", "unsubscribe", "ana@example.org")
    (listed,) = json.loads(run("suppressions", "list", "--json").out)
    assert (listed["email"], listed["reason"]) == ("ana@example.org", "unsubscribed")
    assert "ana@example.org" in run("suppressions", "list").out
    lifted = run(
        "suppressions", "lift", "Ana@example.org", "--who", "Ed", "--why", "she  wrote\nto us"
    )
    assert lifted.out == "Ana@example.org is no longer suppressed; the subscriber is unsubscribed\n"
    assert run("suppressions", "list", "--json").out == "[]\n"
    (kept,) = json.loads(run("subscribers", "show", "ana@example.org", "--json").out)["lifts"]
    assert (kept["who"], kept["why"], kept["reason"]) == ("Ed", "she wrote to us", "unsubscribed")
    assert (
        "suppression removed by Ed: she wrote to us"
        in run("subscribers", "show", "ana@example.org").out
    )


def test_lifting_needs_a_name_a_reason_and_a_suppression(run: Run) -> None:
    run("subscribers", "add", "ana@example.org")
    lift = ("suppressions", "lift", "ana@example.org", "--who")
    assert run(*lift, "Ed").status == 2
    refused = run(*lift, "Ed", "--why", "she wrote")
    assert (refused.status, refused.err) == (1, "ana@example.org is not suppressed\n")
    blank = run(*lift, " ", "--why", "she wrote")
    assert blank.status == 1
    assert "needs a name and a reason" in blank.err


def test_the_suppression_of_an_erased_address_can_be_removed(run: Run) -> None:
    run("subscribers", "erase", "ana@example.org")
    assert "(erased)" in run("suppressions", "list").out
    assert run("subscribers", "add", "ana@example.org").status == 1
    lifted = run("suppressions", "lift", "ana@example.org", "--who", "Ed", "--why", "asked")
    assert lifted.out == "ana@example.org is no longer suppressed; not on the list\n"
    assert run("subscribers", "add", "ana@example.org").status == 0


def test_bounces_are_read_by_hand(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = run("bounces", "read")
    assert missing.status == 1
    assert "DIGEST_BOUNCE_MAILBOX is not set" in missing.err
    monkeypatch.setenv("DIGEST_BOUNCE_MAILBOX", f"maildir://{home}/mail")
    nowhere = run("bounces", "read")
    assert (nowhere.status, nowhere.err.count("\n")) == (1, 1)
    for part in ("new", "cur", "tmp"):
        (home / "mail" / part).mkdir(parents=True)
    (home / "mail" / "new" / "1.a").write_bytes(plain("Lunch?"))
    assert run("bounces", "read").out == "1 left alone\n"
    assert (home / "mail" / "new" / "1.a").exists()


def test_the_doctor_says_whether_bounces_are_read(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGEST_BOUNCE_MAILBOX", f"maildir://{home}/mail")
    lost = run("doctor")
    assert lost.status == 1
    assert "BAD  bounces: no Maildir at" in lost.out
    for part in ("new", "cur", "tmp"):
        (home / "mail" / part).mkdir(parents=True)
    assert "ok   bounces: the mailbox can be read" in run("doctor").out
