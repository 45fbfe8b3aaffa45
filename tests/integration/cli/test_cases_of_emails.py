"""Each page that an issue once told falsely, as a file, through the commands an editor uses."""

import json
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from tests.integration.cli.conftest import Run

CASES = Path(__file__).parents[2] / "cases" / "email"
NOON = "2026-11-28T12:00Z"
QUOTED = re.compile("“([^”]*)”")


@pytest.fixture
def digest(run: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command line over a store of its own, without programs beside it."""
    monkeypatch.setenv("DIGEST_POSTAL_ADDRESS", "1 Road, Town")
    monkeypatch.setenv("DIGEST_GATE_TOOLS", "no")
    return run


def issue(digest: Run, case: str) -> tuple[dict[str, Any], str, str]:
    """Import a case, draft and render it; return what `show` says, the HTML and the text.

    References of the HTML are read, since it is in ASCII.
    """
    imported = digest("comparisons", "import", str(CASES / case), "--published-at", "2026-11-27")
    assert imported.status == 0, imported.err
    assert digest("issue", "draft", "--as-of", NOON).out.strip() == "1"
    assert digest("issue", "render", "1", "--out", "out").status == 0
    html, text = (
        Path("out", f"issue.{kind}").read_text(encoding="utf-8") for kind in ("html", "txt")
    )
    return json.loads(digest("issue", "show", "1", "--json").out), unescape(html), text


def subjects(shown: dict[str, Any]) -> list[str]:
    return [one["subject"] for one in shown["proposals"]]


def test_each_row_tells_the_scores_of_its_own_page(digest: Run) -> None:
    _, _, text = issue(digest, "group-score-of-another-page.json")
    lines = " ".join(text.split())
    assert "Gull, 50% vs Osprey, 25%" in lines
    assert "Osprey, 100% vs Tern, 75%" in lines
    assert "took on" not in text


def test_a_first_issue_leaves_out_what_is_old(digest: Run) -> None:
    shown, _, text = issue(digest, "first-issue-takes-old-pages.json")
    assert [one["slug"] for one in shown["left_out"]] == ["old-vs-older"]
    assert "Older" not in text


@pytest.mark.parametrize(
    ("case", "never"),
    [
        ("ninety-splits-the-panel.json", r"splits|divided|can.t agree"),
        ("neither-ships-subject.json", r"Heronry or Cormorant\?$"),
        ("subject-question-mark-comma.json", r"\?,"),
    ],
)
def test_no_subject_says_more_than_the_page(digest: Run, case: str, never: str) -> None:
    shown, _, _ = issue(digest, case)
    told = [*subjects(shown), shown["preheader"], shown["intro"]]
    assert len(subjects(shown)) == 3
    assert not [one for one in told if re.search(never, one)]


def test_a_sentence_is_quoted_whole_over_its_abbreviations(digest: Run) -> None:
    _, _, text = issue(digest, "pull-quote-cut-at-abbreviation.json")
    quotes = QUOTED.findall(" ".join(text.split()))
    page = json.loads((CASES / "pull-quote-cut-at-abbreviation.json").read_text(encoding="utf-8"))
    reviews = [
        one["quote"] for two in page for side in two["contenders"] for one in side["reviews"]
    ]
    assert quotes
    for quote in quotes:
        assert any(quote in review for review in reviews)
        assert not re.search(r"(?:E\.g\.|approx\.|vs\.|No\.)$", quote)
        assert len(quote.split()) >= 5


def test_a_chinese_review_is_quoted_by_the_sentence(digest: Run) -> None:
    _, _, text = issue(digest, "pull-quote-cjk-not-cut-at-sentence.json")
    quotes = ["".join(one.split()) for one in QUOTED.findall(text)]
    assert "这个模型下载之后马上就能运行，不需要任何密钥，也不需要联系销售。" in quotes
    assert all(len(quote) <= 160 for quote in quotes)


@pytest.mark.parametrize(
    "case",
    [
        "html-declares-windows-1252.html",
        "react-streamed-page.html",
        "quote-mark-opens-each-paragraph.txt",
    ],
)
def test_a_page_is_read_as_people_see_it(digest: Run, case: str) -> None:
    issue(digest, case)
    (page,) = json.loads(digest("comparisons", "list", "--json").out)
    assert page["title"] == "Heronry 2 (9B) vs Cormorant Cloud"
    assert [one["panel_score"] for one in page["contenders"]] == [75, 100]
    for one in page["contenders"]:
        assert [review["lens"] for review in one["reviews"]] == [
            "builder",
            "skeptic",
            "futurist",
            "founder",
        ]
        for review in one["reviews"]:
            assert not re.search("[\ufffd\x80-\x9f]|â€", review["quote"])
            assert review["quote"].count("“") == review["quote"].count("”")


def test_the_same_pair_thrice_is_named_once(digest: Run) -> None:
    shown, _, text = issue(digest, "same-pair-thrice.json")
    assert shown["preheader"] == "Also: Osprey vs Tern, plus two more."
    assert "Tern, Tern" not in text
    assert len(shown["picks"]) == 4


@pytest.mark.parametrize("case", ["apostrophe.json", "text-fragment.json"])
def test_an_address_arrives_byte_for_byte(digest: Run, case: str) -> None:
    issue(digest, case)
    (page,) = json.loads((CASES / case).read_text(encoding="utf-8"))
    (kept,) = json.loads(digest("comparisons", "list", "--json").out)
    assert kept["url"] == page["url"]


def test_no_name_becomes_a_link_and_long_words_may_break(digest: Run) -> None:
    _, html, _ = issue(digest, "domain-like-names-and-long-words.json")
    body = html.partition('role="article"')[2]  # what an inbox shows before it stays as it is
    shown = re.sub(r"<a [^>]*>.*?</a>|<[^>]*>", "\n", re.sub("<wbr>", "", body))
    assert not re.search(r"(?:Node|Next|Vue)\.js|[Cc]opilot\.ai|Character\.AI", shown)
    words = re.sub(r"<(?!wbr)[^>]*>", "\n", body).replace("<wbr>", " ").split()
    assert max(map(len, words)) < 40
