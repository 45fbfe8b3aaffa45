"""Asks DNS for `digest doctor`: gives up quickly, and tells "no record" from "no answer"."""

from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

import dns.exception
import dns.resolver
import dns.reversename

from digest.deliverability.dns_server import parse_server
from store.errors import DigestError

TIMEOUT_SECONDS = 2.0
"""For one name; a resolver that works answers in a fraction of it."""
Records = tuple[str, ...]


class DnsUnavailableError(DigestError):
    """DNS did not answer, so the record is unknown."""


class DnsResolver:
    """Looks records up; after one timeout it asks no more, so that being offline costs one wait."""

    def __init__(self, resolver: dns.resolver.Resolver) -> None:
        self._resolver = resolver
        self._timed_out = False

    def txt_records(self, name: str) -> Records:
        """Return TXT records, each in one piece (RFC 7208 section 3.3)."""
        return self._ask(name, "TXT", lambda one: b"".join(one.strings).decode("utf-8", "replace"))

    def mx_hosts(self, name: str) -> Records:
        """Return the hosts of MX records."""
        return self._ask(name, "MX", lambda one: str(one.exchange).rstrip("."))

    def addresses(self, host: str) -> Records:
        """Return IPv4 and IPv6 addresses; an IP address is returned as it is."""
        try:
            return (str(ip_address(host)),)
        except ValueError:
            kinds = [self._ask(host, kind, lambda one: str(one.address)) for kind in ("A", "AAAA")]
            return (*kinds[0], *kinds[1])

    def ptr_names(self, address: str) -> Records:
        """Return the names in the PTR records of an IP address."""
        reverse = str(dns.reversename.from_address(address))
        return self._ask(reverse, "PTR", lambda one: str(one.target).rstrip("."))

    def _ask(self, name: str, kind: str, read: Callable[[Any], str]) -> Records:
        """Return the records, or none. Raises DnsUnavailableError."""
        if self._timed_out:
            raise DnsUnavailableError
        try:
            answer = self._resolver.resolve(name, kind, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer, dns.resolver.YXDOMAIN):
            return ()
        except dns.exception.DNSException as error:
            # Also a server that fails for this one name: nobody knows then either.
            self._timed_out = isinstance(error, dns.resolver.LifetimeTimeout)
            raise DnsUnavailableError from error
        return tuple(read(one) for one in answer)


def open_resolver(server: str = "") -> DnsResolver:
    """Return a resolver over `server`, like 9.9.9.9 or 127.0.0.1:5353, or over this machine's own.

    Raises ValueError if `server` is no such address, or this machine has no resolver.
    """
    try:
        resolver = dns.resolver.Resolver(configure=not server)
    except dns.resolver.NoResolverConfiguration:
        msg = "this machine has no DNS server; name one with DIGEST_DNS_SERVER"
        raise ValueError(msg) from None
    if server:
        host, port = parse_server(server)
        resolver.nameservers, resolver.port = [host], port
    resolver.lifetime = resolver.timeout = TIMEOUT_SECONDS
    return DnsResolver(resolver)
