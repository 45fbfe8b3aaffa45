"""One fixed issue, in words of our own, with every case a template has to draw."""

from dataclasses import replace
from datetime import date

from digest.brand import Brand
from digest.catalog.trends import Week
from digest.compose.content import Content, Group, Matchup, PullQuote, Side, TellingLine

SITE = "https://verdicts.example.com"
BRAND = Brand(
    name="Weekly AI Tool Verdicts",
    public_url=SITE,
    postal_address="Verdict Digest\n1 Example Street, 10115 Berlin",
)


def side(name: str, score: float | None, **changes: object) -> Side:
    """A tool judged by a panel of four, of which `score` per cent would ship it."""
    slug = "-".join(name.lower().split())
    whole = score is not None and score % 25 == 0
    plain = Side(
        slug=slug,
        name=name,
        category="Developer Tools",
        tagline=f"What {name} is for, in one line",
        description="",
        panel_score=score,
        community_score=None,
        entry_price="Free",
        ships=int(score // 25) if score is not None and whole else None,
        panel_size=4,
        pull=None,
        url=f"{SITE}/tools/{slug}",
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def matchup(left: Side, right: Side, summary: str = "A dead heat.") -> Matchup:
    slug = "-".join(f"{left.name} vs {right.name}".lower().split())
    return Matchup(
        slug=slug,
        title=f"{left.name} vs {right.name}",
        url=f"{SITE}/comparisons/{slug}",
        left=left,
        right=right,
        kicker="Divided panel",
        summary=summary,
    )


def content(briefs: int = 4, groups: int = 1) -> Content:
    """A lead, `groups` groups of three rivals and `briefs` briefs."""
    harbor = side(
        "Harbor 12B Compact",
        100.0,
        tagline="Edge-sized open weights for phones and laptops",
        pull=PullQuote("builder", "It runs on the machine you carry. That settles it.", "ship"),
    )
    northlight = side(
        "Northlight Mini API",
        75.0,
        tagline="The big model’s manners at a fraction of the bill",
        entry_price="$0.40 / 1M tokens",
        community_score=61.5,
        trend=(
            Week(date(2025, 11, 10), 50.0),
            Week(date(2026, 1, 19), 62.5),
            Week(date(2026, 3, 2), 75.0),
        ),
        pull=PullQuote("skeptic", "Cheap until the long jobs begin. Then it adds up.", None),
    )
    return Content(
        number=12,
        date=date(2026, 3, 3),
        subject="Harbor 12B Compact beats Northlight Mini API",
        preheader="Also this week: three rivals of Loom 3, and four more verdicts.",
        intro="Eight comparisons this week, twelve tools, one panel.",
        lead=matchup(harbor, northlight, "Harbor 12B Compact leads, 100% to 75%."),
        groups=tuple(_group(number) for number in range(1, groups + 1)),
        briefs=tuple(_brief(number) for number in range(briefs)),
    )


def _group(number: int) -> Group:
    tool = side(f"Loom {number + 2}", 87.5)
    rivals = (side("Quill Coder", 0.0), side("Gemstone (27B)", 100.0), side("Marlin", None))
    lines = (
        TellingLine("Skip it until the editor stops guessing.", "Quill Coder", "skeptic", "skip"),
        TellingLine("Loses to nobody on price, if you own the card.", tool.name, "founder", None),
        None,
    )
    return Group(
        f"Three rivals took on {tool.name} this week",
        tool,
        tuple(
            replace(matchup(tool, rival), line=line)
            for rival, line in zip(rivals, lines, strict=True)
        ),
    )


def _brief(number: int) -> Matchup:
    scores = ((75.0, 50.0), (62.5, 100.0), (100.0, 100.0), (None, 0.0))
    left, right = scores[number % len(scores)]
    name = f"Pocket Agent {number}"
    lines = (
        TellingLine("Worth it when you plan in weeks, not in hours.", name, "builder", None),
        TellingLine("Keeps a calendar and two lists in one place.", name, None, None),
        None,
    )
    brief = matchup(
        side(name, left),
        side(f"Runway Planner {number}", right),
        "One sentence that says who leads.",
    )
    return replace(brief, line=lines[number % len(lines)])
