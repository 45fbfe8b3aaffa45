"""Every code of the gate: a sound message has none, and each error is found under its own."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from digest.brand import NO_ADDRESS
from digest.gate import Claims, Code, Gate, Level, Policy, SampleMessage, blocking
from digest.gate.findings import FIXED, found, parse_codes, parse_ignored
from digest.render.environment import email_environment, templates_folder
from digest.render.errors import TemplateError
from digest.render.issue import render_issue
from digest.render.rendered import Rendered
from digest.render.slots import Slot
from tests.golden.emails import EMAILS
from tests.golden.sample import BRAND, content
from tests.unit.gate.conftest import made, with_html

GUIDE = Path(__file__).parents[3] / "docs" / "gate.md"
GATE = Gate()
QUIET = {Code.SIZE}
"""Said of every message."""


def codes(mail: SampleMessage) -> set[Code]:
    return {one.code for one in GATE.check_quickly(mail)} - QUIET


def html(old: str, new: str) -> Callable[[SampleMessage], SampleMessage]:
    """Breaks the HTML in one place."""

    def broken(mail: SampleMessage) -> SampleMessage:
        assert old in mail.html, old
        return with_html(mail, mail.html.replace(old, new, 1))

    return broken


def body(extra: str) -> Callable[[SampleMessage], SampleMessage]:
    return html("</body>", f"{extra}</body>")


def subject(words: str) -> Callable[[SampleMessage], SampleMessage]:
    return lambda mail: replace(mail, rendered=replace(mail.rendered, subject=words))


def preheader(words: str) -> Callable[[SampleMessage], SampleMessage]:
    return lambda mail: replace(mail, rendered=replace(mail.rendered, preheader=words))


def header(old: bytes, new: bytes) -> Callable[[SampleMessage], SampleMessage]:
    def broken(mail: SampleMessage) -> SampleMessage:
        assert re.search(old, mail.message)
        return replace(mail, message=re.sub(old, lambda _: new, mail.message, count=1))

    return broken


def claims(**wrong: Any) -> Callable[[SampleMessage], SampleMessage]:
    return lambda mail: replace(mail, claims=Claims(**wrong))


def text(change: Callable[[str], str]) -> Callable[[SampleMessage], SampleMessage]:
    return lambda mail: replace(mail, text=change(mail.text))


def elsewhere(url: str) -> Callable[[SampleMessage], SampleMessage]:
    """Let all pages be at `url`."""

    def moved(mail: SampleMessage) -> SampleMessage:
        changed = with_html(mail, mail.html.replace(mail.public_url, url))
        return replace(
            changed,
            text=mail.text.replace(mail.public_url, url),
            message=mail.message.replace(mail.public_url.encode(), url.encode()),
            public_url=url,
        )

    return moved


def padded(size: int) -> Callable[[SampleMessage], SampleMessage]:
    return body(f"<!--{'x' * size}-->")


def target(*urls: str) -> Callable[[SampleMessage], SampleMessage]:
    return lambda mail: replace(
        mail, targets=dict(mail.targets) | dict(enumerate(urls, len(mail.targets) + 1))
    )


def without_ways_out(mail: SampleMessage) -> SampleMessage:
    return with_html(mail, mail.html.replace(mail.unsubscribe, "https://x.example/"))


NIGHT = "<style>@media (prefers-color-scheme:dark){.faint{%s}}</style>"
LIGHT = (
    NIGHT % "background:#222222 !important;color:#eeeeee !important"
    + '<p class="faint" style="color:#999999;background:#ffffff">Words</p>'
)
DARK = (
    NIGHT % "background:#222222 !important;color:#444444 !important"
    + '<p class="faint" style="color:#000000;background-color:#eeeeee">Words</p>'
)

BROKEN: list[tuple[Code, Callable[[SampleMessage], SampleMessage]]] = [
    (Code.SIZE_BUDGET, padded(60_000)),
    (Code.SIZE_CLIPPED, padded(81_000)),
    (Code.TEXT_MISSING, lambda mail: replace(mail, text="")),
    (Code.TEXT_THIN, lambda mail: replace(mail, text=f"See the HTML. {mail.unsubscribe}")),
    (Code.TITLE_MISSING, lambda m: with_html(m, re.sub("<title>.*?</title>", "", m.html))),
    (Code.LANGUAGE_MISSING, html('<html lang="en"', "<html")),
    (Code.LANGUAGE_MISSING, html('<html lang="en"', '<html lang="und"')),
    (Code.LANGUAGE_MISSING, html('role="article" lang="en"', 'role="article"')),
    (Code.DIRECTION_MISSING, html('dir="ltr"', "")),
    (Code.ACTIVE_CONTENT, body("<script>go()</script>")),
    (Code.IMAGE_SVG, body('<img src="https://x.example/a.svg" alt="">')),
    (Code.STYLE_LARGE, body(f"<style>.a{{color:#000000}}{'/**/' * 2_048}</style>")),
    (Code.STYLE_NESTED, body("<style>@media screen{@media print{.a{color:#000000}}}</style>")),
    (Code.STYLE_BROKEN, body("<style>.a{color:#000000</style>")),
    (Code.ALT_MISSING, body('<img src="https://x.example/a.png">')),
    (Code.HEADING_MISSING, lambda m: with_html(m, re.sub("(</?)h1", r"\1h2", m.html))),
    (Code.HEADING_ORDER, body("<h2>a</h2><h4>b</h4>")),
    (Code.CONTRAST_LIGHT, body(LIGHT)),
    (Code.CONTRAST_DARK, body(DARK)),
    (Code.COLOR_UNKNOWN, body('<p style="color:var(--ink)">x</p>')),
    (Code.UNSUBSCRIBE_MISSING, without_ways_out),
    (Code.UNSUBSCRIBE_MISSING, text(lambda words: re.sub(r"https\S+/unsubscribe/\S+", "", words))),
    (Code.ONE_CLICK_MISSING, header(rb"List-Unsubscribe-Post: [^\r]*\r\n", b"")),
    (Code.ONE_CLICK_MISSING, header(rb"(?<=List-Unsubscribe: <)https", b"http")),
    (Code.HEADER_BROKEN, header(rb"Message-ID: [^\r]*\r\n", b"")),
    (Code.HEADER_BROKEN, header(rb"(?<=List-Id: )[^<]*<", b"<=?utf-8?q?x?=.")),
    (Code.HEADER_BROKEN, header(rb"(?<=Feedback-ID: )", b"x" * 1_000)),
    (Code.HEADER_BROKEN, header(rb"(?<=Feedback-ID: )", "é".encode())),
    (Code.HEADER_BROKEN, header(rb"From: ", b"From: a@b.example\r\nFrom: ")),
    (Code.SLOT_OPEN, body("~~vote~~")),
    (Code.WORDS_FALSE, claims(false=(("subject", "it puts Aye ahead of Bee"),))),
    (Code.WORDS_STALE, claims(stale=(("intro", "Aye has another score now"),))),
    (Code.WORDS_UNFINISHED, claims(unfinished=(("headline/a-vs-b", "TK stands for"),))),
    (Code.PAGE_CHANGED, claims(changed=("aye-vs-bee: title was other",))),
    (Code.SLOT_OPEN, body("~~sent-on~~")),
    (Code.SLOT_UNKNOWN, body("~~name~~")),
    (Code.TEMPLATE_LEFT, text(lambda words: f"{words}{{{{ brand.name }}}}")),
    (Code.MJML_LEFT, body("<mj-txet>Words</mj-txet>")),
    (Code.CHARACTERS_GARBLED, body(r'<img src="https://x.example/a" alt="Caf\u{e9}">')),
    (Code.CHARACTERS_GARBLED, body("Ã¼ber")),
    (Code.CHARACTERS_GARBLED, text(lambda words: f"{words}\ufffd")),
    (Code.LINK_DEAD, body('<a href="#">Go</a>')),
    (Code.LINK_DEAD, body('<a href="/issues/3">Go</a>')),
    (Code.LINK_DEAD, body('<a href="https://verdicts.example.com/l/999/abc">Go</a>')),
    (Code.LINK_DUPLICATE, target("https://x.example/a", "https://x.example/a")),
    (Code.LINK_INSECURE, body('<a href="http://x.example/">Go</a>')),
    (Code.LINK_INSECURE, target("http://x.example/")),
    (Code.LINK_LOCAL, elsewhere("http://localhost:8000")),
    (Code.LINK_LOCAL, elsewhere("https://127.0.0.1/digest")),
    (Code.LINK_SHORTENED, target("https://bit.ly/abc")),
    (Code.LINK_SHORTENED, body('<a href="https://bit.ly/abc">Go</a>')),
    (Code.LINK_SHORTENED, body('<a href="https://www.bit.ly/abc">Go</a>')),
    (Code.LINK_UNNAMED, body('<a href="https://x.example/"><i></i></a>')),
    (Code.SUBJECT_EMPTY, subject(" ")),
    (Code.SUBJECT_REPEATED, lambda m: replace(m, last_subject=m.subject)),
    (Code.SUBJECT_LONG, subject("a long subject " * 7)),
    (Code.PREHEADER_EMPTY, preheader("")),
    (Code.PREHEADER_LONG, preheader("a long preheader " * 10)),
    (Code.PREHEADER_REPEATS, lambda m: preheader(m.subject + ", and more")(m)),
    (Code.WORDS_SHOUT, subject("THE BEST TOOLS THIS WEEK")),
    (Code.WORDS_PUNCTUATION, subject("Which one wins?!")),
    (Code.WORDS_PUNCTUATION, preheader("Save $$$ on tokens")),
    (Code.WORDS_FAKE_REPLY, subject("Re: your tools")),
    (Code.WORDS_FAKE_REPLY, subject("FWD: your tools")),
    (Code.WORDS_EMOJI, subject("Fire \U0001f525\U0001f525\U0001f525 tools")),
    (Code.WORDS_PADDED, preheader("Four verdicts.\u200b\u200c\u200b\u200c")),
    (Code.WORDS_PADDED, subject("One\u00a0 \u00a0 \u00a0 winner")),
    (Code.POSTAL_ADDRESS, text(lambda words: f"{words}\n{NO_ADDRESS}")),
]  # fmt: skip


def test_a_sound_message_has_nothing_to_fix(sound: SampleMessage) -> None:
    assert codes(sound) == set()


@pytest.mark.parametrize(("code", "broken"), BROKEN, ids=[code for code, _ in BROKEN])
def test_a_fault_is_found_under_its_own_code_and_no_other(
    sound: SampleMessage, code: Code, broken: Callable[[SampleMessage], SampleMessage]
) -> None:
    assert codes(broken(sound)) == {code}


def test_a_way_out_below_the_cut_blocks(rendered: Rendered) -> None:
    """Only the last link is left, and the HTML before it is long."""
    mark = Slot.UNSUBSCRIBE.mark
    start, _, end = rendered.html.rpartition(mark)
    start = start.replace(f"/unsubscribe/{mark}", "/preferences/~~preferences~~")
    long = start.replace("</h1>", f"</h1><!--{'x' * (97_000 - len(start))}-->", 1)
    told = GATE.check_quickly(made(replace(rendered, html=long + mark + end)))
    assert {one.code for one in told} == {Code.UNSUBSCRIBE_LOW, Code.SIZE_BUDGET}
    (low,) = [one for one in told if one.code is Code.UNSUBSCRIBE_LOW]
    assert re.fullmatch(r"html, byte 9\d,\d{3}", low.where)


@pytest.mark.parametrize("unseen", ["display:none", "opacity:0", "font-size:0px"])
def test_a_way_out_that_nobody_sees_is_none(sound: SampleMessage, unseen: str) -> None:
    hidden = sound.html.replace("<body ", '<body data-x="" ').replace(
        '<a class="tap"', '<a class="tap" data-was=""'
    )
    hidden = re.sub(r'(<a [^>]*?/unsubscribe/[^>]*?style="[^"]*)', rf"\1;{unseen}", hidden)
    assert codes(with_html(sound, hidden)) == {Code.UNSUBSCRIBE_MISSING}


def test_every_code_that_looks_at_mail_is_broken_here() -> None:
    elsewhere = {
        Code.SIZE, Code.UNSUBSCRIBE_LOW, Code.TEMPLATE_BROKEN, Code.CLIENT_UNSUPPORTED,
        Code.CLIENTS_UNCHECKED, Code.CLIENTS_VERSION, Code.SPAM, Code.SPAM_FLAGGED,
        Code.SPAM_SCORE, Code.SPAM_UNCHECKED,
    }  # fmt: skip
    assert {code for code, _ in BROKEN} == set(Code) - elsewhere


def test_a_place_is_told_in_bytes_of_what_is_sent(sound: SampleMessage) -> None:
    mail = body('<a href="#">Nowhere</a>')(sound)
    (dead,) = [one for one in GATE.check_quickly(mail) if one.code is Code.LINK_DEAD]
    byte = int(re.findall(r"byte ([0-9,]+)", dead.where)[0].replace(",", ""))
    assert mail.html.encode()[byte:].startswith(b'<a href="#">')
    assert "“Nowhere”" in dead.where


@pytest.mark.parametrize("url", ["http://localhost:8000/a", "http://127.0.0.1/a", "http://[::1]/a"])
def test_plain_http_on_this_machine_is_fine(sound: SampleMessage, url: str) -> None:
    assert codes(target(url)(sound)) == set()


@pytest.mark.parametrize(
    "words",
    [
        "GPT-4o vs LLM",
        "Reach: which tool wins?",
        "Two emoji 🎉 👩\u200d💻 are fine",
        "क्\u200dष joins letters",
        "Really? Yes! It won.",
        "Waiting... for the panel",
    ],
)
def test_words_that_are_no_tricks(sound: SampleMessage, words: str) -> None:
    assert codes(subject(words)(sound)) == set()


def test_braces_far_apart_are_no_tag(sound: SampleMessage) -> None:
    """Looking any further from each of a page's thousand braces would hold up the gate."""
    assert codes(body("{{ name }}")(sound)) == {Code.TEMPLATE_LEFT}
    assert codes(body("{{" + "name " * 50 + "}}")(sound)) == set()


