"""Slots: the places in a rendered issue that differ per recipient.

A slot is written into the bytes as its mark, ``~~name~~``: unreserved characters of RFC 3986
section 2.3 and nothing else, so that it passes through Jinja2, MJML, CSS inlining, URLs,
quoted-printable and SendGrid's substitutions unchanged.
"""

import re
from enum import StrEnum

WORD_JOINER = "\u2060"


class Slot(StrEnum):
    """Each is filled with a link token for its purpose, but for the greeting, which is text."""

    CLICK = "click"
    OPEN = "open"
    UNSUBSCRIBE = "unsubscribe"
    PREFERENCES = "preferences"
    VOTE = "vote"
    GREETING = "greeting"

    @property
    def mark(self) -> str:
        """What stands for the slot in rendered bytes."""
        return f"~~{self.value}~~"


DATE_MARK = "~~sent-on~~"
"""What stands for the day of sending, which is not known when an issue is approved. It is the same
for all recipients, so it is filled before any slot is."""
MARKS = re.compile("|".join(re.escape(slot.mark) for slot in Slot))
_NOT_FROM_OUTSIDE = re.compile(f"{MARKS.pattern}|{re.escape(DATE_MARK)}")


def disarm_slots(text: str) -> str:
    """Return `text` with an invisible joiner in anything that looks like a slot's mark.

    Text from outside must not be able to place a slot: a tool named ``~~unsubscribe~~`` would
    otherwise print every reader's own token.
    """
    # Again, since what is left of one broken mark may end another: "~~click~~~click~~".
    while _NOT_FROM_OUTSIDE.search(text):
        text = _NOT_FROM_OUTSIDE.sub(lambda match: match[0].replace("~~", f"~{WORD_JOINER}~"), text)
    return text
