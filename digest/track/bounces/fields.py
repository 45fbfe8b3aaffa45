"""Reads the fields of a delivery status report (RFC 3464), wherever its text stands."""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from digest.deliver.bounce_policy.bounce_type import find_status

MAX_BLOCKS = 100
_FIELD = re.compile(r"^([A-Za-z][A-Za-z0-9-]{0,60})[ \t]*:[ \t]*(.*)$")
_TYPE = re.compile(r"^\s*[\w.-]{0,30}\s*;\s*")
_XTEXT = re.compile(r"\+([0-9A-F]{2})")
_IS_STATUS = re.compile(
    r"^(?:final|original)-recipient[ \t]*:|^action[ \t]*:", re.IGNORECASE | re.MULTILINE
)


class RecipientStatus(NamedTuple):
    """What a report says of one recipient; addresses are lower case, texts as they stand."""

    final: str
    original: str
    action: str
    status: str
    diagnostic: str


def looks_like_status(text: str) -> bool:
    """Returns True for the fields of a report that were sent as plain text."""
    return len({one.group()[:5].lower() for one in _IS_STATUS.finditer(text[:8_000])}) > 1


def recipient_statuses(text: str) -> list[RecipientStatus]:
    """Returns the recipients of a report, in order; none where nothing is said of one."""
    found = [_status(block) for block in _blocks(text)]
    return [one for one in found if one.action or one.final or one.original][:MAX_BLOCKS]


def read_fields(text: str) -> dict[str, str]:
    """Returns the first of each field of one block, names in lower case, folded lines joined."""
    fields: dict[str, str] = {}
    last = ""
    for line in text.split("\n"):
        if line[:1] in (" ", "\t") and last:
            fields[last] += "\n" + line.strip()
        elif found := _FIELD.match(line[:1_000]):
            last = found[1].lower()
            fields.setdefault(last, found[2].strip())
        else:
            last = ""
    return fields


def _blocks(text: str) -> Iterator[Mapping[str, str]]:
    """Splits into blocks: at a blank line, or at a recipient if the block already has one."""
    lines: list[str] = []
    for line in [*text.split("\n"), ""]:
        begins = line[:16].lower().startswith(("final-recipient", "original-recipi"))
        again = begins and any(one[:6].lower() == line[:6].lower() for one in lines)
        if not line.strip() or again:
            if lines:
                yield read_fields("\n".join(lines))
            lines = [line] if line.strip() else []
        else:
            lines.append(line)


def _status(fields: Mapping[str, str]) -> RecipientStatus:
    return RecipientStatus(
        address_of(fields.get("final-recipient", "")),
        address_of(fields.get("original-recipient", "")),
        fields.get("action", "").split(" ")[0].lower(),
        find_status(fields.get("status", "")[:200]) or "",
        fields.get("diagnostic-code", ""),
    )


def address_of(value: str) -> str:
    """Returns the address of a typed field such as "rfc822; Ada@example.com", in lower case."""
    plain = _TYPE.sub("", value[:500].replace("\n", ""))
    if "+" in plain and "@" not in plain:
        plain = _XTEXT.sub(lambda found: chr(int(found[1], 16)), plain)
    return plain.strip().strip("<>").lower()
