"""Every email in a real browser: light and dark, phone to desktop, images off, axe and all."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from digest.compose.content import PullQuote
from digest.language.choose import language_of
from digest.render.environment import email_environment, templates_folder
from digest.render.issue import render_issue
from tests.golden.emails import EMAILS
from tests.golden.sample import BRAND, content
from tests.unit.language.english import LANGUAGES

WIDTHS = (320, 375, 640, 1200)
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag22aa", "best-practice"]}}
NOT_A_PAGE = {
    # Landmarks are for pages; a mail client's own frame is around this.
    "rules": {"region": {"enabled": False}, "landmark-one-main": {"enabled": False}}
}
SPREAD = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
TOPS = """kind => [...document.querySelectorAll('p, td, a.pill')]
  .filter(one => new RegExp(kind).test(one.innerText.trim()))
  .filter(one => !one.querySelector('p, td'))
  .map(one => one.getBoundingClientRect().top)"""
PLACES = """words => {
  let text = [...document.querySelectorAll('span.tint')].at(-1)
  while (text.firstChild) text = text.firstChild
  return words.map(word => {
    const range = document.createRange()
    const at = text.data.indexOf(word)
    range.setStart(text, at)
    range.setEnd(text, at + word.length)
    return range.getBoundingClientRect().left
  })
}"""
"""Where each of the words is drawn in the last price."""
TWICE = """() => {
  const all = [...document.querySelectorAll('body *')]
  const was = all.map(one => getComputedStyle(one)).map(one => [one.fontSize, one.lineHeight])
  all.forEach((one, at) => {
    const [size, line] = was[at].map(value => 2 * parseFloat(value))
    one.style.setProperty('font-size', size + 'px', 'important')
    if (line) one.style.setProperty('line-height', line + 'px', 'important')
  })
}"""
BROKEN = """() => [...document.querySelectorAll('.flow td')].flatMap(cell => {
  const words = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT)
  const broken = []
  while (words.nextNode()) {
    const text = words.currentNode
    for (const word of text.data.matchAll(/\\S+/g)) {
      const range = document.createRange()
      range.setStart(text, word.index)
      range.setEnd(text, word.index + word[0].length)
      if (range.getClientRects().length > 1) broken.push(word[0])
    }
  }
  return broken
})"""
"""The words of rows that stand on two lines."""
HEADINGS = "[...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map(one => Number(one.tagName[1]))"


@pytest.fixture(params=EMAILS)
def html(request: pytest.FixtureRequest) -> str:
    rendered = EMAILS[request.param](email_environment(templates_folder()))
    return rendered.html.replace("~~greeting~~", "Hello Sam,")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_all_text_can_be_read(
    chromium: Browser, html: str, scheme: Any
) -> None:
    """Contrast of 4.5 to 1 is among axe's rules."""
    page = chromium.new_page(viewport={"width": 375, "height": 800}, color_scheme=scheme)
    page.set_content(html)
    found = Axe().run(page, options=RULES | NOT_A_PAGE)
    page.close()
    assert found.response["violations"] == []


def test_it_fits_every_width_with_its_images_blocked(chromium: Browser, html: str) -> None:
    page = chromium.new_page()
    page.route("**/*", lambda route: route.abort())
    page.set_content(html)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate(SPREAD) <= 0, f"at {width} pixels it must be pushed sideways"
    page.close()


def test_headings_go_down_step_by_step_from_one_title(chromium: Browser, html: str) -> None:
    page = chromium.new_page()
    page.set_content(html)
    levels = page.evaluate(HEADINGS)
    page.close()
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(lower - upper <= 1 for upper, lower in pairwise(levels))


def in_language(tag: str, **changes: str) -> str:
    """The sample issue's HTML in a language, its pages being English."""
    language, brand = language_of(tag), replace(BRAND, language=tag, **changes)
    environment = email_environment(templates_folder(), language=language, content_language="en")
    return render_issue(content(), brand, environment, language=language).html


@pytest.mark.parametrize("tag", LANGUAGES)
def test_an_email_in_another_language_fits_and_is_accessible(chromium: Browser, tag: str) -> None:
    page = chromium.new_page(viewport={"width": 320, "height": 800})
    page.set_content(in_language(tag))
    assert page.evaluate(SPREAD) <= 0
    assert Axe().run(page, options=RULES | NOT_A_PAGE).response["violations"] == []
    page.close()


def test_an_email_from_right_to_left_fits_and_says_so(chromium: Browser) -> None:
    page = chromium.new_page(viewport={"width": 320, "height": 800})
    page.set_content(in_language("ar", name="أحكام الأسبوع"))
    assert page.evaluate("getComputedStyle(document.querySelector('h1')).direction") == "rtl"
    assert page.evaluate(SPREAD) <= 0
    assert Axe().run(page, options=RULES | NOT_A_PAGE).response["violations"] == []
    page.close()


