"""Which addresses are taken, which are one and the same, and what a hash gives away."""

import hmac
import sys
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from subscribers import addresses
from subscribers.addresses import AddressError, AddressHasher, ParsedAddress, parse_address


@pytest.mark.parametrize(
    ("text", "email"),
    [
        ("ana@example.org", "ana@example.org"),
        ("  ana@example.org\r\n", "ana@example.org"),
        ("Ana.Bell@Example.ORG", "Ana.Bell@example.org"),
        ("o'hara+news@example.org", "o'hara+news@example.org"),
        ("ana@bücher.example", "ana@xn--bcher-kva.example"),
        ("ana@BÜCHER.example", "ana@xn--bcher-kva.example"),
        ("ana@xn--bcher-kva.example", "ana@xn--bcher-kva.example"),
        ("ana@例え。テスト", "ana@xn--r8jz45g.xn--zckzah"),
        ("jörg@example.org", "jörg@example.org"),
        ("jo\u0308rg@example.org", "jörg@example.org"),
        ("用户@example.org", "用户@example.org"),
        ("digest@localhost", "digest@localhost"),
        ("a" * 64 + "@example.org", "a" * 64 + "@example.org"),
    ],
)
def test_an_address_keeps_its_local_part_and_gets_its_domain_in_a_labels(
    text: str, email: str
) -> None:
    assert parse_address(text).email == email


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ana@Example.org", "ana@example.ORG"),
        ("JöRG@example.org", "jo\u0308rg@example.org"),
        ("ana@bücher.example", "ana@XN--BCHER-KVA.example"),
    ],
)
def test_two_spellings_of_one_address_have_one_key(one: str, other: str) -> None:
    assert parse_address(one).key == parse_address(other).key


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no @, or nothing before it"),
        ("ana", "no @, or nothing before it"),
        ("@example.org", "no @, or nothing before it"),
        ("ana@@example.org", "more than one @"),
        ("ana@b@example.org", "more than one @"),
        ("ana@", "no valid domain after the @"),
        ("ana@exa mple.org", "no valid domain after the @"),
        ("ana@-example.org", "no valid domain after the @"),
        ("ana@exam_ple.org", "no valid domain after the @"),
        ("ana@example..org", "no valid domain after the @"),
        ("ana@" + "a" * 64 + ".org", "no valid domain after the @"),
        ("ana@[192.0.2.1]", "no valid domain after the @"),
        ("ana@example", "no top-level domain"),
        ("ana@example.org.", "no top-level domain"),
        ("ana@192.0.2.1", "no top-level domain"),
        ("an a@example.org", "(spaces"),
        ("an\u00a0a@example.org", "(spaces"),
        ("an\u200ba@example.org", "control characters"),
        ("ana\x00@example.org", "control characters"),
        ("ana\r\nBcc: b@example.org", "(spaces"),
        ('"ana"@example.org', "quotes"),
        ("Ana <ana@example.org>", "spaces, quotes, brackets"),
        ("ana,b@example.org", "spaces, quotes, brackets"),
        (".ana@example.org", "a dot at an end"),
        ("ana.@example.org", "a dot at an end"),
        ("a..b@example.org", "a dot at an end"),
        ("a" * 65 + "@example.org", "more than 64 bytes"),
        ("ü" * 33 + "@example.org", "more than 64 bytes"),
        ("a@" + "b." * 125 + "org", "longer than 254 bytes"),
        ("a" * 100_000 + "@example.org", "longer than 254 bytes"),
    ],
)
def test_what_is_no_address_is_refused_in_one_line_that_says_why(text: str, why: str) -> None:
    with pytest.raises(AddressError) as caught:
        parse_address(text)
    line = str(caught.value)
    assert why in line
    assert "expected a mail address like ana@example.org" in line
    assert line.isprintable()
    assert len(line) < 250


@given(st.text(max_size=80))
def test_any_text_is_an_address_or_refused_and_an_address_is_stable(text: str) -> None:
    """What is taken parses to itself, fits on a header line, and has exactly one @."""
    try:
        parsed = parse_address(text)
    except AddressError:
        return
    assert parse_address(parsed.email) == parsed
    assert parsed.email.count("@") == 1
    assert parsed.email.isprintable()
    assert len(parsed.email.encode()) <= 254


LOCAL = st.text("aZ09.!#$%&'*+/=?^_`{|}~-@ (\u00e4\u212a\u017f", max_size=66)
LABEL = st.one_of(
    st.text("aZ09-", max_size=6),
    st.text("aZ09-_\u00e4\u212a\u017f\u0130", max_size=4),
    st.sampled_from(["xn--bcher-kva", "xn--a", "ab--cd", "XN--BCHER-KVA", "a" * 63, "a" * 64]),
)
LOOKALIKE = st.builds(
    "{}@{}{}".format,
    LOCAL,
    st.lists(LABEL, max_size=6).map(".".join),
    st.sampled_from(["", ".org", ".ORG", ".", "\n", " ", ".1", ".x1", ".1x", "." + "b" * 63]),
)


def verdict(parse: Callable[[str], ParsedAddress], text: str) -> ParsedAddress | str:
    try:
        return parse(text)
    except AddressError as error:
        return str(error)


@settings(max_examples=1_000, deadline=None)
@given(st.one_of(LOOKALIKE, st.emails(), st.text(max_size=40)))
@example("a@" + "b." * 124 + "org")
@example("a@" + "b." * 126 + "o")
@example("0.@0.example")
@example("a.b.@example.org")
@example("a@b-.example.org")
@example("a@b.c-")
@example("a@b.c.")
@example("\u212aa@example.org")
@example("a@e\u017fample.org")
@example("a" * 64 + "@" + ("b" * 60 + ".") * 3 + "org")
def test_the_quick_way_for_plain_addresses_says_what_the_slow_way_says(text: str) -> None:
    assert verdict(parse_address, text) == verdict(addresses._parse_any, text)


def test_most_addresses_go_the_quick_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(addresses, "_parse_any")
    for text in ("Ana.Bell+news@Mail.Example.ORG", "o'hara@ex-ample.co.uk", "1@2.3d"):
        assert parse_address(text).key == text.lower()


@given(st.text("aé@.", max_size=200), st.text("sé", max_size=80))
def test_a_hash_is_the_hmac_that_the_library_makes(key: str, secret: str) -> None:
    hash_key = hmac.digest(secret.encode(), b"verdict-digest address hash", "sha256")
    assert AddressHasher(secret).hash(key) == hmac.digest(hash_key, key.encode(), "sha256").hex()


def test_a_hash_depends_on_the_secret_and_the_key_alone() -> None:
    one, other = AddressHasher("a secret " * 4), AddressHasher("another one " * 4)
    key = parse_address("Ana@Example.org").key
    assert one.hash(key) == AddressHasher("a secret " * 4).hash("ana@example.org")
    assert one.hash(key) != other.hash(key)
    assert one.hash(key) != one.hash("bob@example.org")
    assert len(one.hash(key)) == 64
    assert "ana" not in one.hash(key)


def test_a_domain_whose_signs_stand_for_many_is_refused_before_idna_looks_at_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "idna", None)
    with pytest.raises(AddressError, match="no valid domain after the @"):
        parse_address("a@" + "\ufdfa" * 60 + ".org")
