"""Gives every brief and every row of a group its telling line."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from digest.catalog.queries import ComparisonView
from digest.compose.content import Group, Matchup, TellingLine
from digest.quotes.habits import Habits
from digest.quotes.issue import Line, Row, issue_quotes


def with_lines(
    groups: Sequence[Group],
    briefs: Sequence[Matchup],
    picked: Sequence[ComparisonView],
    habits: Habits,
) -> tuple[list[Group], list[Matchup]]:
    """Return groups and briefs with their lines, chosen in the order in which they are read.

    A row of a group speaks of the rival, since the shared tool stands above all rows.
    """
    views = {view.slug: view for view in picked}
    rows = [Row(views[one.slug], one.right.slug) for group in groups for one in group.matchups]
    rows += [Row(views[one.slug]) for one in briefs]
    lines = iter(issue_quotes(picked[0], rows, habits=habits).lines)
    told = [replace(group, matchups=tuple(_told(group.matchups, lines))) for group in groups]
    return told, list(_told(briefs, lines))


def _told(matchups: Sequence[Matchup], lines: Iterator[Line | None]) -> Iterator[Matchup]:
    for one in matchups:
        yield replace(one, line=_telling(next(lines)))


def _telling(line: Line | None) -> TellingLine | None:
    return TellingLine(line.text, line.tool, line.lens, line.verdict) if line else None
