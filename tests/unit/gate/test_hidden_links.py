"""An unsubscribe link that is hidden or without words is caught; its twin, in sight, passes."""

import re

import pytest

from digest.gate import Code, SampleMessage
from tests.unit.gate.changed_mail import codes, with_body
from tests.unit.gate.conftest import with_html


def only_link(mail: SampleMessage, link: str) -> SampleMessage:
    """`mail` with one unsubscribe link alone, within `link` in place of `LINK`."""
    page = re.sub(rf'<a [^>]*href="{re.escape(mail.unsubscribe)}".*?</a>', "", mail.html)
    assert mail.unsubscribe not in page
    whole = link.replace("LINK", "<a HREF>Unsubscribe</a>")
    return with_body(with_html(mail, page), whole.replace("HREF", f'href="{mail.unsubscribe}"'))


def styled(caught: str, twin: str) -> tuple[str, str, str]:
    """A link in a paragraph of a style that hides it, and of one that does not."""
    link = '<p style="{}">LINK</p>'
    return caught, link.format(caught), link.format(twin)


DARK, SMALL = "@media (prefers-color-scheme:dark)", "@media (max-width:480px)"
LATER = ".v{display:block!important}"
LATER_LINK = '<p class=v style="display:none">LINK</p>'

LINKS: list[tuple[str, str, str]] = [
    (
        "words of one pixel",
        '<a HREF style="font-size:1px">Unsubscribe</a>',
        '<a HREF style="font-size:10px">Unsubscribe</a>',
    ),
    (
        "words of no size in one that has",
        '<a HREF style="font-size:14px"><i style="font-size:0">Unsubscribe</i></a>',
        '<p style="font-size:0"><a HREF style="font-size:14px">Unsubscribe</a></p>',
    ),
    (
        "a tenth of a small size",
        '<p style="font-size:12px"><a HREF style="font-size:.1em">Unsubscribe</a></p>',
        '<p style="font-size:12px"><a HREF style="font-size:90%">Unsubscribe</a></p>',
    ),
    (
        "size in the shorthand",
        '<a HREF style="font:0/0 a">Unsubscribe</a>',
        '<a HREF style="font:600 14px/1.5 Arial">Unsubscribe</a>',
    ),
    (
        "points",
        '<a HREF style="font-size:1pt">Unsubscribe</a>',
        '<a HREF style="font-size:9pt">Unsubscribe</a>',
    ),
    (
        "clipped to a height",
        '<div style="max-height:0;overflow:hidden">LINK</div>',
        '<div style="max-height:40px;overflow:hidden">LINK</div>',
    ),
    (
        "clipped to a width",
        '<div style="overflow: hidden; width: 1px">LINK</div>',
        '<div style="overflow:hidden;width:100%">LINK</div>',
    ),
    (
        "clipped by a rectangle",
        '<p style="position:absolute;clip:rect(0,0,0,0)">LINK</p>',
        '<p style="clip:auto">LINK</p>',
    ),
    (
        "clipped by a path",
        '<p style="clip-path:inset(50%)">LINK</p>',
        '<p style="clip-path:none">LINK</p>',
    ),
    (
        "moved out of the window",
        '<p style="position:absolute;left:-9999px">LINK</p>',
        '<p style="position:relative;left:-1px">LINK</p>',
    ),
    (
        "indented out of it",
        '<p style="text-indent:-999em">LINK</p>',
        '<p style="text-indent:-1em">LINK</p>',
    ),
    (
        "scaled to nothing",
        '<p style="transform:scale(0)">LINK</p>',
        '<p style="transform:scale(1)">LINK</p>',
    ),
    ("see-through", '<p style="opacity:.01">LINK</p>', '<p style="opacity:.9">LINK</p>'),
    (
        "not shown by Outlook",
        '<p style="mso-hide:all">LINK</p>',
        '<p style="mso-line-height-rule:exactly">LINK</p>',
    ),
    styled("font-size:calc(1px)", "font-size:calc(14px)"),
    styled("font-size:min(1px,20px)", "font-size:max(1px,14px)"),
    styled("font-size:clamp(1px,.1vw,20px)", "font-size:clamp(12px,2vw,20px)"),
    styled("font-size:.1ch", "font-size:4ch"),
    styled("zoom:.01", "zoom:1.2"),
    styled("max-height:calc(0px);overflow:hidden", "max-height:calc(40px);overflow:hidden"),
    styled("height:0;overflow-y:hidden", "height:0;overflow-y:visible"),
    styled("line-height:0;overflow:hidden", "line-height:1.5;overflow:hidden"),
    styled("position:fixed;inset:-999px auto auto", "position:relative;inset:0"),
    styled("position:absolute;right:9999px", "position:relative;right:20px"),
    styled("position:absolute;bottom:9999px", "bottom:9999px"),
    styled("text-indent:9999px", "text-indent:40px"),
    styled("translate:-9999px", "translate:4px"),
    styled("scale:0", "scale:1"),
    styled("transform:rotateY(90deg)", "transform:rotate(2deg)"),
    styled("rotate:x 90deg", "rotate:1deg"),
    styled("filter:opacity(0)", "filter:opacity(100%)"),
    styled("content-visibility:hidden", "content-visibility:auto"),
    styled("mask:linear-gradient(transparent,transparent)", "mask:none"),
    styled("-webkit-clip-path:inset(100%)", "-webkit-clip-path:none"),
    styled("d\\69splay:none", "d\\69splay:block"),
    styled("DISPLAY:/**/NONE", "DISPLAY:/**/BLOCK"),
    ("an attribute", "<p hidden>LINK</p>", "<p lang=en>LINK</p>"),
    ("folded away", "<details>LINK</details>", "<details open>LINK</details>"),
    (
        "an image of one pixel",
        '<a HREF><img src="https://x.example/u.png" alt="Unsubscribe" width="1" height="1"></a>',
        '<a HREF><img src="https://x.example/u.png" alt="Unsubscribe" width="120" height="20"></a>',
    ),
    ("worded with a dot", "<a HREF>.</a>", "<a HREF>退订</a>"),
    ("worded with fillers", "<a HREF>\u3164\u3164\u3164</a>", "<a HREF>구독 취소</a>"),
    ("worded with an arrow", "<a HREF>&nbsp;→ </a>", "<a HREF>Abbestellen</a>"),
    (
        "hidden by a kept block",
        "<style>.u{display:none}</style><p class=u>LINK</p>",
        "<style>.v{display:none}</style><p class=u>LINK</p>",
    ),
    (
        "hidden by its address",
        "<style>a[href*=unsubscribe]{font-size:0!important}</style>LINK",
        "<style>a[href*=pixel]{font-size:0!important}</style>LINK",
    ),
    (
        "hidden on phones",
        "<style>@media (max-width:480px){.u{display:none}}</style><p class=u>LINK</p>",
        "<style>@media print{.u{display:none}}</style><p class=u>LINK</p>",
    ),
    (
        "hidden on phones by an attribute of the block",
        '<style media="(max-width:480px)">.u{display:none}</style><p class=u>LINK</p>',
        '<style media="print">.u{display:none}</style><p class=u>LINK</p>',
    ),
    (
        "hidden in the dark",
        f"<style>{DARK}{{.u{{visibility:hidden}}}}</style><p class=u>LINK</p>",
        f"<style>{DARK}{{.u{{visibility:visible}}}}</style><p class=u>LINK</p>",
    ),
    (
        "hidden in Outlook",
        "<style>[data-ogsc] .u{display:none}</style><p class=u>LINK</p>",
        "<style>[data-ogsc] .u{display:block}</style><p class=u>LINK</p>",
    ),
    (
        "hidden in Gmail",
        "<style>u + .g .u{display:none}</style><div class=g><p class=u>LINK</p></div>",
        "<style>u + .g .u{display:block}</style><div class=g><p class=u>LINK</p></div>",
    ),
    (
        "one on phones, none elsewhere",
        f"<style>{SMALL}{{{LATER}}}</style>{LATER_LINK}",
        f"<style>{SMALL}{{.u{{display:none}}{LATER}}}</style><p class=u>LINK</p>{LATER_LINK}",
    ),
]


