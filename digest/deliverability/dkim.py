"""Checks DKIM: whether receivers can verify our signatures (RFC 6376 section 3.6)."""

from collections.abc import Sequence

from digest.deliver.providers.dkim.keys import DkimKey
from digest.deliverability.check_result import CheckResult, Topic, paste, tags
from digest.deliverability.resolver import DnsResolver

SENDGRID_SELECTORS = ("s1", "s2")
"""Selectors that SendGrid's domain authentication uses by default."""


def check_dkim(domain: str, keys: Sequence[DkimKey], resolver: DnsResolver) -> list[CheckResult]:
    """Return a result for each key. Raises DnsUnavailableError."""
    return [_check_key(f"{key.selector}._domainkey.{domain}", key, resolver) for key in keys]


def _check_key(name: str, key: DkimKey, resolver: DnsResolver) -> CheckResult:
    fix = paste(name, key.record)
    published = [tags(one) for one in resolver.txt_records(name)]
    published = [one for one in published if "p" in one]
    if not published:
        return CheckResult(Topic.DKIM, False, f"no key at {name}", fix)
    if len(published) > 1:
        what = f"{len(published)} keys at {name}, expected one"
        return CheckResult(Topic.DKIM, False, what, fix)
    (record,) = published
    ours = "".join(tags(key.record)["p"].split())
    theirs = "".join(record["p"].split())
    if not theirs:
        what = f"the key at {name} is revoked"
        return CheckResult(Topic.DKIM, False, what, "sign with another key under another selector")
    if theirs != ours:
        what = f"the key at {name} is not ours, so signatures fail"
        return CheckResult(Topic.DKIM, False, what, fix)
    if "y" in record.get("t", "").lower().split(":"):
        what = f"the key at {name} is ours, but says t=y: verifiers may take mail as unsigned"
        return CheckResult(Topic.DKIM, True, what, "take the t=y out")
    return CheckResult(Topic.DKIM, True, f"the key at {name} is ours")


def check_sendgrid_dkim(domain: str, resolver: DnsResolver) -> CheckResult:
    """Look for SendGrid's keys. Its selectors can be chosen, so none found proves nothing."""
    found = [
        selector
        for selector in SENDGRID_SELECTORS
        if any("p" in tags(one) for one in resolver.txt_records(f"{selector}._domainkey.{domain}"))
    ]
    if found:
        what = f"SendGrid's keys stand at {' and '.join(found)}._domainkey.{domain}"
        return CheckResult(Topic.DKIM, True, what)
    what = f"no key of SendGrid at s1 or s2._domainkey.{domain}"
    fix = "authenticate the domain in SendGrid (Settings, Sender Authentication)"
    return CheckResult(Topic.DKIM, None, what, fix)
