"""Messages: what a mail program reads back out of the bytes."""

import email
import html
import quopri
import re
from datetime import UTC, datetime, timedelta, timezone
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.message.edition import Edition, Sender
from digest.message.headers import return_path
from digest.message.personalization import Personalization, Recipient, personalize
from digest.message.quoted_printable import MAX_LINE, encode_piece, encode_text
from digest.message.seven_bit import encode_in_html
from digest.message.template import PLAIN_GREETING, MessageTemplate
from digest.render.slots import MARKS, Slot, disarm_slots
from subscribers.public_ids import IssueIds
from subscribers.tokens import Purpose, TokenClaims, Tokens, token_to_hex

TOKENS = Tokens(["one secret of the tests, long enough"])
AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def edition(**changes: object) -> Edition:
    values: dict[str, object] = {
        "number": 12,
        "ids": IssueIds(12),
        "series": "weekly",
        "subject": "SmolLM3 splits the panel",
        "html": '<p>~~greeting~~</p><a href="https://d.example/l/1/~~click~~">go</a>',
        "text": "~~greeting~~\n\nhttps://d.example/unsubscribe/~~unsubscribe~~",
        "sender": Sender("Weekly Verdicts", "digest@d.example", "editors@d.example"),
        "list_name": "Weekly AI Tool Verdicts",
        "public_url": "https://d.example",
    }
    return Edition(**(values | changes))  # type: ignore[arg-type]


def personalization(first_name: str = "Ana", *, tracking: bool = True) -> Personalization:
    recipient = Recipient(1, 5, 0, None, "ana@example.org", first_name, tracking)
    return personalize([recipient], IssueIds(12), TOKENS)[0]


def parsed(message: bytes) -> EmailMessage:
    result = email.message_from_bytes(message, policy=default)
    assert isinstance(result, EmailMessage)
    return result


def part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert body is not None
    content: str = body.get_content()
    return content


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), min_size=1, max_size=100))
@example("\\")
@example("\\ \\")
def test_a_list_s_name_stands_in_lines_of_76_and_before_its_id(name: str) -> None:
    name = " ".join(name.split()) or "n"
    raw = MessageTemplate(edition(list_name=name)).message(personalization(), AT)
    head = re.search(rb"\r\nList-Id:((?: [^\r\n]+\r\n)+)", raw)
    assert head
    lines = head[1].split(b"\r\n")[:-1]
    assert all(len(line) <= 76 for line in lines if b"=?" in line)
    phrase, _, ident = b"".join(lines).strip().rpartition(b" ")
    assert ident == b"<weekly.d.example>"
    if b"=?" in phrase:
        assert str(make_header(decode_header(phrase.decode("ascii")))) == name
    else:
        expected = name.replace("\\", "").replace('"', "'").strip() or "Digest"
        assert phrase.decode("ascii").strip('"') == expected


def test_one_click_unsubscribe_is_one_plain_line_of_one_uri() -> None:
    raw = MessageTemplate(edition(public_url="https://d.example/" + "long/" * 20)).message(
        personalization(), AT
    )
    (line,) = [one for one in raw.split(b"\r\n") if one.lower().startswith(b"list-unsubscribe:")]
    assert re.fullmatch(rb"List-Unsubscribe: <https://d\.example/[^<>, ]+/[A-Za-z0-9_-]{22}>", line)
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in raw
    token = line.rstrip(b">").rpartition(b"/")[2].decode()
    assert TOKENS.read(Purpose.UNSUBSCRIBE, token) == TokenClaims(5, 12)


def test_a_mailbox_that_is_read_is_named_beside_the_page() -> None:
    """RFC 2369 and RFC 8058: on one line, the token is for this purpose, and so is the page's."""
    read = edition(bounce_address="bounces+*@verdicts.example")
    raw = MessageTemplate(read).message(personalization(), AT)
    (line,) = [one for one in raw.split(b"\r\n") if one.startswith(b"List-Unsubscribe: ")]
    found = re.fullmatch(
        r"List-Unsubscribe: <https://\S+/unsubscribe/(\S{22})>, "
        r"<mailto:bounces\+unsubscribe\+(\S{22})@verdicts\.example\?subject="
        r"unsubscribe%20(\S{22})>",
        line.decode(),
    )
    assert found is not None
    assert found[1] == found[2] == found[3]
    assert TOKENS.read(Purpose.UNSUBSCRIBE, found[2]) == TokenClaims(5, 12)
    assert (
        return_path(read, personalization().token)
        == f"bounces+{token_to_hex(personalization().token)}@verdicts.example"
    )
    assert return_path(edition(), personalization().token) == edition().sender.address


def test_the_message_id_is_the_same_for_every_try() -> None:
    template = MessageTemplate(edition())
    first, again = (
        parsed(template.message(personalization(), AT.replace(hour=hour))) for hour in (8, 9)
    )
    assert first["Message-ID"] == again["Message-ID"]
    assert first["Date"] != again["Date"]


def test_words_beyond_ascii_arrive_as_they_are_written() -> None:
    subject = "Übergröße: 模型 vs 🎉️ “Llama 4 (12B)” & co"
    raw = MessageTemplate(edition(subject=subject)).message(personalization("Žižek 🎉"), AT)
    message = parsed(raw)
    assert message["Subject"] == subject
    assert "Hello Žižek 🎉," in part(message, "plain")
    assert all(len(line) <= 78 for line in raw.partition(b"\r\n\r\n")[0].split(b"\r\n"))


