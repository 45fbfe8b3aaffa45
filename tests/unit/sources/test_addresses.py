"""No address of this machine or of a private network, in whatever form it comes."""

import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.sources.errors import FetchError
from digest.sources.http.addresses import AddressPolicy, is_public, resolve
from digest.sources.http.allowed import parse_allowed

PRIVATE = (
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.8.8.8", "169.254.169.254",
    "168.63.129.16", "::ffff:168.63.129.16", "64:ff9b::a83f:8110",
    "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.168.1.1", "198.18.0.1",
    "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:a9fe:a9fe",
    "::ffff:0:127.0.0.1", "64:ff9b::127.0.0.1", "64:ff9b::a00:1", "64:ff9b:1::1", "100::1",
    "2001::1", "2001:0:7f00:1::", "2001:db8::1", "2002:7f00:1::", "2002:a00:1::1", "fc00::1",
    "fd12:3456::1", "fe80::1", "fe80::1%eth0", "2606:4700::1111%1", "fec0::1", "ff02::1", "ff05::2",
    "5f00::1", "", "localhost", "127.1", "1.1.1.1.1", "0x7f.1", "::g",
)  # fmt: skip
PUBLIC = ("1.1.1.1", "93.184.215.14", "2606:4700:4700::1111", "2a00:1450:4001::1", "::ffff:1.1.1.1",
          "64:ff9b::101:101")  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_is_private(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_is_public(address: str) -> None:
    assert is_public(address)


_NETWORKS = tuple(
    IPv4Network(one)
    for one in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
        "172.16.0.0/12", "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
        "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    )
)  # fmt: skip


@given(st.sampled_from(_NETWORKS), st.integers(min_value=0), st.sampled_from(range(6)))
def test_no_private_ipv4_address_is_public_in_any_ipv6_form(
    network: IPv4Network, offset: int, form: int
) -> None:
    number = int(network[offset % network.num_addresses])
    address = IPv4Address(number)
    forms = (
        str(address),
        f"::ffff:{address}",
        str(IPv6Address((0x64_FF9B << 96) | number)),
        str(IPv6Address((0x2002 << 112) | (number << 80) | 1)),
        str(IPv6Address((0x2001_0000 << 96) | (number ^ 0xFFFFFFFF))),
        f"::{address}",
    )
    assert not is_public(forms[form])


@given(st.ip_addresses(v=6))
def test_an_ipv6_address_outside_global_unicast_is_public_only_as_an_ipv4_address(
    address: IPv6Address,
) -> None:
    if is_public(str(address)):
        mapped = address.ipv4_mapped or int(address) >> 32 == 0x64_FF9B << 64
        assert mapped or int(address) >> 125 == 1


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "0", "[::1]", "::1",
     "[::ffff:127.0.0.1]", "localhost", "LOCALHOST.", "127.0.0.1."],
)  # fmt: skip
def test_each_way_to_write_this_machine_is_refused_by_the_real_resolver(host: str) -> None:
    """Some of them the resolver does not take at all."""
    with pytest.raises(FetchError):
        AddressPolicy().addresses(host, 80)


def test_one_private_address_among_several_refuses_the_name() -> None:
    policy = AddressPolicy((), lambda *_: ["1.1.1.1", "10.0.0.1"])
    with pytest.raises(FetchError, match=r"h.example: 10.0.0.1 is an address of this machine"):
        policy.addresses("h.example", 443)


def test_a_host_that_is_named_may_be_private_and_no_other() -> None:
    policy = AddressPolicy(parse_allowed("Wiki.Example.INTERNAL., [::1]"), lambda *_: ["10.0.0.1"])
    assert policy.addresses("WIKI.example.internal.", 80) == ["10.0.0.1"]
    for host in (
        "x.wiki.example.internal",
        "example.internal",
        "wiki.example.internal.evil.example",
    ):
        with pytest.raises(FetchError):
            policy.addresses(host, 80)


@pytest.mark.parametrize("text", ["http://a/", "a@b", "*.example", "10.0.0.0/8", ".", "[]"])
def test_what_is_no_host_name_is_not_allowed(text: str) -> None:
    with pytest.raises(ValueError, match="is no host name"):
        parse_allowed(text)


def test_names_that_do_not_resolve_are_one_line() -> None:
    def fails(host: str, port: int) -> list[str]:
        raise socket.gaierror(-2, "Name or service not known")

    for found in (fails, lambda *_: []):
        with pytest.raises(FetchError, match=r"^h\.example: the name "):
            AddressPolicy((), found).addresses("h.example", 80)
    assert resolve("127.0.0.1", 80) == ["127.0.0.1"]
