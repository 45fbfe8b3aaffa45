"""Reads a comparison page as plain text: what a browser gives for select all and copy.

    AI tool comparison                      the heading, a blurb
    A vs B
    ...
    Developer Tools                         per contender: category, name, tagline,
    A                                       figures (see `figures`), description
    What A is
    100%
    Panel ship
    —
    Community
    Free
    Entry
    What A does, in a few sentences.
    ...                                     B in the same way
    Reviewer scorecard                      quotes in “ ” (see `scorecard`)
    “The builder on A.”
    “The builder on B.”
    ...                                     whatever the site's footer says

Lines are found by these labels, not by their numbers; a menu above and a footer below are
skipped.
"""

from digest.catalog.intake import limits
from digest.catalog.intake.cleaning import join_lines
from digest.catalog.intake.text.figures import Figures, find_figures
from digest.catalog.intake.text.lines import Page, lines_of
from digest.catalog.intake.text.names import Rows, find_names
from digest.catalog.intake.text.scorecard import find_scorecard, read_reviews
from digest.catalog.pages import ComparisonPage, ContenderPage, PageError, ReviewPage
from digest.catalog.slugs import slugify


def read_text(text: str, source: str) -> ComparisonPage:
    """Return `text` as a comparison; `source` names it in messages. Raises PageError only."""
    rows = text.count("\n") + text.count("\r") - text.count("\r\n") + 1
    if rows > limits.TEXT_LINES:
        raise PageError(source, None, f"{rows:,} lines", f"{limits.TEXT_LINES:,} at most")
    return read_page(Page(source, lines_of(text)))


def read_page(page: Page) -> ComparisonPage:
    """Return the visible lines of a page as a comparison. Raises PageError only."""
    left, right = _find_both(page)
    names = find_names(page, left, right)
    scorecard = find_scorecard(page, right.end)
    third = find_figures(page, right.end, scorecard)
    if third is not None:
        raise page.error(third.start, "two contenders, not a third one's figures")
    sides = _name(page, names.left), _name(page, names.right)
    if slugify(sides[0]) == slugify(sides[1]):
        raise page.error(names.right.start, f"a contender other than {sides[0]}")
    panel = read_reviews(page, scorecard + 1, sides)
    return ComparisonPage(
        title=names.title,
        contenders=(
            _contender(page, names.left, left, names.right.start - 1, panel.reviews[0]),
            _contender(page, names.right, right, scorecard, panel.reviews[1]),
        ),
        source=page.source,
        notes=panel.notes,
    )


def _find_both(page: Page) -> tuple[Figures, Figures]:
    left = find_figures(page, 0)
    if left is None:
        expected = '"Panel ship" under the first contender\'s score; is this a comparison page?'
        raise PageError(page.source, None, "no such line", expected)
    right = find_figures(page, left.end)
    if right is None:
        expected = '"Panel ship" under the second contender\'s score'
        raise page.error(len(page.lines), expected)
    return left, right


def _name(page: Page, rows: Rows) -> str:
    return page.bounded(rows.start, rows.text, limits.NAME, "a name")


def _contender(
    page: Page, name: Rows, figures: Figures, end: int, reviews: tuple[ReviewPage, ...]
) -> ContenderPage:
    """Return the contender with this `name`; its description ends before line `end`."""
    tagline = " ".join(line.text for line in page.lines[name.end : figures.start])
    description = join_lines([line.text for line in page.lines[figures.end : end]])
    return ContenderPage(
        name=_name(page, name),
        category=page.lines[name.start - 1].text,
        tagline=page.bounded(name.start, tagline, limits.TAGLINE, "a tagline"),
        description=page.bounded(figures.end - 1, description, limits.PROSE, "a description"),
        panel_score=figures.panel_score,
        community_score=figures.community_score,
        entry_price=figures.entry_price,
        reviews=reviews,
    )
