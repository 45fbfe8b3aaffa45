"""All that DNS says of a sender, and what Gmail, Yahoo and Microsoft make of it.

Sources: Google's email sender guidelines, Yahoo's sender best practices, Microsoft's requirements
for high-volume senders (May 2025: `550 5.7.515`).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from digest.deliver.providers.dkim.keys import Key
from digest.deliverability.check_result import Fact, Topic
from digest.deliverability.dkim import look_at_dkim, look_at_sendgrid
from digest.deliverability.dmarc import look_at_dmarc
from digest.deliverability.hosts import look_at_mx, look_at_ptr
from digest.deliverability.lookups import Lookups, SilentError
from digest.deliverability.public import Fetch, fetch, look_at_url
from digest.deliverability.spf import look_at_spf

WANTED = {
    "Gmail": (Topic.SPF, Topic.DKIM, Topic.DMARC, Topic.PTR, Topic.URL),
    "Yahoo": (Topic.SPF, Topic.DKIM, Topic.DMARC, Topic.PTR, Topic.URL),
    "Microsoft": (Topic.SPF, Topic.DKIM, Topic.DMARC),
}
"""What each asks of whoever sends in bulk; the public address is what one click posts to."""


@dataclass(frozen=True, slots=True)
class Stand:
    """What we know of ourselves. `smtp_host` is None where no server of ours is involved.

    `bounces` is the address that bounces go to, if it is not the sender's.
    """

    address: str
    signer: str
    keys: Sequence[Key]
    public_url: str
    smtp_host: str | None
    sendgrid: bool = False
    bounces: str = ""

    @property
    def envelope_domain(self) -> str:
        """What SPF is asked about: the domain of MAIL FROM (RFC 7208 section 2.4)."""
        return (self.bounces or self.address).rpartition("@")[2].lower()

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2].lower()


def examine(stand: Stand, lookups: Lookups, fetch: Fetch = fetch) -> list[Fact]:
    """Every fact; those that DNS kept silent about are unknown."""
    domain = stand.domain
    asked: list[tuple[Topic, Callable[[], Fact | Iterable[Fact]]]] = [
        (Topic.SPF, lambda: _spf(stand, lookups)),
        (Topic.DKIM, lambda: _dkim(stand, lookups)),
        (Topic.DMARC, lambda: look_at_dmarc(domain, stand.signer, stand.address, lookups)),
        (Topic.MX, lambda: _mx(stand, lookups)),
    ]
    if stand.smtp_host is not None:
        host = stand.smtp_host
        asked.append((Topic.PTR, lambda: look_at_ptr(host, domain, lookups)))
    asked.append((Topic.URL, lambda: look_at_url(stand.public_url, lookups, fetch)))
    facts: list[Fact] = []
    for topic, look in asked:
        try:
            found = look()
        except SilentError:
            found = Fact(topic, None, "not checked, since DNS did not answer")
        facts += [found] if isinstance(found, Fact) else found
    return facts


def _spf(stand: Stand, lookups: Lookups) -> Fact:
    suggestion = "v=spf1 mx ~all"
    if stand.smtp_host is not None:
        suggestion = f"v=spf1 mx a:{stand.smtp_host} ~all"
    if stand.sendgrid:
        suggestion = "v=spf1 include:sendgrid.net ~all"
    domain = stand.domain if stand.sendgrid else stand.envelope_domain
    fact = look_at_spf(domain, suggestion, lookups)
    if stand.sendgrid and fact.good is False:
        # It mails from a name of its own below the domain, which carries its own record.
        return Fact(Topic.SPF, None, f"{fact.what}; SendGrid's return path has one of its own")
    return fact


def _mx(stand: Stand, lookups: Lookups) -> Iterable[Fact]:
    """Replies go to one of them, bounces to the other."""
    domains = dict.fromkeys((stand.domain, stand.envelope_domain))
    return [look_at_mx(domain, lookups) for domain in domains]


def _dkim(stand: Stand, lookups: Lookups) -> Iterable[Fact]:
    if stand.sendgrid:
        return [look_at_sendgrid(stand.domain, lookups)]
    if not stand.keys:
        what = "mail is not signed here"
        return [Fact(Topic.DKIM, None, what, "see that the relay signs it, or set DIGEST_DKIM_*")]
    return look_at_dkim(stand.signer, stand.keys, lookups)


def objections(facts: Sequence[Fact]) -> list[tuple[bool | None, str]]:
    """A line a mailbox provider: whether it would take the mail, and if not, why."""
    lines: list[tuple[bool | None, str]] = []
    for who, topics in WANTED.items():
        wanted = [fact for fact in facts if fact.topic in topics]
        bad = [f"{fact.topic} ({fact.what})" for fact in wanted if fact.good is False]
        unknown = list(dict.fromkeys(str(one.topic) for one in wanted if one.good is None))
        if bad:
            lines.append((False, f"{who} would object to {', '.join(bad)}"))
        elif unknown:
            lines.append((None, f"{who}: can't say, for want of {', '.join(unknown)}"))
        else:
            lines.append((True, f"{who}: nothing to object to"))
    return lines
