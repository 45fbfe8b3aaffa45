"""What the gate promises to stop: each fault is caught, and its twin, harmless, passes."""

import re
from dataclasses import replace

import pytest

from digest.gate import Code, SampleMessage
from digest.gate.checks.style_blocks import MAX_BLOCK_LENGTH, MAX_STYLES_LENGTH
from digest.gate.html_page import Page
from tests.unit.gate.changed_mail import codes, with_body
from tests.unit.gate.conftest import with_html


def sized(length: int) -> str:
    """A style block of so many characters that says next to nothing."""
    start, end = ".x{color:#000000}/*", "*/"
    return f"<style>{start}{'x' * (length - len(start) - len(end))}{end}</style>"


DARK, SMALL = "@media (prefers-color-scheme:dark)", "@media (max-width:480px)"
STYLES: list[tuple[Code, str, str]] = [
    (Code.STYLE_LARGE, sized(MAX_BLOCK_LENGTH + 1), sized(MAX_BLOCK_LENGTH)),
    (
        Code.STYLE_NESTED,
        "<style>@media screen{@supports (color:red){.x{color:#000000}}}</style>",
        "<style>@media screen{.x{color:#000000}}@supports (color:red){.x{color:#000000}}</style>",
    ),
    (
        Code.STYLE_NESTED,
        "<style>@media screen{@font-face{font-family:X}}</style>",
        "<style>@font-face{font-family:X}</style>",
    ),
    (
        Code.STYLE_NESTED,
        "<style>.x{@media screen{color:#000000}}</style>",
        "<style>.x::before{content:'@media{@media'}</style>",
    ),
    (
        Code.STYLE_BROKEN,
        "<style>@media screen{.x{color:#000000}</style>",
        "<style>@media screen{.x{color:#000000}}</style>",
    ),
    (
        Code.STYLE_BROKEN,
        "<style>.x{color:#000000}}.y{color:#000000}</style>",
        "<style>.x{color:#000000}.y{color:#000000}</style>",
    ),
    (Code.STYLE_BROKEN, "<style>.x{color #000000}</style>", "<style>.x{color: #000000}</style>"),
    (Code.STYLE_BROKEN, "<style>.x{color:}</style>", "<style>.x{}</style>"),
    (Code.STYLE_BROKEN, "<style>.x,{color:#000000}</style>", "<style>.x,.y{color:#000000}</style>"),
    (Code.STYLE_BROKEN, "<style>{color:#000000}</style>", "<style>*{}</style>"),
    (
        Code.STYLE_BROKEN,
        "<style>/* .x{color:#000000}</style>",
        "<style>/* .x{color:#000000} */</style>",
    ),
    (Code.STYLE_BROKEN, "<style>.x{content:'it's'}</style>", "<style>.x{content:'its'}</style>"),
    (Code.STYLE_BROKEN, "<style>.x</style>", "<style></style>"),
    (
        Code.STYLE_BROKEN,
        "<style>.x{color:#000000}}</style>",
        "<style>.x{width:calc(1px + (2px))}</style>",
    ),
    (Code.STYLE_BROKEN, '<p style="color">x</p>', '<p style="margin:0;">x</p>'),
    (Code.STYLE_BROKEN, '<p style="width:calc(1px">x</p>', '<p style="width:calc(1px)">x</p>'),
]


@pytest.mark.parametrize(("code", "caught", "twin"), STYLES)
def test_styles_that_gmail_drops_are_found(
    sound: SampleMessage, code: Code, caught: str, twin: str
) -> None:
    assert codes(with_body(sound, caught)) == {code}
    assert codes(with_body(sound, twin)) == set()


