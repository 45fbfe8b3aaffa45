"""SPF: who may send for a domain (RFC 7208)."""

import re
from collections.abc import Iterator

from digest.deliverability.check_result import CheckResult, Topic, paste
from digest.deliverability.resolver import DnsResolver, Records

MOST_LOOKUPS = 10
"""Section 4.6.4: more than these and the record counts as broken."""
_ASKS = re.compile(r"[+?~-]?(include|a|mx|ptr|exists|redirect)(?:[:=/]|$)")
_LEADS_ON = re.compile(r"[+?~-]?(?:include:|redirect=)(\S+)")


def check_spf(domain: str, suggestion: str, resolver: DnsResolver) -> CheckResult:
    """`suggestion` is what to paste where there is no record. Raises DnsUnavailableError."""
    records = _of(domain, resolver)
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
    asked = sum(1 for _ in _lookups(record, resolver, MOST_LOOKUPS))
    if asked > MOST_LOOKUPS:
        what = f"{domain} takes more than {MOST_LOOKUPS} lookups, so it counts as broken: {record}"
        return CheckResult(Topic.SPF, False, what, "take out includes that are not needed")
    if not any(term.endswith("all") or term.startswith("redirect=") for term in terms):
        what = f"{domain} does not say who may not send: {record}"
        return CheckResult(Topic.SPF, True, what, "end the record in ~all")
    return CheckResult(Topic.SPF, True, f"{domain} says {record}")


def _of(domain: str, resolver: DnsResolver) -> Records:
    return tuple(
        one
        for one in resolver.txt_records(domain)
        if re.match(r"v=spf1(?:\s|$)", one, re.IGNORECASE)
    )


def _lookups(record: str, resolver: DnsResolver, depth: int) -> Iterator[str]:
    """Every term that costs a lookup, includes followed."""
    for term in record.split()[1:]:
        if _ASKS.match(term.lower()):
            yield term
        onward = _LEADS_ON.match(term)
        if onward and depth and "%" not in onward[1]:
            for further in _of(onward[1], resolver)[:1]:
                yield from _lookups(further, resolver, depth - 1)
