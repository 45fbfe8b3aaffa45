"""The week's issue edited on the command line: each change is said back, and can be undone."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.integration.cli.conftest import Ran, Run

PAGES = Path(__file__).parents[3] / "digest" / "samples" / "comparisons"


@pytest.fixture
def digest(run: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command line over a store of its own that holds a draft."""
    monkeypatch.setenv("DIGEST_POSTAL_ADDRESS", "1 Road, Town")
    monkeypatch.setenv("DIGEST_GATE_TOOLS", "no")
    run("comparisons", "import", str(PAGES))
    assert run("issue", "draft").out.strip() == "1"
    return run


def shown(digest: Run, *more: str) -> Any:
    return json.loads(digest("issue", "show", "1", "--json", *more).out)


def slugs(digest: Run) -> list[str]:
    return [one["slug"] for one in shown(digest)["picks"]]


def by(digest: Run, who: str, *arguments: str) -> Ran:
    return digest("issue", *arguments, "--by", who)


def test_a_draft_says_what_an_editor_can_change(digest: Run) -> None:
    issue = shown(digest)
    assert issue["revision"] == 0
    assert issue["closing"] == ""
    assert issue["intro"]
    assert issue["written"] == {}
    for one in issue["picks"]:
        assert one["headline"]
        assert one["summary"]
        assert isinstance(one["grouped"], bool)
        assert [quote["side"] for quote in one["quotes"]] == ["left", "right"]
    assert any(one["grouped"] for one in issue["picks"])


def test_order_is_changed_and_said_back(digest: Run) -> None:
    before = slugs(digest)
    lead = by(digest, "ana", "lead", "1", before[2])
    assert lead.out.startswith(f"ana made {before[2]} the lead\n")
    assert slugs(digest)[:3] == [before[2], before[0], before[1]]
    assert "moved" in by(digest, "ana", "move", "1", before[2], "--to", "3").out
    assert slugs(digest) == before
    dropped = by(digest, "bob", "drop", "1", before[1], "--because", "too thin")
    assert f'bob dropped {before[1]}: "too thin"' in dropped.out
    left = shown(digest)["left_out"]
    (found,) = [one for one in left if one["slug"] == before[1]]
    assert found["dropped"]
    assert "too thin" in found["reason"]
    assert "too thin" in digest("issue", "show", "1").out
    assert digest("issue", "add", "1", before[1], "--at", "2").status == 0
    assert slugs(digest) == before


def test_what_was_dropped_comes_up_again_with_its_reason(digest: Run) -> None:
    slug = slugs(digest)[1]
    by(digest, "ana", "drop", "1", slug, "--because", "thin reviews")
    digest("issue", "cancel", "1")
    assert digest("issue", "draft").out.strip() == "2"
    issue = json.loads(digest("issue", "show", "2", "--json").out)
    (found,) = [one for one in issue["picks"] if one["slug"] == slug]
    reason = 'dropped from issue 1 by ana: "thin reviews"'
    assert found["reasons"][0] == reason
    assert f"- {reason}" in digest("issue", "show", "2").out
    assert reason in digest("comparisons", "show", slug).out


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("drop", "SLUG", "--because", " "), "say why"),
        (("move", "SLUG", "--to", "77"), "has places 1 to"),
        (("add", "SLUG"), "is in issue 1 already"),
        (("add", "nope"), "there is no comparison nope"),
        (("lead", "nope"), "there is no comparison nope"),
        (("quote", "SLUG", "middle", "--none"), "'middle' is no side"),
        (("quote", "SLUG", "left", "--review", "9", "--sentence", "1"), "reviews in"),
        (("quote", "SLUG", "left", "--review", "1", "--sentence", "99"), "sentences, no 99"),
        (("edit", "--headline", "nope=A headline"), "there is no comparison nope"),
        (("edit", "--intro", "@none.md"), "none.md"),
        (("edit", "--subject", "x" * 201), "200 are the most"),
        (("undo",), "nothing that could be undone"),
        (("undo", "--revision", "5"), "revision 5"),
        (("redo",), "nothing to redo"),
        (("unschedule",), "is not scheduled"),
    ],
)
def test_what_cant_be_done_is_one_line(digest: Run, arguments: tuple[str, ...], line: str) -> None:
    first = slugs(digest)[0]
    name, *rest = [one.replace("SLUG", first) for one in arguments]
    refused = digest("issue", name, "1", *rest)
    assert refused.status == 1
    assert line in refused.err
    assert refused.err.count("\n") == 1
    assert refused.out == ""
    assert shown(digest)["revision"] == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("edit", "1"),
        ("edit", "1", "--headline", "no equals sign"),
        ("edit", "1", "--headline", "=no slug"),
        ("quote", "1", "slug", "left"),
        ("quote", "1", "slug", "left", "--review", "1"),
        ("quote", "1", "slug", "left", "--none", "--review", "1", "--sentence", "1"),
        ("drop", "1", "slug"),
        ("move", "1", "slug"),
    ],
)
def test_wrong_usage_exits_with_2(digest: Run, arguments: tuple[str, ...]) -> None:
    assert digest("issue", *arguments).status == 2


