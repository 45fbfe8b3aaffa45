"""Checks DMARC: a domain's policy for unauthenticated mail (RFC 7489, and DMARCbis' tree walk)."""

from digest.deliverability.check_result import CheckResult, Topic, paste, tags
from digest.deliverability.resolver import DnsResolver
from digest.domains import organizational_domain

MAX_STEPS = 8
"""Names that the tree walk asks for."""
POLICIES = ("none", "quarantine", "reject")


def check_dmarc(sender: str, signer: str, postmaster: str, resolver: DnsResolver) -> CheckResult:
    """Check the policy for mail from the domain `sender` that is signed for `signer`.

    `postmaster` is where a suggested record has reports sent to. Raises DnsUnavailableError.
    """
    suggestion = paste(f"_dmarc.{sender}", f"v=DMARC1; p=none; rua=mailto:{postmaster}")
    for name in _tree(sender):
        records = [one for one in resolver.txt_records(f"_dmarc.{name}") if _is_dmarc(one)]
        if len(records) > 1:
            what = f"{len(records)} records at _dmarc.{name}, which count as none"
            return CheckResult(Topic.DMARC, False, what, "leave one")
        if records:
            return _check_record(name, records[0], sender, signer, suggestion)
    return CheckResult(Topic.DMARC, False, f"{sender} has no record", suggestion)


def _check_record(name: str, record: str, sender: str, signer: str, suggestion: str) -> CheckResult:
    said = tags(record)
    policy = said.get("p", "") if name == sender else said.get("sp", said.get("p", ""))
    where = f"_dmarc.{name}"
    if policy.lower() not in POLICIES:
        return CheckResult(Topic.DMARC, False, f"no policy in {record!r} at {where}", suggestion)
    if said.get("adkim", "r").lower() == "s" and signer != sender:
        what = f"{where} wants signatures of {sender} itself (adkim=s), ours are of {signer}"
        return CheckResult(Topic.DMARC, False, what, f"set DIGEST_DKIM_DOMAIN={sender}, or adkim=r")
    if "rua" not in said:
        what = f"{where} says p={policy}, and reports go to nobody"
        return CheckResult(Topic.DMARC, True, what, "add rua=mailto:... to hear of misuse")
    return CheckResult(Topic.DMARC, True, f"{where} says p={policy}")


def _is_dmarc(record: str) -> bool:
    return record.replace(" ", "").lower().startswith("v=dmarc1")


def _tree(domain: str) -> list[str]:
    """Return the domain and those above it, up to the one that somebody registered."""
    top = organizational_domain(domain)
    labels = domain.split(".")
    above = len(labels) - len(top.split("."))
    names = [".".join(labels[at:]) for at in range(above + 1)]
    # A long name is cut to its last labels after the first step, as the standard says.
    return names if len(names) <= MAX_STEPS else [names[0], *names[1 - MAX_STEPS :]]