def test_a_page_may_say_what_looks_like_a_garbled_character(sound: SampleMessage) -> None:
    r"""A tool called `back\u{a0}` is in the text part too, so its name is meant."""
    mail = body(r'<img src="https://x.example/a" alt="back\u{a0}">')(sound)
    assert codes(replace(mail, text=rf"{mail.text} back\u{{a0}}")) == set()


def test_a_template_that_gives_no_mail_names_its_line() -> None:
    (finding,) = GATE.template_error(
        TemplateError("digest/issue.mjml.j2", 12, "unknown tag <mj-txet>")
    )
    assert (finding.level, finding.code) == (Level.BLOCKS, Code.TEMPLATE_BROKEN)
    assert str(finding).startswith(
        "blocks template-broken: digest/issue.mjml.j2, line 12: unknown tag <mj-txet>; "
    )


def test_settings_say_what_blocks(sound: SampleMessage) -> None:
    shouting = subject("THE BEST TOOLS THIS WEEK")(sound)
    assert blocking(GATE.check_quickly(shouting)) == []
    strict = Gate(Policy(block=parse_codes("words-shout, size")))
    assert {one.code for one in blocking(strict.check_quickly(shouting))} == {
        Code.WORDS_SHOUT, Code.SIZE,
    }  # fmt: skip
    faint = body(LIGHT)(sound)
    assert [one.code for one in blocking(GATE.check_quickly(faint))] == [Code.CONTRAST_LIGHT]
    mild = Gate(Policy(ignore=parse_ignored("contrast-light")))
    assert blocking(mild.check_quickly(faint)) == []