def test_texts_are_written_from_words_and_files(digest: Run, home: Path) -> None:
    first = slugs(digest)[0]
    (home / "intro.md").write_text("\ufeffGood morning.\n\nTwo *quiet* weeks.\n", encoding="utf-8")
    done = digest(
        "issue", "edit", "1", "--subject", "@@home with the tools", "--intro", "@intro.md",
        "--closing", "Until Monday.", "--headline", f"{first}=A = B", "--summary", f"{first}=So.",
        "--by", "ana",
    )  # fmt: skip
    assert done.status == 0, done.err
    assert done.out.count("ana wrote") == 5
    issue = shown(digest)
    assert issue["subject"] == "@home with the tools"
    assert issue["intro"] == "Good morning.\n\nTwo *quiet* weeks."
    assert issue["closing"] == "Until Monday."
    assert issue["picks"][0]["headline"] == "A = B"
    assert issue["picks"][0]["summary"] == "So."
    assert issue["written"][f"headline/{first}"]["by"] == "ana"
    words = digest("issue", "show", "1").out
    assert "closing    Until Monday.   (the editor's: ana)" in words
    assert "headline: A = B   (the editor's: ana)" in words
    again = digest("issue", "edit", "1", "--closing", "Until Monday.", "--by", "ana")
    assert again.out.startswith("nothing to change")
    digest("issue", "edit", "1", "--closing", "")
    assert shown(digest)["closing"] == ""


def test_all_texts_are_written_or_none(digest: Run) -> None:
    before = shown(digest)
    refused = digest("issue", "edit", "1", "--subject", "Fine", "--closing", "x" * 2_001)
    assert refused.status == 1
    assert shown(digest) == before


def test_a_quote_is_chosen_by_its_numbers(digest: Run) -> None:
    (first, *_) = shown(digest, "--quotes")["picks"]
    review = first["reviews"]["left"][1]
    chosen = review["sentences"][1]
    said = digest("issue", "show", "1", "--quotes").out
    assert f"review 2: {review['lens']}" in said
    assert chosen in said
    digest("issue", "quote", "1", first["slug"], "left", "--review", "2", "--sentence", "2")
    left, right = shown(digest)["picks"][0]["quotes"]
    assert (left["quote"], left["lens"], left["choice"]) == (chosen, review["lens"], "chosen")
    assert right["choice"] == "rules"
    assert f'left quote: "{chosen}"' in digest("issue", "show", "1").out
    digest("issue", "quote", "1", first["slug"], "left", "--none")
    assert shown(digest)["picks"][0]["quotes"][0] == {
        "side": "left", "tool": left["tool"], "quote": None, "lens": None, "choice": "none",
        "lost": False,
    }  # fmt: skip
    digest("issue", "quote", "1", first["slug"], "left", "--by-rule")
    assert shown(digest)["picks"][0]["quotes"] == first["quotes"]


def test_groups_briefs_and_pins(digest: Run) -> None:
    grouped = next(one["slug"] for one in shown(digest)["picks"] if one["grouped"])

    def state() -> Any:
        return next(one for one in shown(digest)["picks"] if one["slug"] == grouped)

    assert "out of its group" in digest("issue", "ungroup", "1", grouped).out
    assert (state()["grouped"], state()["apart"]) == (False, True)
    assert "let" in digest("issue", "group", "1", grouped).out
    assert (state()["grouped"], state()["apart"]) == (True, False)
    assert "hid the brief" in digest("issue", "hide-brief", "1", grouped).out
    assert state()["hidden"]
    assert "again" in digest("issue", "show-brief", "1", grouped).out
    assert not state()["hidden"]
    assert "for the next issue" in digest("issue", "pin", "1", grouped).out
    assert "took the pin off" in digest("issue", "unpin", "1", grouped).out


