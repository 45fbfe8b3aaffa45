"""The click map: badges at links, and nothing else changed."""

import re

from digest.render.click_map import Badge, click_map_html, level_of

LINK = '<a class="x" href="https://d.example/l/{}/~~click~~">{}</a>'


def test_each_place_of_a_link_has_its_badge_and_nothing_else_has() -> None:
    html = (
        "<html><head><title>t</title></head><body>"
        + LINK.format(1, "one")
        + LINK.format(2, '<img src="x">')
        + LINK.format(1, "again").replace('"', "'")
        + '<a href="https://d.example/unsubscribe/~~unsubscribe~~">leave</a>'
        + "<!--[if mso]>" + LINK.format(1, "outlook") + "<![endif]-->"
        + "</body></html>"
    )  # fmt: skip
    marked = click_map_html(html, {1: Badge("12", "told", 4), 9: Badge("1", "", 1)})
    assert marked.count('<span class="clicks-badge clicks-4" title="told">12</span>') == 2
    without = re.sub(
        r"<span class=\"clicks-badge.*?</span>|<style>.*?</style>", "", marked, flags=re.DOTALL
    )
    assert without == html


def test_a_label_is_text() -> None:
    marked = click_map_html(LINK.format(1, "x"), {1: Badge("1", '"><script>alert(1)</script>', 1)})
    assert "<script" not in marked


def test_the_first_link_is_the_last_step_and_one_click_the_first() -> None:
    assert [level_of(one, 100) for one in (0, 1, 25, 26, 75, 76, 100)] == [0, 1, 1, 2, 3, 4, 4]
    assert level_of(1, 1) == 4
    assert level_of(0, 0) == 0
