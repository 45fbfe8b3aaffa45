"""Checks SPF: which hosts may send for a domain (RFC 7208)."""

import re
from collections.abc import Iterator
from itertools import islice

from digest.deliverability.check_result import CheckResult, Topic, paste
from digest.deliverability.resolver import DnsResolver, Records

MAX_LOOKUPS = 10
"""With more, receivers treat the record as broken (section 4.6.4)."""
_COSTS_LOOKUP = re.compile(r"[+?~-]?(include|a|mx|ptr|exists|redirect)(?:[:=/]|$)")
_INCLUDE = re.compile(r"[+?~-]?(?:include:|redirect=)(\S+)")


def check_spf(domain: str, suggestion: str, resolver: DnsResolver) -> CheckResult:
    """Check the record; `suggestion` is what to publish without one. Raises DnsUnavailableError."""
    records = _spf_records(domain, resolver)
    if not records:
        return CheckResult(Topic.SPF, False, f"{domain} has no record", paste(domain, suggestion))
    if len(records) > 1:
        what = f"{domain} has {len(records)} records, which counts as none"
        return CheckResult(Topic.SPF, False, what, "join them to one")
    (record,) = records
    terms = record.lower().split()[1:]
    if any(term in ("all", "+all") for term in terms):
        what = f"{domain} lets everybody send for it: {record}"
        return CheckResult(Topic.SPF, False, what, "end the record in ~all")
    asked = sum(1 for _ in islice(_lookups(record, resolver, MAX_LOOKUPS), MAX_LOOKUPS + 1))
    if asked > MAX_LOOKUPS:
        what = f"{domain} takes more than {MAX_LOOKUPS} lookups, so it counts as broken: {record}"
        return CheckResult(Topic.SPF, False, what, "take out includes that are not needed")
    if not any(term.endswith("all") or term.startswith("redirect=") for term in terms):
        what = f"{domain} does not exclude other senders: {record}"
        return CheckResult(Topic.SPF, True, what, "end the record in ~all")
    return CheckResult(Topic.SPF, True, f"{domain} says {record}")


def _spf_records(domain: str, resolver: DnsResolver) -> Records:
    return tuple(
        one
        for one in resolver.txt_records(domain)
        if re.match(r"v=spf1(?:\s|$)", one, re.IGNORECASE)
    )


def _lookups(record: str, resolver: DnsResolver, depth: int) -> Iterator[str]:
    """Yield every term that costs a lookup, following includes, which may lead back: take some."""
    for term in record.split()[1:]:
        if _COSTS_LOOKUP.match(term.lower()):
            yield term
        onward = _INCLUDE.match(term)
        if onward and depth and "%" not in onward[1]:
            for further in _spf_records(onward[1], resolver)[:1]:
                yield from _lookups(further, resolver, depth - 1)
