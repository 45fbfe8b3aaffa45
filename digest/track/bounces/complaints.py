"""Reads complaints: feedback reports (RFC 5965), and Microsoft's older form that is none."""

import re

from digest.events.tables import EventKind
from digest.track.bounces.fields import read_fields
from digest.track.bounces.inbound_message import InboundMessage, SectionKind
from digest.track.provider_events.delivery_event import OptOut

_FEEDBACK = {
    "abuse": (EventKind.COMPLAINED, OptOut.COMPLAIN),
    "fraud": (EventKind.COMPLAINED, OptOut.COMPLAIN),
    "opt-out": (EventKind.UNSUBSCRIBED, OptOut.UNSUBSCRIBE),
}
"""RFC 5965 section 7.3 and RFC 6430. No other type is a reader's complaint."""
_OLD_FORM = re.compile(r"^x-hmxmroriginalrecipient[ \t]*:", re.IGNORECASE | re.MULTILINE)
_LOOP = re.compile(
    r"(?:^|[<\s])(?:staff|scomp|fbl|feedback\w{0,10}|complaints?|abuse|spam)@", re.IGNORECASE
)
_SUBJECT = re.compile(
    r"^(?:fw:? )?(?:complaint about|abuse report|spam (?:complaint|report)|"
    r"e-?mail feedback report|client tos notification)",
    re.IGNORECASE,
)


def read_complaint(inbound: InboundMessage) -> tuple[EventKind, OptOut, str] | None:
    """Returns the kind of event, the consequence for the reader, and a note."""
    for text in inbound.texts(SectionKind.FEEDBACK):
        named = read_fields(text).get("feedback-type", "")[:40].strip().lower()
        if known := _FEEDBACK.get(named):
            return *known, f"feedback report: {named}"
    if inbound.texts(SectionKind.FEEDBACK):
        return None
    texts = inbound.texts(SectionKind.RETURNED, SectionKind.TEXT)
    if any(_OLD_FORM.search(text) for text in texts):
        return EventKind.COMPLAINED, OptOut.COMPLAIN, "complaint: Microsoft's older form"
    if _LOOP.search(inbound.header("From")) and _SUBJECT.search(inbound.header("Subject")):
        return (
            EventKind.COMPLAINED,
            OptOut.COMPLAIN,
            "complaint of a feedback loop in no standard form",
        )
    return None