def test_everybody_undoes_their_own(digest: Run) -> None:
    by(digest, "ana", "edit", "1", "--closing", "Ana's.")
    by(digest, "bob", "edit", "1", "--intro", "Bob's.")
    assert "ana undid revision 1" in by(digest, "ana", "undo", "1").out
    assert (shown(digest)["closing"], shown(digest)["intro"]) == ("", "Bob's.")
    assert "ana redid revision 1" in by(digest, "ana", "redo", "1").out
    assert "ana undid revision 2 by bob" in by(digest, "ana", "undo", "1", "--revision", "2").out
    told = json.loads(digest("issue", "log", "1", "--json").out)
    assert [one["n"] for one in told] == [1, 2, 3, 4, 5]
    assert [one["kind"] for one in told] == ["edit", "edit", "undo", "redo", "undo"]
    lines = digest("issue", "log", "1").out.splitlines()
    assert [one["sentence"] in line for one, line in zip(told, lines[1:], strict=True)] == [
        True
    ] * 5


def test_the_same_field_shows_both_texts_and_keeps_them(digest: Run) -> None:
    by(digest, "ana", "edit", "1", "--closing", "Ana's words.")
    refused = by(digest, "bob", "edit", "1", "--closing", "Bob's words.", "--seen", "0")
    assert refused.status == 1
    assert "Ana's words." in refused.err
    assert "Bob's words." in refused.err
    assert refused.err.count("\n") == 1
    assert shown(digest)["closing"] == "Ana's words."
    assert "Bob's words." in digest("issue", "log", "1").out


def test_approval_is_of_the_revision_that_was_seen_and_diff_tells_the_rest(digest: Run) -> None:
    assert "never approved" in digest("issue", "diff", "1").out
    digest("issue", "edit", "1", "--closing", "One.", "--by", "ana")
    refused = digest("issue", "approve", "1", "--seen", "0")
    assert refused.status == 1
    assert refused.err == "issue 1 is at revision 1, not 0; look again: digest issue log 1\n"
    assert digest("issue", "approve", "1", "--seen", "1", "--by", "ana").status == 0
    assert shown(digest)["approved_revision"] == 1
    changed = by(digest, "bob", "edit", "1", "--closing", "Two.")
    assert "its approval is withdrawn" in changed.out
    told = json.loads(digest("issue", "diff", "1", "--json").out)
    assert told["approval"]["by"] == "ana"
    assert [one["who"] for one in told["revisions"]] == ["bob"]
    assert "-One." in told["text"]
    assert "+Two." in told["text"]
    words = digest("issue", "diff", "1").out
    assert 'bob wrote the closing note: "Two."' in words
    assert "+Two." in words


def test_unscheduling_keeps_the_approval(digest: Run) -> None:
    digest("issue", "approve", "1")
    assert digest("issue", "schedule", "1", "--at", "2999-01-01T08:00Z").status == 0
    assert "still approved" in digest("issue", "unschedule", "1").out
    assert shown(digest)["state"] == "approved"


def test_a_fact_that_changed_under_a_text_stands_beside_it(digest: Run, home: Path) -> None:
    first = shown(digest)["picks"][0]
    digest("issue", "edit", "1", "--headline", f"{first['slug']}=Mine", "--by", "ana")
    listed = json.loads(digest("comparisons", "list", "--json").out)
    (page,) = [one for one in listed if one["slug"] == first["slug"]]
    was = page["contenders"][0]["panel_score"]
    page["contenders"][0]["panel_score"] = 3
    (home / "page.json").write_text(json.dumps([page]), encoding="utf-8")
    assert digest("comparisons", "import", "page.json").status == 0
    fact = f"panel score: was {was:g}%, is 3%"
    assert fact in digest("issue", "show", "1").out
    assert fact in shown(digest)["written"][f"headline/{first['slug']}"]["changed_since"][0]
    assert shown(digest)["picks"][0]["headline"] == "Mine"


def test_links_in_an_editors_words_can_be_read_in_light_and_dark(digest: Run) -> None:
    by(digest, "ana", "edit", "1", "--intro", "See [the page](https://a.example/?b=1&c=2) first.")
    by(
        digest,
        "ana",
        "edit",
        "1",
        "--closing",
        "Until *soon*.\n\n- [one](https://a.example)\n- two",
    )
    checked = digest("issue", "check", "1")
    assert "blocks" not in checked.out
    assert digest("issue", "approve", "1", "--by", "bob").status == 0