@pytest.mark.parametrize("tag", ["en", "de", "ar"])
def test_text_at_twice_its_size_breaks_no_word_that_fits_a_row(chromium: Browser, tag: str) -> None:
    """As where a client enlarges text alone: names, prices and labels go below each other."""
    page = chromium.new_page()
    page.set_content(in_language(tag))
    page.evaluate(TWICE)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate(SPREAD) <= 0
        assert page.evaluate(BROKEN) == []
    page.close()


def test_a_word_longer_than_a_row_widens_no_mail_and_a_tagline_keeps_its_room(
    chromium: Browser,
) -> None:
    """At twice the size on a small phone: the word breaks, and a score goes below its tagline."""
    issue = content()
    first = issue.briefs[0]
    long = replace(first, left=replace(first.left, name="Countinghouses"))
    issue = replace(issue, briefs=(long, *issue.briefs[1:]))
    page = chromium.new_page(viewport={"width": 320, "height": 800})
    page.set_content(render_issue(issue, BRAND, email_environment(templates_folder())).html)
    page.evaluate(TWICE)
    assert page.evaluate(SPREAD) <= 0
    least = "Math.min(...[...document.querySelectorAll('.at')].map(one => one.clientWidth))"
    assert page.evaluate(least) >= 7 * 30
    page.close()


def test_axe_would_find_what_is_wrong(chromium: Browser, html: str) -> None:
    page = chromium.new_page(viewport={"width": 375, "height": 800})
    page.set_content(html.replace("</body>", '<img src="x"><p style="color:#eee">hm</p></body>'))
    found = Axe().run(page, options=RULES | NOT_A_PAGE).response["violations"]
    page.close()
    assert {one["id"] for one in found} == {"image-alt", "color-contrast"}


def test_a_large_logo_is_held_down(chromium: Browser) -> None:
    """MJML's reset frees every image of its `height`; 900 pixels would push a phone sideways."""
    logo = '<svg xmlns="http://www.w3.org/2000/svg" width="900" height="240"></svg>'
    brand = replace(BRAND, logo_url="https://verdicts.example.com/logo.svg")
    mail = render_issue(content(), brand, email_environment(templates_folder()))
    page = chromium.new_page(viewport={"width": 320, "height": 800})
    page.route("**/*", lambda route: route.abort())
    page.route("**/logo.svg", lambda route: route.fulfill(body=logo, content_type="image/svg+xml"))
    page.set_content(mail.html, wait_until="load")
    drawn = page.locator("h1 img").bounding_box()
    spread = page.evaluate(SPREAD)
    page.close()
    assert drawn
    assert (drawn["width"], drawn["height"]) == (150, 40)
    assert spread <= 0


@pytest.mark.parametrize(
    "lacks",
    [
        {},
        {"panel_score": None, "ships": None},
        {"entry_price": ""},
        {"pull": None},
        {"tagline": ""},
        {"name": "A name of two lines at the least"},
    ],
    ids=str,
)
def test_two_contenders_stand_level(chromium: Browser, lacks: dict[str, Any]) -> None:
    """What one of them lacks pulls nothing of it up, nor does a longer quote push it down."""
    plain = content()
    pull = PullQuote("skeptic", "It adds up. " * 14, None)
    right = replace(plain.lead.right, pull=pull)
    lead = replace(plain.lead, left=replace(plain.lead.left, **lacks), right=right)
    environment = email_environment(templates_folder())
    mail = render_issue(replace(plain, lead=lead), BRAND, environment)
    page = chromium.new_page(viewport={"width": 640, "height": 800})
    page.set_content(mail.html)
    for kind in ("panel ship$|^No panel score", "^Readers$|^Entry price$", "^Ship$|^Skip$"):
        tops = page.evaluate(TOPS, kind)
        half = len(tops) // 2
        assert half, kind
        for left, other in zip(tops[:half], tops[half:], strict=True):
            assert abs(left - other) <= 3, f"{kind} {tops}"
    page.close()


def test_words_of_another_script_keep_their_order(chromium: Browser) -> None:
    """Else "$0.40 / 1M tokens" is read as "1M tokens / $0.40" in an Arabic newsletter."""
    page = chromium.new_page(viewport={"width": 640, "height": 800})
    page.set_content(in_language("ar"))
    places = page.evaluate(PLACES, ["$0.40", "tokens"])
    page.close()
    assert places[0] < places[1]
