import re
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import pytest
from bs4 import BeautifulSoup
from jinja2 import Environment
from mjml import mjml2html

from digest.language.choose import language_of
from digest.render import issue as issue_module
from digest.render.errors import TemplateError
from digest.render.issue import HTML_TEMPLATE, TEXT_TEMPLATE, render_issue
from digest.render.links import NO_TRACKING, Tracking
from digest.render.mjml import compiler
from digest.render.rendered import Rendered
from digest.render.slots import MARKS, Slot
from subscribers.tokens import TOKEN_LENGTH
from tests.golden.sample import BRAND, SITE, content, side

Make = Callable[[dict[str, str]], Environment]
GMAIL_DROPS_STYLE_BLOCKS_OVER = 8192


def test_rendering_runs_mjml_once_and_each_template_once(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What comes from outside would be read as a template by a second run."""
    runs: list[str] = []
    real_run = issue_module.run_template

    def counting_mjml(source: str, *, fonts: dict[str, str]) -> str:
        runs.append("mjml")
        return mjml2html(source, fonts=fonts)

    def counting_run(environment: Environment, name: str, context: dict[str, object]) -> str:
        runs.append(name)
        return real_run(environment, name, context)

    monkeypatch.setattr(compiler, "mjml2html", counting_mjml)
    monkeypatch.setattr(issue_module, "run_template", counting_run)
    render_issue(content(), BRAND, environment)
    assert sorted(runs) == sorted(["mjml", HTML_TEMPLATE, TEXT_TEMPLATE])


def test_the_same_content_gives_the_same_bytes(
    environment: Environment, rendered: Rendered
) -> None:
    assert render_issue(content(), BRAND, environment) == rendered


def test_every_slot_stands_in_its_own_address(rendered: Rendered) -> None:
    for part in (rendered.html, rendered.text):
        assert f"{SITE}/unsubscribe/~~unsubscribe~~" in part
        assert f"{SITE}/preferences/~~preferences~~" in part
        assert f"{SITE}/vote/~~vote~~" in part
        assert f"{SITE}/issues/12" in part
        assert part.count(Slot.GREETING.mark) == 1
    assert rendered.html.count(f'src="{SITE}/o/~~open~~.gif"') == 1
    assert Slot.OPEN.mark not in rendered.text
    assert MARKS.search(rendered.subject + rendered.preheader) is None


def test_untracked_mail_leads_straight_to_its_targets_and_has_no_pixel(
    environment: Environment, rendered: Rendered
) -> None:
    untracked = render_issue(content(), BRAND, environment, tracking=NO_TRACKING)
    for part in (untracked.html, untracked.text):
        assert Slot.CLICK.mark not in part
        assert Slot.OPEN.mark not in part
        assert f"{SITE}/comparisons/pocket-agent-0-vs-runway-planner-0" in part
    assert "<img" not in untracked.html
    assert untracked.links == rendered.links[:-1], "but for the hidden one"


@pytest.mark.parametrize("path", ["alder's-rival", "a-vs-b#:~:text=the%20verdict", "a#b#c"])
def test_a_target_arrives_byte_for_byte(environment: Environment, path: str) -> None:
    url = f"https://example.com/compare/{path}"
    issue = content(briefs=0, groups=0)
    issue = replace(issue, lead=replace(issue.lead, url=url))
    untracked = render_issue(issue, BRAND, environment, tracking=NO_TRACKING)
    page = BeautifulSoup(untracked.html, "html.parser")
    assert url in {link["href"] for link in page.find_all("a")}
    assert url in untracked.text
    tracked = render_issue(issue, BRAND, environment)
    assert url in {link.url for link in tracked.links}


def test_every_link_of_the_mail_is_listed_and_every_listed_link_is_used(
    rendered: Rendered,
) -> None:
    used = {int(number) for number in re.findall(r"/l/(\d+)/~~click~~", rendered.html)}
    assert used == {link.number for link in rendered.links}
    assert {link.kind for link in rendered.links} == {"comparison", "tool", "hidden"}


def test_the_hidden_link_is_for_machines_alone(rendered: Rendered) -> None:
    """Once in the HTML, neither seen nor read out nor reached by the keyboard, with no words."""
    (number,) = [link.number for link in rendered.links if link.kind == "hidden"]
    page = BeautifulSoup(rendered.html, "html.parser")
    (link,) = [one for one in page.find_all("a") if f"/l/{number}/" in one["href"]]
    assert (link["aria-hidden"], link["tabindex"], link.get_text()) == ("true", "-1", "")
    assert "display:none" in link["style"]
    assert f"/l/{number}/" not in rendered.text


def test_opens_and_clicks_are_switched_apart(environment: Environment) -> None:
    for tracking in (Tracking(opens=False), Tracking(clicks=False)):
        html = render_issue(content(), BRAND, environment, tracking=tracking).html
        assert ("~~open~~" in html, "~~click~~" in html) == (tracking.opens, tracking.clicks)


def test_leaving_is_possible_long_before_any_client_cuts_the_mail(rendered: Rendered) -> None:
    assert len(rendered.html.partition(Slot.UNSUBSCRIBE.mark)[0].encode()) < 12_000
    assert rendered.html.count(Slot.UNSUBSCRIBE.mark) == 2


@pytest.mark.parametrize(
    ("briefs", "groups", "budget"), [(7, 0, 60_000), (2, 2, 60_000), (20, 0, 90_000)]
)
def test_the_mail_stays_within_its_budget_with_its_tokens_in(
    environment: Environment, briefs: int, groups: int, budget: int
) -> None:
    html = render_issue(content(briefs, groups), BRAND, environment).html
    assert len(MARKS.sub("x" * TOKEN_LENGTH, html).encode()) < budget


def test_headings_go_down_one_level_at_a_time(rendered: Rendered) -> None:
    soup = BeautifulSoup(rendered.html, "html.parser")
    levels = [int(heading.name[1]) for heading in soup.find_all(re.compile("^h[1-6]$"))]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_the_page_says_its_language_and_hides_its_layout_from_screen_readers(
    rendered: Rendered,
) -> None:
    soup = BeautifulSoup(rendered.html, "html.parser")
    assert soup.html is not None
    assert soup.title is not None
    assert (soup.html["lang"], soup.html["dir"]) == ("en", "ltr")
    assert soup.find("div", attrs={"role": "article", "lang": "en", "dir": "ltr"})
    assert soup.title.get_text() == rendered.subject
    for table in soup.find_all("table"):
        assert table.get("role") == "presentation" or table.get("aria-hidden") == "true"
    assert all("alt" in image.attrs for image in soup.find_all("img"))


def test_a_language_written_from_right_to_left_says_so(environment: Environment) -> None:
    html = render_issue(
        content(),
        replace(BRAND, language="ar-EG"),
        environment,
        language=language_of("ar-EG"),
    ).html
    assert '<html lang="ar-EG" dir="rtl"' in html


def test_nothing_is_loaded_from_anywhere_but_the_pixel(rendered: Rendered) -> None:
    soup = BeautifulSoup(rendered.html, "html.parser")
    loaded = [tag["src"] for tag in soup.find_all(src=True)]
    assert loaded == [f"{SITE}/o/~~open~~.gif"]
    assert not soup.find_all(["link", "script", "iframe", "form"])
    assert "@import" not in rendered.html
    assert "url(" not in rendered.html


def test_styles_for_dark_mode_and_wide_screens_are_kept(rendered: Rendered) -> None:
    soup = BeautifulSoup(rendered.html, "html.parser")
    assert soup.find("meta", attrs={"name": "color-scheme", "content": "light dark"})
    assert soup.find("meta", attrs={"name": "supported-color-schemes"})
    for sign in ("prefers-color-scheme:dark", "[data-ogsc] ", "[data-ogsb] ", "min-width:480px"):
        assert sign in rendered.html
    blocks = re.findall(r"<style.*?</style>", rendered.html, re.DOTALL)
    assert max(map(len, blocks)) < GMAIL_DROPS_STYLE_BLOCKS_OVER


def test_outlook_gets_its_tables_and_every_attribute_its_quotes(rendered: Rendered) -> None:
    assert rendered.html.count("<!--[if mso | IE]>") == rendered.html.count("<!--[if mso | IE]><")
    assert rendered.html.count("<!--[if") == rendered.html.count("<![endif]-->")
    without_comments = re.sub(r"<!--.*?-->", "", rendered.html, flags=re.DOTALL)
    assert not re.search(r"<[a-z]+[^>\"]*\s[a-z-]+=[^\"\s>]", without_comments)


def test_text_lines_are_made_for_reading(rendered: Rendered) -> None:
    lines = rendered.text.splitlines()
    assert max(len(line) for line in lines if "://" not in line) <= 72
    assert "\n\n\n\n" not in rendered.text
    assert not any(line != line.rstrip() for line in lines)
    assert rendered.text.endswith("\n")


def test_a_panel_is_drawn_as_its_members_and_a_score_without_members_as_one_bar(
    environment: Environment,
) -> None:
    issue = content()
    panel = replace(issue.lead, left=side("Four", 75.0))
    score = replace(issue.lead, left=side("Four", 75.0, ships=None))
    bars = [
        BeautifulSoup(
            render_issue(replace(issue, lead=one), BRAND, environment).html, "html.parser"
        ).find_all("table", attrs={"aria-hidden": "true"})[0]
        for one in (panel, score)
    ]
    assert [len(bar.find_all("td", class_="trail")) for bar in bars] == [0, 0]
    assert [len(bar.find_all("td", class_="lead")) for bar in bars] == [3, 1]
    # The rest takes what the filled part leaves.
    assert [cell.get("width") for cell in bars[1].find_all("td")] == ["75%", None]


def test_only_the_lower_of_two_scores_is_drawn_without_the_accent(
    environment: Environment,
) -> None:
    issue = content(briefs=1, groups=0)
    for left, right, kinds in ((75.0, 50.0, ["lead", "trail"]), (50.0, 50.0, ["lead", "lead"])):
        brief = replace(issue.briefs[0], left=side("A", left), right=side("B", right))
        html = render_issue(replace(issue, briefs=(brief,)), BRAND, environment).html
        cells = BeautifulSoup(html, "html.parser").find_all("td", class_=["lead", "trail"])
        assert [cell["class"][0] for cell in cells[-2:]] == kinds


def test_what_is_unknown_is_said_and_not_drawn(environment: Environment) -> None:
    issue = content(briefs=0, groups=0)
    blank = side("Blank", None, tagline="", entry_price="", category="")
    lead = replace(issue.lead, left=blank, right=blank, kicker="", summary="")
    rendered = render_issue(replace(issue, lead=lead, intro=""), BRAND, environment)
    for part in (rendered.html, rendered.text):
        assert part.lower().count("no votes yet") == 2
        assert len(re.findall(r"no (?:panel )?score yet", part, re.IGNORECASE)) == 2
        assert "Entry price" not in part
    assert "In brief" not in rendered.html


def test_an_unknown_verdict_is_not_guessed(rendered: Rendered) -> None:
    assert "The builder, who would ship it" in rendered.text
    assert "The skeptic\n" in rendered.text
    assert "skeptic, who" not in rendered.html


@pytest.mark.parametrize(
    ("source", "line", "problem"),
    [
        ("a\n{{ nothing }}", 2, "'nothing' is undefined"),
        ("a\n\n{% if %}", 3, "Expected an expression"),
        ("{{ issue.number|shout }}", 1, "No filter named 'shout'"),
        ("\n{{ issue.lead.left.community_score|percent }}", 2, ""),
        ('{% include "other.j2" %}', 1, "there is no template other.j2"),
    ],
)
def test_a_fault_in_a_template_is_named_with_its_line(
    make_environment: Make, source: str, line: int | None, problem: str
) -> None:
    environment = make_environment({HTML_TEMPLATE: source, TEXT_TEMPLATE: ""})
    with pytest.raises(TemplateError) as caught:
        render_issue(content(), BRAND, environment)
    assert caught.value.line == line
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    "words",
    ["{{ greeting }} {{ greeting }}", "{{ unsubscribe_url }}/more ~~vote~~", "/l/1/~~click~~"],
)
def test_a_template_that_puts_a_slot_where_it_does_not_belong_is_refused(
    make_environment: Make, words: str
) -> None:
    empty = "<mjml><mj-body></mj-body></mjml>"
    environment = make_environment({HTML_TEMPLATE: empty, TEXT_TEMPLATE: f"a\n{words}"})
    with pytest.raises(TemplateError, match=r"issue\.txt\.j2, line 2: the slot ~~"):
        render_issue(content(), BRAND, environment)


def test_a_brand_whose_colour_can_not_be_read_is_made_readable(environment: Environment) -> None:
    html = render_issue(content(), replace(BRAND, accent="#facc15"), environment).html
    assert "#facc15" not in html.partition("prefers-color-scheme")[0]
