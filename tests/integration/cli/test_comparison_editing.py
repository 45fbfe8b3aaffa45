"""Comparisons shown, hidden and corrected on the command line."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.integration.cli.conftest import Run

PAGES = Path(__file__).parents[3] / "digest" / "samples" / "comparisons"


@pytest.fixture
def digest(run: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("DIGEST_POSTAL_ADDRESS", "1 Road, Town")
    monkeypatch.setenv("DIGEST_GATE_TOOLS", "no")
    run("comparisons", "import", str(PAGES))
    return run


@pytest.fixture
def slug(digest: Run) -> str:
    return str(listed(digest)[0]["slug"])


def listed(digest: Run) -> Any:
    return json.loads(digest("comparisons", "list", "--json").out)


def shown(digest: Run, slug: str) -> Any:
    return json.loads(digest("comparisons", "show", slug, "--json").out)


def picks(digest: Run, number: str) -> list[str]:
    issue = json.loads(digest("issue", "show", number, "--json").out)
    return [one["slug"] for one in issue["picks"]]


def test_show_tells_what_list_tells_and_more(digest: Run, slug: str) -> None:
    one = shown(digest, slug)
    assert {name: one[name] for name in listed(digest)[0]} == listed(digest)[0]
    assert one["corrections"] == one["issues"] == one["dropped"] == []
    words = digest("comparisons", "show", slug).out
    for side in one["contenders"]:
        assert side["tagline"] in words
        assert all(review["quote"] in words for review in side["reviews"])


def test_a_hidden_comparison_is_in_no_draft(digest: Run, slug: str) -> None:
    assert digest("issue", "draft").out.strip() == "1"
    assert slug in picks(digest, "1")
    done = digest("comparisons", "hide", slug, "--by", "ana")
    assert f'issue 1: ana dropped {slug}: "hidden"' in done.out
    assert slug not in picks(digest, "1")
    digest("issue", "cancel", "1")
    digest("issue", "draft")
    assert slug not in picks(digest, "2")
    assert shown(digest, slug)["hidden_by"] == "ana"
    assert shown(digest, slug)["hidden"]
    assert "hidden" in digest("comparisons", "list").out
    assert "hidden     by ana" in digest("comparisons", "show", slug).out
    assert digest("comparisons", "unhide", slug).status == 0
    assert not shown(digest, slug)["hidden"]


def test_a_correction_is_told_with_what_the_page_says(digest: Run, slug: str) -> None:
    was = shown(digest, slug)["contenders"][0]["panel_score"]
    done = digest(
        "comparisons", "correct", slug, "left.panel_score=3", "right.entry_price=$9 = cheap",
        "--by", "ana",
    )  # fmt: skip
    said = f"left.panel_score: the page says {was:g}, corrected to 3 by ana"
    assert said in done.out
    assert said in digest("comparisons", "show", slug).out
    one = shown(digest, slug)
    assert one["contenders"][0]["panel_score"] == 3
    assert one["contenders"][1]["entry_price"] == "$9 = cheap"
    assert "0 changed" in digest("comparisons", "import", str(PAGES)).out
    assert shown(digest, slug) == one
    back = digest("comparisons", "correct", slug, "--take-back", "left.panel_score")
    assert f"left.panel_score is {was:g} again" in back.out
    assert shown(digest, slug)["contenders"][0]["panel_score"] == was


def test_an_import_tells_which_correction_its_page_has_overtaken(
    digest: Run, home: Path, slug: str
) -> None:
    page = listed(digest)[0]
    digest("comparisons", "correct", slug, "left.panel_score=3", "--by", "ana")
    page["contenders"][0]["panel_score"] = 41
    (home / "page.json").write_text(json.dumps([page]), encoding="utf-8")
    told = digest("comparisons", "import", "page.json").out
    assert "left.panel_score: the page says 41 now; it stays corrected to 3 (by ana)" in told
    assert "the page changed since" in digest("comparisons", "show", slug).out
    (one,) = shown(digest, slug)["corrections"]
    assert (one["page"], one["value"], one["page_changed"]) == (41, 3, True)


def test_all_fields_are_corrected_or_none(digest: Run, slug: str) -> None:
    before = shown(digest, slug)
    refused = digest("comparisons", "correct", slug, "title=New", "left.panel_score=lots")
    assert refused.status == 1
    assert refused.err.count("\n") == 1
    assert refused.out == ""
    assert shown(digest, slug) == before


@pytest.mark.parametrize("command", ["show", "hide", "unhide"])
def test_an_unknown_slug_is_one_line(digest: Run, command: str) -> None:
    refused = digest("comparisons", command, "nope")
    assert refused.status == 1
    assert refused.err.startswith("there is no comparison nope")
    assert refused.err.count("\n") == 1


def test_wrong_usage_exits_with_2(digest: Run, slug: str) -> None:
    assert digest("comparisons", "correct", slug).status == 2
    assert digest("comparisons", "correct", slug, "no-equals-sign").status == 2
