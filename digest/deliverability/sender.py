"""Runs every check of a sender, and says what Gmail, Yahoo and Microsoft would object to.

Sources: Google's email sender guidelines, Yahoo's sender best practices, Microsoft's requirements
for high-volume senders (May 2025: `550 5.7.515`).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from digest.deliver.providers.dkim.keys import DkimKey
from digest.deliverability.check_result import CheckResult, Topic
from digest.deliverability.dkim import check_dkim, check_sendgrid_dkim
from digest.deliverability.dmarc import check_dmarc
from digest.deliverability.mx import check_mx
from digest.deliverability.ptr import check_ptr
from digest.deliverability.public_url import Fetch, check_public_url, fetch
from digest.deliverability.resolver import DnsResolver, DnsUnavailableError
from digest.deliverability.spf import check_spf

REQUIREMENTS = {
    "Gmail": (Topic.SPF, Topic.DKIM, Topic.DMARC, Topic.PTR, Topic.URL),
    "Yahoo": (Topic.SPF, Topic.DKIM, Topic.DMARC, Topic.PTR, Topic.URL),
    "Microsoft": (Topic.SPF, Topic.DKIM, Topic.DMARC),
}
"""What each asks of bulk senders; one-click unsubscribe needs the public address."""


@dataclass(frozen=True, slots=True)
class SenderConfig:
    """How mail is sent. `smtp_host` is None if we know of no SMTP server.

    `bounces` is the bounce address, if it is not the sender's.
    """

    address: str
    signer: str
    keys: Sequence[DkimKey]
    public_url: str
    smtp_host: str | None
    sendgrid: bool = False
    bounces: str = ""

    @property
    def envelope_domain(self) -> str:
        """The domain of MAIL FROM, which SPF is about (RFC 7208 section 2.4)."""
        return (self.bounces or self.address).rpartition("@")[2].lower()

    @property
    def domain(self) -> str:
        """The domain of the sender's address."""
        return self.address.rpartition("@")[2].lower()


def check_sender(
    sender: SenderConfig, resolver: DnsResolver, fetch: Fetch = fetch
) -> list[CheckResult]:
    """Return every result; a check that DNS did not answer has an unknown one."""
    domain = sender.domain
    asked: list[tuple[Topic, Callable[[], CheckResult | Iterable[CheckResult]]]] = [
        (Topic.SPF, lambda: _spf(sender, resolver)),
        (Topic.DKIM, lambda: _dkim(sender, resolver)),
        (Topic.DMARC, lambda: check_dmarc(domain, sender.signer, sender.address, resolver)),
        (Topic.MX, lambda: _mx(sender, resolver)),
    ]
    if sender.smtp_host is not None:
        host = sender.smtp_host
        asked.append((Topic.PTR, lambda: check_ptr(host, domain, resolver)))
    asked.append((Topic.URL, lambda: check_public_url(sender.public_url, resolver, fetch)))
    results: list[CheckResult] = []
    for topic, look in asked:
        try:
            found = look()
        except DnsUnavailableError:
            found = CheckResult(topic, None, "not checked, since DNS did not answer")
        results += [found] if isinstance(found, CheckResult) else found
    return results


def _spf(sender: SenderConfig, resolver: DnsResolver) -> CheckResult:
    suggestion = "v=spf1 mx ~all"
    if sender.smtp_host is not None:
        suggestion = f"v=spf1 mx{_spf_term(sender.smtp_host)} ~all"
    if sender.sendgrid:
        suggestion = "v=spf1 include:sendgrid.net ~all"
    domain = sender.domain if sender.sendgrid else sender.envelope_domain
    result = check_spf(domain, suggestion, resolver)
    if sender.sendgrid and result.good is False:
        # SendGrid's MAIL FROM is a separate name below the domain, with a separate record.
        return CheckResult(
            Topic.SPF, None, f"{result.what}; SendGrid's return path has a separate one"
        )
    return result


def _spf_term(host: str) -> str:
    """Return the term that lets `host` send; empty for one that nobody outside can see."""
    try:
        address = ip_address(host.strip("[]"))
    except ValueError:
        return "" if host.lower() == "localhost" else f" a:{host}"
    return f" ip{address.version}:{address}" if address.is_global else ""


def _mx(sender: SenderConfig, resolver: DnsResolver) -> Iterable[CheckResult]:
    """Check where replies go, and where bounces go."""
    domains = dict.fromkeys((sender.domain, sender.envelope_domain))
    return [check_mx(domain, resolver) for domain in domains]


def _dkim(sender: SenderConfig, resolver: DnsResolver) -> Iterable[CheckResult]:
    if sender.sendgrid:
        return [check_sendgrid_dkim(sender.domain, resolver)]
    if not sender.keys:
        what = "mail is not signed here"
        return [
            CheckResult(Topic.DKIM, None, what, "see that the relay signs it, or set DIGEST_DKIM_*")
        ]
    return check_dkim(sender.signer, sender.keys, resolver)


def provider_verdicts(results: Sequence[CheckResult]) -> list[tuple[bool | None, str]]:
    """Return a line for each mailbox provider: would it accept the mail, and why not.

    The first value is None if too little is known to say.
    """
    lines: list[tuple[bool | None, str]] = []
    for who, topics in REQUIREMENTS.items():
        required = [result for result in results if result.topic in topics]
        bad = [f"{result.topic} ({result.what})" for result in required if result.good is False]
        unknown = list(dict.fromkeys(str(one.topic) for one in required if one.good is None))
        if bad:
            lines.append((False, f"{who} would object to {', '.join(bad)}"))
        elif unknown:
            lines.append((None, f"{who}: can't say, for want of {', '.join(unknown)}"))
        else:
            lines.append((True, f"{who}: nothing to object to"))
    return lines
