"""What is known of a sender, one line a thing, and what to do about it."""

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
    """`good` is None where nobody could tell. `fix` is what to paste or to do, if anything."""

    topic: Topic
    good: bool | None
    what: str
    fix: str = ""

    def __str__(self) -> str:
        return f"{self.topic}: {self.what}" + (f"; {self.fix}" if self.fix else "")


def paste(name: str, record: str) -> str:
    return f"paste this TXT record at {name}: {record}"


def tags(record: str) -> dict[str, str]:
    """`a=1; b=2` by tag, as DKIM (RFC 6376 section 3.2) and DMARC write it."""
    pairs = (part.partition("=") for part in record.split(";"))
    return {name.strip().lower(): value.strip() for name, _, value in pairs if name.strip()}
