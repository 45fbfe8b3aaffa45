"""Registered domains are told apart from the suffixes below which anybody can have one."""

import pytest

from digest.domains import is_public_suffix, organizational_domain, same_organization


@pytest.mark.parametrize(
    ("domain", "registered"),
    [
        ("d.example", "d.example"),
        ("mail.news.d.example", "d.example"),
        ("Mail.D.Example.", "d.example"),
        ("shop.co.uk", "shop.co.uk"),
        ("mail.shop.co.uk", "shop.co.uk"),
        ("mine.github.io", "mine.github.io"),
        ("mail.mine.github.io", "mine.github.io"),
        ("co.uk", "co.uk"),
        ("github.io", "github.io"),
        ("localhost", "localhost"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("a.b.c.kobe.jp", "b.c.kobe.jp"),
        ("www.city.kobe.jp", "city.kobe.jp"),
    ],
)
def test_the_registered_domain_is_found(domain: str, registered: str) -> None:
    assert organizational_domain(domain) == registered


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("mail.shop.co.uk", "shop.co.uk", True),
        ("shop.co.uk", "relay.co.uk", False),
        ("mine.github.io", "theirs.github.io", False),
        ("mx.d.example", "D.EXAMPLE", True),
        ("mx.d.example", "e.example", False),
    ],
)
def test_two_names_of_one_owner(one: str, other: str, *, same: bool) -> None:
    assert same_organization(one, other) is same


def test_public_suffixes() -> None:
    names = ("uk", "co.uk", "github.io", "localhost", "shop.co.uk", "d.example")
    assert [name for name in names if is_public_suffix(name)] == list(names[:4])
