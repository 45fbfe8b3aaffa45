"""How other tools write their lists: which columns, in which words.

Names of columns are compared as `csv_file.plain_name` makes them. Sources: the exports
themselves, and listmonk `cmd/subscribers.go`, Ghost `members-csv`, Buttondown's subscriber object
(https://docs.buttondown.com/api-subscribers-introduction).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from subscribers.tables import SubscriberStatus, SuppressionReason

OURS = "our own"
GENERIC = "plain"


class Role:
    """What a column says about a person; plain texts, since every cell of a file asks for one."""

    EMAIL = "email"
    NAME = "name"
    STATUS = "status"
    SUBSCRIBED = "subscribed"
    """A flag: whoever has it not has left."""
    DISABLED = "disabled"
    """A flag: whoever has it has left."""
    SIGNED_UP_AT = "signed up at"
    SIGNED_UP_IP = "signed up ip"
    SOURCE = "source"
    CONFIRMED_AT = "confirmed at"
    CONFIRMED_IP = "confirmed ip"
    LEFT_AT = "left at"
    LEFT_WHY = "left why"
    BOUNCED_AT = "bounced at"
    TRACKING = "tracking"
    CREATED_AT = "created at"
    CHANGED_AT = "changed at"
    CONSENTS = "consents"
    SUPPRESSION = "suppression"
    SUPPRESSED_AT = "suppressed at"
    NOTE = "suppression note"
    HASH = "address hash"


class Standing(StrEnum):
    """How somebody stood where they come from: a status of ours, or no subscriber at all."""

    ACTIVE = "active"
    PENDING = "pending"
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    SUPPRESSED = "suppressed"
    """Must not be mailed, and is not on the list."""
    ERASED = "erased"
    """The same, and nothing but a keyed hash is known."""


LEFT = {
    Standing.UNSUBSCRIBED: (SubscriberStatus.UNSUBSCRIBED, SuppressionReason.UNSUBSCRIBED),
    Standing.BOUNCED: (SubscriberStatus.BOUNCED, SuppressionReason.BOUNCED),
    Standing.COMPLAINED: (SubscriberStatus.COMPLAINED, SuppressionReason.COMPLAINED),
}

REASONS = {standing: reason for standing, (_, reason) in LEFT.items()} | {
    Standing.SUPPRESSED: SuppressionReason.BY_HAND,
    Standing.ERASED: SuppressionReason.ERASED,
}
"""Why whoever stands so must not be mailed."""

_ACTIVE = """active subscribed confirmed enabled regular premium gifted trialed unpaid churning
    past_due"""
_PENDING = "pending unconfirmed unactivated validating needs_attention"
_UNSUBSCRIBED = "unsubscribed inactive disabled blocklisted blacklisted blocked removed"
WORDS = {
    word: standing
    for words, standing in (
        (_ACTIVE, Standing.ACTIVE),
        (_PENDING, Standing.PENDING),
        (_UNSUBSCRIBED, Standing.UNSUBSCRIBED),
        ("bounced cleaned undeliverable invalid", Standing.BOUNCED),
        ("complained spam abuse", Standing.COMPLAINED),
        ("suppressed", Standing.SUPPRESSED),
        ("erased", Standing.ERASED),
    )
    for word in words.split()
}
"""A status column's words, in all tools: none of them means two things in two of them."""
REFUSED_WORDS = {
    "nonsubscribed": "never agreed to be mailed",
    "transactional": "never agreed to be mailed",
    "archived": "was put away by an editor",
    "paused": "asked for a pause",
    "spammy": "was taken for a robot",
    "churned": "may have left or not",
}


@dataclass(frozen=True, slots=True)
class Layout:
    """`told_by`: the file is this tool's if it has all columns of one of these sets."""

    name: str
    told_by: tuple[frozenset[str], ...]
    columns: dict[str, tuple[str, ...]]
    """For each role the names it may have; the first that is there counts."""
    default: Standing | None = None
    """How somebody stands of whom nothing else is said; None leaves it to the operator."""


_EMAIL = ("email", "emailaddress")
_NAME = ("firstname", "fname", "name", "fullname")

