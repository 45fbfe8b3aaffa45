"""The archive shows the mailed bytes with nobody's tokens in them."""

from digest.render.archive import archive_html, direct_links_html
from digest.render.slots import MARKS, Slot

ARCHIVE, SIGN_UP = "/issues/", "/subscribe"


def test_a_click_link_leads_straight_to_its_stored_target() -> None:
    html = '<a href="https://d.example/l/3/~~click~~">x</a>'
    shown = archive_html(html, {3: "https://example.org/?a=1&b=2"}, ARCHIVE, SIGN_UP)
    assert shown == '<a href="https://example.org/?a=1&amp;b=2">x</a>'


def test_links_only_a_recipient_can_use_lead_to_the_sign_up() -> None:
    for slot in (Slot.UNSUBSCRIBE, Slot.PREFERENCES, Slot.VOTE):
        html = f'<a href="https://d.example/{slot}/{slot.mark}?tool=1">x</a>'
        assert archive_html(html, {}, ARCHIVE, SIGN_UP) == '<a href="/subscribe">x</a>'


def test_what_is_personal_is_left_out_up_to_its_own_end() -> None:
    html = (
        '<p>a</p><table class="x personal"><tr><td><table><tr><td>b</td></tr></table></table>'
        '<p class="personal">c <a href="https://d.example/vote/~~vote~~">Ship</a></p>'
        '<p class="impersonal">d</p><p title="class personal">e</p><div class="personal">f'
    )
    assert archive_html(html, {}, ARCHIVE, SIGN_UP) == (
        '<p>a</p><p class="impersonal">d</p><p title="class personal">e</p>f'
    )


def test_the_pixel_is_gone_and_other_images_stay() -> None:
    html = '<img src="https://d.example/o/~~open~~.gif" alt=""><img src="/logo.png" alt="Logo">'
    assert archive_html(html, {}, ARCHIVE, SIGN_UP) == '<img src="/logo.png" alt="Logo">'


def test_the_greeting_names_nobody() -> None:
    assert archive_html("<p>~~greeting~~</p>", {}, ARCHIVE, SIGN_UP) == "<p>Hello,</p>"


def test_bytes_without_a_slot_are_the_mailed_ones() -> None:
    html = (
        "<!doctype html>\n<p title='a \"b\"'>1 > 0 &amp; ~~ <img src=x></p>"
        '<!--[if mso]><v:x href="a"/><![endif]-->'
    )
    assert archive_html(html, {}, ARCHIVE, SIGN_UP) == html


def test_a_target_that_is_missing_or_no_web_address_leads_to_the_archive() -> None:
    html = '<a href="https://d.example/l/1/~~click~~">x</a>'
    hostile = ("javascript:alert(1)", 'https://e.example/"onload=x', "https://e.example/\r\nX: y")
    for links in ({}, *({1: url} for url in hostile)):
        assert archive_html(html, links, ARCHIVE, SIGN_UP) == '<a href="/issues/">x</a>'


def test_no_mark_is_left_wherever_it_stood() -> None:
    html = "".join(f"<!-- {slot.mark} --><p data-x='{slot.mark}'>{slot.mark}</p>" for slot in Slot)
    assert not MARKS.search(archive_html(html, {}, ARCHIVE, SIGN_UP))


def test_single_quoted_and_outlook_addresses_are_led_too() -> None:
    html = "<v:roundrect HREF = 'https://d.example/l/1/~~click~~'>"
    assert archive_html(html, {1: "https://e.example/"}, ARCHIVE, SIGN_UP) == (
        '<v:roundrect HREF = "https://e.example/">'
    )


def test_a_preview_keeps_personal_slots_but_counts_nothing() -> None:
    html = (
        '<a href="/l/1/~~click~~">x</a><a href="/unsubscribe/~~unsubscribe~~">y</a>'
        '<img src="/o/~~open~~.gif">~~greeting~~'
    )
    assert direct_links_html(html, {1: "https://e.example/"}, "#") == (
        '<a href="https://e.example/">x</a><a href="/unsubscribe/~~unsubscribe~~">y</a>~~greeting~~'
    )
