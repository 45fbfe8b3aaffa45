"""Tells addresses of the public internet from those of this machine and of private networks."""

import socket
from collections.abc import Callable, Collection
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from digest.sources.errors import FetchError

Resolve = Callable[[str, int], list[str]]
Address = IPv4Address | IPv6Address

_PROTOCOLS = (IPv4Network("192.0.0.0/24"), IPv4Network("192.88.99.0/24"))
"""Assigned to protocols and to relays; versions of Python do not agree on them."""
_OF_THE_HOST = frozenset({IPv4Address("168.63.129.16")})
"""A public address that leads to the host of a virtual machine: Azure's, with its certificates
(https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16)."""
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")
_TUNNELS = (IPv6Network("2002::/16"), IPv6Network("2001::/32"))
"""6to4 and Teredo: what they lead to is another address, and nobody publishes there any more."""


def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a host, as this machine resolves names. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


def is_public(text: str) -> bool:
    """Return whether an IP address, in any of its forms, is one of the public internet."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if "%" in text:  # an address with a scope is one of this machine's links
        return False
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return _is_public(address.ipv4_mapped)
        if address in _NAT64:
            return _is_public(IPv4Address(int(address) & 0xFFFFFFFF))
        if address not in _GLOBAL_UNICAST or any(address in one for one in _TUNNELS):
            return False
    return _is_public(address)


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv4Address) and (
        address in _OF_THE_HOST or any(address in one for one in _PROTOCOLS)
    ):
        return False
    return address.is_global and not (
        address.is_multicast
        or address.is_reserved
        or address.is_unspecified
        or address.is_loopback
        or address.is_link_local
    )


@dataclass(frozen=True, slots=True)
class AddressPolicy:
    """Which hosts may be asked: public ones, and those that the operator names."""

    allowed: Collection[str] = ()
    """Host names, in lower case, that may stand on a private network."""
    resolve: Resolve = resolve

    def addresses(self, host: str, port: int) -> list[str]:
        """Return the addresses of `host` to connect to.

        One private address among several refuses the host: that is how a name is made to change
        its meaning between a check and a connection.

        Raises:
            FetchError: The name is unknown, or leads to a place that must not be asked.
        """
        name = host.strip("[]").lower().rstrip(".")
        try:
            found = self.resolve(name, port)
        except (OSError, UnicodeError) as error:
            reason = getattr(error, "strerror", None) or "no such name"
            raise FetchError(f"{host}: the name can't be resolved ({reason})") from None
        if not found:
            raise FetchError(f"{host}: the name has no address")
        if name in self.allowed:
            return found
        for address in found:
            if not is_public(address):
                raise FetchError(
                    f"{host}: {address} is an address of this machine or of a private network; "
                    f"to allow it, add {name} to DIGEST_SOURCE_ALLOW",
                    is_final=True,
                )
        return found