LAYOUTS = (
    Layout(
        OURS,
        (frozenset({"email", "status", "consents", "suppression", "addresshash"}),),
        {
            Role.EMAIL: ("email",),
            Role.NAME: ("firstname",),
            Role.STATUS: ("status",),
            Role.SOURCE: ("source",),
            Role.TRACKING: ("tracking",),
            Role.CREATED_AT: ("createdat",),
            Role.CHANGED_AT: ("changedat",),
            Role.CONSENTS: ("consents",),
            Role.SUPPRESSION: ("suppression",),
            Role.SUPPRESSED_AT: ("suppressedat",),
            Role.NOTE: ("suppressionnote",),
            Role.HASH: ("addresshash",),
        },
    ),
    Layout(
        "Mailchimp",
        (
            frozenset({"memberrating", "optintime"}),
            frozenset({"optintime", "confirmtime"}),
            frozenset({"leid", "euid"}),
        ),
        {
            Role.EMAIL: ("emailaddress", "email"),
            Role.NAME: _NAME,
            Role.STATUS: ("status",),
            Role.SIGNED_UP_AT: ("optintime",),
            Role.SIGNED_UP_IP: ("optinip",),
            Role.CONFIRMED_AT: ("confirmtime",),
            Role.CONFIRMED_IP: ("confirmip",),
            Role.LEFT_AT: ("unsubtime",),
            Role.LEFT_WHY: ("unsubreason",),
            Role.BOUNCED_AT: ("cleantime",),
            Role.SOURCE: ("source",),
        },
        Standing.ACTIVE,
    ),
    Layout(
        "Substack",
        (frozenset({"activesubscription", "expiry"}), frozenset({"emaildisabled", "createdat"})),
        {
            Role.EMAIL: _EMAIL,
            Role.NAME: _NAME,
            Role.DISABLED: ("emaildisabled",),
            Role.SIGNED_UP_AT: ("createdat",),
        },
        Standing.ACTIVE,
    ),
    Layout(
        "Ghost",
        (frozenset({"subscribedtoemails"}), frozenset({"complimentaryplan", "stripecustomerid"})),
        {
            Role.EMAIL: _EMAIL,
            Role.NAME: _NAME,
            Role.SUBSCRIBED: ("subscribedtoemails",),
            Role.LEFT_AT: ("deletedat",),
            Role.SIGNED_UP_AT: ("createdat",),
        },
        Standing.ACTIVE,
    ),
    Layout(
        "Buttondown",
        (
            frozenset({"subscribertype"}),
            frozenset({"type", "creationdate"}),
            frozenset({"type", "subscriptiondate"}),
        ),
        {
            Role.EMAIL: ("emailaddress", "email"),
            Role.NAME: _NAME,
            Role.STATUS: ("subscribertype", "type"),
            Role.SIGNED_UP_AT: ("creationdate", "subscriptiondate"),
            Role.SIGNED_UP_IP: ("ipaddress",),
            Role.LEFT_AT: ("unsubscriptiondate",),
            Role.SOURCE: ("source",),
        },
    ),
    Layout(
        "listmonk",
        (frozenset({"uuid", "attributes", "status"}),),
        {
            Role.EMAIL: ("email",),
            Role.NAME: ("name",),
            Role.STATUS: ("status",),
            Role.SIGNED_UP_AT: ("createdat",),
        },
    ),
    Layout(
        "beehiiv",
        (
            frozenset({"status", "subscriptiontier"}),
            frozenset({"status", "acquisitionsource"}),
            frozenset({"status", "referralcode"}),
            frozenset({"status", "tier", "utmsource"}),
        ),
        {
            Role.EMAIL: _EMAIL,
            Role.NAME: _NAME,
            Role.STATUS: ("status",),
            Role.SIGNED_UP_AT: ("createdat", "created", "subscribedat", "subscribeddate"),
            Role.LEFT_AT: ("unsubscribedat", "unsubscribeddate"),
            Role.SOURCE: ("acquisitionsource", "utmsource", "source"),
        },
    ),
)
PLAIN = Layout(
    GENERIC,
    (),
    {
        Role.EMAIL: _EMAIL,
        Role.NAME: _NAME,
        Role.STATUS: ("status",),
        Role.SIGNED_UP_AT: ("signedupat", "signupdate", "subscribedat", "optintime", "createdat"),
        Role.SIGNED_UP_IP: ("signupip", "optinip", "ipaddress", "ip"),
        Role.CONFIRMED_AT: ("confirmedat", "confirmtime", "confirmdate"),
        Role.CONFIRMED_IP: ("confirmedip", "confirmip"),
        Role.LEFT_AT: ("unsubscribedat", "unsubtime", "unsubscribedate"),
        Role.BOUNCED_AT: ("bouncedat", "cleantime"),
        Role.SOURCE: ("source",),
    },
)


def layout_of(names: Sequence[str]) -> Layout:
    """Whose file has columns of these `names`; PLAIN where nobody's."""
    there = frozenset(names)
    for layout in LAYOUTS:
        if any(wanted <= there for wanted in layout.told_by):
            return layout
    return PLAIN


def places(layout: Layout, names: Sequence[str]) -> dict[str, int]:
    """Where each role's column stands, for those that are there."""
    return {
        role: names.index(name)
        for role, wanted in layout.columns.items()
        if (name := next((one for one in wanted if one in names), None)) is not None
    }