def test_what_blocks_comes_first(sound: SampleMessage) -> None:
    mail = subject("Re: THE BEST TOOLS THIS WEEK")(sound)
    levels = [one.level for one in GATE.check_quickly(mail)]
    assert levels == sorted(levels, key=list(Level).index)
    assert levels[0] is Level.BLOCKS


@pytest.mark.parametrize("code", sorted(FIXED))
def test_some_faults_are_never_let_pass(sound: SampleMessage, code: Code) -> None:
    with pytest.raises(ValueError, match=f"{code} always blocks"):
        parse_ignored(code)
    finding = next(iter(GATE.template_error(TemplateError("x", 1, "y"))))
    assert blocking([replace(finding, code=code)], despite=[code])


def test_a_code_that_is_none_is_named() -> None:
    with pytest.raises(ValueError, match="'contrast' is no code of the gate"):
        parse_codes("size, contrast")


def test_every_code_is_explained_at_its_level() -> None:
    """docs/gate.md has a row for each, and says what it does."""
    rows = {
        name: level
        for names, level in re.findall(r"^\| (`[^|]+) \| ([a-z]+)", GUIDE.read_text(), re.MULTILINE)
        for name in re.findall(r"`([^`]+)`", names)
    }
    assert rows == {str(code): str(found(code, "", "", "").level) for code in Code}


@pytest.mark.parametrize("name", sorted(EMAILS))
def test_every_email_of_ours_passes_what_is_not_about_lists(name: str) -> None:
    """Transactional mail has no unsubscribe link of an issue; all else holds for it too."""
    message = EMAILS[name](email_environment(templates_folder()))
    assert codes(made(message)) <= ({Code.UNSUBSCRIBE_MISSING} if name != "issue" else set())


@pytest.mark.parametrize("accent", ["#4338ca", "#ffee00", "#000000", "#ffffff", "#e11d48"])
def test_no_accent_makes_the_issue_hard_to_read(accent: str) -> None:
    """Whatever colour the brand has, in light and in dark."""
    rendered = render_issue(
        content(), replace(BRAND, accent=accent), email_environment(templates_folder())
    )
    assert codes(made(rendered)) == set()
