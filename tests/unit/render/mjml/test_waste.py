"""What is left out of a mail's HTML changes nothing, and what would stays."""

import re

import pytest
from jinja2 import Environment

from digest.message.seven_bit import fits_seven_bit
from digest.message.template import WIDTHS
from digest.render.environment import email_environment, templates_folder
from digest.render.issue import render_issue
from digest.render.mjml.inline_and_minify import inline_and_minify, minify
from digest.render.slots import MARKS
from tests.golden.sample import BRAND, content


@pytest.fixture(scope="module")
def environment() -> Environment:
    return email_environment(templates_folder())


@pytest.mark.parametrize(
    ("html", "smaller"),
    [
        ('<table border="0"><tbody><tr><td>x</td></tr></tbody></table>',
         "<table><tr><td>x</td></tr></table>"),
        ('<td style="background:#fff;background-color:#fff;padding:0px 4px">x</td>',
         '<td style="background-color:#fff;padding:0 4px">x</td>'),
        ('<td vertical-align="middle">x</td>', "<td>x</td>"),
        ('<h2 style="font-weight:700;margin:0">x</h2>', '<h2 style="margin:0">x</h2>'),
        ('<div style="direction:ltr;margin:0">x</div>', '<div style="margin:0">x</div>'),
        ('<p style="text-transform:none">x</p>', "<p>x</p>"),
    ],
)  # fmt: skip
def test_what_has_no_effect_goes(html: str, smaller: str) -> None:
    assert minify(html) == smaller


@pytest.mark.parametrize(
    "html",
    [
        '<table border="1"><tr><td>x</td></tr></table>',
        '<td style="background:#fff;background-color:#eee">x</td>',
        '<td style="vertical-align:middle">x</td>',
        '<h2 style="font:400 20px Georgia;font-weight:700">x</h2>',
        '<p style="font-weight:700">x</p>',
        '<div style="direction:ltr">x</div><div style="direction:rtl">y</div>',
        '<div style="text-transform:uppercase">x<p style="text-transform:none">y</p></div>',
        '<td style="width:calc(100% - 0px)">x</td>',
    ],
)
def test_what_has_an_effect_stays(html: str) -> None:
    assert minify(html) == html


def test_a_class_goes_when_only_inlined_styles_name_it() -> None:
    html = '<style>.dark{color:red}.gone{color:red}</style><p class="light dark theirs">x</p>'
    assert minify(html, ".light{}.dark{}.gone{}") == (
        '<style>.dark{color:red}</style><p class="dark theirs">x</p>'
    )


def test_what_other_stages_look_for_keeps_its_class() -> None:
    html = '<p class="personal">x</p><p class="imprint">y</p>'
    assert minify(html, ".personal{}.imprint{}") == html


@pytest.mark.parametrize(
    ("html", "joined"),
    [
        ("<!--[if mso]>A<![endif]--><!--[if mso]>B<![endif]-->", "<!--[if mso]>AB<![endif]-->"),
        ("<!--[if mso]><i><![endif]--><!--[if gte mso 9]><b><![endif]-->", None),
        ("<!--[if !mso]><!--><i></i><!--<![endif]-->", None),
    ],
)
def test_conditions_are_joined_where_they_agree(html: str, joined: str | None) -> None:
    assert minify(html) == (joined or html)


def test_an_issue_is_lean(environment: Environment) -> None:
    """Tables and bytes of the sample with one lead, a group and briefs: 52 and 42,473 once.

    Bytes as they are sent: 34,382 as quoted-printable.
    """
    html = render_issue(content(), BRAND, environment).html
    assert fits_seven_bit(html, MARKS, WIDTHS)
    html = re.sub(r"\s", " ", html)
    assert html.count("<table") - len(re.findall(r"<!--\[if[^>]*>.*?<table", html)) < 38
    assert len(html.encode()) < 31_800


def test_outlook_keeps_its_tables(environment: Environment) -> None:
    """One around each section and one around its columns, opened and closed as often."""
    html = re.sub(r"\s+", " ", render_issue(content(), BRAND, environment).html)
    ghosts = "".join(re.findall(r"<!--\[if mso \| IE\]>(.*?)<!\[endif\]-->", html))
    assert ghosts.count("<table ") == ghosts.count("</table>") == 6
    assert ghosts.count("<td ") == ghosts.count("</td>") == 8
    assert ghosts.count('width="640"') == 3


def test_what_is_for_outlook_2003_alone_goes() -> None:
    old = "<!--[if lte mso 11]><style>.mj-outlook-group-fix{width:100%}</style><![endif]-->"
    html = f'{old}<div class="mj-outlook-group-fix a">x</div>'
    assert minify(html) == '<div class="a">x</div>'


def test_the_names_of_vml_stay_where_it_is_used(environment: Environment) -> None:
    assert "xmlns:v=" not in render_issue(content(), BRAND, environment).html
    vml = '<html xmlns:v="urn:schemas-microsoft-com:vml"><body a="b"><!--[if mso]><v:rect/>{}'
    assert "xmlns:v=" in inline_and_minify(vml.format("<![endif]--></body></html>"))