@pytest.mark.parametrize(
    "subject",
    [
        "Lanternfish 日本語 Überblick, 😀 (3.8B) — 😀",
        "a — b — c (d) é f",
        "plain words, and then many more of them until it is é" * 3,
    ],
)
def test_no_space_of_a_mixed_subject_is_lost(subject: str) -> None:
    raw = MessageTemplate(edition(subject=subject)).message(personalization(), AT)
    assert parsed(raw)["Subject"] == subject
    assert all(len(line) <= 78 for line in raw.partition(b"\r\n\r\n")[0].split(b"\r\n"))


def test_a_name_is_escaped_in_html_and_not_in_text() -> None:
    message = parsed(MessageTemplate(edition()).message(personalization('<b>"&'), AT))
    assert "Hello &lt;b&gt;&quot;&amp;," in part(message, "html")
    assert 'Hello <b>"&,' in part(message, "plain")


def test_a_name_can_not_start_a_header_or_a_line() -> None:
    raw = MessageTemplate(edition()).message(
        personalization("Eve\r\nBcc: all@example.org\r\n\r\n."), AT
    )
    assert b"\nBcc" not in raw
    assert not parsed(raw)["Bcc"]


def test_who_is_not_tracked_has_tokens_that_name_nobody_and_can_still_leave() -> None:
    one = personalization(tracking=False)
    assert TOKENS.read(Purpose.CLICK, one.slots[Slot.CLICK]).subscriber == 0
    assert TOKENS.read(Purpose.OPEN, one.slots[Slot.OPEN]).subscriber == 0
    assert TOKENS.read(Purpose.UNSUBSCRIBE, one.slots[Slot.UNSUBSCRIBE]).subscriber == 5


def test_no_line_is_too_long_and_none_starts_with_a_dot() -> None:
    text = "." * 300 + "\n.\n" + "é" * 500 + " ~~click~~" * 30
    raw = MessageTemplate(edition(html=text, text=text)).message(personalization("." * 90), AT)
    lines = raw.split(b"\r\n")
    assert max(map(len, lines)) <= 998
    body = lines[lines.index(b"") :]
    assert max(map(len, body)) <= MAX_LINE
    assert not [line for line in body if line.startswith(b".")]


def test_no_mark_is_left_and_every_bare_line_end_is_crlf() -> None:
    raw = MessageTemplate(edition()).message(personalization(), AT)
    assert not MARKS.search(raw.decode())
    assert raw.count(b"\n") == raw.count(b"\r\n")


@given(
    st.text(
        alphabet=st.characters(
            exclude_categories=["Cs"], exclude_characters="\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
        ),
        max_size=300,
    )
)
def test_quoted_printable_gives_back_what_went_in(text: str) -> None:
    import quopri

    plain = disarm_slots(text)
    encoded = b"".join(one for one in encode_text(plain, MARKS, {}) if isinstance(one, bytes))
    assert quopri.decodestring(encoded).decode() == plain.replace("\n", "\r\n")
    assert all(len(line) <= MAX_LINE for line in encoded.split(b"\r\n"))


@pytest.mark.parametrize("width", [22, None])
def test_a_mark_is_never_cut_by_a_line_break(width: int | None) -> None:
    for padding in range(80):
        text = "x" * padding + "~~click~~" + "y" * 80
        pieces = encode_text(text, MARKS, {"~~click~~": width} if width else {})
        assert [one for one in pieces if isinstance(one, str)] == ["~~click~~"]
        value = "t" * 22 if width else encode_piece("t" * 200).decode()
        whole = b"".join(one if isinstance(one, bytes) else value.encode() for one in pieces)
        assert all(len(line) <= MAX_LINE for line in whole.split(b"\r\n"))


def test_text_from_outside_can_not_place_a_slot() -> None:
    assert not MARKS.search(disarm_slots("my tool ~~unsubscribe~~ ~~click~~"))
    assert disarm_slots("~~strike~~ stays") == "~~strike~~ stays"


def test_one_moment_in_two_zones_is_dated_in_each() -> None:
    template, east = MessageTemplate(edition()), AT.astimezone(timezone(timedelta(hours=2)))
    dates = [parsed(template.message(personalization(), at))["Date"] for at in (AT, east)]
    assert dates == ["Mon, 23 Nov 2026 08:00:00 +0000", "Mon, 23 Nov 2026 10:00:00 +0200"]


@given(st.text(max_size=90))
def test_the_short_way_to_encode_a_value_gives_what_the_long_way_does(value: str) -> None:
    quick = encode_piece(value)
    assert quopri.decodestring(quick).decode() == re.sub(r"[\r\n]+", " ", value)
    assert not quick.startswith(b".")
    assert not quick.endswith((b" ", b"\t"))
    assert all(len(line) <= MAX_LINE for line in quick.split(b"\r\n"))


@given(st.from_regex(PLAIN_GREETING, fullmatch=True))
def test_a_plain_greeting_is_its_own_encoding_in_every_part(value: str) -> None:
    plain = value.encode("ascii")
    assert encode_in_html(value) == encode_piece(html.escape(value)) == encode_piece(value) == plain


def test_messages_made_together_are_those_made_one_by_one() -> None:
    people = [personalization(name) for name in ("Ana", "", "Žižek", "Bo=.", "<b>")]
    template = MessageTemplate(edition())
    assert template.messages(people, AT) == [template.message(one, AT) for one in people]
