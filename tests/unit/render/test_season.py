"""A sample of the season's weeks as mail: what it says is what was composed."""

import html
import re

import pytest
from jinja2 import Environment

from digest.number_words import percent
from digest.render.issue import dated, render_issue
from tests.golden.sample import BRAND
from tests.unit.compose.test_season import season

SAMPLE = range(0, 200, 20)


@pytest.mark.parametrize("place", SAMPLE)
def test_a_week_of_the_season_is_rendered_with_each_pages_own_scores(
    environment: Environment, place: int
) -> None:
    one = season()[place]
    rendered = dated(render_issue(one.content, BRAND, environment), one.content.date)
    assert rendered.subject == one.content.subject
    assert "~~sent-on~~" not in rendered.html + rendered.text
    words = " ".join(rendered.text.split())
    # What keeps clients from making links of names is invisible.
    shown = re.sub("\u200c|\u2060|<wbr ?/?>", "", html.unescape(rendered.html))
    page = " ".join(shown.split())
    rows = [*one.content.briefs, *(row for group in one.content.groups for row in group.matchups)]
    for row in [one.content.lead, *rows]:
        for side in (row.left, row.right):
            told = "no score yet" if side.panel_score is None else percent(side.panel_score)
            assert told in words
    for row in [one.content.lead, *one.content.briefs]:
        summary = " ".join(row.summary.split())
        assert summary in words
        assert "<" in summary or summary in page
    for row in [one.content.lead, *rows]:
        assert " ".join(row.since.split()) in words
