"""Checks PTR: that the name of the SMTP host's address leads back to the address."""

from ipaddress import ip_address

from digest.deliverability.check_result import CheckResult, Topic
from digest.deliverability.resolver import DnsResolver
from digest.domains import same_organization


def check_ptr(host: str, sender: str, resolver: DnsResolver) -> CheckResult:
    """Return whether the names of the host's addresses lead back. Raises DnsUnavailableError.

    A relay may send from other addresses than those it accepts mail at, so only a host within the
    sender's own domain can be at fault.
    """
    addresses = resolver.addresses(host)
    if not addresses:
        return CheckResult(Topic.PTR, False, f"{host} has no address", "fix DIGEST_SMTP_URL")
    if any(not ip_address(one).is_global for one in addresses) and not same_organization(
        host, sender
    ):
        what = f"{host} is on a private network, so the address that mail leaves from can't be seen"
        fix = "see on that machine that: dig -x ADDRESS gives a name that leads back to it"
        return CheckResult(Topic.PTR, None, what, fix)
    for address in addresses:
        names = resolver.ptr_names(address)
        if not any(address in resolver.addresses(name) for name in names):
            said = f"is called {', '.join(names)}, which does not lead back" if names else "no name"
            what = f"{address} ({host}) {said if names else 'has no name'}"
            fix = f"ask the provider of {address} to set its PTR record to {host}"
            return CheckResult(
                Topic.PTR, False if same_organization(host, sender) else None, what, fix
            )
    return CheckResult(Topic.PTR, True, f"{', '.join(addresses)} lead to {host} and back")
