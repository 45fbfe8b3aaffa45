"""What official MJML writes around a mail is shortened only where it says nothing."""

import pytest

from digest.render.mjml.inline_and_minify import minify
from digest.render.mjml.skeleton import shorten_head

COLUMN = '<div class="mj-column-per-{}" style="font-size:0px;text-align:left;width:100%">x</div>'
BUTTON = (
    '<td align="center" bgcolor="#123456" role="presentation" valign="middle" '
    'style="border:none;background:#123456"><a href="/" target="_blank" '
    'style="display:inline-block;background:#123456;font-family:inherit;margin:0;color:#fff">x</a>'
    "</td>"
)
SHORT_BUTTON = (
    '<td align="center" bgcolor="#123456" style="background:#123456"><a href="/" '
    'style="display:inline-block;background:#123456;color:#fff">x</a></td>'
)
CELL = (
    '<body><div style="word-break:break-word;color:red"><table><tr>'
    '<td style="font-size:0;padding:4px{}">x</td></tr></table></div>'
)
RULE = ".mj-column-per-{0}{{width:{0}% !important;max-width:{0}%}}"
GHOST = '<!--[if mso | IE]><table class="{}" width="640"><![endif]-->'


@pytest.mark.parametrize(
    ("html", "shorter"),
    [
        (COLUMN.format(46), '<div class="col-46" style="font-size:0;width:100%">x</div>'),
        (COLUMN.format(100), '<div style="font-size:0;width:100%">x</div>'),
        (
            f"<style>{RULE.format(100)}{RULE.format(46)}</style>",
            "<style>.col-46{width:46%!important;max-width:46%}</style>",
        ),
        (
            "<style>body{margin:0;-ms-text-size-adjust:100%}</style>",
            "<style>body{margin:0}</style>",
        ),
        (BUTTON, SHORT_BUTTON),
        (GHOST.format("paper-outlook"), '<!--[if mso | IE]><table width="640"><![endif]-->'),
        (
            '<!--[if mso]><td style="width:0px;height:10px;"><![endif]-->',
            '<!--[if mso]><td style="width:0;height:10px"><![endif]-->',
        ),
        (CELL.format(";word-break:break-word"), CELL.format("")),
    ],
)
def test_what_says_nothing_goes(html: str, shorter: str) -> None:
    assert minify(html) == shorter


@pytest.mark.parametrize(
    "html",
    [
        '<td style="text-align:center"><div class="col-46" style="text-align:left">x</div></td>',
        (
            "<style>a{font-family:Georgia}</style>"
            '<a href="/" style="display:inline-block;background:#fff;font-family:inherit">x</a>'
        ),
        '<a href="/" target="_blank" style="color:#fff">x</a>',
        '<td role="presentation" valign="middle">x</td>',
        '<td style="font-size:0;word-break:break-word">x</td>',
        "<style>.paper-outlook{color:red}</style>" + GHOST.format("paper-outlook"),
        "<!--[if mso]><style>.paper-outlook{width:0px;}</style><![endif]-->",
        "<p>-ms-text-size-adjust:100%; mj-column-per-100 !important</p>",
    ],
)
def test_what_says_something_stays(html: str) -> None:
    assert minify(html) == html


def test_a_column_keeps_its_side_where_the_mail_has_another() -> None:
    html = f'<td style="text-align:center">{COLUMN.format(46)}</td>'
    assert "font-size:0;text-align:left" in minify(html)


def test_a_rule_of_ones_own_keeps_the_class_of_a_whole_column() -> None:
    html = f"<style>.mj-column-per-100 p{{color:red}}</style>{COLUMN.format(100)}"
    assert '<style>.col-100 p{color:red}</style><div class="col-100"' in minify(html)


def test_the_head_says_its_charset_in_short_and_nothing_to_old_browsers() -> None:
    html = (
        '<html xmlns="http://www.w3.org/1999/xhtml"><head><!--[if !mso]><!-->'
        '<meta http-equiv="X-UA-Compatible" content="IE=edge"><!--<![endif]-->'
        '<meta http-equiv="Content-Type" content="text/html; charset=UTF-8"></head><p>'
    )
    body = ' xmlns="http://www.w3.org/1999/xhtml"</p></html>'
    assert shorten_head(html + body) == f'<html><head><meta charset="utf-8"></head><p>{body}'
