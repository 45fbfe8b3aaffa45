"""DNS as the doctor asks it: quick to give up, and clear about what nobody could say."""

from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

import dns.exception
import dns.resolver
import dns.reversename

from digest.deliverability.dns_server import parse_server
from store.errors import DigestError

PATIENCE = 2.0
"""Seconds for one name; a resolver that is there answers in a fraction of it."""
Records = tuple[str, ...]


class DnsUnavailableError(DigestError):
    """DNS did not answer; what it would have said is unknown."""


class DnsResolver:
    """After the first silence it asks no more, so that no network costs `PATIENCE` once."""

    def __init__(self, resolver: dns.resolver.Resolver) -> None:
        self._resolver = resolver
        self._silent = False

    def txt_records(self, name: str) -> Records:
        """TXT records, each in one piece (RFC 7208 section 3.3)."""
        return self._ask(name, "TXT", lambda one: b"".join(one.strings).decode("utf-8", "replace"))

    def mx_hosts(self, name: str) -> Records:
        return self._ask(name, "MX", lambda one: str(one.exchange).rstrip("."))

    def addresses(self, host: str) -> Records:
        """IPv4 and IPv6; a host that is an address stands for itself."""
        try:
            return (str(ip_address(host)),)
        except ValueError:
            kinds = [self._ask(host, kind, lambda one: str(one.address)) for kind in ("A", "AAAA")]
            return (*kinds[0], *kinds[1])

    def ptr_names(self, address: str) -> Records:
        """PTR records of an IP address."""
        reverse = str(dns.reversename.from_address(address))
        return self._ask(reverse, "PTR", lambda one: str(one.target).rstrip("."))

    def _ask(self, name: str, kind: str, read: Callable[[Any], str]) -> Records:
        """Nothing where there is no such record. Raises DnsUnavailableError."""
        if self._silent:
            raise DnsUnavailableError
        try:
            answer = self._resolver.resolve(name, kind, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer, dns.resolver.YXDOMAIN):
            return ()
        except dns.exception.DNSException as error:
            # Also a server that fails for this one name: nobody knows then either.
            self._silent = isinstance(error, dns.resolver.LifetimeTimeout)
            raise DnsUnavailableError from error
        return tuple(read(one) for one in answer)


def open_resolver(server: str = "") -> DnsResolver:
    """Over this machine's resolver, or over `server`, like 9.9.9.9 or 127.0.0.1:5353.

    Raises ValueError where the server is no such thing, or the machine has none.
    """
    try:
        resolver = dns.resolver.Resolver(configure=not server)
    except dns.resolver.NoResolverConfiguration:
        msg = "this machine has no DNS server; name one with DIGEST_DNS_SERVER"
        raise ValueError(msg) from None
    if server:
        host, port = parse_server(server)
        resolver.nameservers, resolver.port = [host], port
    resolver.lifetime = resolver.timeout = PATIENCE
    return DnsResolver(resolver)
