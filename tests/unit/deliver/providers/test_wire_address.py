"""Addresses as they go over the wire."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.deliver.providers.wire_address import parse_mailbox, redact


@pytest.mark.parametrize(
    ("email", "wire"),
    [
        ("ada@example.com", "ada@example.com"),
        ("Ada+news@Example.COM", "Ada+news@Example.COM"),
        ("o'hara_{}|~!#$%&*/=?^`@example.com", "o'hara_{}|~!#$%&*/=?^`@example.com"),
        ("two..dots.@example.co.jp", "two..dots.@example.co.jp"),
        ("root@localhost", "root@localhost"),
        ("ada@Bücher.example", "ada@xn--bcher-kva.example"),
        ("ada@例え。テスト", "ada@xn--r8jz45g.xn--zckzah"),
        ("łukasz@example.com", "łukasz@example.com"),
    ],
)
def test_an_address_keeps_its_local_part_and_gets_an_ascii_domain(email: str, wire: str) -> None:
    assert str(parse_mailbox(email)) == wire


@pytest.mark.parametrize(
    "email",
    [
        "",
        "@",
        "ada",
        "ada@",
        "ada@.example",
        "ada@example.",
        "ada@-example.com",
        "ada@[192.0.2.1]",
        "ada@example.com.",
        '"ada lovelace"@example.com',
        "ada@grace@example.com",
        "ada\u00a0b@example.com",
        "ada\u2028@example.com",
        "ada\u200b@example.com",
        "ada\x85@example.com",
        "ada\ud800@example.com",
        f"ada@{'a' * 64}.example",
        f"ada@{'a.' * 130}example",
        f"{'ł' * 33}@example.com",
        "ada@\u0301.example",
    ],
)
def test_what_is_no_address_is_told_in_a_line_that_does_not_repeat_it(email: str) -> None:
    with pytest.raises(ValueError, match="the address") as failed:
        parse_mailbox(email)
    assert not email.strip("@") or email not in str(failed.value)


@settings(derandomize=True)
@given(st.one_of(st.text(), st.builds("{}@{}.example".format, st.text(), st.text())))
def test_whatever_passes_is_one_token_of_a_command(email: str) -> None:
    """No space, line end, bracket or NUL: nothing that ends an SMTP argument or a header."""
    try:
        wire = str(parse_mailbox(email))
    except ValueError:
        return
    assert not set(wire) & set(' \t\r\n\0<>,;:"()[]\\')
    assert wire.count("@") == 1
    assert wire.isprintable()


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ("<ada@example.com>: unknown", "<an address>: unknown"),
        ("no mailbox ada+x@example.com, sorry", "no mailbox an address, sorry"),
        ("łukasz@bücher.example is gone", "an address is gone"),
        ("no address @ all", "no address @ all"),
    ],
)
def test_a_providers_words_are_kept_without_addresses(words: str, kept: str) -> None:
    assert redact(words) == kept
