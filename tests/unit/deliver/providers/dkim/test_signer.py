"""Signatures, as a verifier of another project sees them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.deliver.providers.base import ProviderError
from digest.deliver.providers.dkim.keys import DkimKey
from digest.deliver.providers.dkim.signer import BodyPrefix, Signer, is_aligned
from digest.message.edition import Sender
from digest.message.template import MessageTemplate
from tests.parts.mail import EDITION, HOSTILE, long_edition, personalizations
from tests.parts.signatures import (
    both_keys,
    ed25519_key,
    rsa_key,
    signed_names,
    signer,
    verdicts,
)

AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
ADA = "ada@example.com"
SHORT = b"From: a@verdicts.example\r\nSubject: S\r\n\r\nWords\r\n"


def message(
    signed_by: Signer, first_name: str = "Ada", email: str = ADA, **changes: object
) -> bytes:
    (personalization,) = personalizations([email], first_name)
    edition = replace(EDITION, **changes)  # type: ignore[arg-type]
    return signed_by.message_signer(edition)([personalization], AT)[0]


@pytest.mark.parametrize("key", [rsa_key, ed25519_key])
def test_a_verifier_accepts_each_algorithm(key: Callable[[], DkimKey]) -> None:
    one = signer([key()])
    assert verdicts(message(one), one) == [True]


def test_every_key_signs_the_message_by_itself() -> None:
    both = signer()
    raw = message(both)
    assert raw.count(b"DKIM-Signature:") == 2
    assert verdicts(raw, both) == [True, True]


def test_what_follows_the_signatures_is_the_message_as_it_was() -> None:
    (personalization,) = personalizations([ADA])
    unsigned = MessageTemplate(EDITION).message(personalization, AT)
    raw = signer().message_signer(EDITION)([personalization], AT)[0]
    assert raw.endswith(unsigned)
    assert raw.removesuffix(unsigned).count(b"\r\nDKIM-Signature:") == 1


def test_the_headers_that_decide_are_signed() -> None:
    """RFC 8058 section 4 wants both List-Unsubscribe fields, Gmail wants Feedback-ID."""
    for names in signed_names(message(signer())):
        assert {"list-unsubscribe", "list-unsubscribe-post", "feedback-id", "list-id"} <= set(names)
        assert {"from", "to", "subject", "date", "message-id", "reply-to"} <= set(names)
        assert names.count("from") == 2


@pytest.mark.parametrize(
    "added",
    [
        b"From: Eve <eve@evil.example>",
        b"Subject: You have won",
        b"Reply-To: eve@evil.example",
        b"To: eve@evil.example",
        b"Cc: eve@evil.example",
        b"Date: Mon, 30 Nov 2026 08:00:00 +0000",
        b"List-Unsubscribe: <https://evil.example/>",
        b'Content-Type: multipart/alternative; boundary="x"',
    ],
)
def test_a_field_that_is_added_breaks_every_signature(added: bytes) -> None:
    """Replays put a second field before the one that was signed."""
    both = signer()
    assert verdicts(added + b"\r\n" + message(both), both) == [False, False]


def test_a_trace_of_the_way_breaks_none() -> None:
    both = signer()
    trace = b"Received: from a (b [192.0.2.1])\r\n\tby c; Mon, 23 Nov 2026 08:00:01 +0000\r\n"
    assert verdicts(trace + message(both), both) == [True, True]


def test_a_changed_octet_anywhere_breaks_every_signature() -> None:
    """In the signature itself, in each header field, at the start, middle and end of the body."""
    both = signer()
    raw = message(both)
    head = raw.index(b"\r\n\r\n")
    fields = [raw.index(name) for name in (b"\r\nFrom", b"\r\nSubject", b"\r\nTo", b"\r\nList-Uns")]
    places = [raw.index(b"\r\n", place + 2) - 1 for place in fields]
    places += [head + 4, head + (len(raw) - head) // 2, len(raw) - 3]
    for place in places:
        changed = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
        assert verdicts(changed, both) == [False, False], raw[place - 20 : place + 20]


@given(st.integers(min_value=0), st.integers(min_value=1, max_value=255))
def test_no_octet_of_the_body_can_change(place: int, change: int) -> None:
    one = signer([ed25519_key()])
    raw = message(one)
    start = raw.index(b"\r\n\r\n") + 4
    place = start + place % (len(raw) - start)
    changed = raw[:place] + bytes([raw[place] ^ change]) + raw[place + 1 :]
    assert verdicts(changed, one) == [False]


@given(st.text(max_size=200))
def test_any_first_name_is_signed_as_it_goes_out(first_name: str) -> None:
    one = signer([ed25519_key()])
    assert verdicts(message(one, first_name), one) == [True]


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": "日本語 Überblick, 😀 (3.8B) — 😀 " * 8},
        {"subject": "plain words, and then many more of them, enough to be folded " * 4},
        {"subject": "two  spaces\tand a tab "},
        {"public_url": "https://verdicts.example/" + "a-long-way/" * 60},
        {"list_name": 'A "quoted" name: with, specials'},
        {"text": ".\n..\n.dot\n\n\n~~greeting~~\n\n\n"},
        {"text": "   runs   of   spaces   \n\t\ttabs\t \n ~~click~~  \n"},
        {"text": "", "html": ""},
        {"sender": Sender("“Curly” — Name", "digest@verdicts.example")},
        {"sender": Sender("V", "digest@mail.verdicts.example", "a@b.example")},
    ],
)
def test_awkward_content_verifies(changes: dict[str, object]) -> None:
    both = signer()
    assert verdicts(message(both, HOSTILE, **changes), both) == [True, True]


def test_a_recipient_outside_ascii_verifies() -> None:
    both = signer()
    assert verdicts(message(both, email="łukasz@example.com"), both) == [True, True]


def test_each_recipient_of_a_long_issue_has_a_signature_of_their_own() -> None:
    """The common opening is hashed once; what comes after it is theirs."""
    both = signer()
    edition = long_edition(35_000)
    compose = both.message_signer(edition)
    people = personalizations([f"reader{number}@example.com" for number in range(5)])
    raws = compose(people, AT)
    assert all(verdicts(raw, both) == [True, True] for raw in raws)
    hashes = {raw.partition(b" bh=")[2][:44] for raw in raws}
    assert len(hashes) == 5


def test_the_opening_is_what_bodies_have_in_common() -> None:
    first, second = personalizations([ADA, "grace@example.org"])
    template = MessageTemplate(EDITION)
    bodies = [template.message(one, AT).partition(b"\r\n\r\n")[2] for one in (first, second)]
    assert b"Content-Transfer-Encoding" in template.body_prefix
    assert all(body.startswith(template.body_prefix) for body in bodies)


def test_an_opening_that_is_not_the_body_s_changes_no_hash() -> None:
    start = SHORT.index(b"Words")
    assert BodyPrefix(b"Other").hash(SHORT, start) == BodyPrefix(b"Wor").hash(SHORT, start)


@pytest.mark.parametrize("body", [b"", b"\r\n", b"\r\n\r\n", b"Words", b"Words\r\n\r\n\r\n"])
def test_a_body_is_signed_with_one_line_end(body: bytes) -> None:
    """RFC 6376 section 3.4.3; transports add and drop empty lines at the end."""
    both = signer()
    raw = b"From: a@verdicts.example\r\n\r\n" + body
    assert verdicts(both.sign(raw) + raw, both) == [True, True]


@pytest.mark.parametrize(
    "head",
    [
        b"From: a@verdicts.example",
        b"FROM:\ta@verdicts.example  \r\nSubject:  a \t b\r\n\tc \r\n  d",
        b"From: a@verdicts.example\r\nSubject:\r\nTo: b@example.com",
        b"Received: one\r\nFrom: a@verdicts.example\r\nList-Id: <a>\r\nList-Id: <b>",
        b"From: a@verdicts.example\r\nSender: b@verdicts.example\r\nAuto-Submitted: auto-generated",
    ],
)
def test_any_header_is_brought_into_its_canonical_form(head: bytes) -> None:
    both = signer()
    raw = head + b"\r\n\r\nWords\r\n"
    assert verdicts(both.sign(raw) + raw, both) == [True, True]


@pytest.mark.parametrize("raw", [b"Subject: S\r\n\r\nWords\r\n", b"From: a@verdicts.example\r\n"])
def test_what_is_no_message_is_not_signed(raw: bytes) -> None:
    with pytest.raises(ValueError, match="message"):
        signer().sign(raw)


def test_no_line_of_a_signature_is_long() -> None:
    raw = signer().sign(SHORT)
    assert raw.endswith(b"\r\n")
    assert all(len(line) <= 78 for line in raw.split(b"\r\n"))


@pytest.mark.parametrize(
    ("domain", "sender", "speaks"),
    [
        ("d.example", "d.example", True),
        ("d.example", "mail.d.example", True),
        ("D.example", "mail.d.EXAMPLE", True),
        ("localhost", "localhost", True),
        ("mail.d.example", "d.example", False),
        ("other.example", "d.example", False),
        ("d.example", "bad.example", False),
        ("d.example", "nod.example", False),
        ("example", "d.example", False),
        ("shop.co.uk", "mail.shop.co.uk", True),
        ("co.uk", "shop.co.uk", False),
        ("github.io", "mine.github.io", False),
    ],
)
def test_a_domain_speaks_for_itself_and_those_below(
    domain: str, sender: str, *, speaks: bool
) -> None:
    assert is_aligned(domain, sender) is speaks


def test_an_issue_from_another_domain_is_not_signed_for_it() -> None:
    """As when the sender was changed between approval and sending."""
    elsewhere = Signer("elsewhere.example", both_keys())
    with pytest.raises(ProviderError, match=r"DKIM_DOMAIN: elsewhere\.example can't sign for dig"):
        elsewhere.message_signer(EDITION)
