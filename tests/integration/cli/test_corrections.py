"""A page is corrected after drafting, after approval, after scheduling: each command says so."""

import email
import json
import threading
from email import policy
from pathlib import Path

import pytest

from digest.cli.common import open_app
from digest.worker import tell_editors
from tests.integration.cli.conftest import Run

CASES = Path(__file__).parents[2] / "cases" / "email"
NOON = "2026-11-27T12:00Z"
FAR = "2099-01-05T08:00Z"
FIRST, SECOND = (str(CASES / f"draft-then-corrected-{one}.json") for one in (1, 2))
SPANS = ("this week", "this month", "today")
SCHEDULES = {
    "by hand": ("", ""),
    "weekly": ("0 8 * * mon", "this week"),
    "monthly": ("0 8 1 * *", "this month"),
    "daily": ("0 8 * * *", "today"),
}


@pytest.fixture
def digest(run: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command line over a store of its own, without programs beside it."""
    monkeypatch.setenv("DIGEST_POSTAL_ADDRESS", "1 Road, Town")
    monkeypatch.setenv("DIGEST_GATE_TOOLS", "no")
    return run


def drafted(digest: Run, schedule: str) -> None:
    """Import the page as it was first and draft issue 1 of a schedule, or by hand."""
    cron, _ = SCHEDULES[schedule]
    named = ("--schedule", schedule) if cron else ()
    if cron:
        assert digest("schedule", "add", schedule, "--cron", cron, "--zone", "UTC").status == 0
    assert digest("comparisons", "import", FIRST).status == 0
    assert digest("issue", "draft", *named, "--as-of", NOON).out.strip() == "1"


def shown(digest: Run) -> dict[str, object]:
    found: dict[str, object] = json.loads(digest("issue", "show", "1", "--json").out)
    return found


def rendered(digest: Run, name: str) -> str:
    assert digest("issue", "render", "1", "--out", "out").status == 0
    return Path("out", name).read_text(encoding="utf-8")


def told() -> list[str]:
    """Tell editors as the worker does, and return the text of each message in the outbox."""
    with open_app() as app:
        tell_editors(app, threading.Event())
    messages = [
        email.message_from_bytes(one.read_bytes(), policy=policy.default)
        for one in sorted(Path("var/outbox").rglob("*.eml"))
    ]
    return [str(one["Subject"]) + "\n" + one.get_body(("plain",)).get_content() for one in messages]


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_draft_follows_its_page_in_every_word(digest: Run, schedule: str) -> None:
    drafted(digest, schedule)
    before = shown(digest)
    assert "Aye" in str(before["subject"])
    corrected = digest("comparisons", "import", SECOND).out
    assert "Aye, panel score: 100 -> 0" in corrected
    assert "it is in issue 1 (draft)" in corrected
    after = shown(digest)
    assert after["subject"] != before["subject"]
    assert after["subject"] == after["proposals"][0]["subject"]  # type: ignore[index]
    assert json.loads(digest("issue", "list", "--json").out)[0]["subject"] == after["subject"]
    text = rendered(digest, "issue.txt")
    span = SCHEDULES[schedule][1]
    words = [str(after[name]) for name in ("subject", "preheader", "intro")]
    for part in (text, rendered(digest, "issue.html"), *words):
        # A reviewer's own "today" stays.
        ours = part.replace("has buyers today", "")
        assert not [one for one in SPANS if one in ours and one != span]
    assert f"Also compared {span}".strip() in text
    assert digest("issue", "approve", "1").status == 0
    assert shown(digest)["subject"] == after["subject"]


@pytest.mark.parametrize(
    ("schedule", "state"),
    [
        ("by hand", "approved"),
        ("weekly", "scheduled"),
        ("monthly", "approved"),
        ("daily", "scheduled"),
    ],
)
def test_an_issue_that_waits_says_that_its_page_changed(
    digest: Run, schedule: str, state: str
) -> None:
    drafted(digest, schedule)
    digest("editors", "add", "ana@example.org", "--about", "changed")
    assert digest("issue", "approve", "1").status == 0
    if state == "scheduled":
        assert digest("issue", "schedule", "1", "--at", FAR).status == 0
    frozen = rendered(digest, "issue.txt")
    assert told() == []
    assert f"it is in issue 1 ({state})" in digest("comparisons", "import", SECOND).out
    assert "Aye, panel score was 100%, is 0%" in digest("issue", "show", "1").out
    assert [one["now"] for one in shown(digest)["changes"]] == ["0%", "100%"]  # type: ignore[attr-defined]
    assert "(its pages changed since)" in digest("issue", "list").out
    assert "page-changed" in digest("issue", "check", "1").out
    assert "+  Panel        0% (0 ship, 4 skip)" in digest("issue", "diff", "1").out
    (message,) = told()
    assert message.startswith("Issue 1 is approved, and its pages changed\n")
    assert "Aye, panel score was 100%, is 0%" in " ".join(message.split())
    assert "digest issue diff 1" in " ".join(message.split())
    assert len(told()) == 1, "the same change is told once"
    assert rendered(digest, "issue.txt") == frozen, "what was approved goes out as it is"
    digest("comparisons", "import", FIRST)
    assert "changed since" not in digest("issue", "list").out, "the page says again what it said"


def test_taking_the_approval_back_words_the_issue_anew(digest: Run) -> None:
    drafted(digest, "weekly")
    digest("issue", "approve", "1")
    was = shown(digest)["subject"]
    digest("comparisons", "import", SECOND)
    assert digest("issue", "edit", "1", "--subject", "").status == 0
    now = shown(digest)
    assert (now["state"], now["changes"]) == ("draft", [])
    assert now["subject"] != was
    assert digest("issue", "approve", "1").status == 0


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("--subject", "Aye beats Bee"),
        ("--preheader", "Aye at 100%, Bee at 0%"),
        ("--intro", "Everybody would ship Aye."),
    ],
)
def test_an_editors_words_that_the_page_contradicts_block(
    digest: Run, field: str, words: str
) -> None:
    drafted(digest, "weekly")
    digest("issue", "edit", "1", field, words)
    assert "words-false" not in digest("issue", "check", "1").out
    digest("comparisons", "import", SECOND)
    assert words in digest("issue", "show", "1").out, "an editor's words stay"
    refused = digest("issue", "approve", "1")
    assert refused.status == 1
    assert "words-false" in refused.err
    assert digest("issue", "edit", "1", field, "").status == 0
    assert digest("issue", "approve", "1").status == 0
