"""The result of one check, and helpers for DNS records."""

from dataclasses import dataclass
from enum import StrEnum


class Topic(StrEnum):
    SPF = "SPF"
    DKIM = "DKIM"
    DMARC = "DMARC"
    PTR = "PTR"
    MX = "MX"
    URL = "public address"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What was found. `good` is None if nobody can tell; `fix` says what to do, if anything."""

    topic: Topic
    good: bool | None
    what: str
    fix: str = ""

    def __str__(self) -> str:
        return f"{self.topic}: {self.what}" + (f"; {self.fix}" if self.fix else "")


def paste(name: str, record: str) -> str:
    """Return the advice to publish `record` at `name`."""
    return f"paste this TXT record at {name}: {record}"


def tags(record: str) -> dict[str, str]:
    """Parse `a=1; b=2` to tags, as DKIM (RFC 6376 section 3.2) and DMARC write them."""
    pairs = (part.partition("=") for part in record.split(";"))
    return {name.strip().lower(): value.strip() for name, _, value in pairs if name.strip()}