@pytest.mark.parametrize(
    ("caught", "twin"), [one[1:] for one in LINKS], ids=[one[0] for one in LINKS]
)
def test_an_unsubscribe_link_has_to_be_seen_and_worded(
    sound: SampleMessage, caught: str, twin: str
) -> None:
    assert codes(only_link(sound, caught)) == {Code.UNSUBSCRIBE_MISSING}
    assert codes(only_link(sound, twin)) == set()


@pytest.mark.parametrize(
    "colour",
    [
        "color:hsl(0 0% 100%)",
        "color:#000;-webkit-text-fill-color:transparent",
        "color:oklch(1 0 0)",
        "color:oklab(99% 0 0)",
        "color:lab(100 0 0)",
        "color:lch(100% 0 0)",
        "color:hwb(0 100% 0%)",
        "color:color(display-p3 1 1 1)",
        "color:color(srgb 1 1 1)",
        "color:rgb(0 0 0 / 1%)",
    ],
)
def test_a_colour_in_newer_words_is_measured(sound: SampleMessage, colour: str) -> None:
    link = f'<p style="background:#ffffff"><a HREF style="{colour}">Unsubscribe</a></p>'
    assert Code.CONTRAST_LIGHT in codes(only_link(sound, link))


def test_an_unsubscribe_link_in_the_colour_of_its_ground_is_found(sound: SampleMessage) -> None:
    link = '<p style="background:#ffffff"><a HREF style="color:{}">Unsubscribe</a></p>'
    assert codes(only_link(sound, link.format("#fefefe"))) >= {Code.CONTRAST_LIGHT}
    assert codes(only_link(sound, link.format("transparent"))) >= {Code.CONTRAST_LIGHT}
    assert codes(only_link(sound, link.format("#333333"))) == set()


@pytest.mark.parametrize(
    "unknown",
    [
        "color:var(--ink)",
        "color:color-mix(in srgb, white, white)",
        "color:light-dark(#fff, #000)",
        "color:rgb(from white r g b)",
        "-webkit-text-fill-color:var(--none)",
        "background-color:var(--ground)",
        "background:url(x.png) color-mix(in oklab, black 10%, black)",
    ],
)
def test_a_colour_that_nobody_can_check_blocks(sound: SampleMessage, unknown: str) -> None:
    link = '<p style="background:#ffffff"><a HREF style="{}">Unsubscribe</a></p>'
    assert Code.COLOR_UNKNOWN in codes(only_link(sound, link.format(unknown)))
    inside = '<p style="{}"><a HREF style="color:#000;background:#fff;{}">Unsubscribe</a></p>'
    fill = "-webkit-text-fill-color:#000" if "fill" in unknown else ""
    assert codes(only_link(sound, inside.format(unknown, fill))) == set()


@pytest.mark.parametrize(
    "known", ["inherit", "currentcolor", "windowtext", "oklch(0.3 0.1 20)", "lab(30 10 10)"]
)
def test_a_colour_that_can_be_checked_passes(sound: SampleMessage, known: str) -> None:
    link = f'<p style="background:#ffffff"><a HREF style="color:{known}">Unsubscribe</a></p>'
    assert codes(only_link(sound, link)) <= {Code.CONTRAST_LIGHT, Code.CONTRAST_DARK}
