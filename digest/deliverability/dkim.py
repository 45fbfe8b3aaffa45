"""DKIM: whether the world can verify what we sign (RFC 6376 section 3.6)."""

from collections.abc import Sequence

from digest.deliver.providers.dkim.keys import Key
from digest.deliverability.check_result import Fact, Topic, paste, tags
from digest.deliverability.lookups import Lookups

SENDGRID_SELECTORS = ("s1", "s2")
"""What SendGrid's domain authentication uses unless told otherwise."""


def look_at_dkim(domain: str, keys: Sequence[Key], lookups: Lookups) -> list[Fact]:
    """A fact a key. Raises SilentError."""
    return [_look_at(f"{key.selector}._domainkey.{domain}", key, lookups) for key in keys]


def _look_at(name: str, key: Key, lookups: Lookups) -> Fact:
    mend = paste(name, key.record)
    published = [tags(one) for one in lookups.texts(name)]
    published = [one for one in published if "p" in one]
    if not published:
        return Fact(Topic.DKIM, False, f"no key at {name}", mend)
    if len(published) > 1:
        what = f"{len(published)} keys at {name}, expected one"
        return Fact(Topic.DKIM, False, what, mend)
    (record,) = published
    ours = "".join(tags(key.record)["p"].split())
    theirs = "".join(record["p"].split())
    if not theirs:
        what = f"the key at {name} is revoked"
        return Fact(Topic.DKIM, False, what, "sign with another key under another selector")
    if theirs != ours:
        what = f"the key at {name} is not ours, so signatures fail"
        return Fact(Topic.DKIM, False, what, mend)
    if "y" in record.get("t", "").lower().split(":"):
        what = f"the key at {name} is ours, but says t=y: verifiers may take mail as unsigned"
        return Fact(Topic.DKIM, True, what, "take the t=y out")
    return Fact(Topic.DKIM, True, f"the key at {name} is ours")


def look_at_sendgrid(domain: str, lookups: Lookups) -> Fact:
    """SendGrid signs by itself. Its selectors can be chosen, so none found proves nothing."""
    found = [
        selector
        for selector in SENDGRID_SELECTORS
        if any("p" in tags(one) for one in lookups.texts(f"{selector}._domainkey.{domain}"))
    ]
    if found:
        what = f"SendGrid's keys stand at {' and '.join(found)}._domainkey.{domain}"
        return Fact(Topic.DKIM, True, what)
    what = f"no key of SendGrid at s1 or s2._domainkey.{domain}"
    mend = "authenticate the domain in SendGrid (Settings, Sender Authentication)"
    return Fact(Topic.DKIM, None, what, mend)