def test_style_blocks_have_a_limit_together(sound: SampleMessage) -> None:
    bare = with_html(sound, re.sub("<style.*?</style>", "", sound.html, flags=re.DOTALL))
    most = sized(MAX_STYLES_LENGTH // 3) * 2
    rest = MAX_STYLES_LENGTH - 2 * (MAX_STYLES_LENGTH // 3)
    assert Code.STYLE_LARGE not in codes(with_body(bare, most + sized(rest)))
    assert Code.STYLE_LARGE in codes(with_body(bare, most + sized(rest + 1)))


ELEMENTS: list[tuple[Code, str, str]] = [
    (Code.ACTIVE_CONTENT, "<script>track()</script>", "<p>script</p>"),
    (
        Code.ACTIVE_CONTENT,
        "<SCRIPT src='https://x.example/a.js'></SCRIPT>",
        "<!--<script></script>-->",
    ),
    (Code.ACTIVE_CONTENT, '<iframe src="https://x.example/"></iframe>', "<p>&lt;iframe&gt;</p>"),
    (Code.ACTIVE_CONTENT, '<object data="https://x.example/a"></object>', "<p>object</p>"),
    (Code.ACTIVE_CONTENT, '<form action="https://x.example/"><input></form>', "<p>form</p>"),
    (
        Code.ACTIVE_CONTENT,
        '<link rel="stylesheet" href="https://x.example/a.css">',
        "<style></style>",
    ),
    (
        Code.ACTIVE_CONTENT,
        '<meta http-equiv="Refresh" content="0;url=https://x.example/">',
        '<meta http-equiv="Content-Type" content="text/html; charset=utf-8">',
    ),
    (Code.ACTIVE_CONTENT, '<p onclick="go()">x</p>', '<p class="onclick">x</p>'),
    (
        Code.ACTIVE_CONTENT,
        '<video src="https://x.example/a.mp4"></video>',
        '<img src="https://x.example/a.gif" alt="">',
    ),
    (Code.ACTIVE_CONTENT, "<marquee>x</marquee>", "<p>marquee</p>"),
    (Code.ACTIVE_CONTENT, "<canvas></canvas>", "<p>canvas</p>"),
    (Code.ACTIVE_CONTENT, "<svg:script>x</svg:script>", "<o:p>x</o:p>"),
    (
        Code.ACTIVE_CONTENT,
        "<!--[if mso]><script>x</script><![endif]-->",
        "<!--[if mso]><table><tr><td>x</td></tr></table><![endif]-->",
    ),
    (
        Code.ACTIVE_CONTENT,
        '<style>@IMPORT "https://x.example/a.css";</style>',
        "<style>.important{color:#000000}</style>",
    ),
    (
        Code.ACTIVE_CONTENT,
        '<p style="width:expression(alert(1))">x</p>',
        '<p style="scroll-behavior:smooth">x</p>',
    ),
    (
        Code.ACTIVE_CONTENT,
        '<p style="behavior:url(x.htc)">x</p>',
        '<p style="margin:0">expression(x)</p>',
    ),
    (
        Code.IMAGE_SVG,
        '<p style="background:u\\72l(https://x.example/a.svg)"></p>',
        '<p style="background:u\\72l(https://x.example/a.png)"></p>',
    ),
    (
        Code.IMAGE_SVG,
        '<img src="https://x.example/a.%73vg;v=1" alt="">',
        '<img src="https://x.example/a.png;v=svg" alt="">',
    ),
    (
        Code.IMAGE_SVG,
        '<img src="https://x.example/LOGO.SVG?v=2" alt="">',
        '<img src="https://x.example/svg/logo.png?from=a.svg" alt="">',
    ),
    (Code.IMAGE_SVG, "<svg width=9></svg>", "<p>svg</p>"),
    (
        Code.IMAGE_SVG,
        '<img src="https://x.example/a.png" srcset="https://x.example/a.svg 2x" alt="">',
        '<img src="https://x.example/a.png" srcset="https://x.example/b.png 2x" alt="">',
    ),
    (
        Code.IMAGE_SVG,
        '<table background="https://x.example/a.svg"></table>',
        '<table background="https://x.example/a.png"></table>',
    ),
    (
        Code.IMAGE_SVG,
        "<p style=\"background-image:url('https://x.example/a.svg')\"></p>",
        "<p style=\"background-image:url('https://x.example/a.png')\"></p>",
    ),
    (
        Code.IMAGE_SVG,
        "<style>.x{background-image:url(https://x.example/a.svg)}</style>",
        "<style>.x{background-image:url(https://x.example/a.png)}</style>",
    ),
]


@pytest.mark.parametrize(("code", "caught", "twin"), ELEMENTS)
def test_what_does_not_belong_in_mail_is_found(
    sound: SampleMessage, code: Code, caught: str, twin: str
) -> None:
    assert codes(with_body(sound, caught)) == {code}
    assert codes(with_body(sound, twin)) == set()


def test_an_svg_image_within_the_mail_is_found(sound: SampleMessage) -> None:
    image = '<img src="data:image/{}" alt="">'
    assert Code.IMAGE_SVG in codes(with_body(sound, image.format("svg+xml;base64,PHN2Zy8+")))
    assert Code.IMAGE_SVG not in codes(with_body(sound, image.format("png;base64,iVBORw0KGgo=")))


def test_a_link_with_a_script_is_found(sound: SampleMessage) -> None:
    link = '<a href="{}">Go</a>'
    assert Code.ACTIVE_CONTENT in codes(with_body(sound, link.format("&#9;JavaScript:go()")))
    assert codes(with_body(sound, link.format("https://x.example/javascript:go"))) == set()


@pytest.mark.parametrize(
    ("again", "other"),
    [
        ("Tern or Gull?", "Gull or Tern?"),
        ("TERN or  Gull? ", "Tern or Gull"),
        ("Tern or Gull?.", ""),
    ],
)
def test_the_last_subject_again_is_found(sound: SampleMessage, again: str, other: str) -> None:
    mail = replace(sound, rendered=replace(sound.rendered, subject="Tern or Gull?"))
    assert codes(replace(mail, last_subject=again)) == {Code.SUBJECT_REPEATED}
    assert codes(replace(mail, last_subject=other)) == set()


def test_our_own_styles_stay_far_below_the_limits(sound: SampleMessage) -> None:
    """A template may add some: two thirds are left for it."""
    sheets = ["".join(map(str, one.children)) for one in Page(sound.html).all("style")]
    assert max(map(len, sheets)) < MAX_BLOCK_LENGTH
    assert sum(map(len, sheets)) < MAX_STYLES_LENGTH
