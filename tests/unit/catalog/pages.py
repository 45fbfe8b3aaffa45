"""A made-up page, and the ways a site may write it down."""

import html
import re
from collections.abc import Sequence
from pathlib import Path

from digest.catalog.pages import ComparisonPage, ContenderPage, Lens, ReviewPage

REAL_PAGES = Path(__file__).parents[4] / "shared" / "pages"

OPENING = (
    "Which of the two belongs in your stack? Scores, prices and what four people made of both."
)
FOOT = ("Weekly AI Tool Verdicts", "Get the next comparison in your inbox", "One mail, Fridays.")


def contender(name: str, **changes: object) -> ContenderPage:
    values: dict[str, object] = {
        "name": name,
        "category": "Writing",
        "tagline": f"{name}, in one breath",
        "description": f"{name} turns notes into drafts. It keeps your tone.",
        "panel_score": 75.0,
        "community_score": None,
        "entry_price": "Free",
        "reviews": tuple(ReviewPage(lens, f"The {lens} has tried {name}.") for lens in Lens),
    }
    return ContenderPage(**{**values, **changes})  # type: ignore[arg-type]


def comparison(left: ContenderPage, right: ContenderPage, title: str = "") -> ComparisonPage:
    return ComparisonPage(title or f"{left.name} vs {right.name}", (left, right))


QUILL = contender("Quillmate 2", panel_score=100.0, entry_price="$20/mo")
INK = contender("Ink & Paper (Beta)", category="Research", community_score=64.0)
PAGE = comparison(QUILL, INK)


def score_text(score: float | None) -> str:
    return "—" if score is None else f"{score:.6g}%"


def contender_lines(one: ContenderPage) -> list[str]:
    return [
        one.category,
        one.name,
        *([one.tagline] if one.tagline else []),
        score_text(one.panel_score),
        "Panel ship",
        score_text(one.community_score),
        "Community",
        one.entry_price or "—",
        "Entry",
        *one.description.split("\n\n"),
    ]


def quotes(page: ComparisonPage) -> list[str]:
    """Lens by lens, the left contender's first."""
    left, right = page.contenders
    pairs = zip(left.reviews, right.reviews, strict=True)
    return [f"“{review.quote}”" for pair in pairs for review in pair]


def page_lines(page: ComparisonPage = PAGE, reviews: Sequence[str] | None = None) -> list[str]:
    """The page as select all and copy gives it."""
    return [
        "AI tool comparison",
        page.title,
        OPENING,
        *contender_lines(page.contenders[0]),
        *contender_lines(page.contenders[1]),
        "Reviewer scorecard",
        *(quotes(page) if reviews is None else reviews),
        *FOOT,
    ]


def page_text(page: ComparisonPage = PAGE, reviews: Sequence[str] | None = None) -> str:
    return "\n".join(page_lines(page, reviews))


def replaced(old: str, new: str, text: str | None = None) -> str:
    """The sample page with its first line `old` become `new`; that line must be there."""
    whole = page_text() if text is None else text
    changed, count = re.subn(rf"(?m)^{re.escape(old)}$", lambda _: new, whole, count=1)
    assert count == 1
    return changed


def page_html(page: ComparisonPage = PAGE, head: str = "", before: str = "") -> str:
    """The page as a site might mark it up, with the usual furniture around it."""
    body = "\n".join(f"      <p>{html.escape(line)}</p>" for line in page_lines(page))
    return f"""<!doctype html>
<html lang="en">
<head>
  <title>{html.escape(page.title)} | Verdicts</title>
  <style>p {{ margin: 0 }}</style>
  {head}
</head>
<body>
  <nav><a href="/">Home</a> <a href="/compare">A vs B</a></nav>
  {before}
  <main>
{body}
  </main>
  <script>document.title = "<p>100%</p><p>Panel ship</p>";</script>
</body>
</html>
"""
