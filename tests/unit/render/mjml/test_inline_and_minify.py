import pytest

from digest.render.mjml.compiler import INLINE_STYLE
from digest.render.mjml.inline_and_minify import inline_and_minify, minify

HEAD = "<html><head><style>{kept}</style>" + INLINE_STYLE + "{inlined}</style></head>"


def page(body: str, kept: str = "", inlined: str = "") -> str:
    return HEAD.format(kept=kept, inlined=inlined) + f"<body>{body}</body></html>"


def test_marked_styles_are_inlined_and_gone_from_the_head() -> None:
    html = inline_and_minify(page('<p class="a">x</p>', inlined=".a { color: red; margin: 0 4px }"))
    assert '<p style="color:red;margin:0 4px">x</p>' in html
    assert "data-inline" not in html


def test_other_styles_stay_whole_with_their_media_queries() -> None:
    kept = "@media (prefers-color-scheme: dark) { .a { color: #fff !important; } } [data-ogsc] .a{}"
    html = inline_and_minify(page('<p class="a">x</p>', kept=kept))
    assert "@media (prefers-color-scheme:dark){.a{color:#fff!important}}[data-ogsc] .a{}" in html
    assert '<p class="a">x</p>' in html


def test_what_stands_in_a_style_attribute_wins_over_an_inlined_rule() -> None:
    html = inline_and_minify(
        page('<p class="a" style="color:blue">x</p>', inlined=".a{color:red;margin:0}")
    )
    assert '<p style="margin:0;color:blue">x</p>' in html


CONDITIONS = (
    "<!--[if mso | IE]><table><tr><td><![endif]-->",
    "<!--[if mso | IE]></td></tr></table><![endif]-->",
    "<!--[if !mso]><!--><p>y</p><!--<![endif]-->",
)


@pytest.mark.parametrize("condition", CONDITIONS)
def test_outlooks_conditional_comments_stay(condition: str) -> None:
    assert condition in inline_and_minify(page(f"<div>{condition}</div>"))


def test_other_comments_go() -> None:
    assert minify("<p>a<!-- note --></p><!-- end -->") == "<p>a</p>"


@pytest.mark.parametrize(
    ("html", "smaller"),
    [
        ("<div>\n  <p>\n a  b\n</p>\n  </div>", "<div><p>a b</p></div>"),
        ("<p>a <b>b</b> c</p>", "<p>a <b>b</b> c</p>"),
        ("<p><a>x</a> <a>y</a></p>", "<p><a>x</a> <a>y</a></p>"),
        ("<p><a>x</a>\n<!-- n --> <a>y</a></p>", "<p><a>x</a> <a>y</a></p>"),
        ("<p> <b> a</b> </p>", "<p><b>a</b></p>"),
        ("<p>a<br> b</p>", "<p>a<br>b</p>"),
        ("<p><img> x</p>", "<p><img> x</p>"),
        ("<p>a\u00a0 \u00a0b</p>", "<p>a\u00a0 \u00a0b</p>"),
        ("<td>\u00a0</td>", "<td>\u00a0</td>"),
        ("<pre> a\n  b </pre>", "<pre> a\n  b </pre>"),
        ("<p>1 < 2</p>", "<p>1 < 2</p>"),
    ],
)
def test_only_white_space_that_nobody_sees_goes(html: str, smaller: str) -> None:
    assert minify(html) == smaller
    assert minify(smaller) == smaller


@pytest.mark.parametrize(
    ("css", "smaller"),
    [
        ("a { color : red; }", "a{color :red}"),
        ("a :hover{x:y}", "a :hover{x:y}"),
        (".a > .b , .c { x:y }", ".a>.b,.c{x:y}"),
        ("/* note */ a{b:c}", "a{b:c}"),
        ("a{content:' : ; '}", "a{content:' : ; '}"),
        ("a{width:calc(1px + 2px)}", "a{width:calc(1px + 2px)}"),
    ],
)
def test_css_loses_air_and_no_meaning(css: str, smaller: str) -> None:
    assert minify(f"<style>{css}</style>") == f"<style>{smaller}</style>"


def test_quotes_around_attributes_stay() -> None:
    assert minify('<td width="1" class="a">x</td>') == '<td width="1" class="a">x</td>'


def test_quoted_text_in_a_style_attribute_is_left_alone() -> None:
    tag = """<p style="font-family:'A : B';content:&quot;a ; b&quot;">"""
    assert minify(tag) == tag


def test_brackets_in_an_attribute_are_escaped() -> None:
    """The inliner writes them as they are, which is right but fools simple readers of HTML."""
    html = inline_and_minify(page('<p title="a  &lt;script&gt;&lt;!-- b --&gt;">x</p>'))
    assert '<p title="a  &lt;script&gt;&lt;!-- b --&gt;">x</p>' in html
