"""Checks MX: that a domain takes mail, so that replies and bounces arrive."""

from digest.deliverability.check_result import CheckResult, Topic
from digest.deliverability.resolver import DnsResolver


def check_mx(domain: str, resolver: DnsResolver) -> CheckResult:
    """Return whether `domain` takes mail, by MX record or address. Raises DnsUnavailableError."""
    hosts = [one for one in resolver.mx_hosts(domain) if one]
    if hosts:
        return CheckResult(Topic.MX, True, f"{domain} takes mail at {', '.join(hosts)}")
    if resolver.addresses(domain):
        return CheckResult(Topic.MX, True, f"{domain} takes mail at its own address")
    what = f"{domain} takes no mail, so bounces and replies are lost"
    return CheckResult(
        Topic.MX, False, what, "add an MX record, or send from a domain that has one"
    )
